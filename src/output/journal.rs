//! The journal: what the sets were and what they are to become, on disk before the first rename.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::access::Access;
use super::look::{self, Fingerprint};
use super::names::{DRAFT, JOURNAL};
use super::owner::Owner;
use super::plan::{Change, Step};
use super::{OutputError, disk, names};

/// The sets that are being replaced.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Journal {
    version: u32,
    /// Each set is repaired for itself.
    pub(super) sets: Vec<Vec<Entry>>,
}

/// One file of a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) name: String,
    /// What was there before.
    pub(super) old: Option<Fingerprint>,
    /// The SHA-256 of what is to be there.
    pub(super) new: String,
}

impl Journal {
    /// Takes down what the steps of `sets` write.
    pub(super) fn of(sets: &[&[Step<'_>]]) -> Self {
        let entry = |step: &Step<'_>| Entry {
            name: step.name.clone(),
            old: match &step.change {
                Change::Replace(fingerprint) => Some(fingerprint.clone()),
                _ => None,
            },
            new: step.digest.clone(),
        };
        let entries = |steps: &&[Step<'_>]| {
            let writing = steps.iter().filter(|step| step.writes());
            writing.map(entry).collect()
        };
        Self {
            version: VERSION,
            sets: sets.iter().map(entries).collect(),
        }
    }

    /// The files of all sets.
    pub(super) fn files(&self) -> impl Iterator<Item = &Entry> {
        self.sets.iter().flatten()
    }

    /// Writes it where it counts for nothing yet, to be synced; with the path that it is to have.
    pub(super) fn draft(&self, folder: &Path) -> Result<(File, PathBuf), OutputError> {
        let path = folder.join(JOURNAL);
        let bytes = serde_json::to_vec(self)
            .map_err(|error| OutputError::io("write", &path, error.into()))?;
        let access = Access::new(0o600, Owner::default());
        let file = disk::create(&folder.join(DRAFT), &path, &bytes, &access)?;
        Ok((file, path))
    }

    /// Reads what an interrupted write left in `folder`, if anything.
    pub(super) fn load(folder: &Path) -> Result<Option<Self>, OutputError> {
        let path = folder.join(JOURNAL);
        let failed = |error| OutputError::io("read", &path, error);
        let file = match look::open_existing(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let untrusted = |reason| OutputError::Leftover {
            path: path.clone(),
            reason,
        };
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(untrusted("is not a regular file"));
        }
        if !is_trusted(&file, folder).map_err(failed)? {
            return Err(untrusted("belongs to another user"));
        }
        let mut bytes = Vec::new();
        file.take(MAX_BYTES)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        let journal: Self =
            serde_json::from_slice(&bytes).map_err(|_| untrusted("is no kvcert journal"))?;
        if journal.version != VERSION {
            return Err(untrusted("was written by another version of kvcert"));
        }
        let names_only = |entry: &Entry| names::check_file_name(&entry.name).is_ok();
        if !journal.files().all(names_only) {
            return Err(untrusted("names files of another folder"));
        }
        Ok(Some(journal))
    }
}

impl Entry {
    /// Where the file is, or is to be.
    pub(super) fn target(&self, folder: &Path) -> PathBuf {
        folder.join(&self.name)
    }
}

/// Makes the draft the journal, whole or not at all: it has been synced.
pub(super) fn publish(folder: &Path) -> Result<(), OutputError> {
    let path = folder.join(JOURNAL);
    disk::rename(&folder.join(DRAFT), &path, &path)?;
    disk::sync_folder(folder)
}

/// In a folder that others may write to, a journal could tell us to move their files about. Only
/// someone who could do so anyway is believed: we, the folder's owner, the system's owner.
#[cfg(unix)]
fn is_trusted(journal: &File, folder: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::MetadataExt;

    let author = journal.metadata()?.uid();
    let us = rustix::process::geteuid().as_raw();
    Ok(author == us || author == 0 || author == std::fs::metadata(folder)?.uid())
}

#[cfg(not(unix))]
fn is_trusted(_journal: &File, _folder: &Path) -> std::io::Result<bool> {
    Ok(true)
}

const VERSION: u32 = 2;
const MAX_BYTES: u64 = 1024 * 1024;

#[cfg(unix)]
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests set the scene")]
mod tests {
    use super::*;
    use crate::output::disk::tests::Scratch;

    fn journal(name: &str) -> Journal {
        let set = vec![Entry {
            name: name.to_owned(),
            old: Some(Fingerprint::Link("00".to_owned())),
            new: "01".to_owned(),
        }];
        let sets = vec![set];
        Journal {
            version: VERSION,
            sets,
        }
    }

    fn store(journal: &Journal, folder: &Path) {
        disk::sync(&[journal.draft(folder).unwrap()]).unwrap();
        publish(folder).unwrap();
    }

    #[test]
    fn it_is_read_as_it_was_stored() {
        let scratch = Scratch::new("journal");
        assert_eq!(Journal::load(&scratch.0).unwrap(), None);
        store(&journal("web.key"), &scratch.0);
        assert_eq!(Journal::load(&scratch.0).unwrap(), Some(journal("web.key")));
        assert_eq!(scratch.names(), [JOURNAL]);
    }

    #[test]
    fn one_that_cannot_be_trusted_is_not_followed() {
        let scratch = Scratch::new("journal-bad");
        let path = scratch.0.join(JOURNAL);
        let check = |expected: &str| match Journal::load(&scratch.0) {
            Err(OutputError::Leftover { reason, .. }) => assert_eq!(reason, expected),
            other => panic!("{other:?}"),
        };
        std::fs::write(&path, "{").unwrap();
        check("is no kvcert journal");
        std::fs::write(&path, r#"{"version":3,"sets":[]}"#).unwrap();
        check("was written by another version of kvcert");
        for name in [
            "../web.key",
            "/etc/passwd",
            ".kvcert-journal",
            "a/b",
            "",
            ".",
            "..",
        ] {
            std::fs::write(&path, serde_json::to_vec(&journal(name)).unwrap()).unwrap();
            check("names files of another folder");
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        check("is not a regular file");
    }

    #[test]
    fn one_of_another_user_is_not_followed() {
        use std::os::unix::fs::chown;

        let scratch = Scratch::new("journal-owner");
        store(&journal("web.key"), &scratch.0);
        if chown(scratch.0.join(JOURNAL), Some(65534), None).is_err() {
            return; // Only the system's owner can give files away, so only it can test this.
        }
        assert!(matches!(
            Journal::load(&scratch.0),
            Err(OutputError::Leftover { reason, .. }) if reason == "belongs to another user"
        ));
        chown(&scratch.0, Some(65534), None).unwrap();
        assert!(Journal::load(&scratch.0).unwrap().is_some());
    }
}
