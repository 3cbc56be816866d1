//! One certificate or many: the caller waits for vaults, some threads decrypt and encode on every core,
//! and one thread writes what is ready. What lies between them is bounded, so that private keys do
//! not pile up.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, thread};

use futures_util::future::join_all;
use tokio::sync::{mpsc, oneshot};

use super::item::{Item, Subject, Unwritten, unwritten};
use super::objects::Objects;
use super::source::{Source, Work};
use super::wanted::{Wanted, WantedOfVault};
use super::{Job, RetrieveError, Verify};
use crate::agreement::{Check, ObjectChecks};
use crate::export::{
    CertificateReceipt, Event, Export, MAX_READY, Receipt, start, workers, write_all,
};
use crate::vault::NamePattern;

/// Gets all that is wanted, or what of that is done when `cancel` ends.
pub(super) async fn run(
    job: &Arc<Job>,
    wanted: &Wanted,
    mut cancel: Pin<&mut impl Future<Output = ()>>,
) -> Result<Receipt<RetrieveError>, RetrieveError> {
    let named = wanted.vaults.iter().map(named_items).collect();
    let first = Pass {
        job,
        wanted,
        is_first: true,
        before: 0,
    };
    let (mut done, mut is_interrupted) = first.run(named, cancel.as_mut()).await?;
    // A certificate was renewed between the list and the secret, or the objects disagree: a look
    // at all three tells.
    if !is_interrupted && done.iter().any(is_changed) {
        let changed = done.extract_if(.., |it| is_changed(it));
        let again: Vec<Item> = changed.filter_map(|(subject, _)| subject.item()).collect();
        let second = Pass {
            is_first: false,
            before: done.len(),
            ..first
        };
        let (more, interrupted_later) = second.run(by_vault(wanted, &again), cancel).await?;
        done.extend(more);
        is_interrupted = interrupted_later;
        if is_interrupted {
            done.extend(unseen(&again, &done));
        }
    }
    if is_interrupted {
        let named = wanted.vaults.iter().flat_map(named_items);
        done.extend(unseen(&named.collect::<Vec<_>>(), &done));
    }
    Ok(receipt(wanted, done, is_interrupted))
}

/// What became of a certificate, or of a vault's list.
type Done = (Subject, Result<CertificateReceipt, Unwritten>);
/// What is about to be written, if anything.
type Prepared = (Subject, Result<Export, Unwritten>);

fn is_changed((_, result): &Done) -> bool {
    matches!(result, Err(Unwritten::Changed))
}

/// Those of `items` that the run was ended before.
fn unseen(items: &[Item], done: &[Done]) -> Vec<Done> {
    let seen: HashSet<_> = done.iter().map(|(subject, _)| subject.order()).collect();
    let subjects = items.iter().cloned().map(Subject::Certificate);
    let unseen = subjects.filter(|subject| !seen.contains(&subject.order()));
    unseen
        .map(|subject| (subject, Err(RetrieveError::Interrupted.into())))
        .collect()
}

/// One round over all vaults.
struct Pass<'a> {
    job: &'a Arc<Job>,
    wanted: &'a Wanted,
    /// Whether what the patterns find is wanted, too, and nothing has been counted yet.
    is_first: bool,
    /// How many were done with before it.
    before: usize,
}

impl Pass<'_> {
    /// Gets `items`, those of each vault, and what the patterns find. Says whether `cancel` ended
    /// before that was done.
    async fn run(
        &self,
        items: Vec<Vec<Item>>,
        cancel: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<(Vec<Done>, bool), RetrieveError> {
        let (give, work) = mpsc::channel(MAX_FETCHED);
        let written = self.start(work).map_err(RetrieveError::NoThreads)?;
        let is_interrupted = self.fetch(items, give, cancel).await;
        let done = written.await.map_err(|_| RetrieveError::Panicked)?;
        Ok((done, is_interrupted))
    }

    /// Starts the threads that do `work`, and the one that writes.
    fn start(&self, work: mpsc::Receiver<Work>) -> io::Result<oneshot::Receiver<Vec<Done>>> {
        let (prepared, ready) = sync_channel(MAX_READY);
        let work = Arc::new(Mutex::new(work));
        let count = if self.wanted.is_one() { 1 } else { workers() };
        start(count, || {
            let (job, work) = (Arc::clone(self.job), Arc::clone(&work));
            let prepared = prepared.clone();
            let prepare = move || prepare_all(&job, &work, &prepared);
            thread::Builder::new().spawn(prepare).map(drop)
        })?;
        let (tell, written) = oneshot::channel();
        let (job, mut count) = (Arc::clone(self.job), self.before);
        let write = move || {
            let mut done: Vec<Done> = Vec::new();
            write_all(&job.exporter, ready, |subject, written| {
                done.push((subject, written));
                // What has changed is still to be done.
                if !done.last().is_some_and(is_changed) {
                    count += 1;
                    (job.on_event)(Event::Done(count));
                }
            });
            tell.send(done)
        };
        thread::Builder::new().spawn(write)?;
        Ok(written)
    }

    /// Ends early with `cancel`: what is complete by then goes on, the rest is dropped.
    async fn fetch(
        &self,
        items: Vec<Vec<Item>>,
        give: mpsc::Sender<Work>,
        cancel: Pin<&mut impl Future<Output = ()>>,
    ) -> bool {
        let vaults = self.wanted.vaults.iter().zip(items);
        let all = join_all(vaults.map(|(vault, items)| {
            let source = Source {
                job: self.job,
                vault,
                patterns: &self.wanted.patterns,
                is_counted: self.is_first,
                give: give.clone(),
            };
            async move {
                source.run(items, self.is_first && vault.is_listed).await;
            }
        }));
        tokio::select! {
            biased;
            () = cancel => true,
            _ = all => false,
        }
    }
}

