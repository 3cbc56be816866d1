//! From a certified key to files: the [table of formats](Format), the encoding, what is there
//! already, and the [receipt](CertificateReceipt).
//!
//! An [`Exporter`] holds the options. It makes the files of one certificate, or of many, in memory,
//! and has [`output`](crate::output) write them as sets.

mod certificate;
mod encode;
mod error;
mod format;
mod material;
mod paths;
mod receipt;
mod there;
mod write_all;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, io};

use kvcert_pki::content_error::ContentError;
use kvcert_pki::format::pkcs12::Profile;
use kvcert_pki::format::{Contents, KeyChoice, Password};
use kvcert_pki::validity::{Dated, Lapse, Moment, Soon, Validity};

pub use self::certificate::{
    CertificateReceipt, CertificateSummary, ChainLink, Checks, ContainerReceipt, FileReceipt,
    Thumbprints, VaultReceipt, Warning,
};
use self::encode::Encoder;
pub use self::error::ExportError;
pub use self::format::{Format, FormatOption, Part, Row, UnknownFormat};
pub use self::material::Material;
pub(crate) use self::paths::Clash;
pub use self::receipt::{Failed, Receipt, SkipReason, Skipped};
pub use self::write_all::Event;
pub(crate) use self::write_all::{MAX_READY, start, workers, write_all};
use crate::output::{PlannedFile, Policy, Writer, windows_problem};

/// What to write, and where to.
#[derive(Debug, Default)]
pub struct ExportOptions {
    /// Where to.
    pub destination: Destination,
    /// Which files.
    pub format: Format,
    /// What the files are called, instead of the certificate's name.
    pub name: Option<String>,
    /// Leave the private key out.
    pub without_key: bool,
    /// Which certificates.
    pub certificates: Certificates,
    /// How the private key is written, instead of as PKCS#8.
    pub key_format: Option<KeyFormat>,
    /// Who must be able to read a PFX, if not current programs.
    pub pfx_profile: Option<Profile>,
    /// What encrypts the key, or the PFX.
    pub password: Option<Password>,
    /// Fail rather than write a certificate if it, an issuer that is written with it, or the object
    /// in the vault is not valid now, or is valid for fewer days. Without this gate all are written,
    /// with a warning in the receipt.
    pub min_days: Option<u32>,
    /// When the receipt says that it expires soon.
    pub soon: Soon,
    /// What may be replaced, and whose the files are.
    pub policy: Policy,
}

impl ExportOptions {
    /// Whether more than the leaf is written of the chain.
    pub fn writes_chain(&self) -> bool {
        self.written_certificates() != Certificates::Leaf
    }

    /// The certificates that are written: those that were asked for, as far as the format has room
    /// for them.
    pub(crate) fn written_certificates(&self) -> Certificates {
        let row = self.format.row();
        let is_stream = matches!(self.destination, Destination::Stream(_));
        let has_chain = match row.stream.filter(|_| is_stream) {
            Some(part) => part.has_chain(),
            None => row.files.iter().any(|(_, part)| part.has_chain()),
        };
        match has_chain {
            true => self.certificates,
            false => Certificates::Leaf,
        }
    }
}

/// Where an export goes.
#[derive(Clone)]
pub enum Destination {
    /// Files in this folder, which is made if it is missing.
    Folder(PathBuf),
    /// The bytes of one file, for standard output or the like.
    Stream(Sink),
}

/// Takes the bytes that are exported.
pub type Sink = Arc<dyn Fn(&[u8]) -> io::Result<()> + Send + Sync>;

/// Which certificates are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Certificates {
    /// The leaf alone.
    Leaf,
    /// The leaf and its chain.
    #[default]
    Chain,
    /// Those, and after them the ones that are no part of the leaf's chain.
    All,
}

/// How a private key is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeyFormat {
    /// PKCS#8 (RFC 5958): every algorithm.
    #[default]
    Pkcs8,
    /// PKCS#1 (RFC 8017): RSA only.
    Pkcs1,
    /// SEC 1 (RFC 5915): EC only.
    Sec1,
}

