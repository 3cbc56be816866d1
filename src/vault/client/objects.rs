//! The objects in the vault's replies, checked.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use kvcert_pki::sensitive::Sensitive;
use kvcert_pki::text::excerpt;
use kvcert_pki::validity::Bounds;
use reqwest::{StatusCode, Url};

use super::judge::{decode, unexpected};
use crate::transport::Reply;
use crate::vault::address::{ObjectName, Version};
use crate::vault::error::{Conflict, VaultError};
use crate::vault::wire;

/// A secret with its value, which `Debug` does not show.
/// See [`SecretBundle`](https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret#secretbundle).
#[derive(Debug)]
pub struct SecretValue {
    /// The full identifier.
    pub id: String,
    /// The name, as the vault spells it.
    pub name: ObjectName,
    /// The version of the reply.
    pub version: Version,
    /// The type of the value as stated by the vault, such as `application/x-pkcs12`.
    pub content_type: Option<String>,
    /// The value: base64 PKCS#12 or PEM, or any text for a secret of another kind.
    pub value: Sensitive<String>,
    /// Whether the secret is a certificate's.
    pub managed: bool,
    /// When it may be used, by its attributes.
    pub bounds: Bounds,
}

/// A certificate object: public.
/// See [`CertificateBundle`](https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificate/get-certificate#certificatebundle).
#[derive(Debug)]
pub struct CertificateObject {
    /// The full identifier.
    pub id: String,
    /// The name, as the vault spells it.
    pub name: ObjectName,
    /// The version of the reply.
    pub version: Version,
    /// The name of its key.
    pub key_name: ObjectName,
    /// The version of its key.
    pub key_version: Version,
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// The SHA-1 thumbprint that the vault states.
    pub x5t: Option<Vec<u8>>,
    /// Whether it is enabled.
    pub enabled: bool,
    /// When it may be used, by its attributes.
    pub bounds: Bounds,
    /// When it was created, Unix seconds.
    pub created: Option<i64>,
    /// Whether the secret holds the private key, if the reply has the policy.
    pub exportable: Option<bool>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// A key object: public part and permitted operations.
/// See [`KeyBundle`](https://learn.microsoft.com/rest/api/keyvault/keys/get-key/get-key#keybundle).
#[derive(Debug)]
pub struct KeyObject {
    /// The full identifier.
    pub id: String,
    /// The version of the reply.
    pub version: Version,
    /// The JWK type, such as `RSA` or `EC-HSM`.
    pub key_type: String,
    /// The public key; none of a type that kvcert does not know.
    pub public: Option<JwkPublic>,
    /// What the key may be used for, such as `sign`.
    pub operations: Vec<String>,
}

/// The public members of a JWK (RFC 7518 section 6), numbers big-endian.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JwkPublic {
    /// RSA.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The public exponent.
        e: Vec<u8>,
    },
    /// An elliptic curve point.
    Ec {
        /// The curve, such as `P-256`.
        crv: String,
        /// The first coordinate.
        x: Vec<u8>,
        /// The second coordinate.
        y: Vec<u8>,
    },
}

/// A certificate in a list; its `id` has no version there, but in a list of versions.
#[derive(Debug, Clone)]
pub struct CertificateItem {
    /// The full identifier.
    pub id: String,
    /// The name, as the vault spells it.
    pub name: ObjectName,
    /// The version, in a list of versions.
    pub version: Option<Version>,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Start of validity, Unix seconds.
    pub not_before: Option<i64>,
    /// End of validity, Unix seconds.
    pub expires: Option<i64>,
    /// When it was created, Unix seconds.
    pub created: Option<i64>,
    /// When it was last changed, Unix seconds.
    pub updated: Option<i64>,
    /// The SHA-1 thumbprint, if the vault gives one.
    pub sha1: Option<[u8; 20]>,
    /// What few vaults say, apart, since a list has many items.
    pub more: Option<Box<MoreOfItem>>,
}

/// What a list may say of a certificate beside its dates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MoreOfItem {
    /// The subject.
    pub subject: Option<String>,
    /// The tags, safe to show.
    pub tags: BTreeMap<String, String>,
    /// What happens on deletion, such as `Recoverable+Purgeable`.
    pub recovery_level: Option<&'static str>,
    /// For how many days it can be recovered after deletion.
    pub recoverable_days: Option<u16>,
}

