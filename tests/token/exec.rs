//! `kvcert exec`: a program with the certificate, and nothing left of it after.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use crate::fake::{CLIENT, Fake, TENANT, TOKEN};
use crate::support::{Scratch, failure, openssl, run};

/// `kvcert exec ARGUMENTS`, with a folder for what lives as long as a session.
fn exec(fake: &Fake, arguments: &[&str]) -> Command {
    let runtime = fake.path("run");
    fs::create_dir_all(&runtime).unwrap();
    let mut command = fake.kvcert(&["exec", "app"]);
    command
        .args(arguments)
        .env("XDG_RUNTIME_DIR", runtime)
        .env("PATH", std::env::var_os("PATH").unwrap());
    command
}

/// What lies in the folder for sessions.
fn left(fake: &Fake) -> Vec<String> {
    Scratch::names_in(&fake.path("run"))
}

#[track_caller]
fn wiped(fake: &Fake) {
    let end = Instant::now() + Duration::from_secs(60);
    while !left(fake).is_empty() {
        assert!(Instant::now() < end, "left: {:?}", left(fake));
        thread::sleep(Duration::from_millis(50));
    }
}

const PLACES: [&str; 2] = ["memory", "folder"];

/// openssl, which the shell that is the program starts, opens the files by their names.
#[test]
fn the_files_can_be_read_by_the_program_and_its_own() {
    let fake = Fake::new();
    let script = "openssl x509 -in $KVCERT_CERT_FILE -noout -pubkey > one || exit 1
        openssl pkey -in $KVCERT_KEY_FILE -pubout > two || exit 1
        openssl pkey -in $KVCERT_PEM_FILE -pubout > three || exit 1
        openssl x509 -in $KVCERT_PEM_FILE -noout -pubkey > four || exit 1
        stat -L -c %a $KVCERT_KEY_FILE
        exit 7";
    for place in PLACES
        .into_iter()
        .filter(|place| cfg!(target_os = "linux") || *place == "folder")
    {
        let (code, output, errors) = run(&mut exec(
            &fake,
            &["--files", place, "--", "sh", "-c", script],
        ));
        assert_eq!(code, 7, "{place}: {errors}");
        assert!(["400\n", "600\n"].contains(&output.as_str()), "{output}");
        let key = openssl(&[
            "pkey",
            "-in",
            fake.path("app.key").to_str().unwrap(),
            "-pubout",
        ]);
        for name in ["one", "two", "three", "four"] {
            assert_eq!(
                fs::read_to_string(fake.path(name)).unwrap(),
                key,
                "{place} {name}"
            );
        }
        wiped(&fake);
    }
}

#[test]
fn names_in_braces_and_variables() {
    let fake = Fake::new();
    let arguments = ["--env", "OTHER=pem", "--", "sh", "-c"];
    let script = "cmp $1 $KVCERT_KEY_FILE && cmp $OTHER $KVCERT_PEM_FILE && echo \"$2\"";
    let rest = [script, "sh", "{KVCERT_KEY_FILE}", "a{KVCERT_TOKEN}{b}"];
    let (code, output, errors) = run(exec(&fake, &arguments).args(rest));
    assert_eq!(
        (code, output.as_str()),
        (0, "a{KVCERT_TOKEN}{b}\n"),
        "{errors}"
    );
}

/// What the program has: nothing of the token on its command line, nothing of kvcert's own.
#[test]
fn the_token_is_in_the_environment() {
    let fake = Fake::new();
    let token = [
        "--token",
        "--for",
        "exchange",
        "--tenant",
        TENANT,
        "--client-id",
        CLIENT,
    ];
    let script = "echo $KVCERT_TOKEN; echo $MAIL_TOKEN; echo $KVCERT_TOKEN_EXPIRES; echo ${KVCERT_ACCESS_TOKEN-none}; ls $KVCERT_KEY_FILE";
    for (vaulted, key) in [(&[][..], true), (&["--sign-in-vault"], false)] {
        let rest = ["--env", "MAIL_TOKEN=token", "--", "sh", "-c", script];
        let (_, output, errors) = run(exec(&fake, &token).args(vaulted).args(rest));
        let lines: Vec<&str> = output.lines().collect();
        assert_eq!(lines[..2], [TOKEN, TOKEN], "{errors}");
        assert!(
            lines[2].starts_with("20") && lines[3] == "none",
            "{lines:?}"
        );
        assert_eq!(lines[4].starts_with("/proc/"), key, "{lines:?}");
    }
    let scope = fake.forms()[0].field("scope");
    assert_eq!(scope, "https://outlook.office365.com/.default");
}

