//! From local files to files, without a network: every core reads, decrypts and encodes, while one
//! thread writes what is ready.

mod sources;

use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::{fmt, io};

use kvcert_pki::content_error::ContentError;
use sources::Source;

use crate::export::{
    CertificateReceipt, Event, Export, ExportError, ExportOptions, Exporter, MAX_READY, Material,
    Receipt, start, workers, write_all,
};
use crate::given::Given;
use crate::input::{AskPassword, InputError, ReadOptions};

/// A conversion of files in any format that [`kvcert_pki`] reads.
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
    /// What is made of two files would be written to the same file.
    SameName {
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// The file.
        path: String,
    },
    /// The file cannot be read.
    Input(InputError),
    /// What is in it is not a certificate with its key.
    Content(ContentError),
    /// The new files cannot be made or written.
    Export(ExportError),
    /// The system gives no thread to work with.
    NoThreads(io::Error),
    /// A bug, which the file has brought to light.
    Panicked,
}

/// How many certificates `files` are for, `-` being standard input: a key in one file goes with its
/// certificates in others. Refuses several for one name or one stream, and files that would be written
/// to the same name, as [`Conversion::run`] does: for a caller that wants to know before it asks for a
/// password.
///
/// # Errors
/// [`ConvertError::OneFileOnly`] or [`ConvertError::SameName`].
pub fn count_sources(files: &[PathBuf], options: &ExportOptions) -> Result<usize, ConvertError> {
    Ok(Source::all(files, options)?.len())
}

/// A file by its number, and what became of it.
type Numbered<T> = (usize, Result<T, ConvertError>);

impl Conversion<'_> {
    /// Converts `files`, `-` being standard input. Every file is tried; the receipt has them in
    /// their order.
    ///
    /// # Errors
    /// [`ConvertError::OneFileOnly`], [`ConvertError::SameName`] or [`ConvertError::NoThreads`]; then
    /// nothing was written. What befalls a file is in the receipt.
    pub fn run(&self, files: &[PathBuf]) -> Result<Receipt<ConvertError>, ConvertError> {
        let sources = Source::all(files, self.exporter.options())?;
        let results = match sources.as_slice() {
            [source] => vec![self.convert(source)],
            sources => self.convert_all(sources)?,
        };
        let mut receipt = Receipt::default();
        for (source, result) in sources.iter().zip(results) {
            let shown = source.shown();
            let written = result.map(|written| CertificateReceipt {
                source: Some(shown.clone()),
                ..written
            });
            receipt.add(shown, written);
        }
        Ok(receipt)
    }

    fn convert(&self, source: &Source<'_>) -> Result<CertificateReceipt, ConvertError> {
        let material = self.material(source, self.ask)?;
        Ok(self.exporter.export(&material, &source.name())?)
    }

    fn material(
        &self,
        source: &Source<'_>,
        ask: Option<AskPassword<'_>>,
    ) -> Result<Material, ConvertError> {
        let needs_key = !self.exporter.options().without_key;
        let (contents, bytes) = source.read(self.read, needs_key, ask)?;
        let material = self.exporter.material(contents, &bytes, &self.read.key)?;
        (self.on_event)(Event::Read(&material));
        Ok(material)
    }

    /// The results come in the order of `sources`. Nobody is asked for the passwords of many.
    fn convert_all(
        &self,
        sources: &[Source<'_>],
    ) -> Result<Vec<Result<CertificateReceipt, ConvertError>>, ConvertError> {
        let next = AtomicUsize::new(0);
        let (give, ready) = sync_channel(MAX_READY);
        (self.on_event)(Event::Expected(sources.len()));
        let mut done = Vec::with_capacity(sources.len());
        thread::scope(|scope| {
            start(workers().min(sources.len()), || {
                let (next, give) = (&next, give.clone());
                let work = move || self.prepare_all(sources, next, &give);
                thread::Builder::new().spawn_scoped(scope, work).map(drop)
            })?;
            drop(give);
            // With the end of this, `ready` ends too, and so do the threads that fill it.
            write_all(self.exporter, ready, |number, written| {
                done.push((number, written));
                (self.on_event)(Event::Done(done.len()));
            });
            Ok(())
        })
        .map_err(ConvertError::NoThreads)?;
        done.sort_by_key(|(number, _)| *number);
        Ok(done.into_iter().map(|(_, result)| result).collect())
    }

    fn prepare_all(
        &self,
        sources: &[Source<'_>],
        next: &AtomicUsize,
        give: &SyncSender<Numbered<Export>>,
    ) {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(source) = sources.get(number) else {
                break;
            };
            // A bug that one file brings to light is that file's failure alone.
            let attempt = || {
                let material = self.material(source, None)?;
                let name = source.name();
                Ok(self.exporter.prepare(&material, &name, Path::new(""))?)
            };
            let prepared = catch_unwind(AssertUnwindSafe(attempt));
            let prepared = prepared.unwrap_or(Err(ConvertError::Panicked));
            if give.send((number, prepared)).is_err() {
                break; // Nobody writes any more.
            }
        }
    }
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneFileOnly => {
                f.write_str("one name and standard output are for one file; several were given")
            }
            Self::SameName {
                first,
                second,
                path,
            } => write!(
                f,
                "{} and {} would both be written to {}",
                Given::from(first.as_path()),
                Given::from(second.as_path()),
                Given::from(path.as_str())
            ),
            Self::Input(error) => error.fmt(f),
            Self::Content(error) => error.fmt(f),
            Self::Export(error) => error.fmt(f),
            Self::NoThreads(_) => f.write_str("cannot start a thread"),
            Self::Panicked => f.write_str("this is a bug"),
        }
    }
}

impl Error for ConvertError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::OneFileOnly | Self::SameName { .. } | Self::Panicked => None,
            Self::NoThreads(error) => Some(error),
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