impl ExportOptions {
    /// Refuses options that exclude each other, and those that the format does not have: for a caller
    /// that wants to know before it asks for a password.
    ///
    /// # Errors
    /// The [`ExportError`] that says which ones.
    pub fn check(&self) -> Result<(), ExportError> {
        let row = self.format.row();
        if self.without_key && row.needs_key {
            return Err(ExportError::NeedsKey(self.format));
        }
        for option in self.format_options() {
            if !option.is_of(self.format) {
                let format = self.format;
                return Err(ExportError::NotOfFormat { option, format });
            }
            if self.without_key && option.is_about_key() {
                return Err(ExportError::NoKeyFor(option));
            }
        }
        if self.password.is_some() && self.key_format.unwrap_or_default() != KeyFormat::Pkcs8 {
            return Err(ExportError::OnlyPkcs8Encrypted);
        }
        if let Some(name) = &self.name {
            file_name(name)?;
        }
        let mode = self.policy.mode.unwrap_or_default();
        if mode & OPEN != 0 && !self.without_key && !self.policy.force && !self.is_stream() {
            return Err(ExportError::OpenMode(mode));
        }
        if !self.is_stream() {
            return Ok(());
        }
        let loses_key = |part: Part| !self.without_key && !part.holds_key();
        if row.stream.is_none_or(loses_key) {
            return Err(ExportError::SeveralFiles(self.format));
        }
        let policy = &self.policy;
        let is_owned = policy.owner.is_some() || policy.group.is_some();
        match is_owned || policy.mode.is_some() || policy.replace_links {
            true => Err(ExportError::OnlyOfFiles),
            false => Ok(()),
        }
    }

    /// The options that were given and that not every format has.
    fn format_options(&self) -> impl Iterator<Item = FormatOption> {
        let given = |option: &FormatOption| match option {
            FormatOption::Password => self.password.is_some(),
            FormatOption::KeyFormat => self.key_format.is_some(),
            FormatOption::PfxProfile => self.pfx_profile.is_some(),
            FormatOption::LeafAlone => self.certificates == Certificates::Leaf,
            FormatOption::AllCertificates => self.certificates == Certificates::All,
        };
        FormatOption::ALL.into_iter().filter(given)
    }

    pub(crate) fn is_stream(&self) -> bool {
        matches!(self.destination, Destination::Stream(_))
    }
}

/// Makes files of certificates.
#[derive(Debug)]
pub struct Exporter {
    options: ExportOptions,
    writer: Writer,
}

/// The files of a certificate, not yet written, and the receipt for when they are.
pub(crate) struct Export {
    /// The folder in the output folder; empty for that one itself.
    pub(crate) folder: PathBuf,
    files: Vec<PlannedFile>,
    pub(crate) receipt: CertificateReceipt,
}

impl Exporter {
    /// Checks the options.
    ///
    /// # Errors
    /// The [`ExportError`] that says which of them exclude each other.
    pub fn new(options: ExportOptions) -> Result<Self, ExportError> {
        options.check()?;
        Ok(Self {
            writer: Writer::new(options.policy.clone()),
            options,
        })
    }

    /// The options.
    pub fn options(&self) -> &ExportOptions {
        &self.options
    }

    /// Makes sense of `contents`, which were read from `bytes`, as far as this export needs it.
    ///
    /// # Errors
    /// Those of [`Material::new`].
    pub fn material(
        &self,
        contents: Contents,
        bytes: &[u8],
        choice: &KeyChoice,
    ) -> Result<Material, ContentError> {
        Material::new(contents, bytes, choice, &self.options)
    }

    /// Exports one certificate, called `name` unless the options have another name.
    ///
    /// # Errors
    /// Any [`ExportError`]; then nothing was written.
    pub fn export(
        &self,
        material: &Material,
        name: &str,
    ) -> Result<CertificateReceipt, ExportError> {
        self.finish(self.prepare(material, name, Path::new(""))?)
    }

