//! [`Part`]: one of the three objects: what became of the call for it.

use kvcert_pki::text::printable;
use serde::Serialize;
use serde_json::Value;

use super::fields::{self, Field};
use crate::vault::address::ObjectName;
use crate::vault::{CertificateObject, KeyObject, Permission, SecretValue, VaultError, WithRaw};

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

impl Part {
    pub(super) fn certificate(
        name: &ObjectName,
        answer: Result<&WithRaw<CertificateObject>, &VaultError>,
    ) -> Self {
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

    pub(super) fn key(name: &ObjectName, answer: Result<&WithRaw<KeyObject>, &VaultError>) -> Self {
        Self {
            holds: "the public key; the vault uses the private one",
            never: "the private key, which stays in the vault",
            ..Self::new("keys", name, Permission::GetKey, Some(answer))
        }
    }

    /// `answer` is `None` if the secret was not asked for.
    pub(super) fn secret(
        name: &ObjectName,
        answer: Option<Result<&WithRaw<SecretValue>, &VaultError>>,
    ) -> Self {
        let mut part = Self {
            holds: "the certificate, its chain and the private key, as PFX or PEM",
            never: "the private key, if it is not exportable",
            ..Self::new("secrets", name, Permission::GetSecret, answer)
        };
        if let Some(Ok(seen)) = answer {
            part.fields
                .insert(0, Field::hidden_value(seen.object.value.expose().len()));
        }
        part
    }

    fn new<T>(
        collection: &str,
        name: &ObjectName,
        permission: Permission,
        answer: Option<Result<&WithRaw<T>, &VaultError>>,
    ) -> Self {
        let document = match answer {
            Some(Ok(seen)) => Some(&seen.document),
            _ => None,
        };
        let error = answer.and_then(Result::err);
        Self {
            call: format!("GET /{collection}/{name}"),
            outcome: match answer {
                Some(Ok(_)) => Outcome::Fetched,
                Some(Err(error)) => Outcome::of(error),
                None => Outcome::NotFetched,
            },
            problem: error.map(Problem::of),
            fields: document.map(fields::of).unwrap_or_default(),
            url: document.map(identifier),
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

/// Keys have theirs as the `kid` of the JSON web key.
fn identifier(document: &Value) -> String {
    let id = document["id"].as_str();
    let id = id.or_else(|| document["key"]["kid"].as_str());
    printable(id.unwrap_or_default())
}

impl Outcome {
    fn of(error: &VaultError) -> Self {
        match error {
            VaultError::Forbidden { .. } => Self::Forbidden,
            VaultError::NotFound { .. }
            | VaultError::NotIssued { .. }
            | VaultError::Deleted { .. } => Self::NotThere,
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
            Self::NotThere => "not found",
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
