//! What is to be done to each file of a set: decided by looking, before anything is touched.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use super::access::{self, Access};
use super::folder::Folder;
use super::look::{self, Fingerprint, Found};
use super::owner::Owner;
use super::{Outcome, OutputError, PlannedFile, Policy, Secrecy, WrittenFile, names};

/// A set whose names are checked and which lies in one folder.
#[derive(Debug)]
pub(super) struct Set<'a> {
    pub(super) folder: PathBuf,
    files: Vec<(String, &'a PlannedFile)>,
}

/// Checks the paths of `sets`: what one of them takes, no later one gets. Where there are no
/// files, there is no set.
pub(super) fn layouts<'a, S: AsRef<[PlannedFile]>>(
    folder: &Path,
    sets: &'a [S],
) -> Vec<Result<Option<Set<'a>>, OutputError>> {
    let mut taken = HashSet::new();
    let check = |files: &'a S| {
        let set = layout(folder, files.as_ref())?;
        let targets = || set.iter().flat_map(Set::targets);
        if let Some(path) = targets().find(|path| taken.contains(path)) {
            let reason = "another set has the same name";
            return Err(OutputError::UnsafeName { path, reason });
        }
        taken.extend(targets());
        Ok(set)
    };
    sets.iter().map(check).collect()
}

impl Set<'_> {
    /// How many files it has.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    fn targets(&self) -> impl Iterator<Item = PathBuf> {
        let target = |(name, _): &(String, &PlannedFile)| self.folder.join(name);
        self.files.iter().map(target)
    }
}

/// Checks the paths of `files`; none if there are none.
fn layout<'a>(folder: &Path, files: &'a [PlannedFile]) -> Result<Option<Set<'a>>, OutputError> {
    let mut set: Option<Set<'a>> = None;
    for file in files {
        let unsafe_name = |reason| OutputError::UnsafeName {
            path: file.path.clone(),
            reason,
        };
        let (sub_folder, name) = names::split(&file.path).map_err(unsafe_name)?;
        let folder = below(folder, sub_folder);
        let set = set.get_or_insert_with(|| Set {
            folder: folder.clone(),
            files: Vec::new(),
        });
        if set.folder != folder {
            return Err(unsafe_name("the files of a set share one folder"));
        }
        if set.files.iter().any(|(other, _)| *other == name) {
            return Err(unsafe_name("the set has two of them"));
        }
        set.files.push((name, file));
    }
    Ok(set)
}

/// `sub_folder` in `folder`, either of which may be empty.
fn below(folder: &Path, sub_folder: &Path) -> PathBuf {
    let parts = [folder, sub_folder].into_iter();
    let path: PathBuf = parts.filter(|part| !part.as_os_str().is_empty()).collect();
    if path.as_os_str().is_empty() {
        return PathBuf::from(".");
    }
    path
}

/// One file of a set and what is to be done to it.
#[derive(Debug)]
pub(super) struct Step<'a> {
    pub(super) file: &'a PlannedFile,
    pub(super) name: String,
    pub(super) target: PathBuf,
    pub(super) digest: String,
    pub(super) access: Access,
    /// Whether every user may read a key in it.
    is_exposed: bool,
    pub(super) change: Change,
}

/// What is to be done to a file.
#[derive(Debug)]
pub(super) enum Change {
    /// Nothing is there.
    Create,
    /// This is there, and goes.
    Replace(Fingerprint),
    /// The same bytes are there, in this file, whose mode or owner is to become [`Step::access`].
    Adjust(File),
    /// The same bytes are there.
    Keep,
}

impl Step<'_> {
    /// Whether it writes bytes.
    pub(super) fn writes(&self) -> bool {
        matches!(self.change, Change::Create | Change::Replace(_))
    }
}

/// Decides what is to be done to each file in `folder`, if that is there; an error if one of them is
/// in the way.
pub(super) fn steps<'a>(
    set: &Set<'a>,
    folder: Option<&Folder>,
    policy: &Policy,
    owner: Owner,
) -> Result<Vec<Step<'a>>, OutputError> {
    let step = |(name, file): &(String, &'a PlannedFile)| {
        let target = set.folder.join(name);
        let digest = look::sha256(file.contents.expose());
        let planned = Access::of_new(file, policy, owner);
        let found = match folder {
            Some(folder) => look::look(folder, name)?.map(|found| (folder, found)),
            None => None,
        };
        let (change, access) = match found {
            None => (Change::Create, planned),
            Some((folder, found)) => {
                let place = Place {
                    folder,
                    name,
                    target: &target,
                };
                meet(found, &place, &digest, planned, file, policy)?
            }
        };
        Ok(Step {
            is_exposed: access.is_exposed(file.secrecy, policy),
            file,
            name: name.clone(),
            target,
            digest,
            access,
            change,
        })
    };
    set.files.iter().map(step).collect()
}

