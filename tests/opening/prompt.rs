//! The password prompt, on a terminal.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use crate::making::{PASSWORD, Scene};
use crate::support::kvcert;

/// A terminal: the side of the person, and that of the program.
fn terminal() -> (File, File) {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let name = ptsname(&person, Vec::new()).unwrap();
    let mut options = OpenOptions::new();
    let program = options.read(true).write(true).open(name.to_str().unwrap());
    (File::from(person), program.unwrap())
}

fn echoes(terminal: &File) -> bool {
    tcgetattr(terminal)
        .unwrap()
        .local_modes
        .contains(LocalModes::ECHO)
}

/// `kvcert convert file.p12`, which asks for a password, in a session of its own on this terminal.
fn asking(scene: &Scene, program: &File) -> Command {
    let kvcert = kvcert(scene.path());
    let mut command = Command::new("setsid");
    command.args(["--ctty", "--wait"]).arg(kvcert.get_program());
    command.args(["convert", "file.p12", "-o", "out"]);
    command.current_dir(scene.path());
    command.stdin(program.try_clone().unwrap());
    command.stderr(program.try_clone().unwrap());
    command
}

#[test]
fn the_terminal_is_as_before_after_a_prompt() {
    let scene = Scene::new();
    scene.pkcs12(&[]);
    let answer = format!("{PASSWORD}\n");
    for (typed, is_interrupted) in [
        (&b"\x03"[..], true),
        (b"ab\x03", true),
        (answer.as_bytes(), false),
    ] {
        let (mut person, program) = terminal();
        assert!(echoes(&program));
        let mut child = asking(&scene, &program).spawn().unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        while echoes(&program) {
            assert!(Instant::now() < end, "no prompt");
            thread::sleep(Duration::from_millis(10));
        }
        person.write_all(typed).unwrap();
        let status = child.wait().unwrap();
        assert!(echoes(&program), "{status}");
        // `setsid` passes the exit code on, a signal as a shell does.
        let interrupted = status.signal() == Some(2) || status.code() == Some(130);
        assert_eq!(interrupted, is_interrupted, "{status}");
        let mut shown = [0; 4096];
        let length = person.read(&mut shown).unwrap();
        let shown = String::from_utf8_lossy(&shown[..length]).into_owned();
        assert!(shown.contains("password for `file.p12`: "), "{shown}");
        assert!(!shown.contains(PASSWORD), "{shown}");
    }
}
