//! The certificates a new vault starts with: one of each kind that a client has to cope with.

use std::thread;

use anyhow::{Context, anyhow};
use kvcert_pki::sensitive::Sensitive;

use crate::certificate::pfx::Style;
use crate::certificate::policy::{ContentType, Policy, Sans};
use crate::certificate::x509::signing_key::SigningKey;
use crate::certificate::x509::{self, Issuer, from_policy, name};
use crate::encoding;
use crate::keys::curve::Curve;
use crate::keys::key_type::KeyType;
use crate::keys::spec::KeySpec;
use crate::store::certificate::CertificateVersion;
use crate::store::model::{CertificatePart, Object};
use crate::store::tables::WriteTables;

/// Makes all of them, with fresh keys. RSA keys take a while, so each certificate has its thread.
pub(crate) fn generate(now: i64) -> anyhow::Result<Vec<InitialCertificate>> {
    let chain = Chain::generate(now)?;
    thread::scope(|scope| {
        let chain = &chain;
        let generating: Vec<_> = SAMPLES
            .iter()
            .map(|sample| scope.spawn(move || sample.generate(chain, now)))
            .collect();
        generating
            .into_iter()
            .map(|thread| thread.join().map_err(|_| anyhow!("a thread ended early"))?)
            .collect()
    })
}

