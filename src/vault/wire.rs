//! The JSON of Key Vault's REST API, every field optional as documented. Unknown fields are
//! ignored.

use std::collections::BTreeMap;

use kvcert_pki::validity::Bounds;
use serde::Deserialize;

/// `SecretBundle`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SecretBundle {
    pub(super) value: Option<String>,
    pub(super) id: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) kid: Option<String>,
    pub(super) managed: Option<bool>,
    #[serde(default)]
    pub(super) attributes: Attributes,
}

/// `CertificateItem`.
#[derive(Deserialize)]
pub(super) struct CertificateItem {
    pub(super) id: String,
    pub(super) x5t: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) tags: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub(super) attributes: Attributes,
}

/// `CertificateBundle`.
#[derive(Deserialize)]
pub(super) struct CertificateBundle {
    pub(super) id: Option<String>,
    pub(super) kid: Option<String>,
    pub(super) cer: Option<String>,
    pub(super) x5t: Option<String>,
    pub(super) policy: Option<Policy>,
    pub(super) tags: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub(super) attributes: Attributes,
}

/// `CertificatePolicy`, as far as it says whether the key may leave.
#[derive(Deserialize)]
pub(super) struct Policy {
    pub(super) key_props: Option<KeyProperties>,
}

/// `KeyProperties`.
#[derive(Deserialize)]
pub(super) struct KeyProperties {
    pub(super) exportable: Option<bool>,
}

/// `CertificateOperation`.
#[derive(Deserialize)]
pub(super) struct CertificateOperation {
    pub(super) status: Option<String>,
    pub(super) status_details: Option<String>,
    pub(super) csr: Option<String>,
    pub(super) issuer: Option<Issuer>,
    pub(super) error: Option<ErrorDetail>,
}

/// `IssuerParameters`, as far as it names the issuer.
#[derive(Deserialize)]
pub(super) struct Issuer {
    pub(super) name: Option<String>,
}

/// `BackupCertificateResult`.
#[derive(Deserialize)]
pub(super) struct Backup {
    pub(super) value: Option<String>,
}

/// `KeyBundle`, as far as it names the key.
#[derive(Deserialize)]
pub(super) struct KeyBundle {
    pub(super) key: Option<JsonWebKey>,
}

/// A public `JsonWebKey` (RFC 7517).
#[derive(Deserialize)]
pub(super) struct JsonWebKey {
    pub(super) kid: Option<String>,
    pub(super) kty: Option<String>,
    pub(super) crv: Option<String>,
    pub(super) n: Option<String>,
    pub(super) e: Option<String>,
    pub(super) x: Option<String>,
    pub(super) y: Option<String>,
    pub(super) key_ops: Option<Vec<String>>,
}

/// `SecretAttributes` and `CertificateAttributes`; times are Unix seconds.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Attributes {
    pub(super) enabled: Option<bool>,
    pub(super) nbf: Option<i64>,
    pub(super) exp: Option<i64>,
    pub(super) created: Option<i64>,
    pub(super) updated: Option<i64>,
    pub(super) recovery_level: Option<String>,
    pub(super) recoverable_days: Option<u16>,
}

impl Attributes {
    pub(super) fn bounds(&self) -> Bounds {
        Bounds {
            not_before: self.nbf,
            not_after: self.exp,
        }
    }
}

/// `DeletedSecretBundle` and `DeletedCertificateBundle`, as far as recovery and purge need them;
/// times are Unix seconds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeletedObject {
    pub(super) recovery_id: Option<String>,
    pub(super) deleted_date: Option<i64>,
    pub(super) scheduled_purge_date: Option<i64>,
}

/// One page of a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<T> {
    #[serde(default = "Vec::new")]
    pub(super) value: Vec<T>,
    pub(super) next_link: Option<String>,
}

/// The body of an error.
#[derive(Deserialize)]
pub(super) struct ErrorBody {
    pub(super) error: ErrorDetail,
}

/// The error itself.
#[derive(Deserialize, Default)]
pub(super) struct ErrorDetail {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) innererror: Option<InnerError>,
}

/// Distinguishes the kinds of one status.
#[derive(Deserialize)]
pub(super) struct InnerError {
    pub(super) code: Option<String>,
}

/// `KeyOperationResult`; successful replies have both fields.
#[derive(Deserialize)]
pub(super) struct KeyOperationResult {
    pub(super) kid: Option<String>,
    pub(super) value: Option<String>,
}
