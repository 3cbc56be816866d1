//! [`FileReport`]: a file taken apart.

use kvcert_pki::content_error::ContentError;
use kvcert_pki::format::anatomy::{self, Anatomy, FoundKey, Holds, Pfx, Structure};
use kvcert_pki::format::{Layer, Limits, Password};
use kvcert_pki::text::printable;
use kvcert_pki::validity::{Moment, preferred};
use serde::Serialize;

use super::certificate::{CertificateFacts, Role};
use super::chain::ChainFacts;
use super::readers::{self, Reader};

/// What is in a file, or in a vault's secret.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileReport {
    /// The file's name, or what else it is called by.
    pub name: String,
    /// Its size.
    pub bytes: usize,
    /// Whether there was base64 around it.
    pub base64: bool,
    /// All that was around it, the outermost first.
    pub layers: Vec<Layer>,
    /// How it is built.
    pub structure: Structure,
    /// The certificates in their order.
    pub certificates: Vec<CertificateFacts>,
    /// The private keys in their order.
    pub keys: Vec<KeyFacts>,
    /// How the chains run.
    pub chains: Vec<ChainFacts>,
    /// Which programs can read it; empty if all can.
    pub readers: Vec<Reader>,
}

/// A private key; nothing private is reported.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyFacts {
    /// Such as `RSA 2048`.
    pub key: String,
    /// The friendly name.
    pub name: Option<String>,
    /// The places of the certificates that carry its public key.
    pub certificates: Vec<usize>,
}

impl FileReport {
    /// Takes `bytes` apart, which are called `name`. `command` is how kvcert begins to convert them,
    /// such as `kvcert convert web.pfx`.
    ///
    /// Without the right password the outer structure is reported; see [`Self::is_locked`].
    ///
    /// # Errors
    /// Any [`ContentError`] of bytes that are no key store, or cost more than `limits`.
    pub fn read(
        name: &str,
        command: &str,
        bytes: &[u8],
        password: &Password,
        limits: &Limits,
        moment: Moment,
    ) -> Result<Self, ContentError> {
        let anatomy = anatomy::anatomy(bytes, password, limits)?;
        Ok(Self::new(name, command, anatomy, moment))
    }

    /// Whether the right password would show more.
    pub fn is_locked(&self) -> bool {
        let is_locked = |holds: &Holds| match holds {
            Holds::Locked => true,
            Holds::Pkcs12 { pfx } => pfx.opened_with.is_none(),
            _ => false,
        };
        match &self.structure {
            Structure::Pkcs12(pfx) => pfx.opened_with.is_none(),
            Structure::Pem { blocks } | Structure::Parts { blocks } => {
                blocks.iter().any(|block| is_locked(&block.holds))
            }
            Structure::Der { block } => is_locked(&block.holds),
        }
    }

    /// Whether the PFX is open, and a private key in it has another password.
    pub fn has_locked_key(&self) -> bool {
        let is_of_key = |holds: &Holds| match holds {
            Holds::Pkcs12 { pfx } => has_locked_key(pfx),
            _ => false,
        };
        match &self.structure {
            Structure::Pkcs12(pfx) => has_locked_key(pfx),
            Structure::Pem { blocks } | Structure::Parts { blocks } => {
                blocks.iter().any(|block| is_of_key(&block.holds))
            }
            Structure::Der { block } => is_of_key(&block.holds),
        }
    }

    /// Of something called `name` that was taken apart, seen at `moment`. `command` is how
    /// kvcert begins to convert it, such as `kvcert convert web.pfx`.
    pub fn new(name: &str, command: &str, anatomy: Anatomy, moment: Moment) -> Self {
        let keys: Vec<KeyFacts> = anatomy
            .keys
            .iter()
            .map(|key| KeyFacts::new(key, &anatomy))
            .collect();
        let leaves: Vec<usize> = keys
            .iter()
            .filter_map(|key| leaf(key, &anatomy, moment))
            .collect();
        let chains = ChainFacts::all(&anatomy.certificates, &leaves);
        let certificates = anatomy.certificates.iter().enumerate();
        let certificates: Vec<_> = certificates
            .map(|(at, it)| CertificateFacts::new(it, role(at, &chains), moment))
            .collect();
        Self {
            readers: readers::judge(&printable(command), &anatomy),
            name: printable(name),
            bytes: anatomy.bytes,
            base64: anatomy.layers.contains(&Layer::Base64),
            layers: anatomy.layers,
            structure: anatomy.structure,
            certificates,
            keys,
            chains,
        }
    }
}

impl KeyFacts {
    fn new(found: &FoundKey, anatomy: &Anatomy) -> Self {
        let certificates = anatomy.certificates.iter().enumerate();
        Self {
            key: found.public.to_string(),
            name: found.name.clone(),
            certificates: certificates
                .filter(|(_, it)| *it.public_key() == found.public)
                .map(|(at, _)| at)
                .collect(),
        }
    }
}

fn has_locked_key(pfx: &Pfx) -> bool {
    fn is_locked(holds: &Holds) -> bool {
        match holds {
            Holds::Locked => true,
            Holds::Bags { bags } => bags.iter().any(|bag| is_locked(&bag.holds)),
            _ => false,
        }
    }
    pfx.opened_with.is_some() && pfx.contents.iter().any(|content| is_locked(&content.holds))
}

/// Of several certificates for one key, the one that is used.
fn leaf(key: &KeyFacts, anatomy: &Anatomy, moment: Moment) -> Option<usize> {
    let places = key.certificates.iter();
    preferred(
        places.map(|at| (*at, &anatomy.certificates[*at])),
        moment.now,
    )
}

fn role(at: usize, chains: &[ChainFacts]) -> Role {
    let mut role = Role::Unrelated;
    for chain in chains {
        let place = chain.certificates.iter().position(|it| *it == at);
        role = match place {
            Some(0) => return Role::Leaf,
            Some(last) if last + 1 == chain.certificates.len() && chain.reaches_root => Role::Root,
            Some(_) => Role::Intermediate,
            None => role,
        };
    }
    role
}
