//! [`Program`]: a tool that has its own sign-in, and gives tokens of it.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use kvcert_pki::text::excerpt;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::access_token::AccessToken;
use super::error::CredentialError;
use super::token_error::aadsts_code;

/// A program to be found on the search path.
#[derive(Debug)]
pub(super) struct Program {
    name: &'static str,
    search_path: OsString,
    /// What to run to sign in to it.
    sign_in: &'static str,
    /// What it says when no one is signed in to it.
    not_signed_in: &'static [&'static str],
    time_limit: Duration,
}

impl Program {
    pub(super) fn new(
        name: &'static str,
        search_path: OsString,
        sign_in: &'static str,
        not_signed_in: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            search_path,
            sign_in,
            not_signed_in,
            time_limit: TIME_LIMIT,
        }
    }

    /// Runs the program and reads the token from what it printed. What makes no sense is not
    /// quoted: a token may be in it.
    pub(super) async fn token<Output>(
        &self,
        arguments: &[&str],
    ) -> Result<AccessToken, CredentialError>
    where
        Output: DeserializeOwned + Into<AccessToken>,
    {
        let output = self.run(arguments).await?;
        let token = serde_json::from_slice::<Output>(json(&output));
        let token: Option<AccessToken> = token.ok().map(Output::into);
        token
            .filter(|token| AccessToken::is_bearer(token.expose()))
            .ok_or_else(|| self.failed(String::from("what it printed is no token")))
    }

    /// Runs the program, without a shell, and gives back what it printed.
    async fn run(&self, arguments: &[&str]) -> Result<Zeroizing<Vec<u8>>, CredentialError> {
        let path = self
            .find()
            .ok_or(CredentialError::NotInstalled { program: self.name })?;
        let finished = timeout(self.time_limit, self.output(&path, arguments)).await;
        let (success, output, errors) = finished
            .map_err(|_| {
                self.failed(format!(
                    "no answer in {} seconds",
                    self.time_limit.as_secs()
                ))
            })?
            .map_err(|error| self.failed(error.to_string()))?;
        if success {
            return Ok(output);
        }
        // `azd` tells its errors where its result would be. Nothing else is quoted from there: a
        // token may be in it.
        let (errors, output) = (text(&errors), text(&output));
        let said = errors
            .lines()
            .map(|line| told(line).unwrap_or_else(|| line.into()));
        let said: Vec<_> = said.chain(output.lines().filter_map(told)).collect();
        Err(self.judge(&said.join("\n")))
    }

    /// Reads both streams at once, so that neither is left full, up to a bound.
    async fn output(
        &self,
        path: &Path,
        arguments: &[&str],
    ) -> std::io::Result<(bool, Zeroizing<Vec<u8>>, Vec<u8>)> {
        let mut command = Command::new(path);
        command
            .args(arguments)
            .env("AZURE_CORE_NO_COLOR", "true")
            // What is kvcert's alone is not passed on.
            .env_remove("KVCERT_ACCESS_TOKEN")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // Not here: what lies in the current folder is none of the tool's business.
        if let Some(folder) = path.parent() {
            command.current_dir(folder);
        }
        let mut child = command.spawn()?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let read_output = async {
            let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_OUTPUT));
            if let Some(stdout) = stdout {
                let mut stdout = stdout.take(MAX_OUTPUT as u64);
                stdout.read_to_end(&mut bytes).await?;
            }
            std::io::Result::Ok(bytes)
        };
        let read_errors = async {
            let mut bytes = Vec::new();
            if let Some(stderr) = stderr {
                stderr
                    .take(MAX_OUTPUT as u64)
                    .read_to_end(&mut bytes)
                    .await?;
            }
            std::io::Result::Ok(bytes)
        };
        let (output, errors) = tokio::try_join!(read_output, read_errors)?;
        Ok((child.wait().await?.success(), output, errors))
    }

    fn judge(&self, said: &str) -> CredentialError {
        let says = |words: &&str| said.contains(*words);
        // An AADSTS number says more than the advice to sign in that comes with it.
        if self.not_signed_in.iter().any(says) && aadsts_code(said).is_none() {
            return CredentialError::NotSignedIn {
                program: self.name,
                command: self.sign_in,
            };
        }
        let mut lines = said.lines().map(str::trim);
        let first = lines.clone().find(|line| !line.is_empty());
        // Warnings come first, and are not why.
        let line = lines.find(|line| line.contains("ERROR") || aadsts_code(line).is_some());
        let line = line.or(first);
        self.failed(line.map_or_else(|| String::from("it did not say why"), without_tokens))
    }

    fn failed(&self, message: String) -> CredentialError {
        CredentialError::Program {
            program: self.name,
            message,
        }
    }

    /// Folders of the search path that are relative, the current one among them, do not count.
    fn find(&self) -> Option<PathBuf> {
        let folders = std::env::split_paths(&self.search_path).filter(|path| path.is_absolute());
        let candidates = folders.flat_map(|folder| {
            let named = move |ending| folder.join(format!("{}{ending}", self.name));
            ENDINGS.iter().map(named)
        });
        candidates.into_iter().find(|path| is_executable(path))
    }
}