fn prepare_all(job: &Job, work: &Mutex<mpsc::Receiver<Work>>, give: &SyncSender<Prepared>) {
    let next = || {
        let mut work = work.lock().unwrap_or_else(PoisonError::into_inner);
        work.blocking_recv()
    };
    while let Some(work) = next() {
        let prepared = match work {
            Work::Look {
                item,
                name,
                sha1,
                answer,
            } => {
                let look = || {
                    job.exporter
                        .is_present(&item.vault.folder, name.as_str(), &sha1)
                };
                // What cannot be told counts as no.
                let is_present = catch_unwind(AssertUnwindSafe(look)).unwrap_or(false);
                // Nobody waits for it if the run was ended.
                let _ = answer.send(is_present);
                continue;
            }
            Work::Unwritten(subject, why) => (subject, Err(why)),
            Work::Objects(item, verify, objects) => {
                // A bug that one certificate brings to light is its failure alone.
                let attempt = || prepare(job, &item, verify, *objects);
                let prepared = catch_unwind(AssertUnwindSafe(attempt))
                    .unwrap_or(Err(Unwritten::Failed(RetrieveError::Panicked)));
                (Subject::Certificate(item), prepared)
            }
        };
        if give.send(prepared).is_err() {
            break; // Nobody writes any more.
        }
    }
}

fn prepare(job: &Job, item: &Item, verify: Verify, objects: Objects) -> Result<Export, Unwritten> {
    let unwritten = |error| unwritten(item, error);
    let material = job.material(&objects).map_err(unwritten)?;
    let listed = item.listed.as_deref();
    let listed = listed.filter(|_| job.options.verify == Verify::Auto);
    if listed.is_some_and(|sha1| material.chain().leaf().sha1() != *sha1) {
        return Err(Unwritten::Changed);
    }
    // Of the other two only the certificate object was looked at, in the vault's list.
    let agreed = listed.map(|_| ObjectChecks {
        certificate_object: Check::Agrees,
        key_object: Check::Off,
    });
    job.prepare(material, objects, verify, &item.vault.folder, agreed)
        .map_err(unwritten)
}

fn named_items(vault: &Arc<WantedOfVault>) -> Vec<Item> {
    let item = |(place, certificate): &(usize, _)| Item {
        vault: Arc::clone(vault),
        place: *place,
        certificate: Clone::clone(certificate),
        listed: None,
        is_listed: false,
    };
    vault.named.iter().map(item).collect()
}

/// `items` by vault, to be got by name, without what the list said.
fn by_vault(wanted: &Wanted, items: &[Item]) -> Vec<Vec<Item>> {
    let of = |vault: &Arc<WantedOfVault>| {
        let here = items.iter().filter(|item| Arc::ptr_eq(&item.vault, vault));
        here.map(|item| Item {
            listed: None,
            ..item.clone()
        })
        .collect()
    };
    wanted.vaults.iter().map(of).collect()
}

fn receipt(wanted: &Wanted, mut done: Vec<Done>, is_interrupted: bool) -> Receipt<RetrieveError> {
    let first = wanted.vaults.first();
    let mut receipt = Receipt {
        sign_in: first.and_then(|vault| vault.client.credential().winner()),
        is_interrupted,
        ..Receipt::default()
    };
    let is_whole = !is_interrupted && done.iter().all(|(subject, _)| subject.name().is_some());
    // A pattern that finds nothing is a mistake; an empty vault is not.
    if is_whole && !wanted.is_all {
        for pattern in idle_patterns(&wanted.patterns, &done) {
            let error = RetrieveError::NoMatch {
                pattern: pattern.clone(),
            };
            receipt.add(pattern, Err(error));
        }
    }
    done.sort_by_cached_key(|(subject, _)| subject.order());
    for (subject, result) in done {
        match result {
            Ok(written) => receipt.add(subject.shown(), Ok(written)),
            Err(Unwritten::Failed(error)) => receipt.add(subject.shown(), Err(error)),
            Err(Unwritten::Skipped(reason)) => receipt.skip(subject.shown(), reason),
            // It was to be looked at again, and the run was interrupted before that.
            Err(Unwritten::Changed) => {
                receipt.add(subject.shown(), Err(RetrieveError::Interrupted));
            }
        }
    }
    receipt
}

fn idle_patterns(patterns: &[NamePattern], done: &[Done]) -> Vec<String> {
    let is_idle = |pattern: &&NamePattern| {
        let mut names = done.iter().filter_map(|(subject, _)| subject.name());
        !names.any(|name| pattern.matches(name))
    };
    let idle = patterns.iter().filter(is_idle);
    idle.map(|pattern| pattern.as_str().to_owned()).collect()
}

/// Secrets that wait for a core, of some 6 kB each. A vault that counts calls in ten seconds gives more
/// later to those who ask for much at first.
const MAX_FETCHED: usize = 256;
