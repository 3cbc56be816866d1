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

use std::fs::File;
use std::path::PathBuf;

use super::folder::{Folder, Kind};
use super::journal::{self, Entry, Journal};
use super::look::{self, Fingerprint};
use super::names::Own;
use super::plan::{Change, Step};
use super::{OutputError, disk, names};

/// Does what the steps of `sets` say, all of it or nothing. The folder is locked.
pub(super) fn commit(folder: &Folder, sets: &[&[Step<'_>]]) -> Result<(), OutputError> {
    let own = Own::new().map_err(|error| OutputError::io("write to", folder.path(), error))?;
    let journal = Journal::of(sets, &own);
    let place = Place { folder, own: &own };
    if let Err(error) = stage(&place, sets, &journal) {
        // If even this fails, the next run sweeps.
        let _ = clear(&place, &journal);
        return Err(error);
    }
    if !steps(sets).any(Step::writes) {
        return Ok(());
    }
    match swap(&place, &journal) {
        Ok(()) => {
            // The sets are whole and on disk; that something is left over is no failure of theirs.
            let _ = finish(&place, &journal);
            Ok(())
        }
        Err(source) => {
            if let Err(restore) = settle(&place, &journal, back) {
                return Err(OutputError::HalfWritten {
                    path: folder.path().to_path_buf(),
                    source: Box::new(source),
                    restore: Box::new(restore),
                });
            }
            let _ = clear(&place, &journal);
            Err(source)
        }
    }
}

/// Repairs what interrupted writes of this user left in `folder`, which is locked: the processes that
/// left it are gone.
pub(super) fn recover(folder: &Folder) -> Result<(), OutputError> {
    for name in leftovers(folder)? {
        if !names::is_journal(&name) {
            continue;
        }
        let loaded = match Journal::load(folder, &name) {
            // Others may have given a file of ours this name.
            Err(OutputError::Leftover { .. }) if !folder.is_private() => None,
            loaded => loaded?,
        };
        let Some((journal, own)) = loaded else {
            continue;
        };
        let place = Place { folder, own: &own };
        settle(&place, &journal, repair)?;
        clear(&place, &journal)?;
        disk::remove(folder, &name)?;
    }
    sweep(folder)
}

/// Whether a write of this user has been interrupted in `folder`, or is under way.
pub(super) fn is_unsettled(folder: &Folder) -> Result<bool, OutputError> {
    let names = leftovers(folder)?;
    Ok(names.iter().any(|name| names::is_leftover(name)))
}

fn leftovers(folder: &Folder) -> Result<Vec<String>, OutputError> {
    let mut names = folder
        .names(names::PREFIX)
        .map_err(|error| OutputError::io("read directory", folder.path(), error))?;
    names.sort();
    Ok(names)
}

/// Where a transaction takes place, and what its own files are called there.
struct Place<'a> {
    folder: &'a Folder,
    own: &'a Own,
}

/// The steps of all sets.
fn steps<'s, 'a>(sets: &'s [&[Step<'a>]]) -> impl Iterator<Item = &'s Step<'a>> {
    sets.iter().copied().flatten()
}

/// Writes the temporaries, keeps the old files, and corrects modes and owners.
fn stage(place: &Place<'_>, sets: &[&[Step<'_>]], journal: &Journal) -> Result<(), OutputError> {
    let writing: Vec<_> = steps(sets).filter(|step| step.writes()).collect();
    let chunks = writing.chunks(OPEN_FILES);
    let last = chunks.len();
    for (some, number) in chunks.zip(1..) {
        let files = some.iter().map(|step| create(place, step));
        let mut files = files.collect::<Result<Vec<_>, _>>()?;
        if number == last {
            files.push(journal.draft(place.folder, place.own)?);
        }
        disk::sync(&files)?;
    }
    for step in steps(sets) {
        match &step.change {
            Change::Replace(_) => {
                // Not every file system has links, and not every file may get one. Such a file is
                // moved aside instead, when its turn comes.
                let _ = place.folder.link(&step.name, &place.own.old_of(&step.name));
            }
            Change::Adjust(file) => disk::adjust(file, &step.target, &step.access)?,
            Change::Create | Change::Keep => {}
        }
    }
    Ok(())
}

fn create(place: &Place<'_>, step: &Step<'_>) -> Result<(File, PathBuf), OutputError> {
    let new = place.own.new_of(&step.name);
    let bytes = step.file.contents.expose();
    let file = disk::create(place.folder, &new, &step.target, bytes, &step.access)?;
    Ok((file, step.target.clone()))
}

fn swap(place: &Place<'_>, journal: &Journal) -> Result<(), OutputError> {
    journal::publish(place.folder, place.own)?;
    for entry in journal.files() {
        put_new(place, entry)?;
    }
    disk::sync_folder(place.folder)
}