/// What one of the first certificates is like.
struct Sample {
    name: &'static str,
    kind: KeySpec,
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

const RSA: KeySpec = KeySpec::Rsa(2048);
const YEAR: &[Validity] = &[Validity {
    since: 0,
    left: 365,
}];
const USUAL: Sample = Sample {
    name: "",
    kind: RSA,
    content_type: ContentType::Pkcs12,
    order: Order::SelfSigned,
    exportable: true,
    enabled: true,
    versions: YEAR,
};
const SAMPLES: [Sample; 8] = [
    Sample {
        name: "web",
        order: Order::LeafLast,
        ..USUAL
    },
    Sample {
        name: "web-pem",
        content_type: ContentType::Pem,
        ..USUAL
    },
    Sample {
        name: "api-ec",
        kind: KeySpec::Ec(Curve::P256),
        order: Order::LeafFirst,
        ..USUAL
    },
    Sample {
        name: "api-ec-pem",
        kind: KeySpec::Ec(Curve::P256),
        content_type: ContentType::Pem,
        ..USUAL
    },
    Sample {
        name: "vaulted",
        exportable: false,
        ..USUAL
    },
    // EC from here on, to save the start three more RSA keys.
    Sample {
        name: "expiring",
        kind: KeySpec::Ec(Curve::P256),
        versions: &[Validity { since: 81, left: 9 }],
        ..USUAL
    },
    Sample {
        name: "retired",
        kind: KeySpec::Ec(Curve::P256),
        enabled: false,
        ..USUAL
    },
    Sample {
        name: "rotated",
        kind: KeySpec::Ec(Curve::P256),
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

impl Sample {
    fn generate(&self, chain: &Chain, now: i64) -> anyhow::Result<InitialCertificate> {
        let versions = self
            .versions
            .iter()
            .map(|validity| self.version(chain, validity, now))
            .collect::<anyhow::Result<Vec<InitialVersion>>>()
            .with_context(|| format!("cannot make the certificate `{}`", self.name))?;
        let first = versions.first();
        let created = first.map(|version| version.created).context("no version")?;
        Ok(InitialCertificate {
            name: self.name,
            enabled: self.enabled,
            policy: self.policy(created),
            versions,
        })
    }

    fn policy(&self, created: i64) -> Policy {
        let mut policy = Policy::usual(created);
        policy.x509_props.subject = format!("CN={}", self.host());
        policy.x509_props.sans = Some(Sans {
            dns_names: Some(vec![self.host()]),
            ..Sans::default()
        });
        if let KeySpec::Ec(curve) = self.kind {
            policy.key_props.kty = KeyType::Ec;
            policy.key_props.key_size = curve.bits();
            policy.key_props.crv = Some(curve.name().to_owned());
            policy.x509_props.key_usage = vec![String::from("digitalSignature")];
        }
        policy.key_props.exportable = self.exportable;
        policy.secret_props.content_type = self.content_type;
        if self.order == Order::SelfSigned {
            policy.issuer.name = String::from("Self");
        }
        policy
    }

    fn version(
        &self,
        chain: &Chain,
        validity: &Validity,
        now: i64,
    ) -> anyhow::Result<InitialVersion> {
        let created = now - validity.since * DAY;
        let key = self.kind.generate()?;
        let mut template = from_policy::template(&self.policy(created), created)?;
        template.to = now + validity.left * DAY;
        let issuer = (self.order != Order::SelfSigned).then_some(&chain.issuer);
        let leaf = x509::sign(&template, &SigningKey::of(key.expose())?, issuer)?;
        let above = [chain.intermediate.clone(), chain.root.clone()];
        let certificates = match self.order {
            Order::SelfSigned => vec![leaf.clone()],
            Order::LeafFirst => [vec![leaf.clone()], above.to_vec()].concat(),
            Order::LeafLast => [above.to_vec(), vec![leaf.clone()]].concat(),
        };
        Ok(InitialVersion {
            created,
            leaf,
            certificates,
            key,
        })
    }

    fn host(&self) -> String {
        format!("{}.example.com", self.name)
    }
}

/// A certificate that is made, and not yet in a vault.
pub(crate) struct InitialCertificate {
    name: &'static str,
    enabled: bool,
    policy: Policy,
    versions: Vec<InitialVersion>,
}

struct InitialVersion {
    created: i64,
    leaf: Vec<u8>,
    certificates: Vec<Vec<u8>>,
    key: Sensitive<Vec<u8>>,
}

impl InitialCertificate {
    /// Its certificate, if this is its name.
    pub(crate) fn leaf_of(&self, name: &str) -> Option<&[u8]> {
        let newest = self.versions.last().filter(|_| self.name == name)?;
        Some(&newest.leaf)
    }

    /// Puts it into a vault.
    pub(crate) fn put(
        self,
        tables: &mut WriteTables<'_>,
        vault: &str,
        style: Style,
    ) -> anyhow::Result<()> {
        let mut object = Object::new(self.name, "");
        object.certificate = Some(CertificatePart {
            policy: self.policy,
            issued: false,
            pending: None,
            preserve_order: None,
        });
        for version in &self.versions {
            let new = CertificateVersion {
                version: encoding::version()?,
                leaf: &version.leaf,
                certificates: &version.certificates,
                key: version.key.expose(),
                enabled: self.enabled,
                tags: None,
                created: version.created,
            };
            new.put(tables, vault, &mut object, style)?;
        }
        Ok(())
    }
}

/// The two authorities above `web` and `api-ec`. Their keys are forgotten once all is signed.
struct Chain {
    root: Vec<u8>,
    intermediate: Vec<u8>,
    issuer: Issuer,
}

impl Chain {
    fn generate(now: i64) -> anyhow::Result<Self> {
        let (from, to) = (now - 365 * DAY, now + 3650 * DAY);
        let template = |name: &str, below| {
            let name = name::common_name(name)?;
            x509::ca_template(name, below, from, to)
        };
        let above = template("Example Root CA", 1)?;
        let key = SigningKey::ec()?;
        let root = x509::sign(&above, &key, None)?;
        let above = Issuer {
            name: above.subject,
            signer: key,
        };

        let own = template("Example Issuing CA", 0)?;
        let key = SigningKey::ec()?;
        let intermediate = x509::sign(&own, &key, Some(&above))?;
        Ok(Self {
            root,
            intermediate,
            issuer: Issuer {
                name: own.subject,
                signer: key,
            },
        })
    }
}

const DAY: i64 = 24 * 3600;