    /// Makes the files in memory, which are to lie in `folder` of the destination. What goes to a
    /// stream goes there at once.
    ///
    /// It blocks: it derives keys, and reads files that are there already.
    pub(crate) fn prepare(
        &self,
        material: &Material,
        name: &str,
        folder: &Path,
    ) -> Result<Export, ExportError> {
        let options = &self.options;
        self.gate(material)?;
        let name = file_name(options.name.as_deref().unwrap_or(name))?;
        let encoder = Encoder {
            options,
            material,
            name,
            folder: &self.folder(folder),
        };
        let files = match &options.destination {
            Destination::Folder(_) => encoder.files()?,
            Destination::Stream(sink) => {
                let bytes = encoder.stream()?;
                if !options.policy.dry_run {
                    sink(&bytes).map_err(ExportError::Stream)?;
                }
                Vec::new()
            }
        };
        Ok(Export {
            folder: folder.to_owned(),
            files,
            receipt: CertificateReceipt::new(name, material, options),
        })
    }

    /// The worst of all that is written decides: what has expired or is not valid yet, and then what
    /// ends first.
    fn gate(&self, material: &Material) -> Result<(), ExportError> {
        let Some(min_days) = self.options.min_days else {
            return Ok(());
        };
        let moment = Moment::now(self.options.soon);
        let mut validities = material.validities(moment);
        let lapse = |(what, validity): &(Dated, Validity)| Lapse::new(what.clone(), *validity);
        if let Some(lapse) = validities.iter().find_map(lapse) {
            return Err(ExportError::Lapsed(lapse));
        }
        validities.sort_by_key(|(_, validity)| validity.days_left.unwrap_or(i64::MAX));
        match validities.into_iter().next() {
            Some((what, validity))
                if validity
                    .days_left
                    .is_some_and(|days| days < i64::from(min_days)) =>
            {
                Err(ExportError::ExpiresTooSoon {
                    what,
                    validity,
                    min_days,
                })
            }
            _ => Ok(()),
        }
    }

    /// Writes what was prepared.
    pub(crate) fn finish(&self, export: Export) -> Result<CertificateReceipt, ExportError> {
        self.write(vec![export]).remove(0)
    }

    /// Writes what was prepared, neighbours of one folder together; the results come in the order
    /// of `exports`.
    pub(crate) fn write(
        &self,
        exports: Vec<Export>,
    ) -> Vec<Result<CertificateReceipt, ExportError>> {
        let written: Vec<_> = exports
            .chunk_by(|a, b| a.folder == b.folder)
            .flat_map(|some| {
                let folder = self.folder(&some[0].folder);
                self.writer.write_sets(&folder, some)
            })
            .collect();
        let receipts = exports.into_iter().map(|export| export.receipt);
        receipts
            .zip(written)
            .map(|(receipt, written)| Ok(receipt.with_files(written?)))
            .collect()
    }

    /// Whether all files of the certificate `name` are in `folder`: the leaf with this SHA-1 thumbprint,
    /// and its key if one is wanted. What cannot be told counts as no.
    ///
    /// It blocks: it reads files, and derives keys.
    pub(crate) fn is_present(&self, folder: &Path, name: &str, sha1: &[u8]) -> bool {
        there::is_whole(&self.options, &self.folder(folder), name, sha1)
    }

    fn folder(&self, inner: &Path) -> PathBuf {
        match &self.options.destination {
            Destination::Folder(out) if inner.as_os_str().is_empty() => out.clone(),
            Destination::Folder(out) => out.join(inner),
            Destination::Stream(_) => PathBuf::new(),
        }
    }
}

impl AsRef<[PlannedFile]> for Export {
    fn as_ref(&self) -> &[PlannedFile] {
        &self.files
    }
}

impl Default for Destination {
    fn default() -> Self {
        Self::Folder(PathBuf::from("."))
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => f.debug_tuple("Folder").field(folder).finish(),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

/// A name that stays in its folder. Names from a vault always do.
fn file_name(name: &str) -> Result<&str, ExportError> {
    let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    let exists_here = !cfg!(windows) || windows_problem(name).is_none();
    if plain && exists_here && name.len() <= 200 {
        return Ok(name);
    }
    Err(ExportError::InvalidName(name.to_owned()))
}

/// The permissions with which others could read a key, or anyone else could change it.
const OPEN: u32 = 0o026;
