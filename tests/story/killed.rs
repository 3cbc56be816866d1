//! Each step killed at a random moment, twenty times: run again, it ends in the same state.

use std::hash::{BuildHasher, RandomState};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use serde_json::Value;

use crate::making;
use crate::support::{self, dev, openssl};
use crate::whole::{CREATE_APP, Stage};

const TIMES: usize = 20;

/// Runs `arguments` for a random part of `whole`, and kills it.
fn kill(stage: &Stage, arguments: &[&str], whole: Duration) {
    let chance = RandomState::new().hash_one(arguments) % 1000;
    let moment = whole.mul_f64(chance as f64 / 1000.0);
    let mut command = dev::kvcert_at(&stage.access, stage.folder.path());
    command
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    thread::sleep(moment);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Killed as [`kill`] does, and run again to its end.
#[track_caller]
fn killed_and_run_again(stage: &Stage, arguments: &[&str], whole: Duration) -> Value {
    kill(stage, arguments, whole);
    stage.good(arguments)
}

/// How long a run takes that nobody disturbs.
#[track_caller]
fn duration(stage: &Stage, arguments: &[&str]) -> Duration {
    let started = Instant::now();
    stage.good(arguments);
    started.elapsed()
}

fn versions(stage: &Stage, name: &str) -> usize {
    let shown = stage.good(&["app", "show", name]);
    let count = |field: &str| shown[field].as_array().unwrap().len();
    count("certificates") + count("notRegistered")
}

/// A command about one certificate.
struct Step {
    /// What comes first; `NAME` is the certificate.
    before: &'static [&'static str],
    command: &'static str,
    /// What the second run says if the first one had done it: the exit code and the reason. The
    /// service cannot tell that from a mistake.
    done: Option<(i32, &'static str)>,
    /// What must be so in the end.
    after: fn(&Stage, &str),
}

const STEPS: [Step; 9] = [
    Step {
        before: &[],
        command: "create NAME --if-missing",
        done: None,
        after: has_one_version,
    },
    Step {
        before: &[],
        command: "create NAME --if-missing --issuer Unknown",
        done: None,
        after: has_a_request,
    },
    Step {
        before: &["create NAME --issuer Unknown", "sign NAME"],
        command: "merge NAME NAME.crt",
        done: None,
        after: has_one_version,
    },
    Step {
        before: &[],
        command: "import NAME any.pem",
        done: None,
        after: holds_the_file,
    },
    Step {
        before: &["import NAME any.pem"],
        command: "delete NAME --yes",
        done: None,
        after: can_be_recovered,
    },
    Step {
        before: &["import NAME any.pem", "delete NAME --yes"],
        command: "recover NAME",
        done: None,
        after: holds_the_file,
    },
    Step {
        before: &["import NAME any.pem", "delete NAME --yes"],
        command: "purge NAME --yes",
        done: Some((3, "not-found")),
        after: is_gone,
    },
    // The service encrypts each backup anew, and another one's file is not replaced in silence.
    Step {
        before: &["import NAME any.pem"],
        command: "backup NAME --force",
        done: None,
        after: comes_back,
    },
    Step {
        before: &[
            "import NAME any.pem",
            "backup NAME",
            "delete NAME --yes",
            "purge NAME --yes",
        ],
        command: "restore NAME.kvbackup",
        done: Some((2, "name-taken")),
        after: holds_the_file,
    },
];

fn words(command: &str, name: &str) -> Vec<String> {
    let words = command.split(' ').map(|word| word.replace("NAME", name));
    words.collect()
}

#[track_caller]
fn good(stage: &Stage, command: &str, name: &str) -> Value {
    if command == "sign NAME" {
        return sign(stage, name);
    }
    let words = words(command, name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    stage.good(&words)
}

/// An authority makes a certificate of the signing request.
fn sign(stage: &Stage, name: &str) -> Value {
    let at = |name: &str, ending: &str| making::file(stage.folder.path(), name, ending);
    let (request, ca, key) = (at(name, "csr"), at("any", "crt"), at("any", "key"));
    let out = at(name, "crt");
    openssl(&[
        "x509", "-req", "-in", &request, "-CA", &ca, "-CAkey", &key, "-days", "30", "-out", &out,
    ]);
    Value::Null
}

impl Step {
    fn prepare(&self, stage: &Stage, name: &str) {
        for command in self.before {
            good(stage, command, name);
        }
    }

    fn kill_and_run_again(&self, stage: &Stage, name: &str, whole: Duration) {
        self.prepare(stage, name);
        let words = words(self.command, name);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        kill(stage, &words, whole);
        // What the killed run has sent may still be on its way.
        thread::sleep(Duration::from_millis(200));
        let (code, _, errors) = stage.run(&words);
        if code != 0 {
            let told = (code, support::failure(&errors)["reason"].clone());
            let done = self.done.map(|(code, reason)| (code, reason.into()));
            assert_eq!(Some(told), done, "{words:?}: {errors}");
        }
        (self.after)(stage, name);
    }
}

#[test]
fn every_command_that_changes_a_vault() {
    let stage = Stage::new();
    let folder = stage.folder.path();
    making::pair(folder, "any", &["rsa:2048"]);
    let read = |ending: &str| fs::read_to_string(making::file(folder, "any", ending)).unwrap();
    fs::write(folder.join("any.pem"), read("key") + &read("crt")).unwrap();
    let wholes = STEPS.map(|step| {
        let name = "undisturbed";
        // A vault of their own would be as good: what was there before is put out of the way.
        let _ = stage.run(&["delete", name, "--yes"]);
        let _ = stage.run(&["purge", name, "--yes"]);
        for ending in ["csr", "crt", "kvbackup"] {
            let _ = fs::remove_file(making::file(folder, name, ending));
        }
        step.prepare(&stage, name);
        let started = Instant::now();
        good(&stage, step.command, name);
        started.elapsed()
    });
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        // Most of the time they wait for the vault.
        for _ in 0..16 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(step) = STEPS.get(number / TIMES) else {
                        return;
                    };
                    let whole = wholes[number / TIMES];
                    step.kill_and_run_again(&stage, &format!("n{number}"), whole);
                }
            });
        }
    });
}

