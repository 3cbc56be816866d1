//! From local files to files, without a network: every core reads, decrypts and encodes, while one
//! thread writes what is ready.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use kvcert_pki::content_error::ContentError;

use crate::export::{
    CertificateReceipt, Event, Export, ExportError, Exporter, MAX_READY, Material, Receipt,
    workers, write_all,
};
use crate::given::Given;
use crate::input::{self, AskPassword, InputError, ReadOptions};

/// A conversion of files, which are PKCS#12, PEM or DER, or base64 of these.
pub struct Conversion<'a> {
    /// How they are read.
    pub read: &'a ReadOptions,
    /// What is written.
    pub exporter: &'a Exporter,
    /// Who can be asked for the password of a file that is converted alone.
    pub ask: Option<AskPassword<'a>>,
    /// Hears how far the work is.
    pub on_event: &'a (dyn Fn(Event<'_>) + Sync),
}

/// Why a file was not converted.
#[derive(Debug)]
pub enum ConvertError {
    /// The options are for one file, and there are several.
    OneFileOnly,
    /// Two files would be written to the same name.
    SameName {
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// The file cannot be read.
    Input(InputError),
    /// What is in it is not a certificate with its key.
    Content(ContentError),
    /// The new files cannot be made or written.
    Export(ExportError),
    /// A bug, which the file has brought to light.
    Panicked,
}

/// Refuses several files for one name or one stream, and files that would be written to the same
/// name, as [`Conversion::run`] does: for a caller that wants to know before it asks for a password.
///
/// # Errors
/// [`ConvertError::OneFileOnly`] or [`ConvertError::SameName`].
pub fn refuse_clashes(
    files: &[PathBuf],
    is_named: bool,
    is_stream: bool,
) -> Result<(), ConvertError> {
    if files.len() < 2 {
        return Ok(());
    }
    if is_named || is_stream {
        return Err(ConvertError::OneFileOnly);
    }
    let mut names: HashMap<String, &Path> = HashMap::new();
    for file in files {
        if let Some(first) = names.insert(name(file).to_lowercase(), file) {
            return Err(ConvertError::SameName {
                first: first.to_owned(),
                second: file.clone(),
            });
        }
    }
    Ok(())
}

/// A file by its number, and what became of it.
type Numbered<T> = (usize, Result<T, ConvertError>);

impl Conversion<'_> {
    /// Converts `files`, `-` being standard input. Every file is tried; the receipt has them in
    /// their order.
    ///
    /// # Errors
    /// [`ConvertError::OneFileOnly`] or [`ConvertError::SameName`]; then nothing was read. What
    /// befalls a file is in the receipt.
    pub fn run(&self, files: &[PathBuf]) -> Result<Receipt<ConvertError>, ConvertError> {
        let results = match files {
            [file] => vec![self.convert(file)],
            files => {
                let options = self.exporter.options();
                refuse_clashes(files, options.name.is_some(), options.is_stream())?;
                self.convert_all(files)
            }
        };
        let mut receipt = Receipt::default();
        for (file, result) in files.iter().zip(results) {
            let source = file.display().to_string();
            let written = result.map(|written| CertificateReceipt {
                source: Some(source.clone()),
                ..written
            });
            receipt.add(source, written);
        }
        Ok(receipt)
    }

    fn convert(&self, file: &Path) -> Result<CertificateReceipt, ConvertError> {
        let material = self.material(file, self.ask)?;
        Ok(self.exporter.export(&material, &name(file))?)
    }

    fn material(
        &self,
        file: &Path,
        ask: Option<AskPassword<'_>>,
    ) -> Result<Material, ConvertError> {
        let bytes = input::read(file, self.read.limits.max_bytes)?;
        let needs_key = !self.exporter.options().without_key;
        let contents = self.read.contents_or_ask(&bytes, file, needs_key, ask)?;
        let material = self.exporter.material(contents, &bytes, &self.read.key)?;
        (self.on_event)(Event::Read(&material));
        Ok(material)
    }

    /// The results come in the order of `files`. Nobody is asked for the passwords of many.
    fn convert_all(&self, files: &[PathBuf]) -> Vec<Result<CertificateReceipt, ConvertError>> {
        let next = AtomicUsize::new(0);
        let (give, ready) = sync_channel(MAX_READY);
        (self.on_event)(Event::Expected(files.len()));
        let mut done = Vec::with_capacity(files.len());
        thread::scope(|scope| {
            for _ in 0..workers().min(files.len()) {
                let (next, give) = (&next, give.clone());
                scope.spawn(move || self.prepare_all(files, next, &give));
            }
            drop(give);
            // With the end of this, `ready` ends too, and so do the threads that fill it.
            write_all(self.exporter, ready, |number, written| {
                done.push((number, written));
                (self.on_event)(Event::Done(done.len()));
            });
        });
        done.sort_by_key(|(number, _)| *number);
        done.into_iter().map(|(_, result)| result).collect()
    }

    fn prepare_all(
        &self,
        files: &[PathBuf],
        next: &AtomicUsize,
        give: &SyncSender<Numbered<Export>>,
    ) {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = files.get(number) else {
                break;
            };
            // A bug that one file brings to light is that file's failure alone.
            let attempt = || {
                let material = self.material(file, None)?;
                Ok(self
                    .exporter
                    .prepare(&material, &name(file), Path::new(""))?)
            };
            let prepared = catch_unwind(AssertUnwindSafe(attempt));
            let prepared = prepared.unwrap_or(Err(ConvertError::Panicked));
            if give.send((number, prepared)).is_err() {
                break; // Nobody writes any more.
            }
        }
    }
}

/// The file's name without its ending.
fn name(file: &Path) -> String {
    if file == Path::new("-") {
        return String::from("certificate");
    }
    file.file_stem()
        .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneFileOnly => {
                f.write_str("one name and standard output are for one file; several were given")
            }
            Self::SameName { first, second } => write!(
                f,
                "{} and {} would be written to one name",
                Given::from(first.as_path()),
                Given::from(second.as_path())
            ),
            Self::Input(error) => error.fmt(f),
            Self::Content(error) => error.fmt(f),
            Self::Export(error) => error.fmt(f),
            Self::Panicked => f.write_str("this is a bug"),
        }
    }
}

impl Error for ConvertError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::OneFileOnly | Self::SameName { .. } | Self::Panicked => None,
            Self::Input(error) => error.source(),
            Self::Content(error) => error.source(),
            Self::Export(error) => error.source(),
        }
    }
}

impl From<InputError> for ConvertError {
    fn from(error: InputError) -> Self {
        Self::Input(error)
    }
}

impl From<ContentError> for ConvertError {
    fn from(error: ContentError) -> Self {
        Self::Content(error)
    }
}

impl From<ExportError> for ConvertError {
    fn from(error: ExportError) -> Self {
        Self::Export(error)
    }
}
