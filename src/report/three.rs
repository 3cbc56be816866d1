//! [`ThreeParts`]: a certificate of a vault with its three objects, side by side.

mod fields;
mod ties;

pub use fields::Field;
use kvcert_pki::certificate::Certificate;
use serde::Serialize;
use serde_json::Value;
pub use ties::Tie;

use super::certificate::{CertificateFacts, Role};
use super::file::FileReport;
use super::time::Validity;
use crate::transport::Message;
use crate::vault::{
    CertificateItem, CertificateObject, KeyObject, Permission, SecretValue, Seen, VaultError,
};

/// What was gathered of a certificate: what the vault said to each call.
#[derive(Debug)]
pub struct Gathered {
    /// The vault's URL.
    pub vault: String,
    /// The certificate's name.
    pub name: String,
    /// `GET /certificates/NAME`.
    pub certificate: Result<Seen<CertificateObject>, VaultError>,
    /// `GET /keys/NAME`.
    pub key: Result<Seen<KeyObject>, VaultError>,
    /// `GET /secrets/NAME`; `None` if it was not asked for.
    pub secret: Option<Result<Seen<SecretValue>, VaultError>>,
    /// The secret's value taken apart, if it is a key store.
    pub contents: Option<FileReport>,
    /// The certificate with the secret's private key.
    pub secret_leaf: Option<Certificate>,
    /// `GET /certificates/NAME/versions`.
    pub versions: Result<Vec<CertificateItem>, VaultError>,
    /// The requests and replies, if they are to be shown.
    pub http: Option<Vec<Message>>,
}

/// A certificate of a vault.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreeParts {
    /// The vault's URL.
    pub vault: String,
    /// The certificate's name.
    pub name: String,
    /// The three objects.
    pub parts: Parts,
    /// What ties them together.
    pub ties: Vec<Tie>,
    /// The certificate in the certificate object.
    pub leaf: Option<CertificateFacts>,
    /// The secret's value taken apart.
    pub contents: Option<FileReport>,
    /// All versions, the newest first; empty if they cannot be had.
    pub versions: Vec<VersionRow>,
    /// Each request and reply, secrets masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<Vec<Message>>,
}

/// The three objects.
#[derive(Debug, Serialize)]
pub struct Parts {
    /// The certificate object.
    pub certificate: Part,
    /// The key object.
    pub key: Part,
    /// The secret.
    pub secret: Part,
}

/// One of the three objects.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// The call, such as `GET /certificates/web`.
    pub call: String,
    /// The full identifier, if it was had.
    pub url: Option<String>,
    /// What became of the call.
    pub outcome: Outcome,
    /// Why it came to nothing, and the role that would do.
    pub problem: Option<Problem>,
    /// What the call returned, field by field.
    pub fields: Vec<Field>,
    /// What the object holds.
    pub holds: &'static str,
    /// What it never gives.
    pub never: &'static str,
    /// What the call takes.
    pub permission: PermissionFacts,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// The object came.
    Fetched,
    /// It was not asked for.
    NotFetched,
    /// The vault does not let us look.
    Forbidden,
    /// There is no such object.
    NotThere,
    /// It is disabled.
    Disabled,
    /// Something else went wrong.
    Failed,
}

/// Why a call came to nothing.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// What the vault said.
    pub message: String,
    /// The role with the fewest rights that would do, if a role is what is missing.
    pub role: Option<&'static str>,
}

/// What a call takes.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PermissionFacts {
    /// The verb of an access policy.
    pub policy: &'static str,
    /// The data action of Azure RBAC.
    pub action: &'static str,
    /// The built-in role with the fewest other rights.
    pub role: &'static str,
}

/// One version.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionRow {
    /// The version.
    pub version: String,
    /// Whether it is the one shown above.
    pub is_shown: bool,
    /// When it may be used.
    #[serde(flatten)]
    pub validity: Validity,
    /// SHA-1, hexadecimal.
    pub thumbprint: Option<String>,
}

impl ThreeParts {
    /// Makes sense of what was gathered, seen at `now` (Unix seconds).
    pub fn new(gathered: Gathered, now: i64) -> Self {
        let ties = ties::of(&gathered);
        let Gathered { name, .. } = &gathered;
        let certificate = gathered.certificate.as_ref();
        let leaf = certificate
            .ok()
            .and_then(|seen| Certificate::from_der(&seen.object.der).ok());
        let shown = certificate
            .map(|it| it.object.version.to_string())
            .unwrap_or_default();
        let parts = Parts {
            certificate: Part::certificate(name, certificate.map(Answer::of)),
            key: Part::key(name, gathered.key.as_ref().map(Answer::of)),
            secret: match &gathered.secret {
                Some(secret) => Part::secret(name, Some(secret.as_ref().map(Answer::of_secret))),
                None => Part::secret(name, None),
            },
        };
        let versions = gathered.versions.unwrap_or_default();
        Self {
            parts,
            ties,
            leaf: leaf.map(|leaf| CertificateFacts::new(&leaf, Role::Leaf, now)),
            versions: VersionRow::all(versions, &shown, now),
            vault: gathered.vault,
            name: gathered.name,
            contents: gathered.contents,
            http: gathered.http,
        }
    }
}

