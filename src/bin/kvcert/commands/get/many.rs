//! Many certificates: one thread waits for vaults, some decrypt and encode on every core, and one thread
//! writes what is ready. What lies between them is bounded, so that private keys do not pile up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use tokio::sync::mpsc;

use super::Job;
use super::interrupt::Signal;
use super::source::{Fetched, Item, Source};
use super::wanted::{Wanted, WantedOfVault};
use crate::cli::VerifyArg;
use crate::commands::block_on;
use crate::commands::export::{Export, MAX_READY, workers, write_all};
use crate::commands::receipt::{CertificateReceipt, Receipt};
use crate::console::Progress;
use crate::failure::{Failure, Reason};

/// Gets all that is wanted; blocks until that is done.
pub(super) fn retrieve(job: &Job<'_>, wanted: &Wanted) -> Result<Receipt, Failure> {
    let run = Run {
        job,
        wanted,
        progress: job.context.console.progress("retrieved", 0),
    };
    let named = wanted.vaults.iter().map(named_items).collect();
    let (mut done, mut signal) = run.pass(named, true)?;
    // A certificate was renewed between the list and the secret, or the objects disagree: a look
    // at all three tells.
    let changed = done.extract_if(.., |(_, result)| matches!(result, Err(Unwritten::Changed)));
    let again: Vec<Item<'_>> = changed.filter_map(|(subject, _)| subject.item()).collect();
    if signal.is_none() && !again.is_empty() {
        let (more, later) = run.pass(run.by_vault(again), false)?;
        done.extend(more);
        signal = later;
    }
    drop(run.progress);
    Ok(receipt(job, wanted, done, signal))
}

/// What became of a certificate, or of a vault's list.
type Done<'a> = (Subject<'a>, Result<Box<CertificateReceipt>, Unwritten>);

