//! The certificates a new vault starts with: one of each kind that a client has to cope with.

use std::thread;

use anyhow::{Context, anyhow};
use pem::{EncodeConfig, LineEnding, Pem};
use rcgen::{Issuer, KeyPair};
use zeroize::Zeroizing;

use super::model::{Certificate, ContentType, KeyKind, Policy, Version};
use super::pkcs8::{Kind, PrivateKey};
use super::store::Planted;
use super::{encoding, issue, pfx};
use crate::sensitive::Sensitive;

/// Makes all of them, with fresh keys. RSA keys take a while, so each certificate has its thread.
pub(super) fn grow() -> anyhow::Result<Vec<Planted>> {
    let now = encoding::now();
    let chain = Chain::generate(now)?;
    thread::scope(|scope| {
        let chain = &chain;
        let growing: Vec<_> = SEEDS
            .iter()
            .map(|seed| scope.spawn(move || seed.grow(chain, now)))
            .collect();
        growing
            .into_iter()
            .map(|thread| thread.join().map_err(|_| anyhow!("a thread ended early"))?)
            .collect()
    })
}

/// What one of the first certificates is like.
struct Seed {
    name: &'static str,
    kind: KeyKind,
    content_type: ContentType,
    order: Order,
    exportable: bool,
    enabled: bool,
    versions: &'static [Validity],
}

/// Which certificates the secret holds, and in what order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    SelfSigned,
    LeafFirst,
    /// As the service keeps what was imported that way.
    LeafLast,
}

/// Days before and after today.
struct Validity {
    since: i64,
    left: i64,
}

const YEAR: &[Validity] = &[Validity {
    since: 0,
    left: 365,
}];
const USUAL: Seed = Seed {
    name: "",
    kind: KeyKind::Rsa2048,
    content_type: ContentType::Pkcs12,
    order: Order::SelfSigned,
    exportable: true,
    enabled: true,
    versions: YEAR,
};
const SEEDS: [Seed; 8] = [
    Seed {
        name: "web",
        order: Order::LeafLast,
        ..USUAL
    },
    Seed {
        name: "web-pem",
        content_type: ContentType::Pem,
        ..USUAL
    },
    Seed {
        name: "api-ec",
        kind: KeyKind::P256,
        order: Order::LeafFirst,
        ..USUAL
    },
    Seed {
        name: "api-ec-pem",
        kind: KeyKind::P256,
        content_type: ContentType::Pem,
        ..USUAL
    },
    Seed {
        name: "vaulted",
        exportable: false,
        ..USUAL
    },
    // EC from here on, to save the start three more RSA keys.
    Seed {
        name: "expiring",
        kind: KeyKind::P256,
        versions: &[Validity { since: 81, left: 9 }],
        ..USUAL
    },
    Seed {
        name: "retired",
        kind: KeyKind::P256,
        enabled: false,
        ..USUAL
    },
    Seed {
        name: "rotated",
        kind: KeyKind::P256,
        versions: &[
            Validity {
                since: 300,
                left: 65,
            },
            Validity {
                since: 2,
                left: 363,
            },
        ],
        ..USUAL
    },
];

impl Seed {
    fn grow(&self, chain: &Chain, now: i64) -> anyhow::Result<Planted> {
        let versions = self
            .versions
            .iter()
            .map(|validity| {
                self.version(chain, now - validity.since * DAY, now + validity.left * DAY)
            })
            .collect::<anyhow::Result<Vec<Version>>>()
            .with_context(|| format!("cannot make the certificate `{}`", self.name))?;
        let (first, last) = versions
            .first()
            .zip(versions.last())
            .ok_or_else(|| anyhow!("`{}` has no version", self.name))?;
        let issuer = match self.order {
            Order::SelfSigned => "Self",
            Order::LeafFirst | Order::LeafLast => "Unknown",
        };
        let mut policy = Policy::usual(&self.host(), self.kind, issuer, first.created);
        policy.key_props.exportable = self.exportable;
        policy.secret_props.content_type = self.content_type;
        let certificate = Certificate {
            name: self.name.to_owned(),
            current: last.version.clone(),
            policy,
        };
        Ok((certificate, versions))
    }

    fn version(&self, chain: &Chain, created: i64, expires: i64) -> anyhow::Result<Version> {
        let key = issue::key(self.kind)?;
        let from = created - BACKDATED;
        let params = issue::service_params(&self.host(), self.kind, from, expires)?;
        let issuer = (self.order != Order::SelfSigned).then_some(&chain.issuer);
        let leaf = issue::sign(&params, &key, issuer)?;
        let private = Zeroizing::new(key.serialize_der());
        Ok(Version {
            version: encoding::version()?,
            enabled: self.enabled,
            created,
            updated: created,
            content_type: self.content_type,
            secret: self.secret(&private, &leaf, chain)?,
            leaf,
            key: Sensitive::new(private.to_vec()),
        })
    }

    fn secret(&self, key: &[u8], leaf: &[u8], chain: &Chain) -> anyhow::Result<Sensitive<String>> {
        let leaf = leaf.to_vec();
        let certificates = match self.order {
            Order::SelfSigned => vec![leaf.clone()],
            Order::LeafFirst => vec![leaf.clone(), chain.intermediate.clone(), chain.root.clone()],
            Order::LeafLast => vec![chain.intermediate.clone(), chain.root.clone(), leaf.clone()],
        };
        let key = PrivateKey::parse(key)?;
        let key = self.exportable.then_some(&key);
        Ok(Sensitive::new(match self.content_type {
            ContentType::Pkcs12 => encoding::base64(pfx::encode(key, &leaf, &certificates)?),
            ContentType::Pem => pem_text(key, &certificates)?,
        }))
    }

    fn host(&self) -> String {
        format!("{}.example.com", self.name)
    }
}

/// PEM as the service writes it: the key, then the certificates, 64 columns, LF.
fn pem_text(key: Option<&PrivateKey>, certificates: &[Vec<u8>]) -> anyhow::Result<String> {
    let lines = EncodeConfig::new().set_line_ending(LineEnding::LF);
    let block = |label: &str, der: Vec<u8>| pem::encode_config(&Pem::new(label, der), lines);
    let mut text = String::new();
    if let Some(key) = key {
        let der = match key.kind() {
            Kind::Rsa => key.plain()?,
            Kind::Ec => key.marked()?,
        };
        text.push_str(&Zeroizing::new(block("PRIVATE KEY", der.to_vec())));
    }
    for certificate in certificates {
        text.push_str(&block("CERTIFICATE", certificate.clone()));
    }
    Ok(text)
}

/// The two authorities above `web` and `api-ec`. Their keys are forgotten once all is signed.
struct Chain {
    root: Vec<u8>,
    intermediate: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

impl Chain {
    fn generate(now: i64) -> anyhow::Result<Self> {
        let (from, to) = (now - 365 * DAY, now + 3650 * DAY);
        let root_key = issue::ec_key()?;
        let root_params = issue::ca_params("Example Root CA", 1, from, to)?;
        let root = issue::sign(&root_params, &root_key, None)?;

        let key = issue::ec_key()?;
        let mut params = issue::ca_params("Example Issuing CA", 0, from, to)?;
        params.use_authority_key_identifier_extension = true;
        let intermediate = issue::sign(&params, &key, Some(&Issuer::new(root_params, root_key)))?;
        Ok(Self {
            root,
            intermediate,
            issuer: Issuer::new(params, key),
        })
    }
}

const DAY: i64 = 24 * 3600;
/// The service dates its certificates ten minutes back.
const BACKDATED: i64 = 600;
