//! Many files: every core reads, decrypts and encodes, while one thread writes what is ready.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use super::{Job, name};
use crate::commands::export::{Export, MAX_READY, workers, write_all};
use crate::commands::receipt::CertificateReceipt;
use crate::failure::Failure;

/// A file by its number on the command line, and what became of it.
type Numbered<T> = (usize, Result<T, Failure>);

/// Converts `files`; the results come in their order.
pub(super) fn convert(
    job: &Job<'_>,
    files: &[PathBuf],
) -> Vec<Result<Box<CertificateReceipt>, Failure>> {
    let next = AtomicUsize::new(0);
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
    let progress = job.context.console.progress("converted", files.len());
    let mut done = Vec::with_capacity(files.len());
    thread::scope(|scope| {
        for _ in 0..workers().min(files.len()) {
            let (work, give) = (&work, give.clone());
            scope.spawn(move || work(give));
        }
        drop(give);
        // With the end of this, `ready` ends too, and so do the threads that fill it.
        write_all(&job.exporter, ready, |number, written| {
            done.push((number, written));
            progress.show(done.len());
        });
    });
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

/// A bug that one file brings to light is that file's failure alone.
fn prepare(job: &Job<'_>, file: &Path) -> Result<Export, Failure> {
    let attempt = || job.exporter.prepare(&job.read(file)?, &name(file));
    catch_unwind(AssertUnwindSafe(attempt)).unwrap_or_else(|_| Err(Failure::from_panic()))
}
