//! Changes that a client asks for.

use serde::Deserialize;

use super::{ContentType, KeyProps, LifetimeAction, Policy, Sans, Wrong, X509Props};
use crate::certificate::x509::{from_policy, name};
use crate::keys::curve::Curve;
use crate::keys::key_type::KeyType;
use crate::keys::spec::KeySpec;

/// A policy as a client sends it: whatever is left out stays as it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PolicyChange {
    key_props: Option<KeyPropsChange>,
    secret_props: Option<SecretPropsChange>,
    x509_props: Option<X509PropsChange>,
    lifetime_actions: Option<Vec<LifetimeAction>>,
    issuer: Option<IssuerChange>,
    attributes: Option<PolicyAttributesChange>,
    #[serde(rename = "platformManaged")]
    platform_managed: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct KeyPropsChange {
    exportable: Option<bool>,
    kty: Option<String>,
    key_size: Option<u32>,
    reuse_key: Option<bool>,
    crv: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SecretPropsChange {
    #[serde(rename = "contentType")]
    content_type: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct X509PropsChange {
    subject: Option<String>,
    sans: Option<Sans>,
    ekus: Option<Vec<String>>,
    key_usage: Option<Vec<String>>,
    validity_months: Option<u32>,
    basic_constraints: Option<BasicConstraintsChange>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BasicConstraintsChange {
    ca: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct IssuerChange {
    name: Option<String>,
    cty: Option<String>,
    cert_transparency: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PolicyAttributesChange {
    enabled: Option<bool>,
}

impl Policy {
    /// Changes what the client sent for a new version. Only what the vault itself issues can be
    /// renewed; for anything else the default is to notify the contacts.
    pub(crate) fn settle(&mut self, change: PolicyChange, now: i64) -> Result<(), Wrong> {
        let silent = change.lifetime_actions.is_none();
        let issuer = change
            .issuer
            .as_ref()
            .and_then(|issuer| issuer.name.clone());
        self.apply(change, now)?;
        let issued = self.issuer.name.eq_ignore_ascii_case("self");
        if silent && !issued && (issuer.is_some() || self.attributes.created == now) {
            for action in &mut self.lifetime_actions {
                action.action.action_type = String::from("EmailContacts");
            }
        }
        Ok(())
    }

    /// Changes what the client sent.
    pub(crate) fn apply(&mut self, change: PolicyChange, now: i64) -> Result<(), Wrong> {
        if let Some(change) = change.key_props {
            self.key_props.apply(change)?;
        }
        if let Some(content_type) = change.secret_props.and_then(|change| change.content_type) {
            self.secret_props.content_type =
                ContentType::parse(&content_type).ok_or(("policy.secret_props", ""))?;
        }
        if let Some(change) = change.x509_props {
            self.x509_props.apply(change)?;
        }
        if let Some(actions) = change.lifetime_actions {
            let months = self.x509_props.validity_months;
            actions.iter().try_for_each(|action| action.check(months))?;
            self.lifetime_actions = actions;
        }
        if let Some(change) = change.issuer {
            self.issuer.name = change
                .name
                .unwrap_or_else(|| std::mem::take(&mut self.issuer.name));
            self.issuer.cty = change.cty.or_else(|| self.issuer.cty.take());
            self.issuer.cert_transparency =
                change.cert_transparency.or(self.issuer.cert_transparency);
        }
        if let Some(enabled) = change.attributes.and_then(|change| change.enabled) {
            self.attributes.enabled = enabled;
        }
        self.platform_managed = change
            .platform_managed
            .or_else(|| self.platform_managed.take());
        self.attributes.updated = now.max(self.attributes.created);
        Ok(())
    }
}

impl PolicyChange {
    /// The format that the secret is to have.
    pub(crate) fn content_type(&self) -> Option<ContentType> {
        let props = self.secret_props.as_ref();
        props.and_then(|props| ContentType::parse(props.content_type.as_deref()?))
    }

    /// Everything but what stands in the certificate itself.
    pub(crate) fn without_x509(self) -> Self {
        Self {
            x509_props: None,
            ..self
        }
    }
}

impl KeyProps {
    fn apply(&mut self, change: KeyPropsChange) -> Result<(), Wrong> {
        let wrong = ("policy.key_props", "");
        if let Some(kty) = change.kty {
            self.kty = KeyType::parse(&kty).ok_or(wrong)?;
        }
        self.exportable = change.exportable.unwrap_or(self.exportable) && !self.kty.is_hsm();
        self.reuse_key = change.reuse_key.unwrap_or(self.reuse_key);
        if self.kty.is_rsa() {
            let before = Some(self.key_size).filter(|_| self.crv.is_none());
            self.key_size = change.key_size.or(before).unwrap_or(2048);
            self.crv = None;
            return if KeySpec::Rsa(self.key_size).is_usual() {
                Ok(())
            } else {
                Err(wrong)
            };
        }
        let curve = match (change.crv, change.key_size) {
            (Some(name), _) => Curve::parse(&name).ok_or(wrong)?,
            (None, Some(384)) => Curve::P384,
            (None, Some(521)) => Curve::P521,
            (None, _) => self
                .crv
                .as_deref()
                .and_then(Curve::parse)
                .unwrap_or(Curve::P256),
        };
        self.crv = Some(curve.name().to_owned());
        self.key_size = curve.bits();
        Ok(())
    }
}

impl X509Props {
    fn apply(&mut self, change: X509PropsChange) -> Result<(), Wrong> {
        let wrong = |why| ("policy.x509_props", why);
        if let Some(subject) = change.subject.filter(|subject| !subject.is_empty()) {
            if subject.len() > LONGEST_SUBJECT || name::subject(&subject).is_err() {
                return Err(wrong("Invalid X.500 distinguished name"));
            }
            self.subject = subject;
        }
        if let Some(sans) = change.sans {
            if from_policy::names(&sans).is_err() {
                return Err(wrong("Invalid subject alternative name"));
            }
            self.sans = Some(sans);
        }
        if let Some(purposes) = change.ekus {
            if purposes
                .iter()
                .any(|dotted| name::object_identifier(dotted).is_none())
            {
                return Err(wrong("Invalid extended key usage"));
            }
            self.ekus = purposes;
        }
        if let Some(mut usages) = change.key_usage {
            if usages.iter().any(|usage| !KEY_USAGES.contains(&&**usage)) {
                return Err(wrong("Invalid key usage"));
            }
            usages.sort();
            usages.dedup();
            self.key_usage = usages;
        }
        if let Some(months) = change.validity_months {
            if !(1..=MOST_MONTHS).contains(&months) {
                return Err(wrong("Invalid validity"));
            }
            self.validity_months = months;
        }
        if let Some(ca) = change.basic_constraints.and_then(|change| change.ca) {
            self.basic_constraints.ca = ca;
        }
        Ok(())
    }
}

impl LifetimeAction {
    /// The [limits](https://learn.microsoft.com/rest/api/keyvault/certificates/create-certificate/create-certificate#trigger)
    /// of a trigger; there is one of the two kinds.
    fn check(&self, months: u32) -> Result<(), Wrong> {
        let known = ["EmailContacts", "AutoRenew"].contains(&&*self.action.action_type);
        let trigger = &self.trigger;
        let fits = match (trigger.lifetime_percentage, trigger.days_before_expiry) {
            (Some(percentage), None) => (1..=99).contains(&percentage),
            (None, Some(days)) => (1..=i64::from(months) * 27).contains(&days),
            _ => false,
        };
        if known && fits {
            Ok(())
        } else {
            Err(("policy.lifetime_actions", ""))
        }
    }
}

const KEY_USAGES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];
const LONGEST_SUBJECT: usize = 200;
/// A hundred years and a bit: imported certificates live that long.
const MOST_MONTHS: u32 = 1500;
