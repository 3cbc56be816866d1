//! [`Encoder`]: which files a format is, and what is in them.

use kvcert::output::{PlannedFile, Secrecy};
use kvcert_pki::certificate::Certificate;
use kvcert_pki::certified_key::NamedKey;
use kvcert_pki::content_error::ContentError;
use kvcert_pki::format::{Container, Password, encrypted_key, jwk, kubernetes, pem, pkcs12};
use kvcert_pki::key::PrivateKey;
use zeroize::Zeroizing;

use super::Material;
use crate::cli::{FormatArg, KeyFormatArg, OutputArgs, PfxProfileArg};
use crate::failure::{Failure, Reason};

/// Turns material into the files of one format.
pub(super) struct Encoder<'a> {
    args: &'a OutputArgs,
    password: Option<Password>,
}

/// The files of one certificate.
#[derive(Default)]
pub(super) struct Files(Vec<PlannedFile>);

impl<'a> Encoder<'a> {
    /// Refuses flags that make no sense together.
    pub(super) fn new(args: &'a OutputArgs, password: Option<Password>) -> Result<Self, Failure> {
        let refuse = |message: &str, hint: &str| {
            Err(Failure::message(Reason::FlagsConflict, message).with_hint(hint))
        };
        let no_keyless_form = matches!(args.format, FormatArg::Kubernetes | FormatArg::Pfx);
        if args.no_key && no_keyless_form {
            let message = "this format is nothing without the private key";
            return refuse(message, "leave out `--no-key`, or use `--format pem`");
        }
        if args.no_key && args.format == FormatArg::Raw {
            let message = "`--format raw` is what is stored, key and all";
            return refuse(message, "leave out `--no-key`, or use `--format pem`");
        }
        if password.is_some() {
            if matches!(
                args.format,
                FormatArg::Jwk | FormatArg::Kubernetes | FormatArg::Raw
            ) {
                let message = "this format has no encrypted form";
                return refuse(
                    message,
                    "use `--format pem` or `--format pfx` with a password",
                );
            }
            if args.key_format != KeyFormatArg::Pkcs8 {
                let message = "only PKCS#8 keys can be encrypted";
                return refuse(message, "leave out `--key-format`");
            }
            if args.no_key {
                let message = "there is no key to encrypt with `--no-key`";
                return refuse(message, "leave out the password");
            }
        }
        Ok(Self { args, password })
    }

    /// What protects the key.
    pub(super) fn password(&self) -> Option<&Password> {
        self.password.as_ref()
    }

    pub(super) fn encode(&self, material: &Material, name: &str) -> Result<Files, Failure> {
        let mut files = Files::default();
        match self.args.format {
            FormatArg::Pem => self.pem(material, name, &mut files)?,
            FormatArg::Combined => {
                let all = self.combined(material)?;
                files.add(format!("{name}.pem"), all.as_bytes(), secrecy(material));
            }
            FormatArg::Certbot => self.certbot(material, name, &mut files)?,
            FormatArg::Pfx => {
                let pfx = self.pfx(material, name)?;
                files.private(format!("{name}.pfx"), &pfx);
            }
            FormatArg::Der => self.der(material, name, &mut files)?,
            FormatArg::Jwk => {
                let certificates = material.certificates(self.args);
                let json = match material.key() {
                    Some(key) => jwk::private(key, &certificates)?,
                    None => jwk::public(&certificates)?,
                };
                files.add(
                    format!("{name}.jwk.json"),
                    json.as_bytes(),
                    secrecy(material),
                );
            }
            FormatArg::Kubernetes => {
                let certificates = certificates_pem(&material.certificates(self.args));
                let key = self.key_pem(&named_key(material)?.key)?;
                let yaml = kubernetes::encode(name, &certificates, &key);
                files.private(format!("{name}.yaml"), yaml.as_bytes());
            }
            FormatArg::Raw => {
                let ending = match material.container {
                    Container::Pkcs12 { .. } => "pfx",
                    Container::Pem => "pem",
                    Container::Der => "der",
                };
                files.private(format!("{name}.{ending}"), material.original());
            }
        }
        // On standard output the two files of `pem` are one.
        if self.args.format == FormatArg::Pem && files.0.len() == 2 && self.to_stdout() {
            let all = self.combined(material)?;
            files = Files::default();
            files.private(String::from("-"), all.as_bytes());
        }
        Ok(files)
    }

    fn to_stdout(&self) -> bool {
        self.args.out.as_deref() == Some(std::path::Path::new("-"))
    }

    fn pem(&self, material: &Material, name: &str, files: &mut Files) -> Result<(), Failure> {
        let certificates = certificates_pem(&material.certificates(self.args));
        files.public(format!("{name}.crt"), certificates.as_bytes());
        if let Some(key) = material.key() {
            files.private(format!("{name}.key"), self.key_pem(key)?.as_bytes());
        }
        Ok(())
    }

