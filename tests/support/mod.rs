//! What the tests share: a scratch folder, the real binary in a clean environment, openssl as the
//! judge, and the corpus of real files.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "every test program has its own copy and uses a part of it"
)]

#[cfg(feature = "dev-vault")]
pub mod dev;
#[cfg(feature = "dev-vault")]
pub mod replay;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A folder of a test's own, removed at the end unless the test failed.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("scratch-{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }

    /// The names of all that is in the folder, sorted.
    pub fn names(&self) -> Vec<String> {
        Self::names_in(&self.0)
    }

    /// The names of all that is in a folder, sorted.
    pub fn names_in(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// The real binary, with no environment but what a test sets, in `folder`.
pub fn kvcert(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kvcert"));
    command.env_clear().current_dir(folder).stdin(Stdio::null());
    command.env("KVCERT_STATE_DIR", folder.join("state"));
    // Nothing listens there: the machine that runs the tests may have an identity of its own.
    command.env("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1");
    command
}

/// Runs a command and gives back exit code, standard output and standard error; what `--json` makes an
/// object in a line there is the line that it is without.
#[track_caller]
pub fn run(command: &mut Command) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (
        status.code().expect("killed by a signal"),
        text(stdout),
        text(stderr).split_inclusive('\n').map(plain).collect(),
    )
}

/// `{"warning": "it expires"}` as `warning: it expires`; any other line as it is.
fn plain(line: &str) -> String {
    let object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(line);
    let (kind, text) = match object.iter().flatten().next() {
        Some((kind, serde_json::Value::String(text))) => (kind.as_str(), text),
        _ => return line.to_owned(),
    };
    match kind {
        "warning" => format!("warning: {text}\n"),
        "note" | "prompt" | "request" => format!("{text}\n"),
        _ => line.to_owned(),
    }
}

/// The failure that kvcert told on standard error as JSON; the last one, if there were several.
#[track_caller]
pub fn failure(stderr: &str) -> serde_json::Value {
    let start = if stderr.starts_with("{\n") {
        0
    } else {
        stderr
            .find("\n{\n")
            .unwrap_or_else(|| panic!("no JSON in {stderr}"))
            + 1
    };
    let failures = serde_json::Deserializer::from_str(&stderr[start..]).into_iter();
    let failures: Result<Vec<serde_json::Value>, _> = failures.collect();
    failures.unwrap().pop().unwrap()["error"].take()
}

/// Runs openssl, which must succeed, and gives back its standard output.
#[track_caller]
pub fn openssl(arguments: &[&str]) -> String {
    let output = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The leaf of a certificate file: its public key in PEM, and its SHA-1 thumbprint in lower-case
/// hexadecimal.
#[track_caller]
pub fn leaf(file: &Path) -> (String, String) {
    let file = file.to_str().unwrap();
    let text = openssl(&[
        "x509",
        "-in",
        file,
        "-noout",
        "-pubkey",
        "-fingerprint",
        "-sha1",
    ]);
    let (key, thumbprint) = text.split_once("-----END PUBLIC KEY-----\n").unwrap();
    let thumbprint = thumbprint.trim().rsplit('=').next().unwrap();
    let thumbprint = thumbprint.replace(':', "").to_lowercase();
    (format!("{key}-----END PUBLIC KEY-----\n"), thumbprint)
}

/// openssl says that the key is the leaf's. Gives back the leaf's SHA-1 thumbprint.
#[track_caller]
pub fn pair(certificate: &Path, key: &Path) -> String {
    let (public, thumbprint) = leaf(certificate);
    assert_eq!(
        openssl(&["pkey", "-in", key.to_str().unwrap(), "-pubout"]),
        public
    );
    thumbprint
}

/// Tells something that is to be read even when all tests pass: how much was tried, or that
/// something was skipped.
pub fn say(text: &str) {
    // Straight to the stream, past the test harness, which keeps what `eprintln!` says.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The permission bits of a file.
#[cfg(unix)]
#[track_caller]
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// The corpus of real recordings and files, if `KVCERT_CORPUS` names it. Tests that need it say
/// plainly when they were skipped.
pub fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("KVCERT_CORPUS").map(PathBuf::from)?;
    assert!(
        folder.join("INDEX.json").exists(),
        "no INDEX.json in {}",
        folder.display()
    );
    Some(folder)
}

/// The Python of the judges, where `scripts/install-judges.sh` puts it; nothing if it is not there
/// and the tests run without `scripts/test.sh`: then `what` is skipped.
pub fn judges_python(what: &str) -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let inside = if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    };
    let python = target.join("judges").join(inside);
    if python.exists() {
        return Some(python);
    }
    assert!(
        std::env::var_os("KVCERT_JUDGES").is_none(),
        "scripts/test.sh should have installed {}",
        python.display()
    );
    say(&format!(
        "skipped {what}: scripts/install-judges.sh installs its judge"
    ));
    None
}
