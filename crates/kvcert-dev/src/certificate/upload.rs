//! A certificate that a client uploads, and what the vault learns from it.

use anyhow::Context;
use kvcert_pki::sensitive::Sensitive;
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::parse_x509_certificate;
use x509_parser::x509::AttributeTypeAndValue;
use zeroize::Zeroizing;

use super::container;
use super::policy::change::PolicyChange;
use super::policy::{ContentType, Policy, Sans, Wrong};
use crate::encoding::from_base64;
use crate::keys::jwk::JsonWebKey;
use crate::keys::key_type::KeyType;
use crate::keys::pkcs8::PrivateKey;
use crate::keys::spec::KeySpec;

/// A certificate with its key.
pub(crate) struct Upload {
    pub(crate) leaf: Vec<u8>,
    /// All that was uploaded, the leaf too, in the order in which it came.
    pub(crate) certificates: Vec<Vec<u8>>,
    /// PKCS#8.
    pub(crate) key: Zeroizing<Vec<u8>>,
    content_type: ContentType,
}

/// Why an upload is refused, in the service's words.
pub(crate) struct Refused(pub(crate) &'static str);

impl Upload {
    /// Reads PKCS#12 in base64, or PEM, in base64 too if the client likes.
    pub(crate) fn read(
        value: &str,
        password: &str,
        declared: Option<ContentType>,
    ) -> Result<Self, Refused> {
        let (content_type, bytes) = recognise(value, declared)?;
        let contents = match content_type {
            ContentType::Pkcs12 => {
                container::read_pkcs12(&bytes, password).map_err(|_| Refused(UNREADABLE_PKCS12))
            }
            ContentType::Pem => std::str::from_utf8(&bytes)
                .map_err(anyhow::Error::from)
                .and_then(|text| container::read_pem(text, password))
                .map_err(|_| Refused(UNREADABLE_PEM)),
        }?;
        let (mut keys, mut certificates) = (contents.keys, contents.certificates);
        let none = if contents.has_strange_key {
            STRANGE_KEY
        } else {
            NO_KEY
        };
        let key = keys.pop().ok_or(Refused(none))?;
        let key = PrivateKey::parse(key.expose()).and_then(|key| key.named());
        let key = Sensitive::new(key.map_err(|_| Refused(STRANGE_KEY))?.to_vec());
        // A key may be RSA and still of a length that no vault takes, such as 1024 bits.
        let (spec, _) = KeySpec::of(key.expose()).map_err(|_| Refused(STRANGE_KEY))?;
        if !spec.is_usual() {
            return Err(Refused(STRANGE_KEY));
        }
        let leaf = matching(&key, &mut certificates).ok_or(Refused(
            "The private key does not belong to any of the certificates.",
        ))?;
        Ok(Self {
            leaf,
            certificates,
            key: Zeroizing::new(key.expose().clone()),
            content_type,
        })
    }

    /// The policy that the certificate would have been made by: what stands in it counts, whatever
    /// the client said.
    pub(crate) fn policy(&self, change: PolicyChange, now: i64) -> Result<Policy, Wrong> {
        let unreadable = ("value", "The certificate cannot be read");
        let mut policy = Policy::usual(now);
        read_certificate(&self.leaf, &mut policy).map_err(|_| unreadable)?;
        policy.settle(change.without_x509(), now)?;
        let (spec, _) = KeySpec::of(&self.key).map_err(|_| unreadable)?;
        let props = &mut policy.key_props;
        let hardware = props.kty.is_hsm();
        match spec {
            KeySpec::Rsa(bits) => {
                (props.kty, props.key_size, props.crv) = (KeyType::Rsa, bits, None);
            }
            KeySpec::Ec(curve) => {
                props.kty = KeyType::Ec;
                props.key_size = curve.bits();
                props.crv = Some(curve.name().to_owned());
            }
        }
        if hardware {
            props.kty = props.kty.in_hardware();
        }
        policy.secret_props.content_type = self.content_type;
        Ok(policy)
    }
}

/// The certificate that the key belongs to. Certificates that cannot be read are dropped.
pub(crate) fn matching(
    key: &Sensitive<Vec<u8>>,
    certificates: &mut Vec<Vec<u8>>,
) -> Option<Vec<u8>> {
    let (_, public) = KeySpec::of(key.expose()).ok()?;
    certificates.retain(|der| parse_x509_certificate(der).is_ok());
    let belongs = |der: &&Vec<u8>| {
        let parsed = parse_x509_certificate(der).ok();
        parsed.is_some_and(|(_, certificate)| public.is_key_of(&certificate))
    };
    certificates.iter().find(belongs).cloned()
}

type Recognised = (ContentType, Zeroizing<Vec<u8>>);

fn recognise(value: &str, declared: Option<ContentType>) -> Result<Recognised, Refused> {
    let is_pem = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        text.contains("-----BEGIN ")
    };
    let bytes = if is_pem(value.as_bytes()) {
        Zeroizing::new(value.as_bytes().to_vec())
    } else {
        Zeroizing::new(from_base64(value).ok_or(Refused("Format of Pkcs12 value is invalid."))?)
    };
    match (is_pem(&bytes), declared) {
        (true, None | Some(ContentType::Pem)) => Ok((ContentType::Pem, bytes)),
        (true, Some(ContentType::Pkcs12)) => Err(Refused("Format of Pkcs12 value is invalid.")),
        (false, None | Some(ContentType::Pkcs12)) => Ok((ContentType::Pkcs12, bytes)),
        (false, Some(ContentType::Pem)) => Err(Refused(UNREADABLE_PEM)),
    }
}