/// What the vault says of a certificate.
#[track_caller]
fn inspected(stage: &Stage, name: &str) -> Value {
    let shown = stage.good(&["inspect", name]);
    assert_eq!(shown["versions"].as_array().unwrap().len(), 1, "{shown}");
    for tie in shown["ties"].as_array().unwrap() {
        assert_eq!(tie["holds"], true, "{name}: {tie}");
    }
    shown
}

fn has_one_version(stage: &Stage, name: &str) {
    inspected(stage, name);
}

/// openssl takes the signing request, and the vault the certificate that is made of it.
fn has_a_request(stage: &Stage, name: &str) {
    let request = making::file(stage.folder.path(), name, "csr");
    openssl(&["req", "-in", &request, "-verify", "-noout"]);
    sign(stage, name);
    good(stage, "merge NAME NAME.crt", name);
    inspected(stage, name);
}

fn holds_the_file(stage: &Stage, name: &str) {
    let (_, thumbprint) = support::leaf(&stage.folder.join("any.crt"));
    let shown = inspected(stage, name);
    let found = &shown["versions"][0]["thumbprint"];
    assert_eq!(found, thumbprint.as_str(), "{name}");
}

fn can_be_recovered(stage: &Stage, name: &str) {
    let (code, _, errors) = stage.run(&["inspect", name]);
    assert_eq!(code, 3, "{errors}");
    stage.good(&["recover", name]);
    holds_the_file(stage, name);
}

fn is_gone(stage: &Stage, name: &str) {
    for command in ["inspect", "recover"] {
        let (code, _, errors) = stage.run(&[command, name]);
        assert_eq!(code, 3, "{errors}");
    }
}

fn comes_back(stage: &Stage, name: &str) {
    stage.good(&["delete", name, "--yes"]);
    stage.good(&["purge", name, "--yes"]);
    good(stage, "restore NAME.kvbackup", name);
    holds_the_file(stage, name);
}
#[test]
fn creating_and_registering() {
    let stage = Stage::new();
    let create = |name: &'static str| ["create", name, "--if-missing"];
    let app = |name: &'static str| {
        [
            "app",
            "create",
            name,
            "--for",
            "exchange",
            "--role",
            "exchange-administrator",
        ]
    };
    let to_create = duration(&stage, &create("undisturbed"));
    let to_register = duration(&stage, &app("undisturbed"));
    for number in 0..TIMES {
        let name: &'static str = format!("n{number}").leak();
        killed_and_run_again(&stage, &create(name), to_create);
        killed_and_run_again(&stage, &app(name), to_register);
        // One application, with one certificate, of the one version; nothing left to do.
        let again = stage.good(&app(name));
        let steps = again["steps"].as_array().unwrap();
        let (token, others) = steps.split_last().unwrap();
        assert!(
            others.iter().all(|step| step["outcome"] == "present"),
            "{again}"
        );
        assert_eq!(token["outcome"], "done");
        assert_eq!(versions(&stage, name), 1, "{name}");
    }
}

#[test]
fn rotating() {
    let stage = Stage::new();
    stage.good(&["create", "mailbot"]);
    let ready = stage.good(&CREATE_APP);
    let app_id = ready["application"]["appId"].as_str().unwrap();
    let rotate = ["app", "rotate", "mailbot", "--overlap", "0s"];
    let whole = duration(&stage, &rotate);
    for _ in 0..TIMES {
        let rotated = killed_and_run_again(&stage, &rotate, whole);
        assert_eq!(rotated["outcome"], "rotated");
        // The application has the newest certificate and no other, and can sign in with it.
        let shown = stage.good(&["app", "show", "mailbot"]);
        let certificates = shown["certificates"].as_array().unwrap();
        assert_eq!(certificates.len(), 1, "{shown}");
        assert_eq!(
            certificates[0]["version"],
            rotated["certificate"]["version"]
        );
        let (code, errors) = stage.sign_in("mailbot", app_id);
        assert_eq!(code, 0, "{errors}");
    }
}

/// At no moment is the application without a certificate that works: asked all the time, while
/// rotations run and are killed.
#[test]
fn there_is_always_a_valid_certificate() {
    let stage = Stage::new();
    stage.good(&["create", "mailbot"]);
    stage.good(&CREATE_APP);
    let rotate = ["app", "rotate", "mailbot", "--overlap", "0s"];
    thread::scope(|scope| {
        let rotating = scope.spawn(|| {
            let whole = duration(&stage, &rotate);
            for _ in 0..3 {
                killed_and_run_again(&stage, &rotate, whole);
            }
        });
        let mut looks = 0;
        while !rotating.is_finished() {
            let shown = stage.good(&["app", "show", "mailbot"]);
            let certificates = shown["certificates"].as_array().unwrap();
            let works = |row: &Value| row["inVault"] == true && row["daysLeft"].as_i64() > Some(0);
            assert!(certificates.iter().any(works), "{shown}");
            looks += 1;
        }
        assert!(looks > 3);
        rotating.join().unwrap();
    });
}