/// Where something is already.
struct Place<'a> {
    folder: &'a Folder,
    name: &'a str,
    target: &'a Path,
}

/// Decides what is to be done where something is already.
fn meet(
    found: Found,
    place: &Place<'_>,
    digest: &str,
    planned: Access,
    file: &PlannedFile,
    policy: &Policy,
) -> Result<(Change, Access), OutputError> {
    let path = || place.target.to_path_buf();
    let failed = |error| OutputError::io("read", place.target, error);
    let now = |open: &File| access::of(open, place.target);
    // With an owner of its own, the new file does not go to the owner of what is there.
    let by_group = file.secrecy == Secrecy::Private && policy.owner.is_none();
    if let Some(open) = &found.open
        && place
            .folder
            .may_be_planted(open, by_group)
            .map_err(failed)?
    {
        return Err(OutputError::ForeignFile { path: path() });
    }
    match (found.fingerprint, found.open) {
        (Fingerprint::File(there), Some(open)) if there == digest => {
            let Some(now) = now(&open)? else {
                return Ok((Change::Keep, planned));
            };
            let wanted = Access::kept(&now, &planned, file, policy);
            let change = if (wanted.mode, wanted.owner) == (now.mode, now.owner) {
                Change::Keep
            } else if place.folder.is_elsewhere_too(&open).map_err(failed)? {
                Change::Replace(Fingerprint::File(there))
            } else {
                Change::Adjust(open)
            };
            Ok((change, wanted))
        }
        (fingerprint @ Fingerprint::File(_), Some(open)) if policy.force => {
            let access = match now(&open)? {
                Some(now) if !policy.afresh => Access {
                    mode: now.mode & 0o777,
                    ..now
                },
                _ => return Ok((Change::Replace(fingerprint), planned)),
            };
            let access = Access::kept(&access, &planned, file, policy);
            Ok((Change::Replace(fingerprint), access))
        }
        (fingerprint @ Fingerprint::Link(_), _) if policy.replace_links => {
            Ok((Change::Replace(fingerprint), planned))
        }
        (Fingerprint::Link(_), _) => match look::behind_link(place.folder, place.name) {
            Some((open, there)) if there == digest => {
                Ok((Change::Keep, now(&open)?.unwrap_or(planned)))
            }
            _ => Err(OutputError::SymbolicLink { path: path() }),
        },
        (Fingerprint::File(_), _) => Err(OutputError::Exists { path: path() }),
    }
}

/// Tells what the steps did, or would do.
pub(super) fn report(steps: &[Step<'_>], folder: &Path) -> Vec<WrittenFile> {
    let written = |step: &Step<'_>| WrittenFile {
        path: folder.join(&step.file.path),
        mode: cfg!(unix).then_some(step.access.mode),
        uid: step.access.owner.uid,
        gid: step.access.owner.gid,
        is_exposed: step.is_exposed,
        sha256: step.digest.clone(),
        outcome: match step.change {
            Change::Create => Outcome::Created,
            Change::Replace(_) => Outcome::Replaced,
            Change::Adjust(_) => Outcome::Adjusted,
            Change::Keep => Outcome::Unchanged,
        },
    };
    steps.iter().map(written).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Secrecy;

    #[track_caller]
    fn refused(paths: &[&str], expected: &str) {
        let plan = |path: &&str| PlannedFile::new(path, Vec::new(), Secrecy::Public);
        let files: Vec<PlannedFile> = paths.iter().map(plan).collect();
        match layout(Path::new("out"), &files) {
            Err(OutputError::UnsafeName { reason, .. }) => assert_eq!(reason, expected),
            other => panic!("{paths:?}: {other:?}"),
        }
    }

    #[test]
    fn names_that_would_leave_the_folder_are_refused() {
        refused(&["../web.key"], "it leaves the output folder");
        refused(&["web/../../web.key"], "it leaves the output folder");
        refused(&["/etc/web.key"], "it leaves the output folder");
        refused(&[""], "it is empty");
        refused(&["web\n.key"], "it has control characters");
        refused(
            &[".kvcert-journal"],
            "names that start with .kvcert- are its own",
        );
        refused(
            &["a/web.crt", "b/web.key"],
            "the files of a set share one folder",
        );
        refused(&["web.crt", "web.crt"], "the set has two of them");
    }

    #[test]
    fn a_set_may_lie_in_a_sub_folder() {
        let files = [PlannedFile::new(
            "web/cert.pem",
            Vec::new(),
            Secrecy::Public,
        )];
        let set = layout(Path::new("out"), &files).unwrap().unwrap();
        assert_eq!(set.folder, Path::new("out/web"));
        assert_eq!(set.files[0].0, "cert.pem");
        assert!(layout(Path::new("out"), &[]).unwrap().is_none());
    }
}
