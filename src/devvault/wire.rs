//! The JSON of the service, field by field in its own order.

use anyhow::{Context, bail};
use aws_lc_rs::digest;
use serde::Serialize;
use x509_parser::parse_x509_certificate;
use x509_parser::public_key::PublicKey;

use super::encoding::{self, base64, base64url};
use super::model::{Certificate, ContentType, Policy, Version};
use super::route::Collection;
use crate::sensitive::Sensitive;

/// [SecretBundle](https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret#secretbundle)
/// of a certificate's secret.
#[derive(Serialize)]
pub(super) struct SecretBundle<'a> {
    #[serde(with = "encoding::secret_text")]
    value: &'a Sensitive<String>,
    #[serde(rename = "contentType")]
    content_type: ContentType,
    id: String,
    managed: bool,
    attributes: Attributes,
    kid: String,
}

impl<'a> SecretBundle<'a> {
    pub(super) fn new(origin: &str, name: &str, version: &'a Version) -> anyhow::Result<Self> {
        Ok(Self {
            value: &version.secret,
            content_type: version.content_type,
            id: id(origin, Collection::Secrets, name, Some(&version.version)),
            managed: true,
            attributes: Attributes::of(version)?,
            kid: id(origin, Collection::Keys, name, Some(&version.version)),
        })
    }
}

/// [CertificateBundle](https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificate/get-certificate#certificatebundle).
#[derive(Serialize)]
pub(super) struct CertificateBundle<'a> {
    id: String,
    kid: String,
    sid: String,
    x5t: String,
    cer: String,
    attributes: Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<PolicyBundle<'a>>,
}

impl<'a> CertificateBundle<'a> {
    /// The policy belongs to the name, so it comes along when no version is asked for.
    pub(super) fn new(
        origin: &str,
        name: &str,
        version: &Version,
        policy: Option<PolicyBundle<'a>>,
    ) -> anyhow::Result<Self> {
        let id = |collection| id(origin, collection, name, Some(&version.version));
        Ok(Self {
            id: id(Collection::Certificates),
            kid: id(Collection::Keys),
            sid: id(Collection::Secrets),
            x5t: thumbprint(&version.leaf),
            cer: base64(&version.leaf),
            attributes: Attributes::of(version)?,
            policy,
        })
    }
}

/// [CertificatePolicy](https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificate-policy/get-certificate-policy#certificatepolicy).
#[derive(Serialize)]
pub(super) struct PolicyBundle<'a> {
    id: String,
    #[serde(flatten)]
    policy: &'a Policy,
}

impl<'a> PolicyBundle<'a> {
    pub(super) fn new(origin: &str, certificate: &'a Certificate) -> Self {
        let id = id(
            origin,
            Collection::Certificates,
            &certificate.name,
            Some("policy"),
        );
        Self {
            id,
            policy: &certificate.policy,
        }
    }
}

/// [KeyBundle](https://learn.microsoft.com/rest/api/keyvault/keys/get-key/get-key#keybundle).
#[derive(Serialize)]
pub(super) struct KeyBundle {
    key: JsonWebKey,
    attributes: Attributes,
    managed: bool,
}

impl KeyBundle {
    pub(super) fn new(
        origin: &str,
        certificate: &Certificate,
        version: &Version,
    ) -> anyhow::Result<Self> {
        let name = &certificate.name;
        let public = PublicJwk::of(&version.leaf)?;
        Ok(Self {
            key: JsonWebKey {
                kid: id(origin, Collection::Keys, name, Some(&version.version)),
                kty: public.kty(),
                key_ops: key_operations(&certificate.policy.x509_props.key_usage),
                public,
            },
            attributes: Attributes::of(version)?,
            managed: true,
        })
    }
}

/// An item of a list. Keys are named by `kid`, everything else by `id`.
#[derive(Serialize)]
pub(super) struct Item {
    #[serde(rename = "contentType", skip_serializing_if = "Option::is_none")]
    content_type: Option<ContentType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    managed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x5t: Option<String>,
    attributes: Attributes,
}

