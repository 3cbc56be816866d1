//! [`Encoder`]: what is in the files of a format.

use std::path::Path;

use kvcert_pki::certificate::Certificate;
use kvcert_pki::certified_key::NamedKey;
use kvcert_pki::content_error::ContentError;
use kvcert_pki::format::{
    Container, Limits, Password, encrypted_key, jwk, kubernetes, pem, pkcs12,
};
use kvcert_pki::key::PrivateKey;
use zeroize::Zeroizing;

use super::format::Part;
use super::{ExportError, ExportOptions, KeyFormat, Material, there};
use crate::output::{PlannedFile, Secrecy, existing};

/// Turns the material of one certificate into files.
pub(super) struct Encoder<'a> {
    pub(super) options: &'a ExportOptions,
    pub(super) material: &'a Material,
    /// What the files are called.
    pub(super) name: &'a str,
    /// Where they are to lie.
    pub(super) folder: &'a Path,
}

impl Encoder<'_> {
    /// The files of the format.
    pub(super) fn files(&self) -> Result<Vec<PlannedFile>, ExportError> {
        let has_key = self.material.key().is_some();
        let files = self.options.format.row().files.iter();
        let files = files.filter(|(_, part)| has_key || !part.is_key_alone());
        let planned = files.map(|(ending, part)| {
            let path = self.path(ending, *part);
            let there = self.there(&path, *part);
            let there = there.as_deref().map(Vec::as_slice);
            let bytes = self.part(*part, there)?;
            let secrecy = if has_key && part.holds_key() {
                Secrecy::Private
            } else {
                Secrecy::Public
            };
            let replaces_public = match secrecy {
                Secrecy::Private => there.is_some_and(|there| there::is_public(there, *part)),
                Secrecy::Public => false,
            };
            Ok(PlannedFile {
                replaces_public,
                ..PlannedFile::new(path, bytes.to_vec(), secrecy)
            })
        });
        planned.collect()
    }

    /// What is at `path` already, where that matters: an encryption has other bytes each time, and a
    /// file that is there may have no key yet.
    fn there(&self, path: &str, part: Part) -> Option<Zeroizing<Vec<u8>>> {
        let is_random = match part {
            Part::Pfx => true,
            Part::Key | Part::KeyDer => self.options.password.is_some(),
            Part::KeyAndCertificates | Part::Jwk => self.material.key().is_some(),
            Part::Certificates
            | Part::Leaf
            | Part::Issuers
            | Part::LeafDer
            | Part::KubernetesSecret
            | Part::Stored => false,
        };
        let read = || existing(&self.folder.join(path), Limits::default().max_bytes);
        is_random.then(read).flatten()
    }

    /// What a stream gets instead of files. [`ExportOptions::check`] has let nothing else through.
    pub(super) fn stream(&self) -> Result<Zeroizing<Vec<u8>>, ExportError> {
        let format = self.options.format;
        let part = format.row().stream;
        self.part(part.ok_or(ExportError::SeveralFiles(format))?, None)
    }

    fn path(&self, ending: &str, part: Part) -> String {
        let ending = match (part, self.material.container()) {
            (Part::Stored, Container::Pkcs12 { .. }) => ".pfx",
            (Part::Stored, Container::Pkcs7) => ".p7b",
            (Part::Stored, Container::Pem) => ".pem",
            (Part::Stored, Container::Der) => ".der",
            _ => ending,
        };
        format!("{}{ending}", self.name)
    }

    /// The bytes of a part: those that are `there` if they have the same content.
    fn part(&self, part: Part, there: Option<&[u8]>) -> Result<Zeroizing<Vec<u8>>, ExportError> {
        let chosen = self.material.certificates(self.options.certificates);
        let text = match part {
            Part::Certificates => certificates_pem(&chosen),
            Part::Leaf => certificates_pem(&chosen[..1]),
            Part::Issuers => certificates_pem(&chosen[1..]),
            Part::Key => self.key_pem(&self.named_key()?.key, there)?,
            Part::KeyAndCertificates => self.combined(&chosen, there)?,
            Part::Jwk => match self.material.key() {
                Some(key) => jwk::private(key, &chosen)?,
                None => jwk::public(&chosen)?,
            },
            Part::KubernetesSecret => {
                let key = self.key_pem(&self.named_key()?.key, None)?;
                kubernetes::encode(self.name, &certificates_pem(&chosen), &key)
            }
            Part::LeafDer => return Ok(Zeroizing::new(chosen[0].der().to_vec())),
            Part::KeyDer => return Ok(self.key_der(&self.named_key()?.key, there)?.1),
            Part::Pfx => return self.pfx(&chosen, there),
            Part::Stored => return Ok(Zeroizing::new(self.material.original().to_vec())),
        };
        Ok(Zeroizing::new(text.as_bytes().to_vec()))
    }

    /// Key, leaf, chain.
    fn combined(
        &self,
        chosen: &[&Certificate],
        there: Option<&[u8]>,
    ) -> Result<Zeroizing<String>, ExportError> {
        let certificates = certificates_pem(chosen);
        let key = self.material.key().map(|key| self.key_pem(key, there));
        let key = key.transpose()?.unwrap_or_default();
        let mut all = Zeroizing::new(String::with_capacity(key.len() + certificates.len()));
        all.push_str(&key);
        all.push_str(&certificates);
        Ok(all)
    }

    /// Without a password the PFX has the empty one, and protects nothing.
    fn pfx(
        &self,
        chosen: &[&Certificate],
        there: Option<&[u8]>,
    ) -> Result<Zeroizing<Vec<u8>>, ExportError> {
        let none = Password::none();
        let password = self.options.password.as_ref().unwrap_or(&none);
        let (key, profile) = (
            self.named_key()?,
            self.options.pfx_profile.unwrap_or_default(),
        );
        let is_same =
            |there: &&[u8]| pkcs12::is_same(there, key, chosen, self.name, password, profile);
        if let Some(there) = there.filter(is_same) {
            return Ok(Zeroizing::new(there.to_vec()));
        }
        Ok(pkcs12::write(key, chosen, self.name, password, profile)?)
    }

    fn key_pem(
        &self,
        key: &PrivateKey,
        there: Option<&[u8]>,
    ) -> Result<Zeroizing<String>, ExportError> {
        let (label, der) = self.key_der(key, there)?;
        let mut text = Zeroizing::default();
        pem::encode(label, &der, &mut text);
        Ok(text)
    }

    /// The key's PEM label and DER.
    fn key_der(
        &self,
        key: &PrivateKey,
        there: Option<&[u8]>,
    ) -> Result<(&'static str, Zeroizing<Vec<u8>>), ExportError> {
        if let Some(password) = &self.options.password {
            let is_same = |der: &Zeroizing<Vec<u8>>| encrypted_key::is_same(der, key, password);
            let der = match there.and_then(there::encrypted_key).filter(is_same) {
                Some(there) => there,
                None => encrypted_key::encrypt(key, password)?,
            };
            return Ok((there::ENCRYPTED, der));
        }
        let (label, der, only) = match self.options.key_format.unwrap_or_default() {
            KeyFormat::Pkcs8 => {
                let der = Zeroizing::new(key.secret_pkcs8_der().to_vec());
                return Ok(("PRIVATE KEY", der));
            }
            KeyFormat::Pkcs1 => ("RSA PRIVATE KEY", key.secret_pkcs1_der(), "RSA"),
            KeyFormat::Sec1 => ("EC PRIVATE KEY", key.secret_sec1_der(), "EC"),
        };
        der.map(|der| (label, der))
            .ok_or_else(|| ExportError::KeyFormat {
                only,
                key: key.public_key().to_string(),
            })
    }

    /// [`ExportOptions::check`] lets nothing without a key through where one is needed.
    fn named_key(&self) -> Result<&NamedKey, ExportError> {
        let none = || ContentError::NoPrivateKey {
            subjects: vec![self.material.chain().leaf().label().to_owned()],
        };
        Ok(self.material.named_key().ok_or_else(none)?)
    }
}

fn certificates_pem(certificates: &[&Certificate]) -> Zeroizing<String> {
    let mut text = Zeroizing::default();
    for certificate in certificates {
        pem::encode("CERTIFICATE", certificate.der(), &mut text);
    }
    text
}
