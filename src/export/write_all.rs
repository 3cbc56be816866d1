//! Many certificates: some threads decrypt and encode, and one writes together what is ready.

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Receiver;
use std::thread::available_parallelism;
use std::{io, iter};

use super::{CertificateReceipt, Export, ExportError, Exporter, Material};

/// What a run tells on its way.
#[derive(Debug)]
pub enum Event<'a> {
    /// There are so many more certificates to do than was known.
    Expected(usize),
    /// A certificate was read, and is about to be encoded.
    Read(&'a Material),
    /// So many are done with: written, skipped or failed.
    Done(usize),
}

/// Writes what comes out of `ready` until nothing more can come. `tell` hears what became of each,
/// in no order.
pub(crate) fn write_all<K, E: From<ExportError>>(
    exporter: &Exporter,
    ready: Receiver<(K, Result<Export, E>)>,
    mut tell: impl FnMut(K, Result<CertificateReceipt, E>),
) {
    while let Ok(first) = ready.recv() {
        let some = iter::once(first).chain(ready.try_iter()).take(MAX_READY);
        let mut exports = Vec::new();
        for (which, prepared) in some {
            match prepared {
                Ok(export) => exports.push((which, export)),
                Err(error) => tell(which, Err(error)),
            }
        }
        // Those of one folder are written together.
        exports.sort_by(|(_, a), (_, b)| a.folder.cmp(&b.folder));
        let (which, exports): (Vec<_>, Vec<_>) = exports.into_iter().unzip();
        // A bug fails what is being written, not the run: the receipt has what was written before.
        let written = catch_unwind(AssertUnwindSafe(|| exporter.write(exports)));
        let written = written.unwrap_or_else(|_| {
            let panicked = iter::repeat_with(|| Err(ExportError::Panicked));
            panicked.take(which.len()).collect()
        });
        for (which, written) in which.into_iter().zip(written) {
            tell(which, written.map_err(E::from));
        }
    }
}

/// How many certificates wait to be written, at most: a slow disk must not have the keys of all
/// pile up in memory.
pub(crate) const MAX_READY: usize = 256;

/// Starts up to `count` threads, and at least one, with `spawn`.
///
/// # Errors
/// That of the first one: the system has no room for it.
pub(crate) fn start(count: usize, mut spawn: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    spawn()?;
    // Fewer do the same work, only later.
    let more = (1..count).map(|_| spawn());
    more.take_while(io::Result::is_ok).for_each(drop);
    Ok(())
}

/// How many threads decrypt and encode.
pub(crate) fn workers() -> usize {
    available_parallelism().map_or(1, NonZero::get)
}
