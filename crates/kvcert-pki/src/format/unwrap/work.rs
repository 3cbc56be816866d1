//! [`Work`]: how much unwrapping may cost.

use std::cell::Cell;

use crate::content_error::ContentError;

/// What all layers and all attempts have cost together.
#[derive(Default)]
pub(super) struct Work {
    bytes: Cell<usize>,
    values: Cell<usize>,
    objects: Cell<usize>,
}

impl Work {
    fn spend(
        counter: &Cell<usize>,
        more: usize,
        what: &'static str,
        limit: usize,
    ) -> Result<(), ContentError> {
        counter.set(counter.get().saturating_add(more));
        ContentError::check_limit(what, counter.get(), limit)
    }

    pub(super) fn bytes(&self, more: usize) -> Result<(), ContentError> {
        Self::spend(
            &self.bytes,
            more,
            "bytes in all layers of encoding",
            MOST_BYTES,
        )
    }

    pub(super) fn values(&self, more: usize) -> Result<(), ContentError> {
        Self::spend(
            &self.values,
            more,
            "values in JSON, YAML and variables",
            MOST_VALUES,
        )
    }

    pub(super) fn objects(&self, more: usize) -> Result<(), ContentError> {
        Self::spend(
            &self.objects,
            more,
            "PEM blocks and other parts",
            MOST_OBJECTS,
        )
    }
}

/// A file of the usual limit in four layers. Text is read in more than one way where it is not clear
/// what it is, and so are the values in it.
const MOST_BYTES: usize = 64 << 20;
/// All certificates that are trusted anywhere, several times.
const MOST_OBJECTS: usize = 2_000;
/// Secrets of a whole cluster.
const MOST_VALUES: usize = 10_000;
