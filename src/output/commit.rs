//! From the old sets to the new ones, and back or forward again after an interruption.
//!
//! 1. The new contents and a draft of the journal are written to temporaries, which are synced
//!    together; the old files get a second name.
//! 2. The draft becomes the journal. Until here, what an interruption leaves is only swept up.
//! 3. The temporaries are renamed to their targets, and the folder is synced.
//! 4. The journal goes, then the old files.
//!
//! That is done once for several sets, because a disk takes as long for one as for many. A failure
//! puts all of them back; after an interruption each is repaired for itself.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::journal::{self, Entry, Journal};
use super::look::{self, Fingerprint};
use super::plan::{Change, Step};
use super::{OutputError, disk, names};

/// Does what the steps of `sets` say, all of it or nothing. The folder is locked and recovered.
pub(super) fn commit(folder: &Path, sets: &[&[Step<'_>]]) -> Result<(), OutputError> {
    let journal = Journal::of(sets);
    if let Err(error) = stage(folder, sets, &journal) {
        // If even this fails, the next write sweeps.
        let _ = sweep(folder);
        return Err(error);
    }
    if !steps(sets).any(Step::writes) {
        return Ok(());
    }
    match swap(folder, &journal) {
        Ok(()) => {
            // The sets are whole and on disk; that something is left over is no failure of theirs.
            let _ = finish(folder, &journal);
            Ok(())
        }
        Err(source) => {
            if let Err(restore) = settle(folder, &journal, back) {
                return Err(OutputError::HalfWritten {
                    path: folder.to_path_buf(),
                    source: Box::new(source),
                    restore: Box::new(restore),
                });
            }
            let _ = clear(folder);
            Err(source)
        }
    }
}

/// Repairs what an interrupted write left in `folder`, which is locked: whoever left it is gone.
pub(super) fn recover(folder: &Path) -> Result<(), OutputError> {
    if resume(folder)? {
        return Ok(());
    }
    sweep(folder)
}

/// The same, if that write had come to its journal; says whether it had.
pub(super) fn resume(folder: &Path) -> Result<bool, OutputError> {
    let Some(journal) = Journal::load(folder)? else {
        return Ok(false);
    };
    settle(folder, &journal, repair)?;
    clear(folder)?;
    Ok(true)
}

/// The steps of all sets.
fn steps<'s, 'a>(sets: &'s [&[Step<'a>]]) -> impl Iterator<Item = &'s Step<'a>> {
    sets.iter().copied().flatten()
}

