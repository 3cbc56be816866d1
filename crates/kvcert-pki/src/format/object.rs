//! [`Object`]: one key, certificate or key store, out of its wrapping; and how it is read.

use std::rc::Rc;

use zeroize::Zeroizing;

use super::der::{KeyKind, private_key};
use super::der_kind::{DerKind, der_kind};
use super::foreign::{is_private_key, of_binary};
use super::pbe::{Budget, Thing, dek_info};
use super::unwrap::{Layer, Unwrapped, nothing_but};
use super::{Container, Contents, Limits, Password, bundle, pkcs12};
use crate::asn1::ber;
use crate::certificate::Certificate;
use crate::content_error::{ContentError, Foreign};
use crate::key::PrivateKey;

/// One key, certificate, key store or something else.
pub(super) struct Object {
    /// What the BEGIN line of its PEM block says; none without PEM.
    pub(super) label: Option<String>,
    /// What its bytes are; `None` if they begin like nothing known.
    pub(super) kind: Option<DerKind>,
    /// It alone.
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// How many bytes follow it that are nothing known.
    pub(super) trailing: usize,
    /// The header line of its PEM block that says how it is encrypted, if it is.
    pub(super) dek_info: Option<String>,
    /// The password that stands beside it.
    pub(super) password: Option<Rc<Password>>,
}

/// How an object is read: by its bytes, and by its label where they say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Pkcs12,
    Bundle,
    Certificate,
    Key(KeyKind),
    /// The curve of the key that follows.
    CurveParameters,
    Foreign(Foreign),
    /// Labelled as a private key, and nothing that is known.
    UnknownKey,
    Unknown,
}

impl Object {
    pub(super) fn of_der(der: &[u8], kind: DerKind, trailing: usize) -> Self {
        Self {
            label: None,
            kind: Some(kind),
            bytes: Zeroizing::new(der.to_vec()),
            trailing,
            dek_info: None,
            password: None,
        }
    }

    /// Of a PEM block. OpenSSL's `TRUSTED CERTIFICATE` is a certificate and then trust settings
    /// that are OpenSSL's own.
    pub(super) fn of_block(label: String, content: Vec<u8>, dek_info: Option<String>) -> Self {
        let mut bytes = Zeroizing::new(content);
        let kind = der_kind(&bytes).filter(|_| dek_info.is_none());
        let end = ber::split_first(&bytes).map_or(bytes.len(), |(first, _)| first.len());
        let mut trailing = 0;
        if kind.is_some() {
            trailing = bytes.len() - end;
            bytes.truncate(end);
        }
        if label == "TRUSTED CERTIFICATE" {
            trailing = 0;
        }
        Self {
            label: Some(label),
            kind,
            bytes,
            trailing,
            dek_info,
            password: None,
        }
    }

    pub(super) fn reading(&self) -> Reading {
        let label = self.label.as_deref().unwrap_or_default();
        if label == "EC PARAMETERS" {
            return Reading::CurveParameters;
        }
        match self.kind {
            Some(DerKind::Pkcs12) => return Reading::Pkcs12,
            Some(DerKind::Bundle) => return Reading::Bundle,
            Some(DerKind::Certificate) => return Reading::Certificate,
            Some(DerKind::Key(kind)) => return Reading::Key(kind),
            Some(DerKind::Foreign(other)) => return Reading::Foreign(other),
            None => {}
        }
        match label {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => Reading::Certificate,
            "PRIVATE KEY" => Reading::Key(KeyKind::Pkcs8),
            "ENCRYPTED PRIVATE KEY" => Reading::Key(KeyKind::EncryptedPkcs8),
            "RSA PRIVATE KEY" => Reading::Key(KeyKind::Pkcs1),
            "EC PRIVATE KEY" => Reading::Key(KeyKind::Sec1),
            "DSA PRIVATE KEY" => Reading::Key(KeyKind::Dsa),
            _ if self.dek_info.is_some() => Reading::UnknownKey,
            _ => match of_binary(&self.bytes) {
                Foreign::Binary if label.ends_with("PRIVATE KEY") => Reading::UnknownKey,
                Foreign::Binary => Reading::Unknown,
                other => Reading::Foreign(other),
            },
        }
    }

    /// The private key, if it can be opened with `password`; `parameters` is an `EC PARAMETERS`
    /// block before it.
    pub(super) fn private_key(
        &self,
        parameters: Option<&[u8]>,
        password: &Password,
        budget: &mut Budget,
    ) -> Result<PrivateKey, ContentError> {
        let unknown = || {
            let label = self.label.as_deref().unwrap_or_default();
            let name = format!("the private key in the PEM block `{label}`");
            ContentError::unsupported_form(name)
        };
        let plain = match &self.dek_info {
            Some(info) => Some(dek_info::decrypt(info, &self.bytes, password, budget)?),
            None => None,
        };
        let bytes = plain.as_ref().unwrap_or(&self.bytes);
        // What was encrypted shows only now what it is.
        let kind = match (der_kind(bytes).filter(|_| plain.is_some()), self.reading()) {
            (Some(DerKind::Key(kind)), _) | (_, Reading::Key(kind)) => kind,
            (_, Reading::Foreign(other)) => return Err(nothing_but(other)),
            _ => return Err(unknown()),
        };
        private_key(bytes, kind, parameters, password, budget)
    }

