//! Keys and certificates, made on the spot.

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, SerialNumber,
};
use time::OffsetDateTime;

use super::encoding;
use super::model::KeyKind;

/// A new key.
pub(super) fn key(kind: KeyKind) -> anyhow::Result<KeyPair> {
    match kind {
        KeyKind::Rsa2048 => {
            KeyPair::generate_for(&PKCS_RSA_SHA256).context("cannot make an RSA key")
        }
        KeyKind::P256 => ec_key(),
    }
}

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

/// A certificate as the vault's default policy asks for it: usable by servers and clients.
pub(super) fn service_params(
    host: &str,
    kind: KeyKind,
    from: i64,
    to: i64,
) -> anyhow::Result<CertificateParams> {
    let mut params = leaf_params(host, from, to)?;
    params.subject_alt_names = CertificateParams::new([host.to_owned()])
        .with_context(|| format!("`{host}` is no host name"))?
        .subject_alt_names;
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    if kind == KeyKind::Rsa2048 {
        params.key_usages.push(KeyUsagePurpose::KeyEncipherment);
    }
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

fn base_params(name: &str, from: i64, to: i64) -> anyhow::Result<CertificateParams> {
    let mut serial = encoding::random::<16>()?;
    serial[0] = serial[0] & 0x7f | 0x40; // positive, and always 16 bytes
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name(name);
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.not_before = OffsetDateTime::from_unix_timestamp(from)?;
    params.not_after = OffsetDateTime::from_unix_timestamp(to)?;
    Ok(params)
}
