//! The dev vault as a program of its own, which can be killed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::running::Running;

/// `kvcert dev --data`, until it is killed.
pub(crate) struct Program {
    child: Child,
    pub(crate) running: Running,
    errors: PathBuf,
}

impl Program {
    /// Starts it and waits until it has announced itself.
    pub(crate) async fn start(folder: &Path) -> Self {
        Self::with(folder, &[]).await
    }

    /// The same with more flags.
    pub(crate) async fn with(folder: &Path, flags: &[&str]) -> Self {
        let state = folder.join("state");
        let announcement = state.join("dev.json");
        let _ = fs::remove_file(&announcement);
        let mut child = Command::new(env!("CARGO_BIN_EXE_kvcert"))
            .env_clear()
            .env("KVCERT_STATE_DIR", &state)
            .args(["dev", "--port", "0", "--data"])
            .arg(folder.join("data"))
            .args(flags)
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.join("errors")).unwrap())
            .spawn()
            .unwrap();
        for _ in 0..1200 {
            if let Ok(bytes) = fs::read(&announcement)
                && let Ok(access) = serde_json::from_slice(&bytes)
            {
                let running = Running::elsewhere(access);
                let errors = folder.join("errors");
                return Self {
                    child,
                    running,
                    errors,
                };
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        panic!("the dev vault did not announce itself");
    }

    /// What it warned of.
    pub(crate) fn errors(&self) -> String {
        let text = fs::read_to_string(&self.errors).unwrap();
        let warnings = text.lines().filter(|line| line.starts_with("warning"));
        warnings.collect()
    }

    /// SIGKILL: it has no chance to tidy up.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