/// Does `turn` to each set, and syncs the folder if one of them was changed by that.
fn settle(place: &Place<'_>, journal: &Journal, turn: Turn) -> Result<(), OutputError> {
    let mut changed = false;
    for set in &journal.sets {
        changed |= turn(place, set)?;
    }
    if changed {
        disk::sync_folder(place.folder)?;
    }
    Ok(())
}

/// Turns a set to what it was or is to be; whether there was anything to do.
type Turn = fn(&Place<'_>, &[Entry]) -> Result<bool, OutputError>;

/// Ends the interrupted write of a set.
fn repair(place: &Place<'_>, set: &[Entry]) -> Result<bool, OutputError> {
    let found = set.iter().map(|entry| inspect(place, entry));
    match decide(&found.collect::<Result<Vec<_>, _>>()?) {
        Repair::None => Ok(false),
        Repair::Forward => forward(place, set),
        Repair::Back => back(place, set),
    }
}

/// Puts the files in place that are not there yet.
fn forward(place: &Place<'_>, set: &[Entry]) -> Result<bool, OutputError> {
    let mut changed = false;
    for entry in set {
        if state(place.folder, entry)? != State::New {
            put_new(place, entry)?;
            changed = true;
        }
    }
    Ok(changed)
}

fn put_new(place: &Place<'_>, entry: &Entry) -> Result<(), OutputError> {
    let (folder, name) = (place.folder, entry.name.as_str());
    let new = place.own.new_of(name);
    if entry.old.is_none() {
        return disk::rename_new(folder, &new, name);
    }
    let old = place.own.old_of(name);
    let kind = |name: &str| folder.kind(name).unwrap_or(None);
    let is_kept = kind(&old).is_some();
    if !is_kept && kind(name).is_some_and(|kind| kind != Kind::Other) {
        disk::rename(folder, name, &old, name)?;
    }
    disk::rename(folder, &new, name, name)
}

/// Puts the old files back. What someone else put there meanwhile stays.
fn back(place: &Place<'_>, set: &[Entry]) -> Result<bool, OutputError> {
    let mut changed = false;
    for entry in set {
        let (folder, name) = (place.folder, entry.name.as_str());
        let old = place.own.old_of(name);
        match (state(folder, entry)?, &entry.old) {
            (State::New, None) => disk::remove(folder, name)?,
            (State::New, Some(_)) => disk::rename(folder, &old, name, name)?,
            (State::Missing, _) => disk::rename_new(folder, &old, name)?,
            (State::Old | State::Foreign, _) => continue,
        }
        changed = true;
    }
    Ok(changed)
}

/// Ends a write that went well: all that is left of it is the journal and the old files.
fn finish(place: &Place<'_>, journal: &Journal) -> Result<(), OutputError> {
    disk::remove(place.folder, &place.own.journal())?;
    let mut replaced = journal.files().filter(|entry| entry.old.is_some());
    replaced.try_for_each(|entry| disk::remove(place.folder, &place.own.old_of(&entry.name)))
}

/// Ends a write that was interrupted or undone.
fn clear(place: &Place<'_>, journal: &Journal) -> Result<(), OutputError> {
    let (folder, own) = (place.folder, place.own);
    disk::remove(folder, &own.journal())?;
    disk::remove(folder, &own.draft())?;
    for entry in journal.files() {
        disk::remove(folder, &own.new_of(&entry.name))?;
        disk::remove(folder, &own.old_of(&entry.name))?;
    }
    Ok(())
}

/// Removes all temporaries of this user, who is not writing: the folder is locked.
fn sweep(folder: &Folder) -> Result<(), OutputError> {
    for name in leftovers(folder)? {
        // What is ours is a file, or a link that was put aside; a directory is of somebody else.
        let is_ours = matches!(folder.kind(&name), Ok(Some(Kind::File | Kind::Link)));
        if !names::is_temporary(&name) || !is_ours {
            continue;
        }
        match disk::remove(folder, &name) {
            // Another user has taken a name of ours, in a folder that we share.
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

fn state(folder: &Folder, entry: &Entry) -> Result<State, OutputError> {
    let there = match look::look(folder, &entry.name) {
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

fn inspect(place: &Place<'_>, entry: &Entry) -> Result<Remains, OutputError> {
    let holds = |name: &str, expected: &Fingerprint| match look::look(place.folder, name) {
        Ok(found) => Ok(found.is_some_and(|found| found.fingerprint == *expected)),
        Err(OutputError::NotAFile { .. }) => Ok(false),
        Err(error) => Err(error),
    };
    let state = state(place.folder, entry)?;
    let new = place.own.new_of(&entry.name);
    let old = place.own.old_of(&entry.name);
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

#[cfg(unix)]
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests set the scene")]
#[path = "swap_tests.rs"]
mod swap_tests;
