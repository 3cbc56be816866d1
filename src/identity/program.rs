//! [`Program`]: a tool that has its own sign-in, and gives tokens of it.

mod said;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use std::{fs, io};

use said::Said;
pub(super) use said::json as printed_json;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::access_token::AccessToken;
use super::error::CredentialError;
use super::file;
use super::setup::Setup;
use crate::transport::Transport;

/// A program to be found on the search path.
#[derive(Debug)]
pub(super) struct Program {
    name: &'static str,
    search_path: OsString,
    /// Variables that it does not get.
    secrets: Vec<String>,
    /// What to run to sign in to it.
    sign_in: &'static str,
    /// What it says when no one is signed in to it.
    not_signed_in: &'static [&'static str],
}

impl Program {
    pub(super) fn new(
        name: &'static str,
        setup: &Setup<'_>,
        sign_in: &'static str,
        not_signed_in: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            search_path: setup.search_path(),
            secrets: setup.environment.secrets().map(str::to_owned).collect(),
            sign_in,
            not_signed_in,
        }
    }

    /// Runs the program and reads the token from what it printed. What makes no sense is not
    /// quoted: a token may be in it. It has the time of a request, if the caller set that.
    pub(super) async fn token<Output>(
        &self,
        arguments: &[&str],
        transport: &Transport,
    ) -> Result<AccessToken, CredentialError>
    where
        Output: DeserializeOwned + Into<AccessToken>,
    {
        let time_limit = transport.timeout().unwrap_or(TIME_LIMIT);
        let output = self.run(arguments, time_limit).await?;
        let token = said::json::<Output>(&output).map(Output::into);
        token.ok_or_else(|| match output.trim_ascii().is_empty() {
            true => self.failed("it printed nothing"),
            false => self.failed("what it printed is no token"),
        })
    }

    /// Runs the program, without a shell, and gives back what it printed.
    async fn run(
        &self,
        arguments: &[&str],
        time_limit: Duration,
    ) -> Result<Zeroizing<Vec<u8>>, CredentialError> {
        let path = self.find()?;
        let Ok(finished) = timeout(time_limit, self.output(&path, arguments)).await else {
            return Err(CredentialError::Program {
                program: self.name,
                message: format!("no answer in {} s", time_limit.as_secs()),
                remedy: None,
                timed_out: true,
            });
        };
        let (status, output, errors) = finished.map_err(|error| self.not_started(&path, &error))?;
        if status.success() {
            return Ok(output);
        }
        Err(self.judge(&Said::new(&errors, &output)))
    }

    /// Reads both streams at once, so that neither is left full, up to a bound.
    async fn output(
        &self,
        path: &Path,
        arguments: &[&str],
    ) -> io::Result<(ExitStatus, Zeroizing<Vec<u8>>, Vec<u8>)> {
        let mut command = Command::new(path);
        command
            .args(arguments)
            .env("AZURE_CORE_NO_COLOR", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        for name in &self.secrets {
            command.env_remove(name);
        }
        #[cfg(unix)]
        command.process_group(0);
        // Not here: what lies in the current folder is none of the tool's business.
        if let Some(folder) = path.parent() {
            command.current_dir(folder);
        }
        let mut running = Running(command.spawn()?);
        let child = &mut running.0;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let mut output = Zeroizing::new(Vec::with_capacity(MAX_OUTPUT));
        let mut errors = Vec::new();
        let mut reading = Box::pin(async {
            tokio::try_join!(read(stdout, &mut output), read(stderr, &mut errors)).map(drop)
        });
        let status = tokio::select! {
            read = &mut reading => {
                read?;
                child.wait().await?
            }
            status = child.wait() => {
                // What it left running in the background may hold the streams open.
                timeout(LEFTOVER_TIME, &mut reading).await.unwrap_or(Ok(()))?;
                status?
            }
        };
        drop(reading);
        Ok((status, output, errors))
    }

    fn judge(&self, said: &Said) -> CredentialError {
        let (program, message) = (self.name, said.message());
        let remedy = said.command(self.name);
        // An AADSTS number says more than the advice to sign in that comes with it.
        if said.says_one_of(self.not_signed_in) && !said.has_aadsts_code() {
            return CredentialError::NotSignedIn {
                program,
                message,
                command: remedy.unwrap_or_else(|| self.sign_in.to_owned()),
            };
        }
        CredentialError::Program {
            program,
            message,
            remedy,
            timed_out: false,
        }
    }

    fn failed(&self, message: impl Into<String>) -> CredentialError {
        CredentialError::Program {
            program: self.name,
            message: message.into(),
            remedy: None,
            timed_out: false,
        }
    }

    /// A script whose interpreter is missing fails as if it were missing itself.
    fn not_started(&self, path: &Path, error: &io::Error) -> CredentialError {
        let is_missing = error.kind() == io::ErrorKind::NotFound;
        let interpreter = is_missing.then(|| interpreter(path)).flatten();
        self.failed(match interpreter {
            Some(interpreter) => format!("its interpreter `{interpreter}` does not exist"),
            None => format!("it does not start: {error}"),
        })
    }

    /// Folders of the search path that are relative, the current one among them, do not count.
    fn find(&self) -> Result<PathBuf, CredentialError> {
        let folders = std::env::split_paths(&self.search_path).filter(|path| path.is_absolute());
        let files = folders.flat_map(|folder| {
            let named = move |ending| folder.join(format!("{}{ending}", self.name));
            ENDINGS.iter().map(named)
        });
        let files: Vec<_> = files.filter(|path| path.is_file()).collect();
        let executable = files.iter().find(|path| is_executable(path));
        executable
            .cloned()
            .ok_or_else(|| CredentialError::NotInstalled {
                program: self.name,
                found: files.into_iter().next(),
            })
    }
}

/// A program that was started. It ends, with all that it started, when this is dropped before.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // A program that was waited for has no id any more.
        #[cfg(unix)]
        if let Some(id) = self.0.id().and_then(|id| i32::try_from(id).ok())
            && let Some(group) = rustix::process::Pid::from_raw(id)
        {
            let kill = rustix::process::Signal::KILL;
            // It may just have ended.
            let _ = rustix::process::kill_process_group(group, kill);
        }
    }
}

async fn read(stream: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) -> io::Result<()> {
    if let Some(stream) = stream {
        stream.take(MAX_OUTPUT as u64).read_to_end(into).await?;
    }
    Ok(())
}

/// What the first line of a script names.
fn interpreter(script: &Path) -> Option<String> {
    let bytes = file::read(script, MAX_SCRIPT).ok()?;
    let line = bytes
        .strip_prefix(b"#!")?
        .split(|byte| *byte == b'\n')
        .next()?;
    let words = String::from_utf8_lossy(line);
    let interpreter = words.split_whitespace().next()?;
    let is_there = fs::exists(interpreter).unwrap_or(true);
    (!is_there).then(|| kvcert_pki::text::excerpt(interpreter, 200))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|found| found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    true
}

#[cfg(unix)]
const ENDINGS: [&str; 1] = [""];
#[cfg(not(unix))]
const ENDINGS: [&str; 2] = [".exe", ".cmd"];
/// `az` is a large Python program; on a slow machine it takes seconds to start.
const TIME_LIMIT: Duration = Duration::from_secs(15);
/// How long to read on after the program has ended.
const LEFTOVER_TIME: Duration = Duration::from_secs(1);
const MAX_OUTPUT: usize = 256 * 1024;
const MAX_SCRIPT: usize = 1 << 20;