/// A program that says when it runs, and then waits.
fn waiting(fake: &Fake, place: &str) -> Child {
    let script = "echo $KVCERT_KEY_FILE; exec sleep 300";
    let mut command = exec(fake, &["--files", place, "--", "sh", "-c", script]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.as_mut().unwrap());
    output.read_line(&mut line).unwrap();
    assert!(Path::new(line.trim()).exists(), "{line}");
    child
}

/// The program is the very process that kvcert was: signals are its own, and SIGKILL of the one is
/// SIGKILL of the other.
#[test]
fn nothing_is_left_after_any_end() {
    let fake = Fake::new();
    for place in PLACES
        .into_iter()
        .filter(|place| cfg!(target_os = "linux") || *place == "folder")
    {
        for signal in [rustix::process::Signal::TERM, rustix::process::Signal::KILL] {
            let mut child = waiting(&fake, place);
            assert_eq!(left(&fake).len(), usize::from(place == "folder"));
            let process = rustix::process::Pid::from_child(&child);
            rustix::process::kill_process(process, signal).unwrap();
            let status = child.wait().unwrap();
            assert_eq!(status.signal(), Some(signal.as_raw()));
            wiped(&fake);
        }
    }
}

#[test]
fn programs_that_cannot_be_started() {
    let fake = Fake::new();
    for place in ["memory", "folder"] {
        let mut command = exec(
            &fake,
            &["--json", "--files", place, "--", "no-such-program-here"],
        );
        let (code, _, errors) = run(&mut command);
        let failure = failure(&errors);
        assert_eq!(
            (code, &failure["reason"]),
            (2, &"no-such-program".into()),
            "{errors}"
        );
        wiped(&fake);
    }
    for (arguments, reason) in [
        (&["--for", "graph", "--", "true"][..], "no-scope"),
        (&["--token", "--", "true"], "no-scope"),
        (&["--env", "A=token", "--", "true"], "flags-conflict"),
        (
            &["--sign-in-vault", "--env", "A=key", "--", "true"],
            "flags-conflict",
        ),
    ] {
        let (code, _, errors) = run(exec(&fake, &["--json"]).args(arguments));
        assert_eq!(
            (code, &failure(&errors)["reason"]),
            (2, &reason.into()),
            "{errors}"
        );
    }
    // What wipes is not for other folders.
    let mut command = crate::support::kvcert(fake.folder.path());
    let (code, _, errors) = run(command.args(["--json", "exec-wipe", ".", "999999"]));
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (2, &"not-ours".into()),
        "{errors}"
    );
}

/// Ctrl-C while Entra is waited for: nothing is left, and nothing stands in the way of the next run.
#[test]
fn interrupted_before_the_token_is_there() {
    let (reached, wait) = std::sync::mpsc::channel();
    let reached = std::sync::Mutex::new(reached);
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let fake = Fake::with_entra(move |_| {
        if asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 2 {
            let _ = reached.lock().unwrap().send(());
            thread::sleep(Duration::from_secs(20));
        }
        crate::fake::granted()
    });
    let cache = "--token-cache=kept";
    let token = ["--tenant", TENANT, "--client-id", CLIENT, "--for", "graph"];
    let program = ["--token", "--files", "folder", "--", "true"];
    let mut kept = fake.token(&["app", cache]);
    let mut given = exec(&fake, &[cache]);
    given.args(token).args(program);
    for command in [&mut kept, &mut given] {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        wait.recv_timeout(Duration::from_secs(20)).unwrap();
        let process = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
        let status = child.wait().unwrap();
        // As a shell has it: 130.
        let signal = status.signal().map(|signal| 128 + signal);
        assert_eq!(status.code().or(signal), Some(130));
        assert!(left(&fake).is_empty());
    }
    for command in [&mut kept, &mut given] {
        let (code, _, errors) = run(command);
        assert_eq!(code, 0, "{errors}");
    }
}

