//! The journal: what the sets were and what they are to become, on disk before the first rename.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::access::Access;
use super::folder::{Folder, is_own};
use super::look::Fingerprint;
use super::names::{self, Own};
use super::owner::Owner;
use super::plan::{Change, Step};
use super::{OutputError, disk};

/// The sets that are being replaced.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Journal {
    version: u32,
    tag: String,
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
    pub(super) fn of(sets: &[&[Step<'_>]], own: &Own) -> Self {
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
            tag: own.tag().to_owned(),
            sets: sets.iter().map(entries).collect(),
        }
    }

    /// The files of all sets.
    pub(super) fn files(&self) -> impl Iterator<Item = &Entry> {
        self.sets.iter().flatten()
    }

    /// Writes it where it counts for nothing yet, to be synced; with the path that it is to have.
    pub(super) fn draft(&self, folder: &Folder, own: &Own) -> Result<(File, PathBuf), OutputError> {
        let path = folder.path().join(own.journal());
        let bytes = serde_json::to_vec(self)
            .map_err(|error| OutputError::io("write", &path, error.into()))?;
        let access = Access::new(0o600, Owner::default());
        let file = disk::create(folder, &own.draft(), &path, &bytes, &access)?;
        Ok((file, path))
    }

    /// Reads the journal `name` that an interrupted write left in `folder`, and the names of what
    /// else it left. A journal could have us move the files of others about: only one that this user
    /// has written is believed, and any other counts for nothing.
    pub(super) fn load(folder: &Folder, name: &str) -> Result<Option<(Self, Own)>, OutputError> {
        let path = folder.path().join(name);
        let failed = |error| OutputError::io("read", &path, error);
        let Ok(file) = folder.open(name) else {
            return Ok(None);
        };
        if !is_own(&file).map_err(failed)? {
            return Ok(None);
        }
        let untrusted = |reason| OutputError::Leftover {
            path: path.clone(),
            reason,
        };
        let mut bytes = Vec::new();
        file.take(MAX_BYTES)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        let journal: Self =
            serde_json::from_slice(&bytes).map_err(|_| untrusted("is not a kvcert journal"))?;
        if journal.version != VERSION {
            return Err(untrusted("was written by another version of kvcert"));
        }
        let names_only = |entry: &Entry| names::check_file_name(&entry.name).is_ok();
        let own = Own::of(&journal.tag).filter(|_| journal.files().all(names_only));
        let own = own.ok_or_else(|| untrusted("names files of another directory"))?;
        Ok(Some((journal, own)))
    }
}

/// Makes the draft the journal, whole or not at all: it has been synced.
pub(super) fn publish(folder: &Folder, own: &Own) -> Result<(), OutputError> {
    let journal = own.journal();
    disk::rename(folder, &own.draft(), &journal, &journal)?;
    disk::sync_folder(folder)
}

const VERSION: u32 = 3;
const MAX_BYTES: u64 = 1024 * 1024;

#[cfg(unix)]
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests set the scene")]
mod tests {
    use super::*;
    use crate::output::disk::tests::Scratch;

    fn journal(name: &str, own: &Own) -> Journal {
        let set = vec![Entry {
            name: name.to_owned(),
            old: Some(Fingerprint::Link("00".to_owned())),
            new: "01".to_owned(),
        }];
        Journal {
            version: VERSION,
            tag: own.tag().to_owned(),
            sets: vec![set],
        }
    }

    fn scratch(name: &str) -> (Scratch, Folder, Own) {
        let scratch = Scratch::new(name);
        let folder = Folder::create(&scratch.0).unwrap();
        (scratch, folder, Own::new().unwrap())
    }

    fn store(journal: &Journal, folder: &Folder, own: &Own) {
        disk::sync(&[journal.draft(folder, own).unwrap()]).unwrap();
        publish(folder, own).unwrap();
    }

    fn load(folder: &Folder, own: &Own) -> Result<Option<Journal>, OutputError> {
        let loaded = Journal::load(folder, &own.journal())?;
        Ok(loaded.map(|(journal, _)| journal))
    }

    #[test]
    fn it_is_read_as_it_was_stored() {
        let (scratch, folder, own) = scratch("journal");
        assert_eq!(load(&folder, &own).unwrap(), None);
        store(&journal("web.key", &own), &folder, &own);
        assert_eq!(load(&folder, &own).unwrap(), Some(journal("web.key", &own)));
        assert_eq!(scratch.names(), [own.journal()]);
        assert!(names::is_journal(&own.journal()));
    }

    #[test]
    fn one_that_makes_no_sense_is_not_followed() {
        let (scratch, folder, own) = scratch("journal-bad");
        let path = scratch.0.join(own.journal());
        let check = |expected: &str| match load(&folder, &own) {
            Err(OutputError::Leftover { reason, .. }) => assert_eq!(reason, expected),
            other => panic!("{other:?}"),
        };
        std::fs::write(&path, "{").unwrap();
        check("is not a kvcert journal");
        std::fs::write(&path, r#"{"version":2,"tag":"","sets":[]}"#).unwrap();
        check("was written by another version of kvcert");
        let write = |journal: &Journal| {
            std::fs::write(&path, serde_json::to_vec(journal).unwrap()).unwrap();
            check("names files of another directory");
        };
        for name in [
            "../web.key",
            "/etc/passwd",
            ".kvcert-journal-0-0",
            "a/b",
            "",
            ".",
            "..",
        ] {
            write(&journal(name, &own));
        }
        for tag in ["", "../../../etc", "0123456789a/", "0123456789abc"] {
            let tag = tag.to_owned();
            write(&Journal {
                tag,
                ..journal("web.key", &own)
            });
        }
    }

    #[test]
    fn what_this_user_has_not_written_is_no_journal() {
        use std::os::unix::fs::{PermissionsExt, chown, symlink};

        let (scratch, folder, own) = scratch("journal-foreign");
        let path = scratch.0.join(own.journal());
        let counts_for_nothing = |what: &str| {
            assert_eq!(load(&folder, &own).unwrap(), None, "{what}");
        };
        std::fs::create_dir(&path).unwrap();
        counts_for_nothing("a directory");
        std::fs::remove_dir(&path).unwrap();
        store(&journal("web.key", &own), &folder, &own);
        let elsewhere = scratch.0.join("elsewhere");
        std::fs::rename(&path, &elsewhere).unwrap();
        symlink(&elsewhere, &path).unwrap();
        counts_for_nothing("a link");
        std::fs::remove_file(&path).unwrap();
        std::fs::hard_link(&elsewhere, &path).unwrap();
        counts_for_nothing("a second name");
        std::fs::remove_file(&elsewhere).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o620)).unwrap();
        counts_for_nothing("a file that others may write to");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(load(&folder, &own).unwrap().is_some());
        // Only root can give files away, so only root can test this.
        if chown(&path, Some(65534), None).is_ok() {
            counts_for_nothing("the file of another user");
            chown(&scratch.0, Some(65534), None).unwrap();
            counts_for_nothing("the file of the directory's owner");
        }
        std::fs::remove_file(&path).unwrap();
        let pipe = std::process::Command::new("mkfifo").arg(&path).status();
        if pipe.is_ok_and(|status| status.success()) {
            counts_for_nothing("a pipe");
        }
    }
}
