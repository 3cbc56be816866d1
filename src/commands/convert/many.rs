//! Many files: every core reads, decrypts and encodes, while one thread writes what is ready.

use std::{
    iter,
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use super::{Job, name};
use crate::{
    commands::{export::Export, receipt::CertificateReceipt},
    failure::Failure,
};

/// A file by its number on the command line, and what became of it.
type Numbered<T> = (usize, Result<T, Failure>);

/// Converts `files`; the results come in their order.
pub(super) fn convert(
    job: &Job<'_>,
    files: &[PathBuf],
) -> Vec<Result<CertificateReceipt, Failure>> {
    let next = AtomicUsize::new(0);
    // Bounded, so that a slow disk does not have the keys of all files pile up in memory.
    let (give, ready) = sync_channel(MAX_READY);
    let take = || {
        let number = next.fetch_add(1, Ordering::Relaxed);
        files.get(number).map(|file| (number, file))
    };
    let work = |give: SyncSender<Numbered<Export>>| {
        while let Some((number, file)) = take() {
            if give.send((number, prepare(job, file))).is_err() {
                break; // Nobody writes any more.
            }
        }
    };
    let mut done = thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        for _ in 0..cores.min(files.len()) {
            let (work, give) = (&work, give.clone());
            scope.spawn(move || work(give));
        }
        drop(give);
        write_all(job, ready, files.len())
    });
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

/// A bug that one file brings to light is that file's failure alone.
fn prepare(job: &Job<'_>, file: &Path) -> Result<Export, Failure> {
    let attempt = || job.exporter.prepare(&job.read(file)?, &name(file));
    catch_unwind(AssertUnwindSafe(attempt)).unwrap_or_else(|_| Err(Failure::from_panic()))
}

/// Writes together what has become ready meanwhile. With the end of this, `ready` ends too, and so
/// do the threads that fill it.
fn write_all(
    job: &Job<'_>,
    ready: Receiver<Numbered<Export>>,
    total: usize,
) -> Vec<Numbered<CertificateReceipt>> {
    let progress = job.context.console.progress("converted", total);
    let mut done = Vec::with_capacity(total);
    while let Ok(first) = ready.recv() {
        let some = iter::once(first).chain(ready.try_iter()).take(MAX_READY);
        done.extend(write(job, some));
        progress.show(done.len());
    }
    done
}

fn write(
    job: &Job<'_>,
    some: impl Iterator<Item = Numbered<Export>>,
) -> Vec<Numbered<CertificateReceipt>> {
    let (mut numbers, mut exports, mut done) = (Vec::new(), Vec::new(), Vec::new());
    for (number, prepared) in some {
        match prepared {
            Ok(export) => {
                numbers.push(number);
                exports.push(export);
            }
            Err(failure) => done.push((number, Err(failure))),
        }
    }
    done.extend(numbers.into_iter().zip(job.exporter.write(exports)));
    done
}

/// How many certificates wait to be written, at most.
const MAX_READY: usize = 256;
