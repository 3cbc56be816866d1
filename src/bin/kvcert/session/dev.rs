//! The dev vaults that run here, and what each says about itself in the state folder.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use kvcert::given::Given;
use kvcert::input;
use kvcert::output::{PlannedFile, Policy, Secrecy, Writer};
use kvcert_dev::Access;
use serde_json::error::Category;

use super::Context;
use super::environment::state_folder;
use crate::cli::DevName;
use crate::failure::{self, Failure};

/// What the dev vault of `--dev` said about itself; without a name, the first.
pub(crate) fn running(context: &Context<'_>) -> Result<Access, Failure> {
    let folder = dev_folder(context)?;
    let name = context.global.dev.clone().unwrap_or_default();
    let file = folder.join(announcement(&name));
    expect_own(&file).map_err(failure::dev::not_readable)?;
    match input::read(&file, MAX_ANNOUNCEMENT) {
        Ok(bytes) => {
            serde_json::from_slice(&bytes).map_err(|error| not_an_announcement(&file, &error))
        }
        Err(_) if !file.exists() => Err(failure::dev::not_running(name.name(), &names(&folder))),
        Err(error) => Err(failure::dev::not_readable(error)),
    }
}

/// The CA file of the dev vault of `--dev`.
pub(crate) fn dev_ca_file(context: &Context<'_>) -> Result<PathBuf, Failure> {
    let name = context.global.dev.clone().unwrap_or_default();
    Ok(dev_folder(context)?.join(ca_file(&name)))
}

/// The folder of its files.
fn dev_folder(context: &Context<'_>) -> Result<PathBuf, Failure> {
    state_folder(context.environment)?.ok_or_else(|| {
        failure::usage::no_state_folder("the dev vault's state", "set HOME or KVCERT_STATE_DIR")
    })
}

/// The names of a dev vault, which are its own as long as it runs: the system gives them back however
/// its process ends.
pub(crate) struct Claim {
    folder: PathBuf,
    names: Vec<DevName>,
    _locks: Vec<File>,
}

impl Claim {
    /// Claims the name, and to be the first if there is no other. One that is neither named nor the
    /// first gets a number.
    pub(crate) fn new(name: Option<&DevName>, context: &Context<'_>) -> Result<Self, Failure> {
        let folder = dev_folder(context)?;
        create(&folder).map_err(|error| failure::dev::no_state(&folder, error))?;
        let mut claim = Self {
            folder,
            names: Vec::new(),
            _locks: Vec::new(),
        };
        let is_first = claim.take(DevName::First)?;
        match name {
            Some(name) => {
                if !claim.take(name.clone())? {
                    return Err(failure::dev::name_taken(name.name()));
                }
            }
            None if is_first => {}
            None => {
                for number in 2_u32.. {
                    if claim.take(DevName::Named(number.to_string()))? {
                        break;
                    }
                }
            }
        }
        Ok(claim)
    }

    /// What `--dev` calls this one.
    pub(crate) fn name(&self) -> &DevName {
        self.names.first().unwrap_or(&DevName::First)
    }

    /// Writes what clients need to the state folder: 0600, as it holds a client secret. The CA has a
    /// file of its own besides, for clients that take only a file.
    pub(crate) fn announce(&self, access: &Access) -> Result<(), Failure> {
        let json = serde_json::to_vec_pretty(access).map_err(anyhow::Error::from)?;
        for name in &self.names {
            let ca = access.ca_pem.clone().into_bytes();
            let files = [
                PlannedFile::new(ca_file(name), ca, Secrecy::Public),
                PlannedFile::new(announcement(name), json.clone(), Secrecy::Private),
            ];
            Writer::new(Policy::for_own_files()).write(&self.folder, &files)?;
        }
        Ok(())
    }

    /// The CA file.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder.join(ca_file(self.name()))
    }

    /// Removes what it announced.
    pub(crate) fn withdraw(self) {
        for name in &self.names {
            for file in [announcement(name), ca_file(name)] {
                let _ = fs::remove_file(self.folder.join(file));
            }
        }
    }

    /// False: another process has the name. Where the system has no locks, none has.
    fn take(&mut self, name: DevName) -> Result<bool, Failure> {
        let path = self.folder.join(format!("{}.lock", stem(&name)));
        let opened = private()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let file = opened.map_err(|error| failure::dev::no_state(&path, error))?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Ok(false);
        }
        self.names.push(name);
        self._locks.push(file);
        Ok(true)
    }
}

/// All dev vaults that were announced with a name.
fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let name = |file: fs::DirEntry| {
        let file = file.file_name().into_string().ok()?;
        let name = file.strip_prefix("dev-")?.strip_suffix(".json")?;
        Some(name.to_owned())
    };
    let mut names: Vec<String> = files.filter_map(name).collect();
    names.sort();
    names
}

/// All that a client needs, with a client secret. That of the first is `dev.json`, which other
/// programs read.
fn announcement(name: &DevName) -> String {
    format!("{}.json", stem(name))
}

/// The certificate authority to trust.
fn ca_file(name: &DevName) -> String {
    format!("{}-ca.pem", stem(name))
}

fn stem(name: &DevName) -> String {
    match name {
        DevName::First => String::from("dev"),
        DevName::Named(name) => format!("dev-{name}"),
    }
}

/// Another user's announcement would lead keys to that user's server.
#[cfg(unix)]
fn expect_own(file: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::MetadataExt;

    match fs::metadata(file) {
        Ok(found) if found.uid() != rustix::process::geteuid().as_raw() => {
            Err(anyhow!("{} belongs to another user", Given::from(file)))
        }
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn expect_own(_: &Path) -> anyhow::Result<()> {
    Ok(())
}

/// Where in the file, but nothing of it: it may hold a secret.
fn not_an_announcement(file: &Path, error: &serde_json::Error) -> Failure {
    let what = match error.classify() {
        Category::Data => "does not describe a dev vault of this version",
        Category::Io | Category::Syntax | Category::Eof => "is not JSON",
    };
    let why = format!("{} {what} (line {})", Given::from(file), error.line());
    failure::dev::not_readable(anyhow!(why))
}

fn create(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.recursive(true).create(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        done => done,
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

const MAX_ANNOUNCEMENT: usize = 64 * 1024;
