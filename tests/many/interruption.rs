//! Ctrl-C and SIGTERM in the middle of a run.
#![cfg(unix)]

use std::process::Stdio;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
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
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        wait.recv_timeout(Duration::from_secs(20)).unwrap();
        let kill = format!("kill -{signal} {}", child.id());
        std::process::Command::new("sh")
            .args(["-c", &kill])
            .status()
            .unwrap();
        let output = child.wait_with_output().unwrap();
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
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        wait.recv_timeout(Duration::from_secs(20)).unwrap();
        let kill = format!("kill -{signal} {}", child.id());
        std::process::Command::new("sh")
            .args(["-c", &kill])
            .status()
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{errors}");
        assert_eq!(failure(&errors)["reason"], reason);
        let receipt: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(receipt["failures"][0]["certificate"], "c0200");
        assert!(!folder.join("out").exists());
    }
}
