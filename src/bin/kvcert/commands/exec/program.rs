//! The program: its arguments, its environment, and its start.

use super::{Given, place};
use crate::cli::{ExecArgs, FilesArg, HeldArg};
use crate::commands::token::until;
use crate::failure::{Failure, Reason};
use crate::session::Context;

/// Starts the program in the place of this process.
#[cfg(unix)]
pub(super) fn start(args: &ExecArgs, given: &Given, context: &Context<'_>) -> Result<(), Failure> {
    use std::os::unix::process::CommandExt;

    check(args, given)?;
    match place(args) {
        #[cfg(target_os = "linux")]
        FilesArg::Memory => {
            // They are open until the program has them.
            let held = memory::hold(&given.files)?;
            let error = command(args, given, &held.paths, context).exec();
            Err(not_started(args, error))
        }
        #[cfg(not(target_os = "linux"))]
        FilesArg::Memory => Err(Failure::message(
            Reason::NoMemoryFilesHere,
            "this system does not support files in memory",
        )
        .with_hint("leave `--files` out, or use `--files folder`")),
        FilesArg::Folder => {
            let paths = super::folder::fill(&given.files, context)?;
            let error = command(args, given, &paths, context).exec();
            Err(not_started(args, error))
        }
    }
}

/// Other systems cannot let a program take a process' place.
#[cfg(not(unix))]
pub(super) fn start(args: &ExecArgs, given: &Given, _: &Context<'_>) -> Result<(), Failure> {
    let _ = (place(args), given);
    Err(
        Failure::message(Reason::NotOnThisSystem, "`exec` works on Unix systems only").with_hint(
            "use `kvcert get CERT -o FOLDER` and remove the folder after, or `kvcert token CERT --output powershell`",
        ),
    )
}

/// Variables for what there is.
fn check(args: &ExecArgs, given: &Given) -> Result<(), Failure> {
    for variable in &args.env {
        let is_there = match variable.held {
            HeldArg::Token => given.token.is_some(),
            held => given.files.iter().any(|file| file.name == name(held)),
        };
        if !is_there {
            let message = format!("nothing to put into `{}`", variable.name);
            let hint = match variable.held {
                HeldArg::Token => "add `--token`, with `--scope` or `--for`",
                _ => "leave out `--sign-in-vault`, which keeps the key in the vault",
            };
            return Err(Failure::message(Reason::FlagsConflict, message).with_hint(hint));
        }
    }
    Ok(())
}

fn name(held: HeldArg) -> &'static str {
    match held {
        HeldArg::Cert => "cert",
        HeldArg::Key => "key",
        HeldArg::Pem => "pem",
        HeldArg::Token => "token",
    }
}

/// The program with what it is given. `paths` go with the files.
#[cfg(unix)]
fn command(
    args: &ExecArgs,
    given: &Given,
    paths: &[std::path::PathBuf],
    context: &Context<'_>,
) -> std::process::Command {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let mut words = args.command.iter().map(|word| {
        let files = given.files.iter().zip(paths);
        files.fold(word.as_bytes().to_vec(), |word, (file, path)| {
            let named = format!("{{{}}}", file.variable());
            replace(&word, named.as_bytes(), path.as_os_str().as_bytes())
        })
    });
    let program = words.next().unwrap_or_default();
    let mut command = std::process::Command::new(OsStr::from_bytes(&program));
    command.args(words.map(|word| OsStr::from_bytes(&word).to_owned()));
    // Secrets of kvcert's own are not passed on.
    let secrets = context.environment.secrets();
    for name in secrets.filter(|name| !args.keep_env.iter().any(|kept| kept == name)) {
        command.env_remove(name);
    }
    let holds = |held: HeldArg| {
        let named = args
            .env
            .iter()
            .filter(move |variable| variable.held == held);
        named.map(|variable| variable.name.clone())
    };
    for (file, path) in given.files.iter().zip(paths) {
        command.env(file.variable(), path);
        for held in [HeldArg::Cert, HeldArg::Key, HeldArg::Pem] {
            if name(held) == file.name {
                command.envs(holds(held).map(|name| (name, path)));
            }
        }
    }
    if let Some(token) = &given.token {
        command.env("KVCERT_TOKEN", token.expose());
        command.envs(holds(HeldArg::Token).map(|name| (name, token.expose())));
        let end = until(token).map(|end| ("KVCERT_TOKEN_EXPIRES", end));
        command.envs(end);
    }
    command
}

