//! What the store keeps: certificates, their versions and their policy.

use serde::{Deserialize, Serialize};

use super::encoding;
use crate::sensitive::Sensitive;

/// A certificate by its name. Its key and its secret have the same name and the same versions.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Certificate {
    /// As it was spelt when it was made; the service compares names without regard to case.
    pub(super) name: String,
    /// The version that answers when none is asked for.
    pub(super) current: String,
    pub(super) policy: Policy,
}

/// One version of a certificate: the certificate, its private key and the secret made of both.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) version: String,
    pub(super) enabled: bool,
    pub(super) created: i64,
    pub(super) updated: i64,
    pub(super) content_type: ContentType,
    /// The end-entity certificate, DER.
    #[serde(with = "encoding::bytes")]
    pub(super) leaf: Vec<u8>,
    /// The private key, PKCS#8. It stays here when the secret must not have it.
    #[serde(with = "encoding::secret_bytes")]
    pub(super) key: Sensitive<Vec<u8>>,
    /// The secret's value, as it is handed out.
    #[serde(with = "encoding::secret_text")]
    pub(super) secret: Sensitive<String>,
}

/// How the secret behind a certificate is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ContentType {
    #[serde(rename = "application/x-pkcs12")]
    Pkcs12,
    #[serde(rename = "application/x-pem-file")]
    Pem,
}

/// The keys that can be made here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    Rsa2048,
    P256,
}

/// How a certificate is made and renewed; the fields are those of the service's
/// [CertificatePolicy](https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificate-policy/get-certificate-policy#certificatepolicy).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Policy {
    pub(super) key_props: KeyProps,
    pub(super) secret_props: SecretProps,
    pub(super) x509_props: X509Props,
    pub(super) lifetime_actions: Vec<LifetimeAction>,
    pub(super) issuer: IssuerName,
    pub(super) attributes: PolicyAttributes,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct KeyProps {
    pub(super) exportable: bool,
    pub(super) kty: String,
    pub(super) key_size: u32,
    pub(super) reuse_key: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) crv: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SecretProps {
    #[serde(rename = "contentType")]
    pub(super) content_type: ContentType,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct X509Props {
    pub(super) subject: String,
    pub(super) sans: Sans,
    pub(super) ekus: Vec<String>,
    pub(super) key_usage: Vec<String>,
    pub(super) validity_months: u32,
    pub(super) basic_constraints: BasicConstraints,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Sans {
    pub(super) dns_names: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct BasicConstraints {
    pub(super) ca: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct LifetimeAction {
    pub(super) trigger: Trigger,
    pub(super) action: Action,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Trigger {
    pub(super) lifetime_percentage: u8,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Action {
    pub(super) action_type: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct IssuerName {
    pub(super) name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PolicyAttributes {
    pub(super) enabled: bool,
    pub(super) created: i64,
    pub(super) updated: i64,
}

impl Policy {
    /// The policy the service returns when little more than a subject was asked for.
    pub(super) fn usual(host: &str, kind: KeyKind, issuer: &str, created: i64) -> Self {
        let strings = |items: &[&str]| items.iter().map(|item| String::from(*item)).collect();
        Self {
            key_props: KeyProps::of(kind),
            secret_props: SecretProps {
                content_type: ContentType::Pkcs12,
            },
            x509_props: X509Props {
                subject: format!("CN={host}"),
                sans: Sans {
                    dns_names: vec![host.to_owned()],
                },
                ekus: strings(&["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]),
                key_usage: match kind {
                    KeyKind::Rsa2048 => strings(&["digitalSignature", "keyEncipherment"]),
                    KeyKind::P256 => strings(&["digitalSignature"]),
                },
                validity_months: 12,
                basic_constraints: BasicConstraints { ca: false },
            },
            lifetime_actions: vec![LifetimeAction {
                trigger: Trigger {
                    lifetime_percentage: 80,
                },
                action: Action {
                    action_type: String::from("AutoRenew"),
                },
            }],
            issuer: IssuerName {
                name: issuer.to_owned(),
            },
            attributes: PolicyAttributes {
                enabled: true,
                created,
                updated: created,
            },
        }
    }
}

impl KeyProps {
    fn of(kind: KeyKind) -> Self {
        let (kty, key_size, crv) = match kind {
            KeyKind::Rsa2048 => ("RSA", 2048, None),
            KeyKind::P256 => ("EC", 256, Some(String::from("P-256"))),
        };
        Self {
            exportable: true,
            kty: kty.to_owned(),
            key_size,
            reuse_key: false,
            crv,
        }
    }
}