impl SecretValue {
    /// What to call it, such as ``secret `web` ``.
    pub fn label(&self) -> String {
        format!("secret `{}`", self.name)
    }

    /// The reply must be what was asked for: some calls are known to reply with the latest version
    /// instead of the one named, and the name becomes the name of files.
    pub(super) fn from_reply(
        reply: &Reply,
        asked_name: &ObjectName,
        asked: Option<&Version>,
    ) -> Result<Self, VaultError> {
        let wire: wire::SecretBundle = decode(reply)?;
        let status = reply.status;
        let id = wire
            .id
            .ok_or_else(|| unexpected(status, "the secret has no id"))?;
        let (name, version) = split_id(&id, "secrets", status)?;
        let version = version.ok_or_else(|| unexpected(status, "the secret has no version"))?;
        if !name.as_str().eq_ignore_ascii_case(asked_name.as_str()) {
            let problem = format!("it is `{name}`, which was not asked for");
            return Err(unexpected(status, problem));
        }
        if asked.is_some_and(|asked| *asked != version) {
            let problem = format!("it is version `{version}`, which was not asked for");
            return Err(unexpected(status, problem));
        }
        if wire.attributes.enabled == Some(false) {
            return Err(VaultError::Disabled {
                object: format!("secret `{name}`"),
            });
        }
        let value = wire
            .value
            .ok_or_else(|| unexpected(status, "the secret has no value"))?;
        Ok(Self {
            id: kvcert_pki::text::printable(&id),
            name,
            version,
            content_type: wire.content_type.map(|kind| excerpt(&kind, 255)),
            value: Sensitive::new(value),
            managed: wire.managed.unwrap_or_else(|| wire.kid.is_some()),
            bounds: wire.attributes.bounds(),
        })
    }
}

impl CertificateObject {
    pub(super) fn from_reply(reply: &Reply) -> Result<Self, VaultError> {
        let wire: wire::CertificateBundle = decode(reply)?;
        let missing =
            |what: &str| unexpected(reply.status, format!("the certificate has no {what}"));
        let id = wire.id.ok_or_else(|| missing("id"))?;
        let (name, version) = split_id(&id, "certificates", reply.status)?;
        let version = version.ok_or_else(|| missing("version"))?;
        // All three objects share name and version; what the vault says of the key takes precedence.
        let (key_name, key_version) = match &wire.kid {
            Some(kid) => split_id(kid, "keys", reply.status)?,
            None => (name.clone(), None),
        };
        let cer = wire.cer.filter(|cer| !cer.is_empty());
        // The first version is visible before it is issued.
        let cer = cer.ok_or_else(|| VaultError::Conflict {
            kind: Conflict::Pending,
            object: format!("certificate `{name}`"),
            message: String::from("there is a key, but no certificate yet"),
        })?;
        Ok(Self {
            id: kvcert_pki::text::printable(&id),
            name,
            key_name,
            key_version: key_version.unwrap_or_else(|| version.clone()),
            version,
            der: STANDARD
                .decode(cer)
                .map_err(|_| missing("base64 in its cer"))?,
            x5t: wire.x5t.as_deref().and_then(base64url),
            enabled: wire.attributes.enabled.unwrap_or(true),
            bounds: wire.attributes.bounds(),
            created: wire.attributes.created,
            exportable: wire
                .policy
                .and_then(|policy| policy.key_props)
                .and_then(|key| key.exportable),
            tags: wire.tags.unwrap_or_default(),
        })
    }
}

impl KeyObject {
    pub(super) fn from_reply(reply: &Reply) -> Result<Self, VaultError> {
        let wire: wire::KeyBundle = decode(reply)?;
        let missing = |what: &str| unexpected(reply.status, format!("the key has no {what}"));
        let mut key = wire.key.ok_or_else(|| missing("JWK"))?;
        let id = key.kid.take().ok_or_else(|| missing("kid"))?;
        let (_, version) = split_id(&id, "keys", reply.status)?;
        let kty = key.kty.take().ok_or_else(|| missing("kty"))?;
        Ok(Self {
            id: kvcert_pki::text::printable(&id),
            version: version.ok_or_else(|| missing("version"))?,
            public: JwkPublic::of(&kty, &key),
            key_type: excerpt(&kty, 20),
            operations: key.key_ops.unwrap_or_default(),
        })
    }
}