impl Item {
    /// `with_version` is for the list of one object's versions.
    pub(super) fn new(
        origin: &str,
        collection: Collection,
        name: &str,
        version: &Version,
        with_version: bool,
    ) -> anyhow::Result<Self> {
        let own = with_version.then_some(&*version.version);
        let id = Some(id(origin, collection, name, own));
        let attributes = Attributes::of(version)?;
        let bare = Self {
            content_type: None,
            id: None,
            kid: None,
            managed: None,
            x5t: None,
            attributes,
        };
        Ok(match collection {
            Collection::Certificates => Self {
                id,
                x5t: Some(thumbprint(&version.leaf)),
                ..bare
            },
            Collection::Keys => Self {
                kid: id,
                managed: Some(true),
                ..bare
            },
            Collection::Secrets => Self {
                content_type: Some(version.content_type),
                id,
                managed: Some(true),
                ..bare
            },
        })
    }
}

/// A page of a list; `nextLink` is null on the last.
#[derive(Serialize)]
pub(super) struct List {
    pub(super) value: Vec<Item>,
    #[serde(rename = "nextLink")]
    pub(super) next_link: Option<String>,
}

#[derive(Serialize)]
struct Attributes {
    enabled: bool,
    nbf: i64,
    exp: i64,
    created: i64,
    updated: i64,
    #[serde(rename = "recoveryLevel")]
    recovery_level: &'static str,
    #[serde(rename = "recoverableDays")]
    recoverable_days: u8,
}

impl Attributes {
    /// `nbf` and `exp` are those of the X.509 certificate, for the key and the secret too.
    fn of(version: &Version) -> anyhow::Result<Self> {
        let (_, certificate) =
            parse_x509_certificate(&version.leaf).context("a stored certificate is unreadable")?;
        let validity = certificate.validity();
        Ok(Self {
            enabled: version.enabled,
            nbf: validity.not_before.timestamp(),
            exp: validity.not_after.timestamp(),
            created: version.created,
            updated: version.updated,
            recovery_level: "CustomizedRecoverable+Purgeable",
            recoverable_days: 7,
        })
    }
}

#[derive(Serialize)]
struct JsonWebKey {
    kid: String,
    kty: &'static str,
    key_ops: Vec<&'static str>,
    #[serde(flatten)]
    public: PublicJwk,
}

/// [RFC 7518, section 6](https://www.rfc-editor.org/rfc/rfc7518#section-6).
#[derive(Serialize)]
#[serde(untagged)]
enum PublicJwk {
    Rsa {
        n: String,
        e: String,
    },
    Ec {
        crv: &'static str,
        x: String,
        y: String,
    },
}

impl PublicJwk {
    fn kty(&self) -> &'static str {
        match self {
            Self::Rsa { .. } => "RSA",
            Self::Ec { .. } => "EC",
        }
    }

    fn of(leaf: &[u8]) -> anyhow::Result<Self> {
        let (_, certificate) =
            parse_x509_certificate(leaf).context("a stored certificate is unreadable")?;
        match certificate.public_key().parsed()? {
            PublicKey::RSA(key) => Ok(Self::Rsa {
                n: base64url(without_leading_zeros(key.modulus)),
                e: base64url(without_leading_zeros(key.exponent)),
            }),
            PublicKey::EC(point) => match point.data() {
                [4, both @ ..] if both.len() == 64 => Ok(Self::Ec {
                    crv: "P-256",
                    x: base64url(&both[..32]),
                    y: base64url(&both[32..]),
                }),
                _ => bail!("a stored certificate has a key on an unknown curve"),
            },
            _ => bail!("a stored certificate has a key of an unknown type"),
        }
    }
}

fn id(origin: &str, collection: Collection, name: &str, last: Option<&str>) -> String {
    let collection = collection.plural();
    match last {
        Some(last) => format!("{origin}/{collection}/{name}/{last}"),
        None => format!("{origin}/{collection}/{name}"),
    }
}

/// SHA-1 of the certificate: the service's `x5t`.
fn thumbprint(der: &[u8]) -> String {
    base64url(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, der))
}

/// What the key may do, by the [key usage](https://learn.microsoft.com/azure/key-vault/certificates/about-certificates#mapping-of-key-usage-to-key-operations)
/// of its certificate.
fn key_operations(usages: &[String]) -> Vec<&'static str> {
    let uses = |wanted: &[&str]| usages.iter().any(|usage| wanted.contains(&&**usage));
    let mut operations = Vec::new();
    if uses(&["dataEncipherment"]) {
        operations.extend(["encrypt", "decrypt"]);
    }
    if uses(&[
        "digitalSignature",
        "nonRepudiation",
        "keyCertSign",
        "cRLSign",
    ]) {
        operations.extend(["sign", "verify"]);
    }
    if uses(&["keyEncipherment"]) {
        operations.extend(["wrapKey", "unwrapKey"]);
    }
    operations
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}
