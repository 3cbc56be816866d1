//! [`Material`]: a chain, with its key or without, ready to be written.

use zeroize::Zeroizing;

use crate::{
    certificate::Certificate,
    certified_key::{CertifiedKey, NamedKey},
    chain::{Chain, Finding},
    cli::{FormatArg, OutputArgs},
    content_error::ContentError,
    format::{self, Container, Contents, KeyChoice},
    key::PrivateKey,
};

/// A chain, with its key or without, and what is worth telling about it.
pub(in crate::commands) struct Material {
    certified: Certified,
    pub(in crate::commands) container: Container,
    pub(in crate::commands) notes: Vec<String>,
    /// What was read, decoded from base64; kept only for `--format raw`.
    original: Zeroizing<Vec<u8>>,
}

enum Certified {
    WithKey(Box<CertifiedKey>),
    Public(Chain),
}

impl Material {
    /// Makes sense of what was read from `bytes`; with `--no-key` the key only tells the leaf.
    pub(in crate::commands) fn new(
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

    pub(in crate::commands) fn chain(&self) -> &Chain {
        match &self.certified {
            Certified::WithKey(certified) => certified.chain(),
            Certified::Public(chain) => chain,
        }
    }

    pub(in crate::commands) fn key(&self) -> Option<&PrivateKey> {
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

    pub(in crate::commands) fn findings(&self) -> Vec<&Finding> {
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
