//! The sets of one folder: one lock, one look for leftovers, few transactions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::lock::{self, Lock};
use super::owner::Owner;
use super::plan::{self, Set};
use super::{OutputError, PlannedFile, Writer, Written, commit, disk};

/// Writes each of `sets` to its folder in `root`. Folders do not wait for each other.
pub(super) fn write<S: AsRef<[PlannedFile]>>(
    root: &Path,
    sets: &[S],
    writer: &Writer,
    owner: Owner,
) -> Vec<Written> {
    let mut folders: BTreeMap<PathBuf, Vec<(usize, Set<'_>)>> = BTreeMap::new();
    let mut written = Vec::with_capacity(sets.len());
    for (number, set) in plan::layouts(root, sets).into_iter().enumerate() {
        // A set without files has been written by that.
        written.push(set.map(|set| {
            if let Some(set) = set {
                let there = folders.entry(set.folder.clone()).or_default();
                there.push((number, set));
            }
            Vec::new()
        }));
    }
    let folders: Vec<_> = folders.into_iter().collect();
    let results = disk::side_by_side(&folders, |(folder, sets)| {
        let batch = Batch {
            root,
            folder,
            writer,
            owner,
        };
        batch.write(&sets.iter().map(|(_, set)| set).collect::<Vec<_>>())
    });
    let sets = folders.iter().flat_map(|(_, sets)| sets);
    for ((number, _), result) in sets.zip(results.into_iter().flatten()) {
        written[*number] = result;
    }
    written
}

/// What the sets of a folder have in common.
struct Batch<'a> {
    /// The output folder, as it was given.
    root: &'a Path,
    /// Where the sets lie: the output folder, or one in it.
    folder: &'a Path,
    writer: &'a Writer,
    owner: Owner,
}

impl Batch<'_> {
    /// Writes each of `sets` or none of it; one that fails does not stop the others.
    fn write(&self, sets: &[&Set<'_>]) -> Vec<Written> {
        if self.writer.policy.dry_run {
            return sets.iter().map(|set| self.look(set)).collect();
        }
        let (_lock, is_swept) = match self.enter() {
            Ok(entered) => entered,
            Err(error) => return sets.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut written = Vec::with_capacity(sets.len());
        let mut rest = sets;
        while !rest.is_empty() {
            let (some, others) = rest.split_at(fitting(rest));
            written.extend(self.write_together(some, is_swept));
            rest = others;
        }
        written
    }

    /// Says what would be done.
    fn look(&self, set: &Set<'_>) -> Written {
        let steps = plan::steps(set, &self.writer.policy, self.owner)?;
        if steps.iter().any(plan::Step::writes) {
            disk::check_writable(self.folder)?;
        }
        Ok(plan::report(&steps, self.root))
    }

    /// Gets hold of the folder, with whole sets in it; says whether nothing else is left over.
    fn enter(&self) -> Result<(Lock, bool), OutputError> {
        disk::create_folder(self.folder)?;
        let lock = Lock::acquire(self.folder, lock::PATIENCE)?;
        if self.writer.has_swept(self.folder) {
            let is_swept = commit::resume(self.folder)?;
            return Ok((lock, is_swept));
        }
        commit::recover(self.folder)?;
        self.writer.note_swept(self.folder);
        Ok((lock, true))
    }

    /// Writes `sets` in one transaction. If that fails, each gets one of its own, so that only
    /// those fail which have a reason to. What is left over is no reason: it goes before that.
    fn write_together(&self, sets: &[&Set<'_>], is_swept: bool) -> Vec<Written> {
        let planned: Vec<Result<Vec<_>, OutputError>> = sets
            .iter()
            .map(|set| plan::steps(set, &self.writer.policy, self.owner))
            .collect();
        let ready: Vec<&[_]> = planned.iter().flatten().map(Vec::as_slice).collect();
        match commit::commit(self.folder, &ready) {
            Ok(()) => planned
                .into_iter()
                .map(|steps| Ok(plan::report(&steps?, self.root)))
                .collect(),
            Err(error) if error.is_half_written() || (ready.len() == 1 && is_swept) => planned
                .into_iter()
                .map(|steps| Err(steps.err().unwrap_or_else(|| error.clone())))
                .collect(),
            Err(_) => sets.iter().flat_map(|set| self.write_alone(set)).collect(),
        }
    }

    fn write_alone(&self, set: &Set<'_>) -> Vec<Written> {
        match commit::recover(self.folder) {
            Ok(()) => self.write_together(&[set], true),
            Err(error) => vec![Err(error)],
        }
    }
}

/// How many of `sets` go into one transaction; a set is never split.
fn fitting(sets: &[&Set<'_>]) -> usize {
    let mut files = 0;
    let fits = |set: &&&Set<'_>| {
        files += set.len();
        files <= MAX_FILES
    };
    sets.iter().take_while(fits).count().max(1)
}

/// A disk takes about as long for one transaction as for another; the journal of so many stays far
/// below its limit.
const MAX_FILES: usize = 512;

#[cfg(unix)]
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests set the scene")]
#[path = "batch_tests.rs"]
mod tests;
