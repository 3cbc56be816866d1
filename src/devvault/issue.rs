//! Keys and certificates, made on the spot.

mod from_policy;
mod subject;

pub(super) use self::from_policy::{key_pair, params, request};
pub(super) use self::subject::subject;

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SerialNumber,
};
use time::OffsetDateTime;

use super::encoding;

/// A new P-256 key: ready in no time.
pub(super) fn ec_key() -> anyhow::Result<KeyPair> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).context("cannot make an EC key")
}

/// A certificate authority for the certificates in the vault.
pub(super) fn ca_params(
    name: &str,
    below: u8,
    from: i64,
    to: i64,
) -> anyhow::Result<CertificateParams> {
    let mut params = base_params(name, from, to)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

/// An end-entity certificate.
pub(super) fn leaf_params(name: &str, from: i64, to: i64) -> anyhow::Result<CertificateParams> {
    let mut params = base_params(name, from, to)?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// Signs: by `issuer`, or with the key itself.
pub(super) fn sign(
    params: &CertificateParams,
    key: &KeyPair,
    issuer: Option<&Issuer<'_, KeyPair>>,
) -> anyhow::Result<Vec<u8>> {
    let certificate = match issuer {
        Some(issuer) => params.signed_by(key, issuer),
        None => params.self_signed(key),
    };
    Ok(certificate
        .context("cannot sign a certificate")?
        .der()
        .to_vec())
}

/// A name with nothing but a CN.
pub(super) fn common_name(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

pub(super) fn base_params(name: &str, from: i64, to: i64) -> anyhow::Result<CertificateParams> {
    let mut serial = encoding::random::<16>()?;
    serial[0] = serial[0] & 0x7f | 0x40; // positive, and always 16 bytes
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name(name);
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.not_before = OffsetDateTime::from_unix_timestamp(from)?;
    params.not_after = OffsetDateTime::from_unix_timestamp(to)?;
    Ok(params)
}
