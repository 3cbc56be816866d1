//! Where `scripts/install-clients.sh` puts the clients.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support;

/// A part of what is installed; nothing if it is not there, which is told, and is an error where
/// everything has to be there.
pub(crate) fn part(name: &str, program: &str) -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let folder = target.join("clients").join(name);
    if folder.join("installed.txt").exists() && folder.join(program).exists() {
        return Some(folder);
    }
    assert!(
        std::env::var("KVCERT_CLIENTS").as_deref() != Ok("installed"),
        "scripts/install-clients.sh should have installed {}",
        folder.display()
    );
    support::say(&format!(
        "skipped the official clients ({name}): scripts/install-clients.sh installs them"
    ));
    None
}

/// A file of this folder.
pub(crate) fn script(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/clients")
        .join(path)
}

/// A script of this folder, to be run by the Python that is installed there.
pub(crate) fn python_script(python: &Path, script: &str) -> Command {
    let mut client = Command::new(python.join("bin/python"));
    client
        .arg(self::script(&format!("python/{script}.py")))
        .env_remove("PYTHONDONTWRITEBYTECODE")
        .env("PYTHONPATH", self::script("python"))
        .env("PYTHONPYCACHEPREFIX", python_cache());
    client
}

/// Where Python keeps what it compiles, so that it is not among the sources.
pub(crate) fn python_cache() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    target.join("clients/pycache")
}
