//! From vaults to secrets: the list is read while what it named is already fetched.

use std::collections::HashSet;
use std::path::Path;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use kvcert::vault::address::CertificateRef;
use kvcert::vault::{CertificateItem, VaultError};
use tokio::sync::mpsc;

use super::Job;
use super::three_objects::ThreeObjects;
use super::wanted::{NamePattern, WantedOfVault};
use crate::cli::VerifyArg;
use crate::console::Progress;
use crate::failure::{Failure, Reason};

/// A certificate to get; the folder is that of its vault.
#[derive(Clone)]
pub(super) struct Item<'a> {
    pub(super) vault: &'a WantedOfVault,
    /// On the command line; those of a list come after all of these.
    pub(super) place: usize,
    pub(super) certificate: CertificateRef,
    /// The SHA-1 thumbprint from the list.
    pub(super) listed: Option<Vec<u8>>,
    /// Whether the vault's list told of it.
    pub(super) is_listed: bool,
}

/// What came of an item, or of a vault's list.
pub(super) enum Fetched<'a> {
    Objects(Item<'a>, VerifyArg, Box<ThreeObjects>),
    Failed(Item<'a>, Failure),
    Skipped(Item<'a>, &'static str),
    /// The list itself.
    ListFailed(&'a WantedOfVault, Failure),
}

/// Gets what is wanted of one vault.
pub(super) struct Source<'s, 'a> {
    pub(super) job: &'s Job<'s>,
    pub(super) vault: &'a WantedOfVault,
    pub(super) patterns: &'s [NamePattern],
    pub(super) progress: &'s Progress<'s>,
    pub(super) give: mpsc::Sender<Fetched<'a>>,
}

impl<'a> Source<'_, 'a> {
    /// Gets `items` first, then, if it is `listed`, what the patterns find.
    pub(super) async fn run(&self, items: Vec<Item<'a>>, listed: bool) {
        let (send, mut found) = mpsc::channel(AHEAD);
        let find = async {
            let mut known = HashSet::new();
            for item in items {
                if item.certificate.version.is_none() {
                    known.insert(lower(&item));
                }
                self.progress.expect(1);
                // Nobody receives any more only when the run ends.
                let _ = send.send(item).await;
            }
            if listed && let Err(error) = self.list(known, &send).await {
                let vault = self.vault.client.vault();
                let failure = Failure::from(error).context(format!("cannot list `{vault}`"));
                let _ = self
                    .give
                    .send(Fetched::ListFailed(self.vault, failure))
                    .await;
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
                    Some(()) = open.next(), if !open.is_empty() => tokio::task::yield_now().await,
                }
            }
        };
        tokio::join!(find, fetch);
    }

    async fn list(
        &self,
        mut known: HashSet<String>,
        send: &mpsc::Sender<Item<'a>>,
    ) -> Result<(), VaultError> {
        let mut pages = self.vault.client.pages();
        let mut page = pages.next().await?;
        while let Some(found) = page {
            let take = async {
                // The next page is asked for first: nothing else comes as late.
                tokio::task::yield_now().await;
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
        send: &mpsc::Sender<Item<'a>>,
    ) {
        for found in page {
            let name = found.name.as_str();
            let is_wanted = self.patterns.iter().any(|pattern| pattern.matches(name));
            if !is_wanted || !known.insert(name.to_ascii_lowercase()) {
                continue;
            }
            self.progress.expect(1);
            if found.enabled {
                let _ = send.send(self.item(found)).await;
            } else {
                let skipped = Fetched::Skipped(self.item(found), Reason::Disabled.name());
                let _ = self.give.send(skipped).await;
            }
        }
    }

    fn item(&self, found: CertificateItem) -> Item<'a> {
        Item {
            vault: self.vault,
            place: usize::MAX,
            listed: found.sha1(),
            is_listed: true,
            certificate: CertificateRef {
                vault: None,
                name: found.name,
                version: None,
            },
        }
    }

    async fn fetch(&self, item: Item<'a>) {
        let fetched = match self.objects(&item).await {
            Ok(Some((verify, objects))) => Fetched::Objects(item, verify, Box::new(objects)),
            Ok(None) => Fetched::Skipped(item, "present"),
            Err(error) => Fetched::Failed(item, Failure::from(error)),
        };
        let _ = self.give.send(fetched).await;
    }

    /// None if the files are there already.
    async fn objects(
        &self,
        item: &Item<'a>,
    ) -> Result<Option<(VerifyArg, ThreeObjects)>, VaultError> {
        let client = &self.vault.client;
        if self.job.args.resume && self.is_there(item).await? {
            return Ok(None);
        }
        // The list has told what the certificate object holds: that spares two calls of three.
        let verify = match self.job.args.verify {
            VerifyArg::Auto if item.listed.is_some() => VerifyArg::Off,
            verify => verify,
        };
        let objects = ThreeObjects::get(client, &item.certificate, verify).await?;
        Ok(Some((verify, objects)))
    }

    /// Where no list told the thumbprint, the certificate object does: it is public, the secret is
    /// not touched.
    async fn is_there(&self, item: &Item<'a>) -> Result<bool, VaultError> {
        let CertificateRef { name, version, .. } = &item.certificate;
        let sha1 = match &item.listed {
            Some(sha1) => sha1.clone(),
            None => {
                let client = &self.vault.client;
                let object = client.certificate(name, version.as_ref()).await?;
                kvcert_pki::certificate::Certificate::sha1_of(&object.der).to_vec()
            }
        };
        let folder: &Path = self.vault.folder();
        Ok(self.job.exporter.is_there(folder, name.as_str(), &sha1))
    }
}

fn lower(item: &Item<'_>) -> String {
    item.certificate.name.as_str().to_ascii_lowercase()
}

/// How far the list runs ahead of the secrets: names and thumbprints, some 300 bytes each.
const AHEAD: usize = 1024;
/// How many certificates of a vault are waited for; the client has its own limit of calls.
const AT_ONCE: usize = 64;
