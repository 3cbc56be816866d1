//! The sets of one folder: one lock, one look for leftovers, few transactions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::folder::Folder;
use super::lock::{self, Lock};
use super::owner::Owner;
use super::plan::{self, Change, Set, Step};
use super::{OutputError, PlannedFile, Seen, Writer, Written, commit, disk};

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
        self.enter(sets)
            .unwrap_or_else(|error| sets.iter().map(|_| Err(error.clone())).collect())
    }

    /// Says what would be done.
    fn look(&self, set: &Set<'_>) -> Written {
        let folder = Folder::find(self.folder)?;
        let steps = self.steps(set, folder.as_ref())?;
        if steps.iter().any(Step::writes) {
            Folder::check_writable(self.folder)?;
        }
        Ok(plan::report(&steps, self.root))
    }

    /// Gets hold of the folder, with whole sets in it, and writes `sets` to it.
    fn enter(&self, sets: &[&Set<'_>]) -> Result<Vec<Written>, OutputError> {
        let folder = &Folder::create(self.folder)?;
        let seen = self.writer.seen(self.folder);
        if let Some(unchanged) = self.unchanged(folder, sets, &seen) {
            return Ok(unchanged);
        }
        let lock = Lock::acquire(folder, lock::PATIENCE, !seen.is_contested)?;
        if !seen.is_swept {
            commit::recover(folder)?;
        }
        self.writer.note(self.folder, |seen| {
            seen.is_swept = true;
            seen.is_contested |= lock.is_contested;
        });
        let mut written = Vec::with_capacity(sets.len());
        let mut rest = sets;
        while !rest.is_empty() {
            let (some, others) = rest.split_at(fitting(rest));
            written.extend(self.write_together(folder, some));
            rest = others;
        }
        let is_half_written =
            |written: &Written| matches!(written, Err(error) if error.is_half_written());
        if written.iter().any(is_half_written) {
            // The next write here has to repair that.
            self.writer.note(self.folder, |seen| seen.is_swept = false);
        }
        Ok(written)
    }

    /// What to say if everything is there already: then nothing is touched, not even by a lock.
    fn unchanged(&self, folder: &Folder, sets: &[&Set<'_>], seen: &Seen) -> Option<Vec<Written>> {
        if !seen.is_swept && commit::is_unsettled(folder).unwrap_or(true) {
            return None;
        }
        let unchanged = |set: &&Set<'_>| {
            let steps = self.steps(set, Some(folder)).ok()?;
            let is_kept = |step: &Step<'_>| matches!(step.change, Change::Keep);
            let all = steps.iter().all(is_kept);
            all.then(|| Ok(plan::report(&steps, self.root)))
        };
        sets.iter().map(unchanged).collect()
    }

    fn steps<'a>(
        &self,
        set: &Set<'a>,
        folder: Option<&Folder>,
    ) -> Result<Vec<Step<'a>>, OutputError> {
        plan::steps(set, folder, &self.writer.policy, self.owner)
    }

    /// Writes `sets` in one transaction. If that fails, each gets one of its own, so that only
    /// those fail which have a reason to.
    fn write_together(&self, folder: &Folder, sets: &[&Set<'_>]) -> Vec<Written> {
        let planned = sets.iter().map(|set| self.steps(set, Some(folder)));
        let planned: Vec<Result<Vec<_>, OutputError>> = planned.collect();
        let ready: Vec<&[_]> = planned.iter().flatten().map(Vec::as_slice).collect();
        match commit::commit(folder, &ready) {
            Ok(()) => planned
                .into_iter()
                .map(|steps| Ok(plan::report(&steps?, self.root)))
                .collect(),
            Err(error) if error.is_half_written() || ready.len() <= 1 => planned
                .into_iter()
                .map(|steps| Err(steps.err().unwrap_or_else(|| error.clone())))
                .collect(),
            Err(_) => {
                let alone = |set| self.write_together(folder, &[set]);
                sets.iter().copied().flat_map(alone).collect()
            }
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
