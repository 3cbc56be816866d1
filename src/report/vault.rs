//! [`VaultReport`]: all certificates of a vault.

use kvcert_pki::validity::{Moment, Validity, rfc3339};
use serde::Serialize;

use crate::vault::{CertificateItem, VaultClient, VaultError};

/// A vault's certificates.
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
    /// Whether it may be used.
    pub enabled: bool,
    /// When it may be used.
    #[serde(flatten)]
    pub validity: Validity,
    /// The end of validity again, under the name that Key Vault has for it; RFC 3339.
    pub expires: Option<String>,
    /// When this version was made, RFC 3339.
    pub created: Option<String>,
    /// When it was last changed, RFC 3339.
    pub updated: Option<String>,
    /// SHA-1, hexadecimal.
    pub thumbprint: Option<String>,
}

/// The order of a vault's certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By name.
    Name,
    /// Those that expire first come first; equals by name.
    Expiry,
}

impl VaultReport {
    /// Lists `client`'s vault, seen at `moment`. The list alone is read: neither a
    /// certificate nor a secret is fetched.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn fetch(
        client: &VaultClient,
        order: Order,
        moment: Moment,
    ) -> Result<Self, VaultError> {
        let items = client.certificates().await?;
        let mut certificates: Vec<_> = items
            .iter()
            .map(|item| VaultRow::new(item, moment))
            .collect();
        certificates.sort_by(|a, b| a.name.cmp(&b.name));
        if order == Order::Expiry {
            certificates.sort_by_key(|row| row.validity.not_after.unwrap_or(i64::MAX));
        }
        Ok(Self {
            vault: client.vault().to_string(),
            seen_at: rfc3339(moment.now),
            certificates,
            now: moment.now,
        })
    }
}

impl VaultRow {
    fn new(item: &CertificateItem, moment: Moment) -> Self {
        let validity = Validity::new(item.not_before, item.expires, moment);
        Self {
            name: item.name.to_string(),
            id: item.id.clone(),
            enabled: item.enabled,
            expires: validity.not_after.map(rfc3339),
            validity: validity.enabled(item.enabled),
            created: item.created.map(rfc3339),
            updated: item.updated.map(rfc3339),
            thumbprint: item.sha1().map(hex::encode),
        }
    }
}
