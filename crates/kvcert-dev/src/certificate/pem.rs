//! PEM: written as the service writes it, and read as clients upload it.

use anyhow::{Context, bail};
use kvcert_pki::sensitive::Sensitive;
use pem::{EncodeConfig, LineEnding, Pem};
use zeroize::Zeroizing;

use super::pfx::pbe::decrypt_key;
use super::pfx::reader::Contents;
use crate::keys::pkcs8::{Kind, PrivateKey};

/// The key, then the certificates, 64 columns, LF.
pub(crate) fn encode(
    key: Option<&PrivateKey>,
    certificates: &[Vec<u8>],
) -> anyhow::Result<Sensitive<String>> {
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
    Ok(Sensitive::new(text))
}

/// One block.
pub(crate) fn block(label: &str, der: Vec<u8>) -> String {
    let lines = EncodeConfig::new().set_line_ending(LineEnding::LF);
    pem::encode_config(&Pem::new(label, der), lines)
}

/// Reads keys and certificates in any order; encrypted keys with `password`. As the service does, it
/// takes keys as PKCS#8 only, and not in the traditional forms that each kind had of its own.
pub(crate) fn read(text: &str, password: &str) -> anyhow::Result<Contents> {
    let mut found = Contents::default();
    for block in pem::parse_many(text).context("not PEM")? {
        let der = block.contents();
        match block.tag() {
            "CERTIFICATE" | "X509 CERTIFICATE" => found.certificates.push(der.to_vec()),
            "PRIVATE KEY" => found.keys.push(Zeroizing::new(der.to_vec())),
            "ENCRYPTED PRIVATE KEY" => found.keys.push(decrypt_key(der, password)?),
            other => bail!("a PEM block `{other}`"),
        }
    }
    Ok(found)
}
