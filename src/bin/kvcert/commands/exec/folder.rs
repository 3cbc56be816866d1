//! Files in a folder of the user's own, which are wiped when the program has ended.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use kvcert::output::{PlannedFile, Secrecy, Writer};
use rustix::fs::OFlags;

use super::{File, wiper};
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
    wiper::watch(&folder).map_err(|error| {
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
    let base = match runtime.filter(|path| is_own(path)) {
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

/// Whether it is a directory in which nobody else can put another one in the place of ours: with
/// `sudo -E`, the variable names that of the user before.
fn is_own(folder: &Path) -> bool {
    let us = rustix::process::geteuid().as_raw();
    let found = folder.symlink_metadata();
    found.is_ok_and(|found| found.is_dir() && found.uid() == us && found.mode() & 0o022 == 0)
}

/// Wipes the folder, which is one of ours.
pub(super) fn wipe(folder: &Path) -> io::Result<()> {
    for name in ["cert", "key", "pem"] {
        let _ = overwrite(&folder.join(file_name(name)));
    }
    fs::remove_dir_all(folder)
}

/// Whether it is called as [`fresh_folder`] does.
pub(super) fn is_ours(folder: &Path) -> bool {
    let name = folder.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with(PREFIX))
}

/// Best effort: what file systems do with old blocks is theirs. Nothing that a link leads to.
fn overwrite(path: &Path) -> io::Result<()> {
    let flags = OFlags::NOFOLLOW.bits().cast_signed();
    let mut file = OpenOptions::new()
        .write(true)
        .custom_flags(flags)
        .open(path)?;
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    file.write_all(&vec![0; length.min(MAX_FILE)])?;
    file.sync_all()
}

fn file_name(name: &str) -> String {
    format!("{name}.pem")
}

const PREFIX: &str = "kvcert-exec-";
const MAX_FILE: usize = 1 << 20;
