//! The value of the secret behind a certificate: PKCS#12 in base64, or PEM.

use anyhow::Context;
use kvcert_pki::format::pem;
use kvcert_pki::sensitive::Sensitive;
use zeroize::Zeroizing;

use super::container::{self, Contents};
use super::pfx::{self, Style};
use super::policy::ContentType;
use super::upload;
use crate::encoding;
use crate::keys::pkcs8::{Kind, PrivateKey};

/// Encodes `certificates` in their order, and the key of `leaf` if it may leave the vault.
pub(crate) fn encode(
    content_type: ContentType,
    style: Style,
    key: Option<&PrivateKey>,
    leaf: &[u8],
    certificates: &[Vec<u8>],
) -> anyhow::Result<Sensitive<String>> {
    match content_type {
        ContentType::Pkcs12 => {
            let der = Zeroizing::new(pfx::encode(style, key, leaf, certificates)?);
            Ok(Sensitive::new(encoding::base64(der)))
        }
        ContentType::Pem => pem_text(key, certificates),
    }
}

/// The key, then the certificates.
fn pem_text(
    key: Option<&PrivateKey>,
    certificates: &[Vec<u8>],
) -> anyhow::Result<Sensitive<String>> {
    let mut text = Zeroizing::default();
    if let Some(key) = key {
        let der = match key.kind() {
            Kind::Rsa => key.plain()?,
            Kind::Ec => key.marked()?,
        };
        pem::encode("PRIVATE KEY", &der, &mut text);
    }
    for certificate in certificates {
        pem::encode("CERTIFICATE", certificate, &mut text);
    }
    Ok(Sensitive::new(std::mem::take(&mut *text)))
}

/// A PKCS#12 secret as the service writes it in PEM.
pub(crate) fn to_pem(base64: &str) -> anyhow::Result<Sensitive<String>> {
    let der = encoding::from_base64(base64)
        .map(Zeroizing::new)
        .context("not base64")?;
    let contents = container::read_pkcs12(&der, "")?;
    let key = contents
        .keys
        .first()
        .map(|key| PrivateKey::parse(key.expose()))
        .transpose()?;
    pem_text(key.as_ref(), &contents.certificates)
}

/// A PKCS#12 secret (base64) with its certificates last first.
pub(crate) fn reversed(base64: &str) -> anyhow::Result<String> {
    let der = encoding::from_base64(base64).context("not base64")?;
    let Contents {
        keys,
        mut certificates,
        ..
    } = container::read_pkcs12(&der, "")?;
    certificates.reverse();
    let leaf = match keys.first() {
        Some(key) => upload::matching(key, &mut certificates),
        None => None,
    };
    let key = keys
        .first()
        .map(|key| PrivateKey::parse(key.expose()))
        .transpose()?;
    let leaf = leaf.unwrap_or_default();
    let der = pfx::encode(Style::Current, key.as_ref(), &leaf, &certificates)?;
    Ok(encoding::base64(Zeroizing::new(der)))
}