/// What it is about.
enum Subject<'a> {
    Certificate(Item<'a>),
    List(&'a WantedOfVault),
}

/// Why nothing was written.
enum Unwritten {
    Skipped(&'static str),
    Failed(Failure),
    /// It is not what the list said.
    Changed,
}

impl From<Failure> for Unwritten {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

struct Run<'a> {
    job: &'a Job<'a>,
    wanted: &'a Wanted,
    progress: Progress<'a>,
}

impl<'a> Run<'a> {
    /// Gets `items`, those of each vault, and, if `listed`, what the patterns find; or what of that
    /// is done when a signal comes.
    fn pass(
        &self,
        items: Vec<Vec<Item<'a>>>,
        listed: bool,
    ) -> Result<(Vec<Done<'a>>, Option<Signal>), Failure> {
        let (give, fetched) = mpsc::channel(MAX_FETCHED);
        let (prepared, ready) = sync_channel(MAX_READY);
        let fetched = Mutex::new(fetched);
        let mut done = Vec::new();
        let signal = thread::scope(|scope| {
            let fetching = scope.spawn(move || block_on(self.fetch(items, listed, give)));
            for _ in 0..workers() {
                let (fetched, prepared) = (&fetched, prepared.clone());
                scope.spawn(move || self.prepare_all(fetched, &prepared));
            }
            drop(prepared);
            write_all(self.job.exporter, ready, |subject, written| {
                done.push((subject, written));
                self.progress.show(done.len());
            });
            fetching
                .join()
                .unwrap_or_else(|_| Err(Failure::from_panic()))
        })?;
        Ok((done, signal))
    }

    /// Ends early with a signal: what is complete by then goes on, the rest is dropped.
    async fn fetch(
        &self,
        items: Vec<Vec<Item<'a>>>,
        listed: bool,
        give: mpsc::Sender<Fetched<'a>>,
    ) -> Result<Option<Signal>, Failure> {
        let sources: Vec<Source<'_, 'a>> = self
            .wanted
            .vaults
            .iter()
            .map(|vault| Source {
                job: self.job,
                vault,
                patterns: &self.wanted.patterns,
                progress: &self.progress,
                give: give.clone(),
            })
            .collect();
        let all = sources
            .iter()
            .zip(items)
            .map(|(source, items)| source.run(items, listed && source.vault.is_listed));
        let all = futures_util::future::join_all(all);
        tokio::select! {
            biased;
            signal = Signal::received() => Ok(Some(signal)),
            _ = all => Ok(None),
        }
    }

    fn prepare_all(
        &self,
        fetched: &Mutex<mpsc::Receiver<Fetched<'a>>>,
        give: &SyncSender<(Subject<'a>, Result<Export, Unwritten>)>,
    ) {
        let next = || {
            let mut fetched = fetched.lock().unwrap_or_else(PoisonError::into_inner);
            fetched.blocking_recv()
        };
        while let Some(fetched) = next() {
            if give.send(self.prepare(fetched)).is_err() {
                break; // Nobody writes any more.
            }
        }
    }

    fn prepare(&self, fetched: Fetched<'a>) -> (Subject<'a>, Result<Export, Unwritten>) {
        let (item, result) = match fetched {
            Fetched::ListFailed(vault, failure) => {
                return (Subject::List(vault), Err(failure.into()));
            }
            Fetched::Skipped(item, reason) => (item, Err(Unwritten::Skipped(reason))),
            Fetched::Failed(item, failure) => {
                let unwritten = unwritten(&item, failure);
                (item, Err(unwritten))
            }
            Fetched::Objects(item, verify, objects) => {
                let listed = item.listed.as_deref();
                let listed = listed.filter(|_| self.job.args.verify == VerifyArg::Auto);
                let folder = item.vault.folder();
                let attempt = || self.job.prepare(*objects, folder, verify, listed);
                // A bug that one certificate brings to light is its failure alone.
                let result = catch_unwind(AssertUnwindSafe(attempt))
                    .unwrap_or_else(|_| Err(Failure::from_panic()))
                    .map_err(|failure| unwritten(&item, failure));
                (item, result)
            }
        };
        (Subject::Certificate(item), result)
    }

    /// `items` by vault, to be got by name, without what the list said.
    fn by_vault(&self, items: Vec<Item<'a>>) -> Vec<Vec<Item<'a>>> {
        let of = |vault: &WantedOfVault| {
            let here = items.iter().filter(|item| std::ptr::eq(item.vault, vault));
            here.map(|item| Item {
                listed: None,
                ..item.clone()
            })
            .collect()
        };
        self.wanted.vaults.iter().map(of).collect()
    }
}

impl<'a> Subject<'a> {
    fn item(self) -> Option<Item<'a>> {
        match self {
            Self::Certificate(item) => Some(item),
            Self::List(_) => None,
        }
    }

    /// As on the command line, then as in an alphabet.
    fn order(&self) -> (usize, String, &'a std::path::Path) {
        match self {
            Self::Certificate(item) => {
                let name = item.certificate.name.as_str().to_ascii_lowercase();
                (item.place, name, item.vault.folder())
            }
            Self::List(vault) => (usize::MAX, String::new(), vault.folder()),
        }
    }

    /// As the receipt has it.
    fn shown(&self) -> String {
        match self {
            Self::Certificate(item) => shown(item),
            Self::List(vault) => vault.client.vault().to_string(),
        }
    }
}

fn named_items(vault: &WantedOfVault) -> Vec<Item<'_>> {
    let item = |(place, certificate): &(usize, _)| Item {
        vault,
        place: *place,
        certificate: Clone::clone(certificate),
        listed: None,
        is_listed: false,
    };
    vault.named.iter().map(item).collect()
}

/// The certificate, with the folder of its vault where there are several.
fn shown(item: &Item<'_>) -> String {
    let certificate = item.certificate.to_string();
    item.vault.folder().join(certificate).display().to_string()
}

/// Who names a certificate must get it. Who takes what there is, takes what can be had.
fn unwritten(item: &Item<'_>, failure: Failure) -> Unwritten {
    match failure.reason {
        Reason::ChangedSinceListed => Unwritten::Changed,
        reason @ (Reason::Disabled | Reason::NotExportable) if item.is_listed => {
            Unwritten::Skipped(reason.name())
        }
        _ => Unwritten::Failed(failure.context(format!("cannot get `{}`", shown(item)))),
    }
}

fn receipt(
    job: &Job<'_>,
    wanted: &Wanted,
    mut done: Vec<Done<'_>>,
    signal: Option<Signal>,
) -> Receipt {
    let console = job.context.console;
    let first = wanted.vaults.first();
    let mut receipt = first.map_or_else(Receipt::default, |it| Receipt::of_vault(&it.client));
    let is_whole = signal.is_none()
        && done
            .iter()
            .all(|(it, _)| matches!(it, Subject::Certificate(_)));
    if is_whole {
        refuse_idle_patterns(wanted, &done, &mut receipt, job);
    }
    done.sort_by_cached_key(|(subject, _)| subject.order());
    for (subject, result) in done {
        match result {
            Ok(written) => receipt.certificates.push(written),
            Err(Unwritten::Skipped(reason)) => {
                let (shown, message) = (subject.shown(), why_skipped(reason));
                if reason == Reason::NotExportable.name() {
                    console.warning(&format!("`{shown}` passed over: {message}"));
                } else if reason == Reason::Disabled.name() {
                    console.note(&format!("`{shown}` passed over: {message}"));
                }
                receipt.skip(shown, reason, message.to_owned());
            }
            Err(Unwritten::Failed(failure)) => receipt.fail(subject.shown(), failure, console),
            Err(Unwritten::Changed) => {}
        }
    }
    if let Some(signal) = signal {
        let failure = signal.failure(receipt.certificates.len());
        receipt.end_early(failure, console);
    }
    receipt
}

/// A pattern that finds nothing is a mistake; `--all` of an empty vault is not.
fn refuse_idle_patterns(wanted: &Wanted, done: &[Done<'_>], receipt: &mut Receipt, job: &Job<'_>) {
    let names: Vec<&str> = done
        .iter()
        .filter_map(|(subject, _)| match subject {
            Subject::Certificate(item) => Some(item.certificate.name.as_str()),
            Subject::List(_) => None,
        })
        .collect();
    let is_idle = |pattern: &&super::wanted::NamePattern| {
        !job.args.all && !names.iter().any(|name| pattern.matches(name))
    };
    for pattern in wanted.patterns.iter().filter(is_idle) {
        let message = format!("no certificate is called `{}`", pattern.as_str());
        let failure = Failure::message(Reason::NoMatch, message)
            .with_hint("`kvcert list` shows the certificates of the vault");
        receipt.fail(pattern.as_str().to_owned(), failure, job.context.console);
    }
}

fn why_skipped(reason: &str) -> &'static str {
    match reason {
        "disabled" => "it is disabled",
        "present" => "its files are there already",
        _ => "its private key is not exportable; `--no-key` writes the certificate alone",
    }
}

/// Secrets that wait for a core, of some 6 kB each. A vault that counts calls in ten seconds gives more
/// later to those who ask for much at first.
const MAX_FETCHED: usize = 256;
