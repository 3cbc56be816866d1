//! Certificates and requests, made on the spot.

pub(crate) mod from_policy;
pub(crate) mod name;
pub(crate) mod signing_key;

use std::time::Duration;

use anyhow::Context;
use der::asn1::{Any, BitString, OctetString, SetOfVec};
use der::flagset::FlagSet;
use der::{DateTime, Decode, Encode, Sequence};
use kvcert_pki::asn1::{AlgorithmIdentifier, SubjectPublicKeyInfo};
use x509_cert::attr::Attribute;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::request::ExtensionReq;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

use self::signing_key::{Signature, SigningKey};
use crate::encoding;

/// What a certificate is to say of itself; the key and who issues it come later.
#[derive(Clone)]
pub(crate) struct Template {
    pub(crate) subject: Name,
    /// Seconds since 1970, as is the next.
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) extensions: Vec<Extension>,
}

/// Who issues certificates for others.
pub(crate) struct Issuer {
    pub(crate) name: Name,
    pub(crate) signer: SigningKey,
}

/// `TBSCertificate` ([RFC 5280, section 4.1](https://www.rfc-editor.org/rfc/rfc5280#section-4.1)).
#[derive(Sequence)]
struct ToBeSigned<'a> {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: u8,
    serial_number: SerialNumber,
    signature: AlgorithmIdentifier,
    issuer: Name,
    validity: Validity,
    subject: Name,
    public_key: SubjectPublicKeyInfo<'a>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    extensions: Vec<Extension>,
}

/// `CertificationRequestInfo` ([RFC 2986, section 4.1](https://www.rfc-editor.org/rfc/rfc2986#section-4.1)).
#[derive(Sequence)]
struct RequestInfo<'a> {
    version: u8,
    subject: Name,
    public_key: SubjectPublicKeyInfo<'a>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    attributes: SetOfVec<Attribute>,
}

/// A certificate or a request, once it is signed.
#[derive(Sequence)]
struct Signed {
    content: Any,
    algorithm: AlgorithmIdentifier,
    signature: BitString,
}

/// A certificate authority with so many others below it at most.
pub(crate) fn ca_template(
    subject: Name,
    below: u8,
    from: i64,
    to: i64,
) -> anyhow::Result<Template> {
    let constraints = BasicConstraints {
        ca: true,
        path_len_constraint: Some(below),
    };
    let usages = KeyUsages::KeyCertSign | KeyUsages::CRLSign;
    let extensions = vec![usage(usages)?, constrained(&constraints)?];
    Ok(Template {
        subject,
        from,
        to,
        extensions,
    })
}

/// Signs: by `issuer`, or with the key itself. Both ends of the chain are named by their keys.
pub(crate) fn sign(
    template: &Template,
    key: &SigningKey,
    issuer: Option<&Issuer>,
) -> anyhow::Result<Vec<u8>> {
    let (issuer, signer) = match issuer {
        Some(issuer) => (&issuer.name, &issuer.signer),
        None => (&template.subject, key),
    };
    let mut extensions = template.extensions.clone();
    let above = AuthorityKeyIdentifier {
        key_identifier: Some(OctetString::new(signer.identifier()?)?),
        ..AuthorityKeyIdentifier::default()
    };
    extensions.push((false, &above).to_extension(&Name::default(), &[])?);
    let own = SubjectKeyIdentifier(OctetString::new(key.identifier()?)?);
    extensions.push((false, &own).to_extension(&Name::default(), &[])?);
    let content = ToBeSigned {
        version: 2,
        serial_number: serial_number()?,
        signature: signer.algorithm()?,
        issuer: issuer.clone(),
        validity: Validity::new(time(template.from)?, time(template.to)?),
        subject: template.subject.clone(),
        public_key: key.public_key()?,
        extensions,
    };
    signed(&content, signer).context("cannot sign a certificate")
}

/// A signing request (PKCS#10, DER).
fn certification_request(
    subject: Name,
    extensions: Vec<Extension>,
    key: &SigningKey,
) -> anyhow::Result<Vec<u8>> {
    let wanted = Attribute::try_from(ExtensionReq(extensions))?;
    let content = RequestInfo {
        version: 0,
        subject,
        public_key: key.public_key()?,
        attributes: SetOfVec::try_from([wanted])?,
    };
    signed(&content, key).context("cannot sign a request")
}

fn signed(content: &impl Encode, signer: &SigningKey) -> anyhow::Result<Vec<u8>> {
    let content = content.to_der()?;
    let Signature { algorithm, bits } = signer.sign(&content)?;
    let signed = Signed {
        content: Any::from_der(&content)?,
        algorithm,
        signature: BitString::from_bytes(&bits)?,
    };
    Ok(signed.to_der()?)
}

/// What a key may be used for.
pub(crate) fn usage(usages: impl Into<FlagSet<KeyUsages>>) -> der::Result<Extension> {
    (true, &KeyUsage(usages.into())).to_extension(&Name::default(), &[])
}

/// Critical for an authority only, as the service writes it.
fn constrained(constraints: &BasicConstraints) -> der::Result<Extension> {
    (constraints.ca, constraints).to_extension(&Name::default(), &[])
}

/// Positive, and always 16 bytes.
fn serial_number() -> anyhow::Result<SerialNumber> {
    let mut serial = encoding::random::<16>()?;
    serial[0] = serial[0] & 0x7f | 0x40;
    Ok(SerialNumber::new(&serial)?)
}

fn time(seconds: i64) -> anyhow::Result<Time> {
    let seconds = u64::try_from(seconds).context("a time before 1970")?;
    let date = DateTime::from_unix_duration(Duration::from_secs(seconds))?;
    Ok(Time::from(date))
}
