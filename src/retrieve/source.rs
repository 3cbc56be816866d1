//! From vaults to secrets: the list is read while what it named is already fetched.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use kvcert_pki::certificate::Certificate;
use tokio::sync::{mpsc, oneshot};
use tokio::task::yield_now;

use super::item::{Item, Subject, Unwritten, unwritten};
use super::objects::Objects;
use super::wanted::WantedOfVault;
use super::{Job, RetrieveError, Verify};
use crate::export::{Event, SkipReason};
use crate::vault::address::{CertificateRef, ObjectName};
use crate::vault::{CertificateItem, NamePattern, VaultError};

/// What the threads have to do with what came of an item, or of a vault's list.
pub(super) enum Work {
    /// Make its files.
    Objects(Item, Verify, Box<Objects>),
    /// Pass on why there are none.
    Unwritten(Subject, Unwritten),
    /// See whether its files are there already.
    Look {
        item: Item,
        /// What the vault calls it.
        name: ObjectName,
        sha1: Vec<u8>,
        answer: oneshot::Sender<bool>,
    },
}

/// Gets what is wanted of one vault.
pub(super) struct Source<'a> {
    pub(super) job: &'a Job,
    pub(super) vault: &'a Arc<WantedOfVault>,
    pub(super) patterns: &'a [NamePattern],
    /// Whether what it finds is news.
    pub(super) is_counted: bool,
    pub(super) give: mpsc::Sender<Work>,
}

impl Source<'_> {
    /// Gets `items` first, then, if it is `listed`, what the patterns find.
    pub(super) async fn run(&self, items: Vec<Item>, listed: bool) {
        let (send, mut found) = mpsc::channel(AHEAD);
        let find = async {
            let mut known = HashSet::new();
            for item in items {
                if item.certificate.version.is_none() {
                    known.insert(item.certificate.name.as_str().to_ascii_lowercase());
                }
                self.expect_one();
                // Nobody receives any more only when the run ends.
                let _ = send.send(item).await;
            }
            if listed && let Err(source) = self.list(known, &send).await {
                let vault = self.vault.client.vault().to_string();
                let error = RetrieveError::List { vault, source };
                let subject = Subject::List(Arc::clone(self.vault));
                self.give(Work::Unwritten(subject, error.into())).await;
            }
            drop(send);
        };
        let fetch = async {
            let mut open = FuturesUnordered::new();
            let mut more = true;
            while more || !open.is_empty() {
                tokio::select! {
                    item = found.recv(), if more && open.len() < AT_ONCE => match item {
                        Some(item) => open.push(self.fetch(item)),
                        None => more = false,
                    },
                    // Not all that has come at once: the request for the next page goes out between.
                    Some(()) = open.next(), if !open.is_empty() => yield_now().await,
                }
            }
        };
        tokio::join!(find, fetch);
    }

    async fn list(
        &self,
        mut known: HashSet<String>,
        send: &mpsc::Sender<Item>,
    ) -> Result<(), VaultError> {
        let mut pages = self.vault.client.pages();
        let mut page = pages.next().await?;
        while let Some(found) = page {
            let take = async {
                // The next page is asked for first: nothing else comes as late.
                yield_now().await;
                self.take(found, &mut known, send).await;
            };
            let (next, ()) = tokio::join!(pages.next(), take);
            page = next?;
        }
        Ok(())
    }

    /// Passes on what a page names and the patterns find.
    async fn take(
        &self,
        page: Vec<CertificateItem>,
        known: &mut HashSet<String>,
        send: &mpsc::Sender<Item>,
    ) {
        for found in page {
            let name = found.name.as_str();
            let is_wanted = self.patterns.iter().any(|pattern| pattern.matches(name));
            if !is_wanted || !known.insert(name.to_ascii_lowercase()) {
                continue;
            }
            self.expect_one();
            let is_enabled = found.enabled;
            let item = self.item(found);
            if is_enabled {
                let _ = send.send(item).await;
            } else {
                let skipped = Unwritten::Skipped(SkipReason::Disabled);
                self.give(Work::Unwritten(Subject::Certificate(item), skipped))
                    .await;
            }
        }
    }

    fn item(&self, found: CertificateItem) -> Item {
        Item {
            vault: Arc::clone(self.vault),
            place: usize::MAX,
            listed: found.sha1.map(Vec::from),
            is_listed: true,
            certificate: CertificateRef {
                vault: None,
                name: found.name,
                version: None,
            },
        }
    }

    async fn fetch(&self, item: Item) {
        let fetched = match self.objects(&item).await {
            Ok((verify, objects)) => Work::Objects(item, verify, Box::new(objects)),
            Err(why) => Work::Unwritten(Subject::Certificate(item), why),
        };
        self.give(fetched).await;
    }

    async fn objects(&self, item: &Item) -> Result<(Verify, Objects), Unwritten> {
        let client = &self.vault.client;
        let failed = |error: VaultError| unwritten(item, error.into());
        if self.job.options.resume && self.is_present(item).await.map_err(failed)? {
            return Err(Unwritten::Skipped(SkipReason::Present));
        }
        // The list has told what the certificate object holds: that spares two calls of three.
        let verify = match self.job.options.verify {
            Verify::Auto if item.listed.is_some() => Verify::Off,
            verify => verify,
        };
        let objects = Objects::get(client, &item.certificate, verify, self.job.need()).await;
        Ok((verify, objects.map_err(failed)?))
    }

    /// Whether the files are there already. Where no list told the thumbprint, the certificate
    /// object does: it is public, the secret is not touched. Where there is none, or it may not be
    /// read, what is fetched is compared.
    async fn is_present(&self, item: &Item) -> Result<bool, VaultError> {
        let CertificateRef { name, version, .. } = &item.certificate;
        let (name, sha1) = match &item.listed {
            Some(sha1) => (name.clone(), sha1.clone()),
            None => match self.vault.client.certificate(name, version.as_ref()).await {
                Ok(object) => (object.name, Certificate::sha1_of(&object.der).to_vec()),
                Err(VaultError::NotFound { .. } | VaultError::Forbidden { .. }) => {
                    return Ok(false);
                }
                Err(error) => return Err(error),
            },
        };
        let (answer, is_present) = oneshot::channel();
        let item = item.clone();
        self.give(Work::Look {
            item,
            name,
            sha1,
            answer,
        })
        .await;
        Ok(is_present.await.unwrap_or(false))
    }

    fn expect_one(&self) {
        if self.is_counted {
            (self.job.on_event)(Event::Expected(1));
        }
    }

    /// Nobody receives any more only when the run ends.
    async fn give(&self, work: Work) {
        let _ = self.give.send(work).await;
    }
}

/// How far the list runs ahead of the secrets: names and thumbprints, some 300 bytes each.
const AHEAD: usize = 1024;
/// How many certificates of a vault are waited for; the client has its own limit of calls.
const AT_ONCE: usize = 64;