impl JwkPublic {
    fn of(kty: &str, key: &wire::JsonWebKey) -> Option<Self> {
        let number = |member: &Option<String>| member.as_deref().and_then(base64url);
        match kty.trim_end_matches("-HSM") {
            "RSA" => Some(Self::Rsa {
                n: number(&key.n)?,
                e: number(&key.e)?,
            }),
            "EC" => Some(Self::Ec {
                crv: key.crv.clone()?,
                x: number(&key.x)?,
                y: number(&key.y)?,
            }),
            _ => None,
        }
    }
}

/// The usual name of the size: `2048`, or `P-256`.
impl std::fmt::Display for JwkPublic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rsa { n, .. } => {
                let zeros = n.iter().take_while(|byte| **byte == 0).count();
                write!(f, "{}", 8 * (n.len() - zeros))
            }
            Self::Ec { crv, .. } => f.write_str(&excerpt(crv, 20)),
        }
    }
}

fn base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

impl CertificateItem {
    pub(super) fn from_wire(
        wire: wire::CertificateItem,
        status: StatusCode,
    ) -> Result<Self, VaultError> {
        let (name, version) = split_id(&wire.id, "certificates", status)?;
        Ok(Self {
            id: kvcert_pki::text::printable(&wire.id),
            name,
            version,
            enabled: wire.attributes.enabled.unwrap_or(true),
            not_before: wire.attributes.nbf,
            expires: wire.attributes.exp,
            created: wire.attributes.created,
            updated: wire.attributes.updated,
            // What cannot be a thumbprint is dropped, because a list has many items.
            sha1: wire
                .x5t
                .as_deref()
                .and_then(base64url)
                .and_then(|sha1| sha1.try_into().ok()),
            more: MoreOfItem::boxed(wire.subject, wire.tags, &wire.attributes),
        })
    }
}

impl MoreOfItem {
    fn boxed(
        subject: Option<String>,
        tags: Option<BTreeMap<String, String>>,
        attributes: &wire::Attributes,
    ) -> Option<Box<Self>> {
        let subject = subject.filter(|subject| !subject.is_empty());
        let tags = tags.into_iter().flatten();
        let tag = |text: String| excerpt(&text, MAX_TAG);
        let more = Self {
            subject: subject.map(|subject| excerpt(&subject, MAX_SUBJECT)),
            tags: tags.map(|(name, value)| (tag(name), tag(value))).collect(),
            recovery_level: attributes.recovery_level.as_deref().and_then(known),
            recoverable_days: attributes.recoverable_days,
        };
        (more != Self::default()).then(|| Box::new(more))
    }
}

/// The recovery levels that the service documents.
fn known(level: &str) -> Option<&'static str> {
    [
        "Purgeable",
        "Recoverable+Purgeable",
        "Recoverable",
        "Recoverable+ProtectedSubscription",
        "CustomizedRecoverable+Purgeable",
        "CustomizedRecoverable",
        "CustomizedRecoverable+ProtectedSubscription",
    ]
    .into_iter()
    .find(|known| *known == level)
}

/// The name and version in `https://VAULT/COLLECTION/NAME[/VERSION]`.
pub(super) fn split_id(
    id: &str,
    collection: &str,
    status: StatusCode,
) -> Result<(ObjectName, Option<Version>), VaultError> {
    let odd = || unexpected(status, "an identifier is not Key Vault's");
    let url = Url::parse(id).map_err(|_| odd())?;
    let mut segments = url.path().split('/').filter(|segment| !segment.is_empty());
    if segments.next() != Some(collection) {
        return Err(odd());
    }
    let name = segments
        .next()
        .and_then(|name| name.parse().ok())
        .ok_or_else(odd)?;
    let version = segments
        .next()
        .map(str::parse)
        .transpose()
        .map_err(|_| odd())?;
    Ok((name, version))
}

/// The service allows subjects of 200 characters.
const MAX_SUBJECT: usize = 1000;
/// The service allows names and values of 512 characters.
const MAX_TAG: usize = 512;
