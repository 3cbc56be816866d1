//! Files in a folder of the user's own, which are wiped when the program has ended.
//!
//! Who wipes it is another process, started before the first file is written: the program may be
//! killed, and kvcert is gone by then. It is no child of the program, which would find it when it
//! waits for its own. It looks ten times a second whether the program is still there.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use kvcert::output::{PlannedFile, Secrecy, Writer};
use rustix::process::{Pid, test_kill_process};

use super::File;
use crate::cli::WipeArgs;
use crate::failure::{Failure, Reason};
use crate::session::Context;

/// Writes the files, and has them wiped when this process, which the program takes over, has ended.
pub(super) fn fill(files: &[File], context: &Context<'_>) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error: io::Error| {
        Failure::new(Reason::NoFolder, error)
            .context("cannot create a directory for the program's files")
            .with_hint("set XDG_RUNTIME_DIR or TMPDIR to a directory that you can write to")
    };
    let folder = fresh_folder(context).map_err(failed)?;
    start_wiper(&folder).map_err(|error| {
        let _ = fs::remove_dir(&folder);
        failed(error)
    })?;
    let planned: Vec<PlannedFile> = files
        .iter()
        .map(|file| {
            let bytes = file.bytes.as_bytes().to_vec();
            PlannedFile::new(file_name(file.name), bytes, Secrecy::Private)
        })
        .collect();
    let written = Writer::default().write(&folder, &planned)?;
    Ok(written.into_iter().map(|file| file.path).collect())
}

/// In memory, if there is a file system of that kind; on disk else.
fn fresh_folder(context: &Context<'_>) -> io::Result<PathBuf> {
    let runtime = context
        .environment
        .get("XDG_RUNTIME_DIR")
        .map(PathBuf::from);
    let shared = Path::new("/dev/shm");
    let base = match runtime.filter(|path| path.is_dir()) {
        Some(path) => path,
        None if shared.is_dir() => shared.to_owned(),
        None => std::env::temp_dir(),
    };
    let mut random = [0; 12];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| io::Error::other("no randomness"))?;
    let folder = base.join(format!("{PREFIX}{}", hex::encode(random)));
    DirBuilder::new().mode(0o700).create(&folder)?;
    Ok(folder)
}

/// Returns when the wiper watches.
fn start_wiper(folder: &Path) -> io::Result<()> {
    let process = std::process::id().to_string();
    let mut between = myself(folder, &process);
    let status = between.arg("--detach").status()?;
    status
        .success()
        .then_some(())
        .ok_or_else(|| io::Error::other("what wipes it did not start"))
}

/// kvcert again, which holds nothing of the terminal or of pipes open.
fn myself(folder: &Path, process: &str) -> Command {
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("kvcert"));
    let mut command = Command::new(program);
    command
        .arg("exec-wipe")
        .arg(folder)
        .arg(process)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C is for the program.
        .process_group(0);
    command
}

/// `kvcert exec-wipe`.
pub(crate) fn wipe(args: &WipeArgs) -> Result<(), Failure> {
    let name = args.folder.file_name().and_then(|name| name.to_str());
    let is_ours = name.is_some_and(|name| name.starts_with(PREFIX));
    let process = Pid::from_raw(args.process).filter(|_| is_ours);
    let Some(process) = process else {
        let message = "`exec-wipe` is for `kvcert exec` only";
        return Err(
            Failure::message(Reason::NotOurs, message).with_hint("use `kvcert exec CERT -- CMD`")
        );
    };
    if args.detach {
        let next = myself(&args.folder, &args.process.to_string()).spawn();
        return next
            .map(drop)
            .map_err(|error| anyhow::Error::from(error).into());
    }
    // Someone else's process, which it has become by setuid, is there too.
    while !matches!(test_kill_process(process), Err(rustix::io::Errno::SRCH)) {
        std::thread::sleep(INTERVAL);
    }
    for name in ["cert", "key", "pem"] {
        let _ = overwrite(&args.folder.join(file_name(name)));
    }
    fs::remove_dir_all(&args.folder).map_err(|error| anyhow::Error::from(error).into())
}

/// Best effort: what file systems do with old blocks is theirs.
fn overwrite(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    file.write_all(&vec![0; length.min(MAX_FILE)])?;
    file.sync_all()
}

fn file_name(name: &str) -> String {
    format!("{name}.pem")
}

const PREFIX: &str = "kvcert-exec-";
const INTERVAL: Duration = Duration::from_millis(100);
const MAX_FILE: usize = 1 << 20;