    fn certbot(&self, material: &Material, name: &str, files: &mut Files) -> Result<(), Failure> {
        let chosen = material.certificates(self.args);
        let (leaf, chain) = chosen.split_at(1);
        for (file, certificates) in [
            ("cert", leaf),
            ("chain", chain),
            ("fullchain", chosen.as_slice()),
        ] {
            files.public(
                format!("{name}/{file}.pem"),
                certificates_pem(certificates).as_bytes(),
            );
        }
        if let Some(key) = material.key() {
            files.private(format!("{name}/privkey.pem"), self.key_pem(key)?.as_bytes());
        }
        Ok(())
    }

    fn der(&self, material: &Material, name: &str, files: &mut Files) -> Result<(), Failure> {
        files.public(format!("{name}.der"), material.chain().leaf().der());
        if let Some(key) = material.key() {
            let (_, der) = self.key_der(key)?;
            files.private(format!("{name}.key.der"), &der);
        }
        Ok(())
    }

    /// Key, leaf, chain: what `combined` is, and what a pipe gets.
    fn combined(&self, material: &Material) -> Result<Zeroizing<String>, Failure> {
        let certificates = certificates_pem(&material.certificates(self.args));
        let key = material
            .key()
            .map(|key| self.key_pem(key))
            .transpose()?
            .unwrap_or_default();
        let mut all = Zeroizing::new(String::with_capacity(key.len() + certificates.len()));
        all.push_str(&key);
        all.push_str(&certificates);
        Ok(all)
    }

    /// Without a password the PFX has the empty one, and protects nothing.
    fn pfx(&self, material: &Material, name: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let profile = match self.args.pfx_profile {
            PfxProfileArg::Modern => pkcs12::Profile::Modern,
            PfxProfileArg::Legacy => pkcs12::Profile::Legacy,
        };
        let none = Password::none();
        let password = self.password.as_ref().unwrap_or(&none);
        let certificates = material.certificates(self.args);
        let key = named_key(material)?;
        Ok(pkcs12::write(key, &certificates, name, password, profile)?)
    }

    fn key_pem(&self, key: &PrivateKey) -> Result<Zeroizing<String>, Failure> {
        let (label, der) = self.key_der(key)?;
        let mut text = Zeroizing::default();
        pem::encode(label, &der, &mut text);
        Ok(text)
    }

    /// The key's PEM label and DER.
    fn key_der(&self, key: &PrivateKey) -> Result<(&'static str, Zeroizing<Vec<u8>>), Failure> {
        if let Some(password) = &self.password {
            return Ok((
                "ENCRYPTED PRIVATE KEY",
                encrypted_key::encrypt(key, password)?,
            ));
        }
        let (label, der, only) = match self.args.key_format {
            KeyFormatArg::Pkcs8 => {
                let der = Zeroizing::new(key.secret_pkcs8_der().to_vec());
                return Ok(("PRIVATE KEY", der));
            }
            KeyFormatArg::Pkcs1 => ("RSA PRIVATE KEY", key.secret_pkcs1_der(), "RSA"),
            KeyFormatArg::Sec1 => ("EC PRIVATE KEY", key.secret_sec1_der(), "EC"),
        };
        der.map(|der| (label, der)).ok_or_else(|| {
            let message = format!(
                "this key format is for {only} keys; the key is {}",
                key.public_key()
            );
            Failure::message(Reason::KeyFormat, message)
                .with_hint("`--key-format pkcs8`, the default, is for every key")
        })
    }
}

impl Files {
    /// The one file, for standard output.
    pub(super) fn into_one(mut self) -> Result<Zeroizing<Vec<u8>>, Failure> {
        if self.0.len() == 1 {
            return Ok(Zeroizing::new(self.0.remove(0).contents.expose().clone()));
        }
        let message = "this format is several files; standard output takes one";
        Err(Failure::message(Reason::SeveralFiles, message)
            .with_hint("use `--format combined`, add `--no-key`, or name a folder with `-o`"))
    }

    pub(super) fn into_planned(self) -> Vec<PlannedFile> {
        self.0
    }

    fn public(&mut self, path: String, bytes: &[u8]) {
        self.add(path, bytes, Secrecy::Public);
    }

    fn private(&mut self, path: String, bytes: &[u8]) {
        self.add(path, bytes, Secrecy::Private);
    }

    fn add(&mut self, path: String, bytes: &[u8], secrecy: Secrecy) {
        self.0.push(PlannedFile::new(path, bytes.to_vec(), secrecy));
    }
}

fn secrecy(material: &Material) -> Secrecy {
    if material.key().is_some() {
        Secrecy::Private
    } else {
        Secrecy::Public
    }
}

/// [`Encoder::new`] lets nothing without a key through where one is needed.
fn named_key(material: &Material) -> Result<&NamedKey, Failure> {
    let none = || ContentError::NoPrivateKey {
        subjects: vec![material.chain().leaf().label().to_owned()],
    };
    material.named_key().ok_or_else(|| Failure::from(none()))
}

fn certificates_pem(certificates: &[&Certificate]) -> Zeroizing<String> {
    let mut text = Zeroizing::default();
    for certificate in certificates {
        pem::encode("CERTIFICATE", certificate.der(), &mut text);
    }
    text
}
