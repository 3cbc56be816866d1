//! What is left of a token and a key: strace sees every file that is opened to be written.

use std::fs;
use std::process::Command;

use crate::fake::{CLIENT, Fake, TENANT, TOKEN};
use crate::support::{run, say};

/// The same command, under strace; the calls that open, make, rename or remove something.
fn traced(fake: &Fake, command: &Command) -> Option<Vec<String>> {
    if Command::new("strace").arg("-V").output().is_err() {
        say("strace is not here: who writes files was not looked at");
        return None;
    }
    let log = fake.path("trace");
    let mut under = Command::new("strace");
    under
        .args(["-f", "-qq", "-o"])
        .arg(&log)
        .args(["-e", "trace=open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat"])
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .current_dir(command.get_current_dir().unwrap());
    let set = command
        .get_envs()
        .filter_map(|(name, value)| Some((name, value?)));
    under
        .envs(set)
        .env("PATH", std::env::var_os("PATH").unwrap());
    let (code, output, errors) = run(&mut under);
    if errors.contains("ptrace") || errors.contains("PTRACE") {
        say("strace may not trace here: who writes files was not looked at");
        return None;
    }
    assert_eq!(code, 0, "{errors}");
    assert!(output.contains(TOKEN), "{output}");
    let text = fs::read_to_string(&log).unwrap();
    let writes = |line: &&str| {
        let opens = line.contains("open") && !line.contains("O_RDONLY") && !line.contains("O_PATH");
        (opens && !line.contains("\"/dev/"))
            || line.contains("O_CREAT")
            || CHANGES.iter().any(|call| line.contains(call))
    };
    // The end of a call that another process interrupted has no arguments: its beginning has them.
    let begun = text.lines().filter(|line| !line.contains(" resumed>"));
    Some(begun.filter(writes).map(str::to_owned).collect())
}

const CHANGES: [&str; 6] = ["mkdir", "rename", "link", "symlink", "unlink", "creat("];

#[test]
fn token_and_exec_write_no_file() {
    let fake = Fake::new();
    let none: Vec<String> = Vec::new();
    for arguments in [&["app"][..], &["app", "--sign-in-vault"], &["./app.pem"]] {
        let command = fake.token(arguments);
        assert_eq!(
            traced(&fake, &command).unwrap_or_default(),
            none,
            "{arguments:?}"
        );
    }
    let token = [
        "--token",
        "--for",
        "graph",
        "--tenant",
        TENANT,
        "--client-id",
        CLIENT,
    ];
    let mut command = fake.kvcert(&["exec", "app"]);
    command.args(token).args([
        "--",
        "sh",
        "-c",
        "cat $KVCERT_KEY_FILE >&2; echo $KVCERT_TOKEN",
    ]);
    if cfg!(target_os = "linux") {
        assert_eq!(traced(&fake, &command).unwrap_or_default(), none);
    }
    // The trace shows what is written, where something is.
    let mut command = fake.kvcert(&["exec", "app"]);
    command
        .args(token)
        .args(["--", "sh", "-c", "echo x > written; echo $KVCERT_TOKEN"]);
    if let Some(found) = traced(&fake, &command) {
        assert!(
            found.iter().any(|line| line.contains("written")),
            "{found:?}"
        );
    }
}