#[cfg(unix)]
fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(from) {
            out.extend_from_slice(to);
            rest = after;
        } else {
            out.push(*first);
            rest = after;
        }
    }
    out
}

#[cfg(unix)]
fn not_started(args: &ExecArgs, error: std::io::Error) -> Failure {
    let program = args.command.first().map(|word| word.as_os_str());
    let program = kvcert::given::Given::from(program.unwrap_or_default());
    let (reason, hint) = match error.kind() {
        std::io::ErrorKind::NotFound => (Reason::NoSuchProgram, "check its name and PATH"),
        _ => (
            Reason::ProgramNotStarted,
            "check that it is executable, and the size of its arguments",
        ),
    };
    Failure::new(reason, error)
        .context(format!("cannot start {program}"))
        .with_hint(hint)
}

/// Files that are in memory only.
#[cfg(target_os = "linux")]
mod memory {
    use std::io::{self, Write};
    use std::os::fd::AsRawFd;
    use std::path::PathBuf;

    use rustix::fs::{MemfdFlags, Mode, SealFlags, fchmod, fcntl_add_seals, memfd_create};
    use rustix::io::{Errno, FdFlags, fcntl_setfd};

    use crate::commands::exec::{File, wiper};
    use crate::failure::{Failure, Reason};

    /// Paths by which the program can open the files, and those that it inherits open.
    pub(super) struct Held {
        pub(super) paths: Vec<PathBuf>,
        _open: Vec<std::fs::File>,
    }

    /// Puts the files into memory.
    pub(super) fn hold(files: &[File]) -> Result<Held, Failure> {
        place(files).map_err(|error| {
            Failure::new(Reason::NoMemoryFiles, error)
                .context("cannot create files in memory")
                .with_hint("use `--files folder`")
        })
    }

    fn place(files: &[File]) -> io::Result<Held> {
        let mut open = files.iter().map(make).collect::<io::Result<Vec<_>>>()?;
        let mut paths = Vec::new();
        // Those with the key come first: see `files` in the module above.
        if open.len() > 2 {
            let rest = open.split_off(2);
            if let Ok(secret) = <[std::fs::File; 2]>::try_from(open) {
                paths.extend(wiper::hold(secret)?);
            }
            open = rest;
        }
        let process = std::process::id();
        for file in &open {
            let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
            fcntl_add_seals(file, seals)?;
            // Not closed when the program starts.
            fcntl_setfd(file, FdFlags::empty())?;
            paths.push(format!("/proc/{process}/fd/{}", file.as_raw_fd()).into());
        }
        Ok(Held { paths, _open: open })
    }

    /// Only the user can read it.
    fn make(file: &File) -> io::Result<std::fs::File> {
        let mut made = create(file.name)?;
        made.write_all(file.bytes.as_bytes())?;
        fchmod(&made, Mode::RUSR)?;
        Ok(made)
    }

    /// Kernels before 6.3 know no promise not to execute it.
    fn create(name: &str) -> io::Result<std::fs::File> {
        let flags = MemfdFlags::ALLOW_SEALING | MemfdFlags::CLOEXEC;
        Ok(match memfd_create(name, flags | MemfdFlags::NOEXEC_SEAL) {
            Err(Errno::INVAL) => memfd_create(name, flags)?,
            made => made?,
        }
        .into())
    }
}
