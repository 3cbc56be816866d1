//! [`CertificatePages`]: the list of certificates, page by page.

use std::collections::{BTreeMap, HashSet};

use reqwest::{StatusCode, Url};

use super::objects::CertificateItem;
use super::{Call, VaultClient, judge};
use crate::vault::address::VaultUrl;
use crate::vault::error::VaultError;
use crate::vault::permission::Permission;
use crate::vault::wire;

/// The vault's certificates, the current version of each, page by page.
pub struct CertificatePages<'a> {
    client: &'a VaultClient,
    /// The URL of the next page, or why there is none.
    next: Option<Result<Url, VaultError>>,
    seen: HashSet<Url>,
    empty_in_a_row: usize,
    bytes_left: usize,
    certificates_left: usize,
}

impl<'a> CertificatePages<'a> {
    pub(super) fn new(client: &'a VaultClient, first: Url) -> Self {
        Self {
            client,
            next: Some(Ok(first)),
            seen: HashSet::new(),
            empty_in_a_row: 0,
            bytes_left: MAX_LIST,
            certificates_left: MAX_CERTIFICATES,
        }
    }

    /// The next page, which may be empty; none after the last.
    ///
    /// # Errors
    /// Any [`VaultError`]; the list ends with it.
    pub async fn next(&mut self) -> Result<Option<Vec<CertificateItem>>, VaultError> {
        let Some(url) = self.next.take().transpose()? else {
            return Ok(None);
        };
        if self.seen.len() >= MAX_PAGES || self.empty_in_a_row >= MAX_EMPTY_PAGES {
            let problem = format!("{LIST} does not end");
            return Err(judge::unexpected(StatusCode::OK, problem));
        }
        let reply = self.client.get(url.clone(), &call()).await?;
        let too_long = || judge::unexpected(reply.status, format!("{LIST} is too long"));
        let bytes_left = self.bytes_left.checked_sub(reply.body.len());
        self.bytes_left = bytes_left.ok_or_else(too_long)?;
        let page: wire::Page<wire::CertificateItem> = judge::decode(&reply)?;
        let tags = page.value.iter().flat_map(|item| &item.tags);
        let tags: usize = tags.map(BTreeMap::len).sum();
        let bytes_left = self.bytes_left.checked_sub(tags * TAG);
        self.bytes_left = bytes_left.ok_or_else(too_long)?;
        let certificates_left = self.certificates_left.checked_sub(page.value.len());
        self.certificates_left = certificates_left.ok_or_else(too_long)?;
        let page_length = page.value.len();
        let items = page
            .value
            .into_iter()
            .map(|item| CertificateItem::from_wire(item, reply.status))
            .collect::<Result<_, _>>()?;
        self.empty_in_a_row = match page_length {
            0 => self.empty_in_a_row + 1,
            _ => 0,
        };
        self.seen.insert(url);
        let link = page.next_link.filter(|link| !link.is_empty());
        // The certificates of this page are good even if the link is not.
        self.next = link.map(|link| self.follow(&link, reply.status));
        Ok(Some(items))
    }

    /// Whether there is another page.
    pub fn has_more(&self) -> bool {
        self.next.is_some()
    }

    /// The link to the next page must stay on this vault, because the token is sent along, and must
    /// not lead back.
    fn follow(&self, link: &str, status: StatusCode) -> Result<Url, VaultError> {
        let next = Url::parse(link)
            .map_err(|_| judge::unexpected(status, "the link to the next page is not a URL"))?;
        if !self.client.vault.holds(&next) {
            let problem = "the link to the next page leads to another host";
            return Err(judge::unexpected(status, problem));
        }
        if self.seen.contains(&next) {
            let problem = "the link to the next page leads back";
            return Err(judge::unexpected(status, problem));
        }
        Ok(next)
    }
}

impl std::fmt::Debug for CertificatePages<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CertificatePages").finish_non_exhaustive()
    }
}

/// Where the list begins.
pub(super) fn first(vault: &VaultUrl, query: &[(&str, &str)]) -> Url {
    vault.join(&["certificates"], query)
}

/// The call for a page of it.
pub(super) fn call() -> Call {
    Call {
        object: LIST.to_owned(),
        permission: Permission::ListCertificates,
    }
}

const LIST: &str = "the list of certificates";
/// 25 certificates a page, of some 330 bytes each; some pages are empty. With these bounds no list,
/// whoever made it up, takes more than 64 MiB of memory.
const MAX_CERTIFICATES: usize = 100_000;
const MAX_PAGES: usize = 10_000;
/// One after the other.
const MAX_EMPTY_PAGES: usize = 500;
const MAX_LIST: usize = 36 << 20;
/// What a tag takes in memory beside its text.
const TAG: usize = 128;
