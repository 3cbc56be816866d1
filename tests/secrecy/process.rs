//! What other processes can see of kvcert while it runs.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, mpsc};

use crate::hunt::Hunt;
use crate::support::replay::{Replay, Reply, TOKEN};
use crate::support::{self, Scratch, dev, run, say};

/// A vault that says when a request with a token has come, and answers when it is told to.
fn holding() -> (Replay, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (asked, was_asked) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let (asked, may_go_on) = (Mutex::new(asked), Mutex::new(may_go_on));
    let server = Replay::vault(move |_| {
        asked.lock().unwrap().send(()).unwrap();
        may_go_on.lock().unwrap().recv().unwrap();
        Reply::refusal(404, "SecretNotFound", None)
    });
    (server, was_asked, go_on)
}

#[test]
fn the_process_table_shows_nothing() {
    let (server, was_asked, go_on) = holding();
    let folder = Scratch::new();
    fs::write(folder.join("password"), "a-password-of-some-length").unwrap();
    let arguments = ["get", "web", "--password-file", "password"];
    let mut child = server
        .kvcert(folder.path(), &arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    was_asked.recv().unwrap();
    let of_process = |name: &str| fs::read(format!("/proc/{}/{name}", child.id())).unwrap();
    let command_line = of_process("cmdline");
    let limits = String::from_utf8(of_process("limits")).unwrap();
    go_on.send(()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3));

    assert!(command_line.windows(4).any(|window| window == b"get\0"));
    Hunt::default()
        .text("the token", TOKEN)
        .text("the password", "a-password-of-some-length")
        .nothing_in("the command line", &command_line);
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    let words: Vec<&str> = core.split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{core}");
}

/// What a process that may not be dumped has in /proc belongs to root, so that the same user's
/// other processes cannot read its memory.
#[test]
fn its_memory_is_closed_to_its_own_user() {
    let (server, was_asked, go_on) = holding();
    let folder = Scratch::new();
    let mut command = server.kvcert(folder.path(), &["get", "web"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    if fs::metadata(folder.path()).unwrap().uid() == 0 {
        command.uid(NOBODY);
    }
    let Ok(mut child) = command.spawn() else {
        return say("skipped: nobody may not run kvcert where it was built");
    };
    was_asked.recv().unwrap();
    let owner = |id: u32| fs::metadata(format!("/proc/{id}/environ")).unwrap().uid();
    let found = owner(child.id());
    go_on.send(()).unwrap();
    child.wait().unwrap();
    assert_eq!(found, 0);
}

#[test]
fn the_key_is_never_open_to_others() {
    let folder = Scratch::new();
    let log = folder.join("log");
    let command = dev::kvcert(folder.path());
    let mut traced = Command::new("strace");
    traced.args(["-f", "-qq", "-y", "-o"]).arg(&log);
    traced.args([
        "-e",
        "trace=open,openat,creat,chmod,fchmod,fchmodat,rename,renameat,renameat2",
    ]);
    traced
        .arg(command.get_program())
        .args(command.get_args())
        .args(["get", "web", "-o", "out"]);
    traced
        .env_clear()
        .env("KVCERT_STATE_DIR", folder.join("state"))
        .env("TMPDIR", folder.join("tmp"));
    traced
        .env("PATH", "/usr/bin:/bin")
        .current_dir(folder.path());
    fs::create_dir(folder.join("tmp")).unwrap();
    if Command::new("strace").arg("-V").output().is_err() {
        return say("skipped: there is no strace");
    }
    let (code, _, errors) = run(&mut traced);
    let log = fs::read_to_string(&log).unwrap();
    if code != 0 && log.is_empty() {
        return say("skipped: strace may not trace here");
    }
    assert_eq!(code, 0, "{errors}");
    follow_the_key(&log);
    let names = |name: &str| -> Vec<_> {
        let entries = fs::read_dir(folder.join(name)).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    };
    assert_eq!(names("out").len(), 2);
    assert!(names("tmp").is_empty());
    assert_eq!(support::mode(&folder.join("out/web.key")), 0o600);
}

/// From the rename that makes it `web.key` back to where the file was made.
fn follow_the_key(log: &str) {
    let is_rename = |line: &&str| line.contains("rename") && line.contains("web.key\"");
    let rename = log
        .lines()
        .find(is_rename)
        .unwrap_or_else(|| panic!("no rename in {log}"));
    let from = rename.split('"').nth(1).unwrap();
    let name = Path::new(from).file_name().unwrap().to_str().unwrap();
    let made: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("O_CREAT") && line.contains(&format!("{name}\"")))
        .collect();
    let [made] = made[..] else {
        panic!("made more than once, or never: {made:?}");
    };
    assert!(
        made.contains("O_EXCL") && made.contains(", 0600)"),
        "{made}"
    );
    for line in log
        .lines()
        .filter(|line| line.contains("chmod") && line.contains(name))
    {
        assert!(line.contains(", 0600)"), "{line}");
    }
}

const NOBODY: u32 = 65534;