/// The JSON in what was printed, which ends it: warnings may come before.
fn json(output: &[u8]) -> &[u8] {
    let lines = output.split_inclusive(|byte| *byte == b'\n');
    let before = lines.take_while(|line| !line.trim_ascii_start().starts_with(b"{"));
    &output[before.map(<[u8]>::len).sum()..]
}

fn text(printed: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(printed)
}

/// What a line of JSON says (`azd --output json`).
fn told(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct ConsoleMessage {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        message: String,
    }
    let told: ConsoleMessage = serde_json::from_str(line).ok()?;
    Some(told.data.message)
}

/// Words that hold a JWT are left out, whatever else is in them.
fn without_tokens(text: &str) -> String {
    let shown = |word| match word {
        word if str::contains(word, "eyJ") => "[token]",
        word => word,
    };
    let words: Vec<&str> = text.split_whitespace().map(shown).collect();
    excerpt(&words.join(" "), 300)
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

#[cfg(unix)]
const ENDINGS: [&str; 1] = [""];
#[cfg(not(unix))]
const ENDINGS: [&str; 2] = [".exe", ".cmd"];
/// `az` is a large Python program; on a slow machine it takes seconds to start.
const TIME_LIMIT: Duration = Duration::from_secs(15);
const MAX_OUTPUT: usize = 256 * 1024;

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// One that hangs is ended, and so is the wait for it.
    #[test]
    #[allow(clippy::disallowed_methods, reason = "a test may write files")]
    fn a_program_that_hangs_is_ended() {
        let folder = std::env::temp_dir().join(format!("kvcert-hangs-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let script = "#!/bin/sh\necho $$ > pid\nexec sleep 600\n";
        std::fs::write(folder.join("az"), script).unwrap();
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.join("az"), executable).unwrap();

        let search_path = format!("{}:/usr/bin:/bin", folder.display()).into();
        let az = Program {
            time_limit: Duration::from_secs(1),
            ..Program::new("az", search_path, "az login", &[])
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let error = runtime.block_on(az.run(&[])).unwrap_err();
        assert_eq!(error.to_string(), "`az` failed: no answer in 1 seconds");
        let pid = std::fs::read_to_string(folder.join("pid")).unwrap();
        let process = PathBuf::from(format!("/proc/{}", pid.trim()));
        // Ended, if not yet buried.
        let is_over = || {
            let status = std::fs::read_to_string(process.join("stat")).unwrap_or_default();
            status.is_empty() || status.contains(") Z ")
        };
        let ended = (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(20));
            is_over()
        });
        assert!(ended || !cfg!(target_os = "linux"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