/// A process that the program leaves running has nothing of the key open; if it opened the file by
/// its name, that is empty once the program has ended.
#[test]
#[cfg(target_os = "linux")]
fn a_process_that_outlives_the_program_does_not_keep_the_key() {
    let fake = Fake::new();
    let script = "sleep 60 >/dev/null 2>&1 & echo $!
        sleep 60 3<$KVCERT_KEY_FILE 4<$KVCERT_PEM_FILE >/dev/null 2>&1 & echo $!
        sleep 1; grep -c PRIVATE /proc/$!/fd/3 /proc/$!/fd/4";
    let (code, output, errors) = run(&mut exec(&fake, &["--", "sh", "-c", script]));
    assert_eq!(code, 0, "{errors}");
    let lines: Vec<&str> = output.lines().collect();
    let children = lines[..2].iter().map(|line| line.parse::<i32>().unwrap());
    let children: Vec<i32> = children.collect();
    assert!(
        lines[2..].iter().all(|line| line.ends_with(":2")),
        "{lines:?}"
    );
    let memory_of = |child: i32| -> Vec<_> {
        let open = fs::read_dir(format!("/proc/{child}/fd")).unwrap();
        let open = open.map(|entry| entry.unwrap().path());
        let is_secret = |path: &PathBuf| {
            let target = fs::read_link(path).unwrap();
            let target = target.to_string_lossy();
            target.contains("memfd:key") || target.contains("memfd:pem")
        };
        open.filter(is_secret).collect()
    };
    let (inherited, opened) = (memory_of(children[0]), memory_of(children[1]));
    let end = Instant::now() + Duration::from_secs(20);
    let is_empty = |path: &PathBuf| fs::read(path).unwrap().is_empty();
    while !opened.iter().all(is_empty) {
        assert!(Instant::now() < end, "still there");
        thread::sleep(Duration::from_millis(10));
    }
    for child in children {
        let child = rustix::process::Pid::from_raw(child).unwrap();
        rustix::process::kill_process(child, rustix::process::Signal::KILL).unwrap();
    }
    assert_eq!((inherited.len(), opened.len()), (0, 2));
}

/// What kvcert signs in with, and the password of the file, are not the program's.
#[test]
fn the_program_does_not_get_the_secrets_of_kvcert() {
    let fake = Fake::new();
    let script = "echo ${AZURE_CLIENT_SECRET-none} ${AZURE_CLIENT_CERTIFICATE_PASSWORD-none} \
        ${KVCERT_ACCESS_TOKEN-none} ${FILE_PASSWORD-none} ${OTHER-none}";
    let program = ["--", "sh", "-c", script];
    let printed = |kept: &[&str]| {
        let mut command = exec(&fake, &["--password-env", "FILE_PASSWORD"]);
        command.args(kept).args(program);
        for name in ["AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PASSWORD"] {
            command.env(name, "a-secret");
        }
        let command = command.env("FILE_PASSWORD", "another").env("OTHER", "kept");
        let (code, output, errors) = run(command);
        assert_eq!(code, 0, "{errors}");
        output
    };
    assert_eq!(printed(&[]), "none none none none kept\n");
    let kept = [
        "--keep-env",
        "AZURE_CLIENT_SECRET",
        "--keep-env",
        "FILE_PASSWORD",
    ];
    assert_eq!(printed(&kept), "a-secret none none another kept\n");
}