fn read_certificate(der: &[u8], policy: &mut Policy) -> anyhow::Result<()> {
    let (_, certificate) = parse_x509_certificate(der).context("an unreadable certificate")?;
    let x509 = &mut policy.x509_props;
    x509.subject = subject(&certificate);
    x509.validity_months = months(&certificate)?;
    x509.basic_constraints.ca = certificate.is_ca();
    (x509.sans, x509.ekus, x509.key_usage) = (None, Vec::new(), Vec::new());
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::KeyUsage(usage) => {
                let flags = [
                    (usage.crl_sign(), "cRLSign"),
                    (usage.data_encipherment(), "dataEncipherment"),
                    (usage.decipher_only(), "decipherOnly"),
                    (usage.digital_signature(), "digitalSignature"),
                    (usage.encipher_only(), "encipherOnly"),
                    (usage.key_agreement(), "keyAgreement"),
                    (usage.key_cert_sign(), "keyCertSign"),
                    (usage.key_encipherment(), "keyEncipherment"),
                    (usage.non_repudiation(), "nonRepudiation"),
                ];
                let set = flags.iter().filter(|(set, _)| *set);
                x509.key_usage = set.map(|(_, word)| String::from(*word)).collect();
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                x509.sans = Some(alternative_names(&names.general_names));
            }
            ParsedExtension::ExtendedKeyUsage(_) => x509.ekus = purposes(extension.value),
            _ => {}
        }
    }
    Ok(())
}

/// The last part of the certificate's name first, as Windows writes it.
fn subject(certificate: &X509Certificate<'_>) -> String {
    let parts = certificate.subject().iter();
    let mut parts: Vec<String> = parts
        .map(|part| {
            let attributes: Vec<String> = part.iter().map(attribute).collect();
            attributes.join(" + ")
        })
        .collect();
    parts.reverse();
    parts.join(", ")
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let dotted = attribute.attr_type().to_id_string();
    let known = NAMES.iter().find(|(oid, _)| *oid == dotted);
    let kind = known.map_or_else(|| format!("OID.{dotted}"), |(_, name)| String::from(*name));
    let value = attribute.as_str().map_or_else(
        |_| String::from_utf8_lossy(attribute.as_slice()).into_owned(),
        str::to_owned,
    );
    format!("{kind}={}", quoted(&value))
}

