//! [`anatomy()`]: what some bytes are made of, part by part, for people who look for what is wrong.
//!
//! Where [`read`](super::read) gives all that is needed or an error, this tells whatever can be
//! told: what is encrypted how, what stands where, also without the right password. The walks are
//! in [`pkcs12`] and [`pem`], over the same ASN.1 as the readers.

use super::der::{self, KeyKind};
use super::pbe::Budget;
use super::recognise::{Shape, recognise};
use super::structure::Found;
pub use super::structure::{
    Anatomy, Attribute, Bag, Block, Content, Encryption, FoundKey, Holds, Mac, Pfx, Structure,
};
use super::{Limits, Password, pem, pkcs12};
use crate::certificate::Certificate;
use crate::content_error::ContentError;

/// Takes `bytes` apart, whatever they are: PKCS#12, PEM, a DER certificate or key, or base64 of
/// one of them.
///
/// # Errors
/// [`ContentError::NotAKeyStore`], [`ContentError::OverLimit`], or [`ContentError::Damaged`] where
/// not even the outermost structure can be read. A wrong password is no error here.
pub fn anatomy(
    bytes: &[u8],
    password: &Password,
    limits: &Limits,
) -> Result<Anatomy, ContentError> {
    limits.check_size(bytes.len())?;
    let mut found = Found::default();
    let (is_base64, structure) = match recognise(bytes) {
        Shape::Base64(inner) => {
            let shape = recognise(&inner);
            (
                true,
                structure(&inner, shape, password, limits, &mut found)?,
            )
        }
        shape => (
            false,
            structure(bytes, shape, password, limits, &mut found)?,
        ),
    };
    Ok(Anatomy {
        bytes: bytes.len(),
        is_base64,
        structure,
        certificates: found.certificates,
        keys: found.keys,
    })
}

fn structure(
    bytes: &[u8],
    shape: Shape,
    password: &Password,
    limits: &Limits,
    found: &mut Found,
) -> Result<Structure, ContentError> {
    Ok(match shape {
        Shape::Pkcs12 => Structure::Pkcs12(pkcs12::anatomy(bytes, password, limits, found)?),
        Shape::Pem(text) => Structure::Pem {
            blocks: pem::anatomy(&text, password, limits, found)?,
        },
        Shape::Certificate => Structure::Der {
            block: Block {
                label: String::from("Certificate"),
                bytes: bytes.len(),
                encryption: None,
                holds: found.add_certificate(Certificate::from_der(bytes)),
            },
        },
        Shape::PrivateKey(kind) => Structure::Der {
            block: bare_key(bytes, kind, password, limits, found),
        },
        Shape::Base64(_) => {
            return Err(ContentError::NotAKeyStore {
                seen: String::from("base64 of base64"),
            });
        }
        Shape::Other(seen) => return Err(ContentError::NotAKeyStore { seen }),
    })
}

fn bare_key(
    bytes: &[u8],
    kind: KeyKind,
    password: &Password,
    limits: &Limits,
    found: &mut Found,
) -> Block {
    let key = der::private_key(bytes, kind, None, password, &mut Budget::new(limits));
    Block {
        label: String::from(match kind {
            KeyKind::Pkcs8 => "OneAsymmetricKey (PKCS#8)",
            KeyKind::EncryptedPkcs8 => "EncryptedPrivateKeyInfo (PKCS#8)",
            KeyKind::Pkcs1 => "RSAPrivateKey (PKCS#1)",
            KeyKind::Sec1 => "ECPrivateKey (SEC 1)",
        }),
        bytes: bytes.len(),
        encryption: (kind == KeyKind::EncryptedPkcs8)
            .then(|| super::pbe::describe_pkcs8(bytes))
            .flatten(),
        holds: found.add_key(key, None),
    }
}
