//! Files that are in memory only (Linux).

use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;

use rustix::fs::{MemfdFlags, Mode, SealFlags, fchmod, fcntl_add_seals, memfd_create};
use rustix::io::Errno;

use super::File;
use crate::failure::{Failure, Reason};

/// Open files, which the program inherits, and paths by which it can open them again.
pub(super) struct Held {
    pub(super) paths: Vec<PathBuf>,
    _open: Vec<std::fs::File>,
}

/// Puts the files into memory.
pub(super) fn hold(files: &[File]) -> Result<Held, Failure> {
    let made: io::Result<Vec<_>> = files.iter().map(make).collect();
    let open = made.map_err(|error| {
        Failure::new(Reason::NoMemoryFiles, error)
            .context("cannot make files in memory")
            .with_hint("use `--files folder`")
    })?;
    let process = std::process::id();
    let path = |file: &std::fs::File| format!("/proc/{process}/fd/{}", file.as_raw_fd()).into();
    Ok(Held {
        paths: open.iter().map(path).collect(),
        _open: open,
    })
}

/// Nobody can change it any more, and only the user can read it.
fn make(file: &File) -> io::Result<std::fs::File> {
    let mut made = std::fs::File::from(create(file.name)?);
    made.write_all(file.bytes.as_bytes())?;
    fchmod(&made, Mode::RUSR)?;
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    fcntl_add_seals(&made, seals)?;
    Ok(made)
}

/// Not closed when the program starts. Kernels before 6.3 know no promise not to execute it.
fn create(name: &str) -> io::Result<OwnedFd> {
    let flags = MemfdFlags::ALLOW_SEALING;
    match memfd_create(name, flags | MemfdFlags::NOEXEC_SEAL) {
        Err(Errno::INVAL) => Ok(memfd_create(name, flags)?),
        made => Ok(made?),
    }
}