/// Writes the temporaries, keeps the old files, and corrects modes and owners.
fn stage(folder: &Path, sets: &[&[Step<'_>]], journal: &Journal) -> Result<(), OutputError> {
    let writing: Vec<_> = steps(sets).filter(|step| step.writes()).collect();
    let chunks = writing.chunks(OPEN_FILES);
    let last = chunks.len();
    for (some, number) in chunks.zip(1..) {
        let files = some.iter().map(|step| create(folder, step));
        let mut files = files.collect::<Result<Vec<_>, _>>()?;
        if number == last {
            files.push(journal.draft(folder)?);
        }
        disk::sync(&files)?;
    }
    for step in steps(sets) {
        match &step.change {
            Change::Replace(_) => {
                // Not every file system has links, and not every file may get one. Such a file is
                // moved aside instead, when its turn comes.
                let _ = disk::link(&step.target, &names::old_path(folder, &step.name));
            }
            Change::Adjust(file) => disk::adjust(file, &step.target, &step.access)?,
            Change::Create | Change::Keep => {}
        }
    }
    Ok(())
}

fn create(folder: &Path, step: &Step<'_>) -> Result<(File, PathBuf), OutputError> {
    let new = names::new_path(folder, &step.name);
    let file = disk::create(
        &new,
        &step.target,
        step.file.contents.expose(),
        &step.access,
    )?;
    Ok((file, step.target.clone()))
}

fn swap(folder: &Path, journal: &Journal) -> Result<(), OutputError> {
    journal::publish(folder)?;
    for entry in journal.files() {
        put_new(folder, entry)?;
    }
    disk::sync_folder(folder)
}

/// Does `turn` to each set, and syncs the folder if one of them was changed by that.
fn settle(folder: &Path, journal: &Journal, turn: Turn) -> Result<(), OutputError> {
    let mut changed = false;
    for set in &journal.sets {
        changed |= turn(folder, set)?;
    }
    if changed {
        disk::sync_folder(folder)?;
    }
    Ok(())
}

/// Turns a set to what it was or is to be; whether there was anything to do.
type Turn = fn(&Path, &[Entry]) -> Result<bool, OutputError>;

/// Ends the interrupted write of a set.
fn repair(folder: &Path, set: &[Entry]) -> Result<bool, OutputError> {
    let found = set.iter().map(|entry| inspect(folder, entry));
    match decide(&found.collect::<Result<Vec<_>, _>>()?) {
        Repair::None => Ok(false),
        Repair::Forward => forward(folder, set),
        Repair::Back => back(folder, set),
    }
}

/// Puts the files in place that are not there yet.
fn forward(folder: &Path, set: &[Entry]) -> Result<bool, OutputError> {
    let mut changed = false;
    for entry in set {
        if state(folder, entry)? != State::New {
            put_new(folder, entry)?;
            changed = true;
        }
    }
    Ok(changed)
}

fn put_new(folder: &Path, entry: &Entry) -> Result<(), OutputError> {
    let target = entry.target(folder);
    let new = names::new_path(folder, &entry.name);
    if entry.old.is_none() {
        return disk::rename_new(&new, &target);
    }
    let old = names::old_path(folder, &entry.name);
    let is_kept = fs::symlink_metadata(&old).is_ok();
    if !is_kept && fs::symlink_metadata(&target).is_ok_and(|there| !there.is_dir()) {
        disk::rename(&target, &old, &target)?;
    }
    disk::rename(&new, &target, &target)
}

/// Puts the old files back. What someone else put there meanwhile stays.
fn back(folder: &Path, set: &[Entry]) -> Result<bool, OutputError> {
    let mut changed = false;
    for entry in set {
        let target = entry.target(folder);
        let old = names::old_path(folder, &entry.name);
        match (state(folder, entry)?, &entry.old) {
            (State::New, None) => disk::remove(&target)?,
            (State::New, Some(_)) => disk::rename(&old, &target, &target)?,
            (State::Missing, _) => disk::rename_new(&old, &target)?,
            (State::Old | State::Foreign, _) => continue,
        }
        changed = true;
    }
    Ok(changed)
}

/// Ends a write that went well: all that is left of it is the journal and the old files.
fn finish(folder: &Path, journal: &Journal) -> Result<(), OutputError> {
    disk::remove(&folder.join(names::JOURNAL))?;
    let mut replaced = journal.files().filter(|entry| entry.old.is_some());
    replaced.try_for_each(|entry| disk::remove(&names::old_path(folder, &entry.name)))
}

/// Ends a write that was interrupted or undone.
fn clear(folder: &Path) -> Result<(), OutputError> {
    disk::remove(&folder.join(names::JOURNAL))?;
    sweep(folder)
}

/// Removes all temporaries. Nobody else is writing: the folder is locked.
fn sweep(folder: &Path) -> Result<(), OutputError> {
    let failed = |error| OutputError::io("read folder", folder, error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name: OsString = entry.map_err(failed)?.file_name();
        if !name.to_str().is_some_and(names::is_temporary) {
            continue;
        }
        match disk::remove(&folder.join(&name)) {
            // Another user's, in a folder they share with us. If it is in our way, we shall see.
            Err(OutputError::Denied { .. }) => {}
            result => result?,
        }
    }
    Ok(())
}

/// What is in the place of a file of an interrupted set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// What was there before the write, perhaps nothing.
    Old,
    /// What the write was to put there.
    New,
    /// Nothing, although something was.
    Missing,
    /// Something else: someone has been here since.
    Foreign,
}

fn state(folder: &Path, entry: &Entry) -> Result<State, OutputError> {
    let there = match look::look(&entry.target(folder)) {
        Ok(found) => found.map(|found| found.fingerprint),
        Err(OutputError::NotAFile { .. }) => return Ok(State::Foreign),
        Err(error) => return Err(error),
    };
    Ok(match there {
        Some(Fingerprint::File(digest)) if digest == entry.new => State::New,
        there if there == entry.old => State::Old,
        None => State::Missing,
        Some(_) => State::Foreign,
    })
}

/// What is left of one file, and what could be made of it.
#[derive(Debug, Clone, Copy)]
struct Remains {
    state: State,
    can_go_forward: bool,
    can_go_back: bool,
}

fn inspect(folder: &Path, entry: &Entry) -> Result<Remains, OutputError> {
    let holds = |path: &Path, expected: &Fingerprint| {
        let found = look::look(path)?;
        Ok::<bool, OutputError>(found.is_some_and(|found| found.fingerprint == *expected))
    };
    let state = state(folder, entry)?;
    let new = names::new_path(folder, &entry.name);
    let old = names::old_path(folder, &entry.name);
    let has_new = holds(&new, &Fingerprint::File(entry.new.clone()))?;
    let has_old = match &entry.old {
        Some(expected) => holds(&old, expected)?,
        None => true,
    };
    Ok(Remains {
        state,
        can_go_forward: state == State::New || has_new,
        can_go_back: state == State::Old || has_old,
    })
}

/// How an interrupted write is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repair {
    None,
    Forward,
    Back,
}

/// Decides how to end an interrupted write. A set that is all old or all new needs nothing. One
/// that somebody has had a hand in since is theirs. Otherwise forward, as was asked for.
fn decide(set: &[Remains]) -> Repair {
    let all = |wanted: State| set.iter().all(|file| file.state == wanted);
    if all(State::Old) || all(State::New) || set.iter().any(|file| file.state == State::Foreign) {
        Repair::None
    } else if set.iter().all(|file| file.can_go_forward) {
        Repair::Forward
    } else if set.iter().all(|file| file.can_go_back) {
        Repair::Back
    } else {
        Repair::None
    }
}

/// How many new files are open at a time: enough to be synced together, and few beside the 256
/// that a process may open where the system is strict.
const OPEN_FILES: usize = 128;

#[cfg(unix)]
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests set the scene")]
#[path = "commit_tests.rs"]
mod tests;
