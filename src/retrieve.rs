//! From names, patterns or all there is, in one vault or several, to certificates and their keys on
//! disk: bulk, paging, the three-object check, and what is skipped.
//!
//! ```no_run
//! # async fn example(client: impl Fn(&kvcert::vault::address::VaultUrl) -> kvcert::vault::VaultClient)
//! # -> Result<(), kvcert::retrieve::RetrieveError> {
//! use kvcert::export::{ExportOptions, Exporter};
//! use kvcert::retrieve::{Retrieval, RetrieveOptions, Wanted};
//! use kvcert::vault::address::VaultUrl;
//!
//! let vaults = [VaultUrl::parse("contoso", Default::default())?];
//! let wanted = Wanted::named(&["web-*"], &vaults, client)?;
//! let exporter = Exporter::new(ExportOptions::default())?;
//! let retrieval = Retrieval::new(wanted, RetrieveOptions::default(), exporter)?;
//! let receipt = retrieval.run(std::future::pending()).await?;
//! for written in &receipt.certificates {
//!     println!("{written}");
//! }
//! # Ok(())
//! # }
//! ```

mod error;
mod item;
mod objects;
mod pipeline;
mod source;
mod three_objects;
mod wanted;

use std::path::Path;
use std::pin::pin;
use std::sync::Arc;

use kvcert_pki::certified_key::CertifiedKey;
use kvcert_pki::format::KeyChoice;
use kvcert_pki::validity::{Lapse, Moment};

pub use self::error::{Conflict, RetrieveError};
use self::objects::{Need, Objects};
pub use self::three_objects::{ThreeObjects, Verify};
pub use self::wanted::Wanted;
use crate::agreement::ObjectChecks;
use crate::export::{Event, Export, Exporter, Material, Receipt, VaultReceipt};
use crate::input::ReadOptions;
use crate::unpack;
use crate::vault::VaultClient;
use crate::vault::address::CertificateRef;

/// How certificates are retrieved.
#[derive(Debug, Default)]
pub struct RetrieveOptions {
    /// When the secret is compared with the vault's other two objects.
    pub verify: Verify,
    /// Skip a certificate whose files are there already; none is ever replaced.
    pub resume: bool,
    /// How the secrets are read. The vault keeps no password, so that one is only for a PFX that
    /// someone stored, password and all, as a plain secret.
    pub read: ReadOptions,
}

/// A run that retrieves certificates.
pub struct Retrieval {
    wanted: Wanted,
    job: Arc<Job>,
}

