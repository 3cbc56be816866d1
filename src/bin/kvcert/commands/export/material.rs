//! [`Material`]: a chain, with its key or without, ready to be written.

use kvcert_pki::certificate::Certificate;
use kvcert_pki::certified_key::{CertifiedKey, NamedKey};
use kvcert_pki::chain::{Chain, Finding};
use kvcert_pki::content_error::ContentError;
use kvcert_pki::format::{self, Container, Contents, KeyChoice};
use kvcert_pki::key::PrivateKey;
use zeroize::Zeroizing;

use crate::cli::{FormatArg, OutputArgs};

/// A chain, with its key or without, and what is worth telling about it.
pub(crate) struct Material {
    certified: Certified,
    pub(crate) container: Container,
    pub(crate) notes: Vec<String>,
    /// What was read, decoded from base64; kept only for `--format raw`.
    original: Zeroizing<Vec<u8>>,
}

enum Certified {
    WithKey(Box<CertifiedKey>),
    Public(Chain),
}

impl Material {
    /// Makes sense of what was read from `bytes`; with `--no-key` the key only tells the leaf.
    pub(crate) fn new(
        mut contents: Contents,
        bytes: &[u8],
        choice: &KeyChoice,
        args: &OutputArgs,
    ) -> Result<Self, ContentError> {
        contents.choose(choice)?;
        let container = contents.container.clone();
        let notes = std::mem::take(&mut contents.notes);
        let certified = if args.no_key {
            Certified::Public(contents.into_chain()?)
        } else {
            Certified::WithKey(Box::new(contents.into_certified_key()?))
        };
        let original = match args.format {
            FormatArg::Raw => format::decoded(bytes),
            _ => Zeroizing::default(),
        };
        Ok(Self {
            certified,
            container,
            notes,
            original,
        })
    }

    pub(crate) fn chain(&self) -> &Chain {
        match &self.certified {
            Certified::WithKey(certified) => certified.chain(),
            Certified::Public(chain) => chain,
        }
    }

    pub(crate) fn key(&self) -> Option<&PrivateKey> {
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

    pub(crate) fn findings(&self) -> Vec<&Finding> {
        match &self.certified {
            Certified::WithKey(certified) => certified.findings().collect(),
            Certified::Public(chain) => chain.findings().iter().collect(),
        }
    }

    /// The certificates for the certificate file, in order.
    pub(super) fn certificates(&self, args: &OutputArgs) -> Vec<&Certificate> {
        let chain = self.chain();
        let mut chosen: Vec<&Certificate> = chain.certificates().iter().collect();
        if args.no_chain {
            chosen.truncate(1);
        }
        if args.all_certs {
            chosen.extend(chain.strangers());
        }
        chosen
    }
}