/// What a call returned.
struct Answer<'a> {
    id: String,
    document: &'a Value,
    /// The length of the value that is not shown.
    value_length: Option<usize>,
}

impl<'a> Answer<'a> {
    fn of<T>(seen: &'a Seen<T>) -> Self {
        let document = &seen.document;
        let id = document["id"]
            .as_str()
            .or_else(|| document["key"]["kid"].as_str());
        Self {
            id: kvcert_pki::text::printable(id.unwrap_or_default()),
            document,
            value_length: None,
        }
    }

    fn of_secret(seen: &'a Seen<SecretValue>) -> Self {
        Self {
            value_length: Some(seen.object.value.expose().len()),
            ..Self::of(seen)
        }
    }
}

impl Part {
    fn certificate(name: &str, answer: Result<Answer<'_>, &VaultError>) -> Self {
        Self {
            holds: "the public certificate, its thumbprint, its policy",
            never: "the private key, the chain",
            ..Self::new(
                "certificates",
                name,
                Permission::GetCertificate,
                Some(answer),
            )
        }
    }

    fn key(name: &str, answer: Result<Answer<'_>, &VaultError>) -> Self {
        Self {
            holds: "the public key, and what the vault does with the private one",
            never: "the private key, which works inside the vault",
            ..Self::new("keys", name, Permission::GetKey, Some(answer))
        }
    }

    fn secret(name: &str, answer: Option<Result<Answer<'_>, &VaultError>>) -> Self {
        Self {
            holds: "the certificate, its chain and the private key, as PFX or PEM",
            never: "the private key, if the policy says not exportable",
            ..Self::new("secrets", name, Permission::GetSecret, answer)
        }
    }

    fn new(
        collection: &str,
        name: &str,
        permission: Permission,
        answer: Option<Result<Answer<'_>, &VaultError>>,
    ) -> Self {
        let (answer, error) = match answer {
            None => (None, None),
            Some(Ok(answer)) => (Some(answer), None),
            Some(Err(error)) => (None, Some(error)),
        };
        Self {
            call: format!("GET /{collection}/{name}"),
            outcome: match (&answer, error) {
                (Some(_), _) => Outcome::Fetched,
                (None, Some(error)) => Outcome::of(error),
                (None, None) => Outcome::NotFetched,
            },
            problem: error.map(Problem::of),
            fields: answer.as_ref().map(fields::of).unwrap_or_default(),
            url: answer.map(|answer| answer.id),
            holds: "",
            never: "",
            permission: PermissionFacts {
                policy: permission.verb(),
                action: permission.action(),
                role: permission.least_role(),
            },
        }
    }
}

impl Outcome {
    fn of(error: &VaultError) -> Self {
        match error {
            VaultError::Forbidden { .. } => Self::Forbidden,
            VaultError::NotFound { .. } | VaultError::Deleted { .. } => Self::NotThere,
            VaultError::Disabled { .. } => Self::Disabled,
            _ => Self::Failed,
        }
    }

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fetched => "fetched",
            Self::NotFetched => "not fetched",
            Self::Forbidden => "forbidden",
            Self::NotThere => "not there",
            Self::Disabled => "disabled",
            Self::Failed => "failed",
        }
    }
}

impl Problem {
    fn of(error: &VaultError) -> Self {
        Self {
            message: error.to_string(),
            role: match error {
                VaultError::Forbidden { permission, .. } => Some(permission.least_role()),
                _ => None,
            },
        }
    }
}

impl VersionRow {
    /// The newest first.
    fn all(mut items: Vec<CertificateItem>, shown: &str, now: i64) -> Vec<Self> {
        items.sort_by_key(|item| std::cmp::Reverse(item.created));
        let row = |item: CertificateItem| {
            let version = item.version.as_ref()?.to_string();
            let validity = Validity::new(item.not_before, item.expires, now);
            Some(Self {
                is_shown: version == shown,
                version,
                validity: validity.enabled(item.enabled),
                thumbprint: item.sha1().map(hex::encode),
            })
        };
        items.into_iter().filter_map(row).collect()
    }
}
