//! How a certificate is made and renewed; the fields are those of the service's
//! [CertificatePolicy](https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificate-policy/get-certificate-policy#certificatepolicy).

pub(crate) mod change;

use serde::{Deserialize, Serialize};

use crate::keys::curve::Curve;
use crate::keys::key_type::KeyType;
use crate::keys::spec::KeySpec;

/// How the secret behind a certificate is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ContentType {
    #[serde(rename = "application/x-pkcs12")]
    Pkcs12,
    #[serde(rename = "application/x-pem-file")]
    Pem,
}

impl ContentType {
    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pkcs12 => "application/x-pkcs12",
            Self::Pem => "application/x-pem-file",
        }
    }

    /// Reads a media type.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Pkcs12, Self::Pem]
            .into_iter()
            .find(|known| text.eq_ignore_ascii_case(known.name()))
    }
}

/// A policy with everything settled.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Policy {
    pub(crate) key_props: KeyProps,
    pub(crate) secret_props: SecretProps,
    pub(crate) x509_props: X509Props,
    pub(crate) lifetime_actions: Vec<LifetimeAction>,
    pub(crate) issuer: Issuer,
    pub(crate) attributes: PolicyAttributes,
    /// For certificates that the platform manages. Kept and shown as it came.
    #[serde(
        rename = "platformManaged",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) platform_managed: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeyProps {
    pub(crate) exportable: bool,
    pub(crate) kty: KeyType,
    pub(crate) key_size: u32,
    pub(crate) reuse_key: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) crv: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SecretProps {
    #[serde(rename = "contentType")]
    pub(crate) content_type: ContentType,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct X509Props {
    pub(crate) subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sans: Option<Sans>,
    pub(crate) ekus: Vec<String>,
    pub(crate) key_usage: Vec<String>,
    pub(crate) validity_months: u32,
    pub(crate) basic_constraints: BasicConstraints,
}

/// Alternative names, each kind as it was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Sans {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) emails: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dns_names: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) upns: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) uris: Option<Vec<String>>,
    #[serde(rename = "ipAddresses", skip_serializing_if = "Option::is_none")]
    pub(crate) ip_addresses: Option<Vec<String>>,
}

impl Sans {
    /// Whether there is no name of any kind.
    pub(crate) fn is_empty(&self) -> bool {
        let lists = [
            &self.emails,
            &self.dns_names,
            &self.upns,
            &self.uris,
            &self.ip_addresses,
        ];
        lists.into_iter().flatten().all(Vec::is_empty)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BasicConstraints {
    pub(crate) ca: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LifetimeAction {
    pub(crate) trigger: Trigger,
    pub(crate) action: Action,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Trigger {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lifetime_percentage: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) days_before_expiry: Option<i64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Action {
    pub(crate) action_type: String,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Issuer {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cty: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cert_transparency: Option<bool>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PolicyAttributes {
    pub(crate) enabled: bool,
    pub(crate) created: i64,
    pub(crate) updated: i64,
}

/// What is wrong with a policy: the property, and the service's words if it has any.
pub(crate) type Wrong = (&'static str, &'static str);

impl Policy {
    /// The policy that the service assumes where nothing was asked for.
    pub(crate) fn usual(now: i64) -> Self {
        let strings = |items: &[&str]| items.iter().map(|item| String::from(*item)).collect();
        Self {
            key_props: KeyProps {
                exportable: true,
                kty: KeyType::Rsa,
                key_size: 2048,
                reuse_key: false,
                crv: None,
            },
            secret_props: SecretProps {
                content_type: ContentType::Pkcs12,
            },
            x509_props: X509Props {
                subject: String::new(),
                sans: None,
                ekus: strings(&["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]),
                key_usage: strings(&["digitalSignature", "keyEncipherment"]),
                validity_months: 12,
                basic_constraints: BasicConstraints { ca: false },
            },
            lifetime_actions: vec![LifetimeAction {
                trigger: Trigger {
                    lifetime_percentage: Some(80),
                    days_before_expiry: None,
                },
                action: Action {
                    action_type: String::from("AutoRenew"),
                },
            }],
            issuer: Issuer {
                name: String::from("Unknown"),
                ..Issuer::default()
            },
            attributes: PolicyAttributes {
                enabled: true,
                created: now,
                updated: now,
            },
            platform_managed: None,
        }
    }

    /// Whether the certificate would have no name: neither a subject nor an alternative one.
    pub(crate) fn is_nameless(&self) -> bool {
        let x509 = &self.x509_props;
        x509.subject.is_empty() && x509.sans.as_ref().is_none_or(Sans::is_empty)
    }

    /// What the policy's key is to be.
    pub(crate) fn key_spec(&self) -> Result<KeySpec, Wrong> {
        let wrong = ("policy.key_props", "");
        let spec = if self.key_props.kty.is_rsa() {
            Some(KeySpec::Rsa(self.key_props.key_size))
        } else {
            let curve = self.key_props.crv.as_deref().unwrap_or("P-256");
            Curve::parse(curve).map(KeySpec::Ec)
        };
        spec.filter(|spec| spec.is_usual()).ok_or(wrong)
    }

    /// Whether the secret holds the private key.
    pub(crate) fn key_leaves(&self) -> bool {
        self.key_props.exportable && !self.key_props.kty.is_hsm()
    }

    /// What the key may do, by the
    /// [key usage](https://learn.microsoft.com/azure/key-vault/certificates/about-certificates#mapping-of-key-usage-to-key-operations)
    /// of its certificate.
    pub(crate) fn key_operations(&self) -> Vec<String> {
        let usages = &self.x509_props.key_usage;
        let uses = |wanted: &[&str]| usages.iter().any(|usage| wanted.contains(&&**usage));
        let data = uses(&["dataEncipherment"]);
        let signs = uses(&[
            "digitalSignature",
            "nonRepudiation",
            "keyCertSign",
            "cRLSign",
        ]);
        let wraps = uses(&["keyEncipherment"]);
        [
            ("encrypt", data || uses(&["encipherOnly"])),
            ("decrypt", data || uses(&["decipherOnly"])),
            ("sign", signs),
            ("verify", signs),
            ("wrapKey", wraps),
            ("unwrapKey", wraps),
        ]
        .into_iter()
        .filter(|(_, may)| *may)
        .map(|(word, _)| word.to_owned())
        .collect()
    }
}
