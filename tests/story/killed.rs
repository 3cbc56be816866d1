//! Each step killed at a random moment, twenty times: run again, it ends in the same state.

use std::{
    hash::{BuildHasher, RandomState},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{support::dev, whole::Stage};

const TIMES: usize = 20;

/// Runs `arguments` for a random part of `whole`, kills it, and runs it again to its end.
fn killed_and_run_again(stage: &Stage, arguments: &[&str], whole: Duration) -> Value {
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
    stage.good(arguments)
}

/// How long a run takes that nobody disturbs.
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

#[test]
fn creating_and_registering() {
    let stage = Stage::new();
    let create = |name: &'static str| ["create", name, "--if-missing"];
    let app = |name: &'static str| ["app", "create", name, "--for", "exchange"];
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
    let ready = stage.good(&["app", "create", "mailbot", "--for", "exchange"]);
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
    stage.good(&["app", "create", "mailbot", "--for", "exchange"]);
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
