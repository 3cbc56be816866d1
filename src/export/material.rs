//! [`Material`]: a chain, with its key or without, ready to be written.

use kvcert_pki::certificate::Certificate;
use kvcert_pki::certified_key::{CertifiedKey, NamedKey};
use kvcert_pki::chain::{Chain, Finding};
use kvcert_pki::content_error::ContentError;
use kvcert_pki::format::{self, Container, Contents, KeyChoice};
use kvcert_pki::key::PrivateKey;
use kvcert_pki::validity::{Bounds, Dated, Lapse, Moment, Validity};
use zeroize::Zeroizing;

use super::{Certificates, ExportOptions, Format};

/// A chain, with its key or without, and what is worth telling about it.
#[derive(Debug)]
pub struct Material {
    certified: Certified,
    container: Container,
    /// Which of the certificates are written.
    written: Certificates,
    /// What is worth telling about it.
    pub notes: Vec<String>,
    /// The object of a vault that it came from, such as ``secret `web` ``, and when that may be used.
    pub object: Option<(String, Bounds)>,
    /// What was read, decoded from base64; kept only for [`Format::Raw`].
    original: Zeroizing<Vec<u8>>,
}

#[derive(Debug)]
enum Certified {
    WithKey(Box<CertifiedKey>),
    Public(Chain),
}

impl Material {
    /// Makes sense of `contents`, which were read from `bytes`. Without a key in the export, the key
    /// only tells the leaf.
    ///
    /// # Errors
    /// The [`ContentError`] that says why these are no certificate and key that belong together.
    pub fn new(
        mut contents: Contents,
        bytes: &[u8],
        choice: &KeyChoice,
        options: &ExportOptions,
    ) -> Result<Self, ContentError> {
        contents.choose(choice)?;
        let container = contents.container.clone();
        let notes = std::mem::take(&mut contents.notes);
        let certified = if options.without_key {
            Certified::Public(contents.into_chain()?)
        } else {
            Certified::WithKey(Box::new(contents.into_certified_key()?))
        };
        let original = match options.format {
            Format::Raw => format::decoded(bytes),
            _ => Zeroizing::default(),
        };
        Ok(Self {
            certified,
            container,
            written: options.written_certificates(),
            notes,
            object: None,
            original,
        })
    }

    /// The certificates, leaf first.
    pub fn chain(&self) -> &Chain {
        match &self.certified {
            Certified::WithKey(certified) => certified.chain(),
            Certified::Public(chain) => chain,
        }
    }

    /// What held them.
    pub fn container(&self) -> &Container {
        &self.container
    }

    /// What is odd about the key and the certificates that are written.
    pub fn findings(&self) -> Vec<&Finding> {
        let mut findings: Vec<&Finding> = match &self.certified {
            Certified::WithKey(certified) => certified.findings().collect(),
            Certified::Public(chain) => chain.findings().iter().collect(),
        };
        findings.retain(|finding| self.has_chain() || finding.is_about_leaf());
        findings
    }

    /// Whether more than the leaf is written of the chain.
    fn has_chain(&self) -> bool {
        self.written != Certificates::Leaf
    }

    /// The validity of all that is written of the chain, and of the object it came from.
    pub(super) fn validities(&self, moment: Moment) -> Vec<(Dated, Validity)> {
        let mut validities = self.chain().validities(moment);
        if !self.has_chain() {
            validities.truncate(1);
        }
        if let Some((object, bounds)) = &self.object {
            validities.push((Dated::Object(object.clone()), bounds.validity(moment)));
        }
        validities
    }

    /// What of that is outside its validity.
    pub(super) fn lapses(&self, moment: Moment) -> Vec<Lapse> {
        let mut lapses = self.chain().lapses(moment);
        lapses.retain(|lapse| self.has_chain() || matches!(lapse.what, Dated::Leaf(_)));
        let of_object = |(object, bounds): &(String, Bounds)| {
            Lapse::of_object(object.clone(), *bounds, self.chain().leaf(), moment)
        };
        lapses.extend(self.object.as_ref().and_then(of_object));
        lapses
    }

    pub(super) fn key(&self) -> Option<&PrivateKey> {
        self.named_key().map(|named| &named.key)
    }

    /// The key, and what came with it.
    pub(super) fn named_key(&self) -> Option<&NamedKey> {
        match &self.certified {
            Certified::WithKey(certified) => Some(certified.named_key()),
            Certified::Public(_) => None,
        }
    }

    pub(super) fn original(&self) -> &[u8] {
        &self.original
    }

    /// The certificates for the certificate file, in order.
    pub(super) fn certificates(&self, which: Certificates) -> Vec<&Certificate> {
        let chain = self.chain();
        let certificates = chain.certificates().iter();
        match which {
            Certificates::Leaf => certificates.take(1).collect(),
            Certificates::Chain => certificates.collect(),
            Certificates::All => certificates.chain(chain.unrelated()).collect(),
        }
    }
}
