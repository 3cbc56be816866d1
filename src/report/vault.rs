//! [`VaultReport`]: all certificates of a vault, by expiry.

use serde::Serialize;

use super::time::Validity;
use crate::vault::CertificateItem;

/// A vault's certificates, what expires first at the top.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VaultReport {
    /// The vault's URL.
    pub vault: String,
    /// The moment that days are counted from, RFC 3339.
    pub seen_at: String,
    /// The certificates.
    pub certificates: Vec<VaultRow>,
    /// The same moment in Unix seconds.
    #[serde(skip)]
    pub now: i64,
}

/// The current version of one certificate.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VaultRow {
    /// Its name.
    pub name: String,
    /// Its identifier.
    pub id: String,
    /// When it may be used.
    #[serde(flatten)]
    pub validity: Validity,
    /// SHA-1, hexadecimal.
    pub thumbprint: Option<String>,
}

impl VaultReport {
    /// Of the vault's list, seen at `now` (Unix seconds).
    pub fn new(vault: String, items: Vec<CertificateItem>, now: i64) -> Self {
        let row = |item: CertificateItem| VaultRow {
            validity: Validity::new(item.not_before, item.expires, now).enabled(item.enabled),
            thumbprint: item.sha1().map(hex::encode),
            name: item.name.to_string(),
            id: item.id,
        };
        let mut certificates: Vec<_> = items.into_iter().map(row).collect();
        certificates.sort_by(|a, b| {
            let end = |row: &VaultRow| row.validity.seconds.1.unwrap_or(i64::MAX);
            (end(a), &a.name).cmp(&(end(b), &b.name))
        });
        Self {
            vault,
            seen_at: kvcert_pki::text::rfc3339(now),
            certificates,
            now,
        }
    }
}
