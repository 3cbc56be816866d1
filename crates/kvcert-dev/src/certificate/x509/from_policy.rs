//! Certificates and requests by a certificate policy.

use std::net::IpAddr;

use anyhow::{Context, anyhow};
use der::asn1::{Any, Ia5String, ObjectIdentifier, Utf8StringRef};
use der::flagset::FlagSet;
use x509_cert::ext::pkix::name::{GeneralName, OtherName};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsages, SubjectAltName};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;

use super::name::{object_identifier, subject};
use super::signing_key::SigningKey;
use super::{Template, certification_request, constrained, usage};
use crate::calendar::months_later;
use crate::certificate::policy::{Policy, Sans, X509Props};

/// What a certificate made at `now` by this policy says, in the service's order.
pub(crate) fn template(policy: &Policy, now: i64) -> anyhow::Result<Template> {
    let x509 = &policy.x509_props;
    let subject = subject(&x509.subject)?;
    let extensions = [
        key_usage(x509)?,
        Some(constraints(x509)?),
        purposes(x509)?,
        alternatives(x509, &subject)?,
    ];
    Ok(Template {
        subject,
        from: now - BACKDATED,
        to: months_later(now, x509.validity_months).context("a validity beyond the calendar")?,
        extensions: extensions.into_iter().flatten().collect(),
    })
}

/// A certificate signing request (PKCS#10, DER), in the service's order too, which is another one.
pub(crate) fn request(policy: &Policy, key: &SigningKey) -> anyhow::Result<Vec<u8>> {
    let x509 = &policy.x509_props;
    let subject = subject(&x509.subject)?;
    let extensions = [
        key_usage(x509)?,
        purposes(x509)?,
        alternatives(x509, &subject)?,
        Some(constraints(x509)?),
    ];
    let extensions = extensions.into_iter().flatten().collect();
    certification_request(subject, extensions, key)
}

fn key_usage(x509: &X509Props) -> anyhow::Result<Option<Extension>> {
    let mut usages: FlagSet<KeyUsages> = FlagSet::default();
    let known = x509.key_usage.iter().filter_map(|word| known_usage(word));
    known.for_each(|known| usages |= known);
    Ok(if usages.is_empty() {
        None
    } else {
        Some(usage(usages)?)
    })
}

fn known_usage(word: &str) -> Option<KeyUsages> {
    Some(match word {
        "digitalSignature" => KeyUsages::DigitalSignature,
        "nonRepudiation" => KeyUsages::NonRepudiation,
        "keyEncipherment" => KeyUsages::KeyEncipherment,
        "dataEncipherment" => KeyUsages::DataEncipherment,
        "keyAgreement" => KeyUsages::KeyAgreement,
        "keyCertSign" => KeyUsages::KeyCertSign,
        "cRLSign" => KeyUsages::CRLSign,
        "encipherOnly" => KeyUsages::EncipherOnly,
        "decipherOnly" => KeyUsages::DecipherOnly,
        _ => return None,
    })
}

fn constraints(x509: &X509Props) -> anyhow::Result<Extension> {
    Ok(constrained(&BasicConstraints {
        ca: x509.basic_constraints.ca,
        path_len_constraint: None,
    })?)
}

fn purposes(x509: &X509Props) -> anyhow::Result<Option<Extension>> {
    if x509.ekus.is_empty() {
        return Ok(None);
    }
    let purposes = x509.ekus.iter().map(|dotted| object_identifier(dotted));
    let purposes: Option<Vec<ObjectIdentifier>> = purposes.collect();
    let purposes = purposes.context("an extended key usage that is no object identifier")?;
    let purposes = ExtendedKeyUsage(purposes);
    Ok(Some(
        (false, &purposes).to_extension(&Name::default(), &[])?,
    ))
}

fn alternatives(x509: &X509Props, subject: &Name) -> anyhow::Result<Option<Extension>> {
    let names = match &x509.sans {
        Some(sans) => names(sans)?,
        None => SubjectAltName::default(),
    };
    Ok(if names.0.is_empty() {
        None
    } else {
        Some(names.to_extension(subject, &[])?)
    })
}

/// Alternative names, as a certificate has them.
pub(crate) fn names(sans: &Sans) -> anyhow::Result<SubjectAltName> {
    let each = |names: &Option<Vec<String>>| names.clone().unwrap_or_default();
    let ascii = |name: String| {
        Ia5String::new(&name).map_err(|_| anyhow!("an alternative name that is not ASCII"))
    };
    let mut found = Vec::new();
    for name in each(&sans.emails) {
        found.push(GeneralName::Rfc822Name(ascii(name)?));
    }
    for name in each(&sans.dns_names) {
        found.push(GeneralName::DnsName(ascii(name)?));
    }
    for name in each(&sans.upns) {
        let value = Any::encode_from(&Utf8StringRef::new(&name)?)?;
        let type_id = PRINCIPAL_NAME;
        found.push(GeneralName::OtherName(OtherName { type_id, value }));
    }
    for name in each(&sans.uris) {
        found.push(GeneralName::UniformResourceIdentifier(ascii(name)?));
    }
    for name in each(&sans.ip_addresses) {
        let address: IpAddr = name.parse().context("no IP address")?;
        found.push(GeneralName::from(address));
    }
    Ok(SubjectAltName(found))
}

/// The service dates its certificates ten minutes back.
const BACKDATED: i64 = 600;
/// A user principal name.
const PRINCIPAL_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.20.2.3");
