//! Ctrl-C and SIGTERM in the middle of a run.
#![cfg(unix)]

use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use serde_json::Value;

use crate::support::replay::Reply;
use crate::support::{self, Scratch, failure, openssl};
use crate::vault::{self, get, got, name};

/// A vault that answers for the first hundred and then takes its time.
fn slow(reached: Sender<()>) -> support::replay::Replay {
    let reached = Mutex::new(reached);
    vault::vault(300, move |seen| {
        let number = seen.path.strip_prefix("/secrets/c")?;
        if number.parse::<usize>().unwrap() < 100 {
            return None;
        }
        let _ = reached.lock().unwrap().send(());
        std::thread::sleep(Duration::from_secs(20));
        Some(Reply::new(500, ""))
    })
}

#[test]
fn files_are_whole_and_the_receipt_comes() {
    for (signal, code, reason) in [("INT", 130, "interrupted"), ("TERM", 143, "terminated")] {
        let folder = Scratch::new();
        let (reached, wait) = channel();
        let server = slow(reached);
        let mut command = get(&server, folder.path(), &["--all"]);
        let output = ended(&mut command, signal, &wait);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{errors}");
        assert_eq!(failure(&errors)["reason"], reason);
        assert!(
            failure(&errors)["hint"]
                .as_str()
                .unwrap()
                .contains("--resume")
        );

        let receipt: Value = serde_json::from_slice(&output.stdout).unwrap();
        let written = receipt["certificates"].as_array().unwrap();
        assert!(!written.is_empty() && written.len() <= 100);
        let mut files = Scratch::names_in(&folder.join("out"));
        assert_eq!(files.len(), 2 * written.len());
        files.retain(|file| file.starts_with('.'));
        assert!(files.is_empty(), "{files:?}");
        let first = written[0]["name"].as_str().unwrap();
        openssl(&[
            "pkey",
            "-noout",
            "-in",
            folder.join(format!("out/{first}.key")).to_str().unwrap(),
        ]);

        let rest = got(&vault::good(300), &folder, &["--all", "--resume"]);
        assert_eq!(rest.code, 0, "{}", rest.errors);
        assert_eq!(rest.names().len() + written.len(), 300);
        assert!(folder.join(format!("out/{}.crt", name(299))).exists());
    }
}

/// One certificate that is waited for: nothing is written, and the receipt comes.
#[test]
fn a_single_one_ends_in_good_order_too() {
    for (signal, code, reason) in [("INT", 130, "interrupted"), ("TERM", 143, "terminated")] {
        let folder = Scratch::new();
        let (reached, wait) = channel();
        let server = slow(reached);
        let mut command = get(&server, folder.path(), &["c0200", "--verify", "off"]);
        let output = ended(&mut command, signal, &wait);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{errors}");
        assert_eq!(failure(&errors)["reason"], reason);
        let receipt: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(receipt["failures"][0]["certificate"], "c0200");
        assert!(!folder.join("out").exists());
    }
}

/// A vault whose certificate 1 was renewed after the list was made, and which takes its time when it
/// is asked for all three of its objects.
#[test]
fn what_was_to_be_looked_at_again_is_in_the_receipt() {
    let folder = Scratch::new();
    let (reached, wait) = channel();
    let reached = Mutex::new(reached);
    let server = vault::vault(3, move |seen| match seen.path.as_str() {
        "/secrets/c0001" => Some(vault::object(&seen.path, 1)),
        path if path.ends_with("/c0001") => {
            let _ = reached.lock().unwrap().send(());
            std::thread::sleep(Duration::from_secs(20));
            Some(Reply::new(500, ""))
        }
        _ => None,
    });
    let output = ended(&mut get(&server, folder.path(), &["--all"]), "INT", &wait);
    assert_eq!(output.status.code(), Some(130));
    let receipt: Value = serde_json::from_slice(&output.stdout).unwrap();
    let names = |list: &str, field: &str| -> Vec<Value> {
        let entries = receipt[list].as_array().unwrap().iter();
        entries.map(|entry| entry[field].clone()).collect()
    };
    assert_eq!(names("certificates", "name"), [name(0), name(2)]);
    assert_eq!(names("failures", "certificate"), [name(1)]);
    assert_eq!(receipt["failures"][0]["error"]["reason"], "interrupted");
    let errors = String::from_utf8(output.stderr).unwrap();
    let message = "interrupted early; 2 certificates written";
    assert_eq!(failure(&errors)["message"], message);
    assert_eq!(errors.matches("\"error\"").count(), 1, "{errors}");
}

/// What was asked for by name is in the receipt, whatever became of it.
#[test]
fn each_name_is_in_the_receipt() {
    let folder = Scratch::new();
    let (reached, wait) = channel();
    let server = slow(reached);
    let names = ["c0001", "c0200", "c0002", "c0201"];
    let output = ended(&mut get(&server, folder.path(), &names), "INT", &wait);
    let receipt: Value = serde_json::from_slice(&output.stdout).unwrap();
    let failed = receipt["failures"].as_array().unwrap().iter();
    let failed: Vec<&Value> = failed.map(|it| &it["certificate"]).collect();
    assert!(failed.ends_with(&[&"c0201".into()]) && failed.contains(&&"c0200".into()));
    let written = receipt["certificates"].as_array().unwrap().len();
    assert_eq!(written + failed.len(), names.len(), "{receipt}");
}

/// Runs `command` until the vault is `reached`, and sends it this signal.
fn ended(command: &mut Command, signal: &str, reached: &Receiver<()>) -> Output {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    reached.recv_timeout(Duration::from_secs(20)).unwrap();
    let kill = format!("kill -{signal} {}", child.id());
    let killed = Command::new("sh").args(["-c", &kill]).status();
    assert!(killed.unwrap().success());
    child.wait_with_output().unwrap()
}