    /// Opens it with the password that stands beside it, or else with `password`.
    pub(super) fn open<T>(
        &self,
        password: &Password,
        mut open: impl FnMut(&Password) -> Result<T, ContentError>,
    ) -> Result<T, ContentError> {
        match self.password.as_deref().map(&mut open) {
            None | Some(Err(ContentError::WrongPassword { .. })) => open(password),
            Some(done) => done,
        }
    }

    /// What it is called in notes, such as `block 2 (X509 CRL)`.
    fn name(&self, number: usize) -> String {
        match &self.label {
            Some(label) => format!("block {number} (`{label}`)"),
            None => format!("part {number}"),
        }
    }
}

/// Reads all that was found. A password that stands beside a key store is tried before `password`.
///
/// # Errors
/// Any [`ContentError`] that comes before keys and certificates are matched.
pub(super) fn read(
    found: &Unwrapped,
    password: &Password,
    limits: &Limits,
) -> Result<Contents, ContentError> {
    let mut reader = Reader {
        contents: Contents::new(match found.layers.last() {
            Some(Layer::Pem) => Container::Pem,
            _ => Container::Der,
        }),
        budget: Budget::new(limits),
        parameters: None,
        unopened: None,
    };
    let is_alone = found.objects.len() == 1;
    count(&found.objects, &mut reader.budget)?;
    for (at, object) in found.objects.iter().enumerate() {
        reader.object(object, at + 1, password, is_alone)?;
    }
    reader.finish()
}

/// Counts the keys and certificates that stand alone.
pub(super) fn count(objects: &[Object], budget: &mut Budget) -> Result<(), ContentError> {
    let of = |is: fn(Reading) -> bool| objects.iter().filter(|it| is(it.reading())).count();
    let is_key = |it| matches!(it, Reading::Key(_) | Reading::UnknownKey);
    budget.count(Thing::Keys, of(is_key))?;
    budget.count(Thing::Certificates, of(|it| it == Reading::Certificate))
}

struct Reader {
    contents: Contents,
    budget: Budget,
    parameters: Option<Vec<u8>>,
    /// Why a key store among other things was not opened.
    unopened: Option<ContentError>,
}

impl Reader {
    fn object(
        &mut self,
        object: &Object,
        number: usize,
        password: &Password,
        is_alone: bool,
    ) -> Result<(), ContentError> {
        let Self {
            contents, budget, ..
        } = self;
        match object.reading() {
            Reading::Pkcs12 => {
                let open = |password: &_| pkcs12::read_within(&object.bytes, password, budget);
                match object.open(password, open) {
                    Ok(store) => contents.absorb(store),
                    Err(error) if is_alone => return Err(error),
                    Err(error) => {
                        let name = object.name(number);
                        contents.notes.push(format!("skipped {name}: {error}"));
                        self.unopened.get_or_insert(error);
                    }
                }
            }
            Reading::Bundle => {
                let certificates = bundle::certificates(&object.bytes, budget)?;
                if is_alone {
                    contents.container = Container::Pkcs7;
                }
                if certificates.is_empty() {
                    contents.others.push(Foreign::BundleWithoutCertificates);
                }
                contents.certificates.extend(certificates);
            }
            Reading::Certificate => {
                let certificate = Certificate::from_der(&object.bytes)?;
                budget.count(Thing::Names, certificate.alternative_names().len())?;
                contents.certificates.push(certificate);
            }
            Reading::Key(_) | Reading::UnknownKey => {
                let parameters = self.parameters.as_deref();
                let open = |password: &_| object.private_key(parameters, password, budget);
                match object.open(password, open) {
                    Err(error) if is_alone && object.label.is_none() => return Err(error),
                    key => contents.add_key(key),
                }
            }
            Reading::Foreign(key) if is_private_key(key) => {
                contents.add_key(Err::<PrivateKey, _>(nothing_but(key)));
            }
            Reading::CurveParameters => self.parameters = Some(object.bytes.to_vec()),
            Reading::Foreign(other) => {
                contents.others.push(other);
                let name = object.name(number);
                contents.notes.push(format!("skipped {name}"));
            }
            Reading::Unknown => {
                let name = object.name(number);
                contents.notes.push(format!("skipped {name}"));
            }
        }
        if object.trailing > 0 {
            let (name, count) = (object.name(number), object.trailing);
            let s = if count == 1 { "" } else { "s" };
            self.contents
                .notes
                .push(format!("ignored {count} byte{s} after the end of {name}"));
        }
        Ok(())
    }

    /// A key store that was not opened does no harm where a key and a certificate were found
    /// beside it.
    fn finish(self) -> Result<Contents, ContentError> {
        let contents = self.contents;
        let is_whole = !contents.keys.is_empty() && !contents.certificates.is_empty();
        match self.unopened {
            Some(error) if !is_whole => Err(error),
            _ => Ok(contents),
        }
    }
}
