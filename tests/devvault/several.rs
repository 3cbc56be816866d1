//! Several dev vaults of one user: which of them `--dev` means, and what is announced.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::running::TempFolder;
use crate::support::{failure, run};

/// `kvcert dev`, until it is dropped, which kills it, or stopped.
struct Vault {
    child: Child,
    url: String,
}

impl Vault {
    fn start(state: &Path, flags: &[&str]) -> Self {
        let mut child = command(state)
            .args(["dev", "--empty", "--port", "0"])
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(fs::File::create(state.join("errors")).unwrap())
            .spawn()
            .unwrap();
        let mut url = String::new();
        let output = child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut url).unwrap();
        // The last line that it says when it starts.
        let errors = || fs::read_to_string(state.join("errors")).unwrap();
        while !errors().contains("stop with Ctrl-C") {
            assert!(child.try_wait().unwrap().is_none(), "{}", errors());
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let url = url.trim_end().to_owned();
        Self { child, url }
    }

    fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        self.child.wait().unwrap();
    }
}

impl Drop for Vault {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(state: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvcert"));
    command.env_clear().env("KVCERT_STATE_DIR", state);
    command
}

/// The URL of the vault that a flag leads to, as other clients get it.
fn url(state: &Path, flag: &str) -> String {
    let (code, output, errors) =
        run(command(state).args([flag, "dev", "--print-env", "github", "-q"]));
    assert_eq!(code, 0, "{errors}");
    output.lines().next().unwrap().replace("KVCERT_VAULT=", "")
}

#[track_caller]
fn refused(state: &Path, flags: &[&str], words: &[&str]) {
    let (code, _, errors) = run(command(state).args(["--json"]).args(flags));
    let failure = failure(&errors);
    let text = failure.to_string();
    assert_ne!(code, 0, "{flags:?}");
    for words in words {
        assert!(text.contains(words), "{flags:?}: {words}: {text}");
    }
}

#[test]
fn the_first_stays_the_default_and_the_others_have_names() {
    let folder = TempFolder::new("several");
    let state = &folder.0;
    refused(
        state,
        &["--dev", "list"],
        &["no-dev-vault", "start one with `kvcert dev`"],
    );
    let first = Vault::start(state, &[]);
    let announced = fs::read(state.join("dev.json")).unwrap();
    let second = Vault::start(state, &[]);
    let errors = fs::read_to_string(state.join("errors")).unwrap();
    assert!(errors.contains("kvcert --dev=2 list\n"), "{errors}");
    assert!(
        errors.contains("$(kvcert --dev=2 dev --print-env)"),
        "{errors}"
    );
    assert!(
        errors.contains("in memory, gone when it stops; `--data DIR` keeps it\n"),
        "{errors}"
    );
    let data = folder.0.join("data");
    let named = Vault::start(state, &["--as", "ci", "--data", data.to_str().unwrap()]);
    let errors = fs::read_to_string(state.join("errors")).unwrap();
    assert!(
        errors.contains("kvcert --dev=ci list\n") && !errors.contains("in memory"),
        "{errors}"
    );

    // What other programs read is the first one's, untouched.
    assert_eq!(fs::read(state.join("dev.json")).unwrap(), announced);
    for (flag, vault) in [
        ("--dev", &first),
        ("--dev=", &first),
        ("--dev=2", &second),
        ("--dev=ci", &named),
    ] {
        assert_eq!(url(state, flag), vault.url, "{flag}");
        let (code, _, errors) = run(command(state).args([flag, "list"]));
        assert_eq!(
            (code, errors.contains("no certificates")),
            (0, true),
            "{flag}: {errors}"
        );
        let (code, _, errors) = run(command(state).args(["dev", "switches", flag]));
        assert_eq!(code, 0, "{flag}: {errors}");
    }
    let mut environment = command(state);
    environment.args(["--dev=ci", "dev", "--print-env"]);
    let (_, output, _) = run(&mut environment);
    assert!(output.contains("/dev-ci-ca.pem'"), "{output}");
    // A hint leads to the same vault.
    refused(
        state,
        &["--dev=ci", "get", "web"],
        &["not-found", "kvcert list --dev=ci"],
    );
    refused(
        state,
        &["--dev=other", "list"],
        &["named `other`", "`--dev=2` or `--dev=ci`", "--as other"],
    );
    refused(
        state,
        &["dev", "--port", "0", "--as", "ci"],
        &["`ci` is already running"],
    );
    refused(state, &["dev", "--port", "0", "--dev=ci"], &["--as NAME"]);

    first.stop();
    assert!(!state.join("dev.json").exists() && !state.join("dev-ca.pem").exists());
    refused(
        state,
        &["--dev", "list"],
        &["no dev vault is running here", "`--dev=2` or `--dev=ci`"],
    );
    assert_eq!(url(state, "--dev=2"), second.url);
    // The next one is the first again, here with a name too.
    let next = Vault::start(state, &["--as", "next"]);
    assert_eq!(
        (url(state, "--dev"), url(state, "--dev=next")),
        (next.url.clone(), next.url.clone())
    );
    // Names of vaults that were killed are free.
    drop(named);
    let again = Vault::start(state, &["--as", "ci"]);
    assert_eq!(url(state, "--dev=ci"), again.url);
    drop(next);
    let after = Vault::start(state, &[]);
    assert_eq!(url(state, "--dev"), after.url);
}

#[test]
fn names_that_cannot_be_are_refused() {
    let folder = TempFolder::new("dev-names");
    for name in ["A", "-a", "a/b", "..", "a b", "a.json", &"a".repeat(26)] {
        for arguments in [
            ["dev".to_owned(), format!("--as={name}")],
            [format!("--dev={name}"), "list".to_owned()],
        ] {
            let (code, _, errors) = run(command(&folder.0).args(&arguments));
            assert_eq!(code, 2, "{arguments:?}");
            assert!(errors.contains("lower-case letters"), "{errors}");
        }
    }
    let (code, _, errors) = run(command(&folder.0).args(["dev", "--as="]));
    assert_eq!(code, 2, "{errors}");
}

#[test]
fn what_the_dev_vault_says_itself_cannot_be_given() {
    let folder = TempFolder::new("dev-flags");
    for flags in [
        &["--token-file", "x"][..],
        &["--ca-file", "x"],
        &["--cloud", "china"],
        &["--identity", "object:6a9f2d7e-3c51-4b8f-9a0e-1d2c3b4a5f60"],
        &["--auth", "azure-cli"],
        &["--vault", "x"],
    ] {
        for arguments in [
            [&["--dev", "list"], flags].concat(),
            [&["--dev"], flags, &["list"]].concat(),
            [flags, &["list", "--dev=ci"]].concat(),
        ] {
            let (code, _, errors) = run(command(&folder.0).args(&arguments));
            assert_eq!(code, 2, "{arguments:?}: {errors}");
            assert!(
                errors.contains("'--dev' cannot be used with '--"),
                "{errors}"
            );
        }
    }
}

#[test]
fn an_announcement_of_no_use_says_why() {
    let folder = TempFolder::new("announced");
    let file = folder.0.join("dev.json");
    for (content, why) in [
        ("", "is empty"),
        ("{\"client_secret\": \"hunter2\"", "is not JSON"),
        (
            "{\"client_secret\": \"hunter2\"}",
            "does not describe a dev vault",
        ),
        ("[\"hunter2\"]", "does not describe a dev vault"),
        ("\"hunter2\"", "does not describe a dev vault"),
    ] {
        fs::write(&file, content).unwrap();
        refused(
            &folder.0,
            &["--dev", "list"],
            &["no-dev-vault", why, "dev.json"],
        );
        let (_, _, errors) = run(command(&folder.0).args(["--dev", "list"]));
        assert!(!errors.contains("hunter2"), "{errors}");
    }
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    refused(
        &folder.0,
        &["--dev", "list"],
        &["no-dev-vault", "directory"],
    );
}

/// An announcement by somebody else would have keys sent to a server of theirs.
#[cfg(unix)]
#[test]
fn another_users_announcement_is_not_followed() {
    let folder = TempFolder::new("foreign");
    let vault = Vault::start(&folder.0, &[]);
    let file = folder.0.join("dev.json");
    if std::os::unix::fs::chown(&file, Some(65533), None).is_err() {
        return;
    }
    refused(&folder.0, &["--dev", "list"], &["belongs to another user"]);
    let announced: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(announced["vault_url"], vault.url);
}
