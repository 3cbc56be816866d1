//! Many certificates: one thread writes together what is ready.

use std::{iter, num::NonZero, sync::mpsc::Receiver, thread::available_parallelism};

use super::{Export, Exporter};
use crate::{commands::receipt::CertificateReceipt, failure::Failure};

/// Writes what comes out of `ready` until nothing more can come. `tell` hears what became of each,
/// in no order.
pub(in crate::commands) fn write_all<K, E: From<Failure>>(
    exporter: &Exporter<'_>,
    ready: Receiver<(K, Result<Export, E>)>,
    mut tell: impl FnMut(K, Result<Box<CertificateReceipt>, E>),
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
        for (which, written) in which.into_iter().zip(exporter.write(exports)) {
            tell(which, written.map_err(E::from));
        }
    }
}

/// How many certificates wait to be written, at most: a slow disk must not have the keys of all
/// pile up in memory.
pub(in crate::commands) const MAX_READY: usize = 256;

/// How many threads decrypt and encode. More than there are cores: those whose keys are derived
/// together wait for one of them.
pub(in crate::commands) fn workers() -> usize {
    4 * available_parallelism().map_or(1, NonZero::get)
}