/// Hears how far a run is, from any thread.
pub type OnEvent = Arc<dyn Fn(Event<'_>) + Send + Sync>;

impl Retrieval {
    /// Refuses options that exclude each other.
    ///
    /// # Errors
    /// [`RetrieveError::Conflict`] or [`RetrieveError::SameFile`].
    pub fn new(
        wanted: Wanted,
        options: RetrieveOptions,
        exporter: Exporter,
    ) -> Result<Self, RetrieveError> {
        wanted.check(options.resume, &exporter)?;
        let job = Arc::new(Job {
            options,
            exporter,
            on_event: Arc::new(|_| {}),
        });
        Ok(Self { wanted, job })
    }

    /// The same, with someone who hears how far it is.
    pub fn on_event(self, on_event: OnEvent) -> Self {
        let job = Arc::into_inner(self.job).map(|job| Arc::new(Job { on_event, ..job }));
        Self {
            job: job.unwrap_or_else(|| unreachable!("nobody else has it before it runs")),
            ..self
        }
    }

    /// Retrieves all that is wanted. Every certificate is tried, and what becomes of it is in the
    /// receipt. They are decrypted, encoded and written by threads of their own, so that this waits for
    /// vaults and nothing else.
    ///
    /// If `cancel` ends first, no more is asked for; what has come by then is still written, so that
    /// every file is whole.
    ///
    /// # Errors
    /// [`RetrieveError::NoThreads`], or [`RetrieveError::Panicked`]: a bug. Nothing else ends the run.
    pub async fn run(
        self,
        cancel: impl Future<Output = ()>,
    ) -> Result<Receipt<RetrieveError>, RetrieveError> {
        pipeline::run(&self.job, &self.wanted, pin!(cancel)).await
    }
}

impl Wanted {
    /// Refuses options that exclude each other, as [`Retrieval::new`] does: for a caller that wants
    /// to know before it asks for a password.
    ///
    /// # Errors
    /// [`RetrieveError::Conflict`] or [`RetrieveError::SameFile`].
    pub fn check(&self, resume: bool, exporter: &Exporter) -> Result<(), RetrieveError> {
        if !resume && self.is_one() {
            return Ok(());
        }
        let options = exporter.options();
        let conflict = match (resume, options.name.is_some(), options.is_stream()) {
            (_, false, false) => return self.check_names(options),
            (true, true, _) => Conflict::ResumeWithName,
            (true, false, true) => Conflict::ResumeToStream,
            (false, true, _) => Conflict::NameForSeveral,
            (false, false, true) => Conflict::StreamForSeveral,
        };
        Err(RetrieveError::Conflict(conflict))
    }
}

/// Reads a certificate's secret to the end, and keeps it in memory; also gives what of it is outside
/// its validity.
///
/// # Errors
/// [`RetrieveError::Vault`], or what is wrong with the secret.
pub async fn certified_key(
    client: &VaultClient,
    certificate: &CertificateRef,
    read: &ReadOptions,
) -> Result<(CertifiedKey, Vec<Lapse>), RetrieveError> {
    let (name, version) = (&certificate.name, certificate.version.as_ref());
    let secret = client.secret(name, version).await?;
    let certified = unpack::contents(&secret, read).and_then(|mut contents| {
        contents.choose(&read.key)?;
        contents.into_certified_key()
    });
    let certified = certified.map_err(|error| RetrieveError::of_content(error, &secret))?;
    let (chain, moment) = (certified.chain(), Moment::default());
    let mut lapses = chain.lapses(moment);
    let of_secret = Lapse::of_object(secret.label(), secret.bounds, chain.leaf(), moment);
    lapses.extend(of_secret);
    Ok((certified, lapses))
}

/// What is to be done with each certificate.
struct Job {
    options: RetrieveOptions,
    exporter: Exporter,
    on_event: OnEvent,
}

impl Job {
    fn need(&self) -> Need {
        match self.options.read.key {
            KeyChoice::Any => Need::of(self.exporter.options()),
            // Only a secret has several keys to choose from.
            _ => Need::Key,
        }
    }

    /// Makes sense of what was fetched.
    fn material(&self, objects: &Objects) -> Result<Material, RetrieveError> {
        let read = &self.options.read;
        let contents = objects.contents(read)?;
        self.exporter
            .material(contents, objects.bytes(), &read.key)
            .map_err(|error| objects.explain(error))
    }

    /// Compares the objects and makes the files, for `folder`. `agreed` is what is known of the
    /// comparison before.
    fn prepare(
        &self,
        mut material: Material,
        objects: Objects,
        verify: Verify,
        folder: &Path,
        agreed: Option<ObjectChecks>,
    ) -> Result<Export, RetrieveError> {
        let mut notes = std::mem::take(&mut material.notes);
        let leaf = material.chain().leaf();
        let origin = objects.check(leaf, verify, &mut notes)?;
        material.notes = notes;
        material.object = Some((origin.label, origin.bounds));
        (self.on_event)(Event::Read(&material));
        let name = &origin.receipt.name;
        let mut export = self.exporter.prepare(&material, name, folder)?;
        let moment = Moment::now(self.exporter.options().soon);
        let bounds = origin.bounds;
        export.receipt.checks.objects = Some(agreed.unwrap_or(origin.checks));
        export.receipt.vault = Some(VaultReceipt {
            validity: (!bounds.are_open()).then(|| bounds.validity(moment)),
            ..origin.receipt
        });
        Ok(export)
    }
}