fn quoted(value: &str) -> String {
    let special = [',', '+', '"', '=', '<', '>', '#', ';', '\n'];
    if value.contains(special) || value.trim() != value {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

/// The service lists these three kinds whenever there is any name.
fn alternative_names(names: &[GeneralName<'_>]) -> Sans {
    let (mut emails, mut hosts, mut upns) = (Vec::new(), Vec::new(), Vec::new());
    let (mut uris, mut addresses) = (Vec::new(), Vec::new());
    for name in names {
        match name {
            GeneralName::RFC822Name(name) => emails.push((*name).to_owned()),
            GeneralName::DNSName(name) => hosts.push((*name).to_owned()),
            GeneralName::URI(name) => uris.push((*name).to_owned()),
            GeneralName::IPAddress(bytes) => addresses.extend(address(bytes)),
            GeneralName::OtherName(oid, value) if oid.to_id_string() == PRINCIPAL_NAME => {
                // [0] EXPLICIT UTF8String, as short as names are.
                upns.extend(
                    value
                        .get(4..)
                        .map(|name| String::from_utf8_lossy(name).into_owned()),
                );
            }
            _ => {}
        }
    }
    Sans {
        emails: Some(emails),
        dns_names: Some(hosts),
        upns: Some(upns),
        uris: Some(uris).filter(|uris| !uris.is_empty()),
        ip_addresses: Some(addresses).filter(|addresses| !addresses.is_empty()),
    }
}

fn address(bytes: &[u8]) -> Option<String> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes)
            .ok()
            .map(|it| std::net::Ipv4Addr::from(it).to_string()),
        _ => <[u8; 16]>::try_from(bytes)
            .ok()
            .map(|it| std::net::Ipv6Addr::from(it).to_string()),
    }
}

fn purposes(value: &[u8]) -> Vec<String> {
    use der::Decode;

    let purposes = Vec::<der::asn1::ObjectIdentifier>::from_der(value).unwrap_or_default();
    purposes.iter().map(ToString::to_string).collect()
}

/// The months between the two dates; one that has begun counts, even by no more than the last second.
fn months(certificate: &X509Certificate<'_>) -> anyhow::Result<u32> {
    let validity = certificate.validity();
    let from = OffsetDateTime::from_unix_timestamp(validity.not_before.timestamp())?;
    let to = OffsetDateTime::from_unix_timestamp(validity.not_after.timestamp())?;
    let count = |date: OffsetDateTime| date.year() * 12 + i32::from(u8::from(date.month()));
    let within = |date: OffsetDateTime| (date.day(), date.time());
    let begun = i32::from(within(to) >= within(from));
    Ok(u32::try_from(count(to) - count(from) + begun).unwrap_or_default())
}

impl JsonWebKey {
    fn is_key_of(&self, certificate: &X509Certificate<'_>) -> bool {
        Self::of_certificate(certificate).is_some_and(|other| other == *self)
    }
}

const UNREADABLE_PKCS12: &str = "The specified PKCS#12 X.509 certificate content can not be read. \
     Please check if certificate is in valid PKCS#12 format.";
const UNREADABLE_PEM: &str = "The specified PEM X.509 certificate content is in an unexpected format. \
     Please check if certificate is in valid PEM format.";
const NO_KEY: &str = "The specified certificate has no private key.";
const STRANGE_KEY: &str = "The private key is of no kind that a vault takes: RSA of 2048, 3072 or 4096 \
     bits, or EC on P-256, P-384, P-521 or P-256K.";
const PRINCIPAL_NAME: &str = "1.3.6.1.4.1.311.20.2.3";
/// As Windows names them.
const NAMES: [(&str, &str); 15] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "S"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "T"),
    ("2.5.4.42", "G"),
    ("2.5.4.43", "I"),
    ("1.2.840.113549.1.9.1", "E"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("0.9.2342.19200300.100.1.1", "UID"),
];
