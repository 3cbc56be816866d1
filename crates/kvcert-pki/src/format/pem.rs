//! PEM (RFC 7468): text blocks around base64.

mod anatomy;

pub(super) use anatomy::anatomy;
use zeroize::Zeroizing;

use super::der::{KeyKind, private_key};
use super::pbe::{Budget, dek_info};
use super::{Container, Contents, Limits, Password};
use crate::asn1::ber;
use crate::certificate::Certificate;
use crate::content_error::ContentError;
use crate::key::PrivateKey;

/// Reads every certificate and private key among the blocks of `text`, in any order; text around
/// them is left alone.
///
/// # Errors
/// [`ContentError::Damaged`], [`ContentError::WrongPassword`] for an encrypted key, or
/// [`ContentError::Unsupported`].
pub fn read(text: &str, password: &Password, limits: &Limits) -> Result<Contents, ContentError> {
    let mut contents = Contents::new(Container::Pem);
    let mut parameters = None;
    let mut budget = Budget::new(limits);
    for (number, block) in blocks(text)?.into_iter().enumerate() {
        let number = number + 1;
        if let Some(kind) = key_kind(&block.label) {
            let key = block.decrypted(password).and_then(|der| {
                let parameters = parameters.as_deref();
                private_key(&der, kind, parameters, password, &mut budget)
            });
            contents.add_key(key);
            continue;
        }
        match block.label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" => {
                contents
                    .certificates
                    .push(Certificate::from_der(&block.der)?);
            }
            "TRUSTED CERTIFICATE" => {
                contents.certificates.push(trusted_certificate(&block.der)?);
            }
            "DSA PRIVATE KEY" => contents.add_key(unsupported("a DSA private key")),
            "OPENSSH PRIVATE KEY" => {
                contents.add_key(unsupported("a private key in OpenSSH's own format"));
            }
            "EC PARAMETERS" => parameters = Some(block.der.to_vec()),
            label => contents
                .notes
                .push(format!("skipped block {number} (`{label}`)")),
        }
    }
    Ok(contents)
}

fn unsupported(name: &str) -> Result<PrivateKey, ContentError> {
    Err(ContentError::unsupported_form(name.to_owned()))
}

/// Writes one block: 64 columns, LF (RFC 7468 section 2).
pub fn encode(label: &str, der: &[u8], text: &mut Zeroizing<String>) {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    // Room for all of it: a buffer that grows leaves copies behind.
    text.reserve(der.len() * 4 / 3 + der.len() / 48 + 2 * label.len() + 48);
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----\n");
    for line in der.chunks(48) {
        STANDARD.encode_string(line, text);
        text.push('\n');
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
}

/// One PEM block, decoded.
struct Block {
    label: String,
    der: Zeroizing<Vec<u8>>,
    /// The header line that says how it is encrypted, if it is.
    dek_info: Option<String>,
}

impl Block {
    fn decrypted(&self, password: &Password) -> Result<Zeroizing<Vec<u8>>, ContentError> {
        match &self.dek_info {
            Some(info) => dek_info::decrypt(info, &self.der, password),
            None => Ok(self.der.clone()),
        }
    }
}

fn blocks(text: &str) -> Result<Vec<Block>, ContentError> {
    let parsed = ::pem::parse_many(text.trim_start_matches('\u{feff}'))
        .map_err(|e| ContentError::damaged("the PEM text", flaw(&e)))?;
    if text.matches("-----BEGIN ").count() > parsed.len() {
        return Err(ContentError::damaged(
            "the PEM text",
            "a block begins but does not end",
        ));
    }
    Ok(parsed.into_iter().map(block).collect())
}

/// What is wrong, without a byte of the text: where a BEGIN or END line is damaged, the error of
/// the `pem` crate takes the lines of a private key for a label and quotes them.
fn flaw(error: &::pem::PemError) -> &'static str {
    use pem::PemError;

    match error {
        PemError::MismatchedTags(..) => "the BEGIN and END lines of a block do not match",
        PemError::MalformedFraming | PemError::MissingBeginTag | PemError::MissingEndTag => {
            "the BEGIN or END line of a block is damaged"
        }
        PemError::MissingData => "a block is empty",
        PemError::InvalidData(_) => "a block holds something that is not base64",
        PemError::InvalidHeader(_) => "a header line of a block is damaged",
        PemError::NotUtf8(_) => "it is not UTF-8",
    }
}

fn block(pem: ::pem::Pem) -> Block {
    Block {
        label: crate::text::excerpt(pem.tag(), 64),
        dek_info: pem.headers().get("DEK-Info").map(String::from),
        der: Zeroizing::new(pem.into_contents()),
    }
}

fn key_kind(label: &str) -> Option<KeyKind> {
    Some(match label {
        "PRIVATE KEY" => KeyKind::Pkcs8,
        "ENCRYPTED PRIVATE KEY" => KeyKind::EncryptedPkcs8,
        "RSA PRIVATE KEY" => KeyKind::Pkcs1,
        "EC PRIVATE KEY" => KeyKind::Sec1,
        _ => return None,
    })
}

/// OpenSSL's `TRUSTED CERTIFICATE`: a certificate, then trust settings that are OpenSSL's own.
fn trusted_certificate(der: &[u8]) -> Result<Certificate, ContentError> {
    let first = ber::to_der(der, "the certificate")?;
    Certificate::from_der(der.get(..first.len()).unwrap_or(der))
}
