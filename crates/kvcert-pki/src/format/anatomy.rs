//! [`anatomy()`]: what some bytes are made of, part by part, for people who look for what is wrong.
//!
//! Where [`read`](super::read) gives all that is needed or an error, this tells whatever can be
//! told: what is encrypted how, what stands where, also without the right password. The walk
//! through a key store is in [`pkcs12`], over the same ASN.1 as its reader.

use super::der::KeyKind;
use super::object::{self, Object, Reading};
use super::pbe::{self, Budget, Thing};
use super::structure::Found;
pub use super::structure::{
    Anatomy, Attribute, Bag, Block, Content, Encryption, FoundKey, Holds, Mac, Pfx, Structure,
};
use super::unwrap::{Layer, unwrap};
use super::{Limits, Password, bundle, pkcs12};
use crate::certificate::Certificate;
use crate::content_error::ContentError;

/// Takes `bytes` apart, whatever they are, as [`read`](super::read) does.
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
    let mut unwrapped = unwrap(bytes)?;
    let mut walk = Walk {
        password,
        budget: Budget::new(limits),
        parameters: None,
        found: Found::default(),
    };
    object::count(&unwrapped.objects, &mut walk.budget)?;
    let layers = &mut unwrapped.layers;
    let structure = match unwrapped.objects.as_slice() {
        [only] if only.reading() == Reading::Pkcs12 => Structure::Pkcs12(walk.pfx(only)?),
        [only] if only.label.is_none() => Structure::Der {
            block: walk.block(only),
        },
        objects => {
            let blocks = objects.iter().map(|it| walk.block(it)).collect();
            match layers.pop_if(|it| *it == Layer::Pem) {
                Some(_) => Structure::Pem { blocks },
                None => Structure::Parts { blocks },
            }
        }
    };
    Ok(Anatomy {
        bytes: bytes.len(),
        layers: unwrapped.layers,
        structure,
        certificates: walk.found.certificates,
        keys: walk.found.keys,
    })
}

struct Walk<'a> {
    password: &'a Password,
    budget: Budget,
    parameters: Option<Vec<u8>>,
    found: Found,
}

impl Walk<'_> {
    /// The password beside the store goes first.
    fn pfx(&mut self, object: &Object) -> Result<Pfx, ContentError> {
        let Self {
            budget,
            found,
            password,
            ..
        } = self;
        if let Some(beside) = object.password.as_deref() {
            let mut opened = Found::default();
            let pfx = pkcs12::anatomy(&object.bytes, beside, budget, &mut opened)?;
            if pfx.opened_with.is_some() {
                return Ok(found.add_store(pfx, opened));
            }
        }
        let mut opened = Found::default();
        let pfx = pkcs12::anatomy(&object.bytes, password, budget, &mut opened)?;
        Ok(found.add_store(pfx, opened))
    }

    fn block(&mut self, object: &Object) -> Block {
        let reading = object.reading();
        let holds = match reading {
            Reading::Pkcs12 => match self.pfx(object) {
                Ok(pfx) => Holds::Pkcs12 { pfx: Box::new(pfx) },
                Err(error) => Holds::from(error),
            },
            Reading::Bundle => match bundle::certificates(&object.bytes, &mut self.budget) {
                Ok(certificates) => self.found.add_certificates(certificates),
                Err(error) => Holds::from(error),
            },
            Reading::Certificate => self
                .found
                .add_certificate(Certificate::from_der(&object.bytes), |count| {
                    self.budget.count(Thing::Names, count)
                }),
            Reading::Key(_) | Reading::UnknownKey => self.key(object),
            Reading::CurveParameters => {
                self.parameters = Some(object.bytes.to_vec());
                Holds::other("the curve of the key")
            }
            Reading::Foreign(other) => Holds::other(other),
            Reading::Unknown => Holds::other("neither certificate nor private key"),
        };
        Block {
            label: match &object.label {
                Some(label) => label.clone(),
                None => asn1_name(reading),
            },
            bytes: object.bytes.len(),
            encryption: encryption(object),
            holds,
        }
    }

    fn key(&mut self, object: &Object) -> Holds {
        let parameters = self.parameters.as_deref();
        let budget = &mut self.budget;
        let key = object.open(self.password, |password| {
            object.private_key(parameters, password, budget)
        });
        self.found.add_key(key, None)
    }
}

/// The name of its ASN.1 type.
fn asn1_name(reading: Reading) -> String {
    String::from(match reading {
        Reading::Pkcs12 => "PFX (PKCS#12)",
        Reading::Bundle => "SignedData (PKCS#7)",
        Reading::Certificate => "Certificate",
        Reading::Key(KeyKind::Pkcs8) => "OneAsymmetricKey (PKCS#8)",
        Reading::Key(KeyKind::EncryptedPkcs8) => "EncryptedPrivateKeyInfo (PKCS#8)",
        Reading::Key(KeyKind::Pkcs1) => "RSAPrivateKey (PKCS#1)",
        Reading::Key(KeyKind::Sec1) => "ECPrivateKey (SEC 1)",
        Reading::Key(KeyKind::Dsa) => "DSAPrivateKey",
        _ => "ASN.1",
    })
}

fn encryption(object: &Object) -> Option<Encryption> {
    if let Some(info) = &object.dek_info {
        let name = info.split(',').next().unwrap_or_default();
        return Some(Encryption {
            scheme: String::from("PEM header (RFC 1421)"),
            oid: None,
            cipher: Some(crate::text::excerpt(name.trim(), 32)),
            derivation: Some(String::from("MD5 (OpenSSL)")),
            iterations: Some(1),
            salt_bytes: Some(8),
        });
    }
    (object.reading() == Reading::Key(KeyKind::EncryptedPkcs8))
        .then(|| pbe::describe_pkcs8(&object.bytes))
        .flatten()
}
