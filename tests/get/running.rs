//! The dev vault as a program: `kvcert dev`, found with `--dev`.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::support::{self, Scratch, failure, kvcert, run};

#[test]
fn it_is_found_used_and_stopped() {
    let folder = Scratch::new();
    let mut command = kvcert(folder.path());
    command.args(["dev", "--port", "0", "--name", "mine", "--quiet"]);
    let mut server = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It says where it is once it listens.
    let mut url = String::new();
    BufReader::new(server.stdout.as_mut().unwrap())
        .read_line(&mut url)
        .unwrap();
    assert!(url.starts_with("https://mine.vault.localhost:"), "{url}");
    let announcement = folder.join("state/dev.json");
    assert_eq!(support::mode(&announcement), 0o600);

    let (code, _, errors) = run(kvcert(folder.path()).args(["--dev", "get", "web", "-o", "out"]));
    assert_eq!(code, 0, "{errors}");
    support::pair(&folder.join("out/web.crt"), &folder.join("out/web.key"));

    let stop = Command::new("kill")
        .arg(server.id().to_string())
        .status()
        .unwrap();
    assert!(stop.success());
    assert!(server.wait().unwrap().success());
    assert!(!announcement.exists());
    nothing_runs(&folder);
}

#[test]
fn nothing_runs_here() {
    nothing_runs(&Scratch::new());
}

#[test]
fn what_a_killed_one_left_is_no_vault() {
    let folder = Scratch::new();
    std::fs::create_dir(folder.join("state")).unwrap();
    std::fs::write(folder.join("state/dev.json"), "{}").unwrap();
    nothing_runs(&folder);
}

fn nothing_runs(folder: &Scratch) {
    let (code, _, errors) = run(kvcert(folder.path()).args(["--json", "--dev", "list"]));
    let error = failure(&errors);
    assert_eq!((code, &error["reason"]), (6, &"no-dev-vault".into()));
    assert!(error["hint"].as_str().unwrap().contains("kvcert dev"));
}
