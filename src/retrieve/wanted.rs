//! [`Wanted`]: which certificates of which vaults, and which folder they go to.

use std::path::PathBuf;
use std::sync::Arc;

use super::RetrieveError;
use crate::export::ExportOptions;
use crate::vault::address::{CertificateRef, VaultUrl};
use crate::vault::{NamePattern, VaultClient};

/// The certificates to retrieve. Each vault has one client, so that it is signed in to once and has
/// one budget of calls.
#[derive(Debug)]
pub struct Wanted {
    pub(super) vaults: Vec<Arc<WantedOfVault>>,
    /// Patterns for names, each asked of every vault that is listed.
    pub(super) patterns: Vec<NamePattern>,
    /// Whether that is everything. A vault without certificates is then nothing wrong.
    pub(super) is_all: bool,
}

/// What was asked for of one vault.
#[derive(Debug)]
pub(super) struct WantedOfVault {
    pub(super) client: VaultClient,
    /// In the output folder; empty if only one vault is asked.
    pub(super) folder: PathBuf,
    /// By name, each with its place in what was asked for.
    pub(super) named: Vec<(usize, CertificateRef)>,
    /// Whether the patterns are for this vault.
    pub(super) is_listed: bool,
}

impl Wanted {
    /// Every certificate of `vaults`.
    ///
    /// # Errors
    /// [`RetrieveError::NoVault`].
    pub fn all(
        vaults: &[VaultUrl],
        client: impl Fn(&VaultUrl) -> VaultClient,
    ) -> Result<Self, RetrieveError> {
        let mut selection = Selection::new(vaults, client);
        selection.patterns.push("*".parse()?);
        Ok(Self {
            is_all: true,
            ..selection.into_wanted()?
        })
    }

    /// The certificates that `names` tell, each once: names, `name/version`, full identifiers of
    /// any of the three objects, and patterns with `*`, `?` or `[…]`. Identifiers name their vault;
    /// the others are of each of `vaults`. `client` makes the client of a vault.
    ///
    /// # Errors
    /// [`RetrieveError::Address`], [`RetrieveError::Pattern`] or [`RetrieveError::NoVault`].
    pub fn named<N: AsRef<str>>(
        names: &[N],
        vaults: &[VaultUrl],
        client: impl Fn(&VaultUrl) -> VaultClient,
    ) -> Result<Self, RetrieveError> {
        let mut selection = Selection::new(vaults, client);
        for (place, text) in names.iter().enumerate() {
            let text = text.as_ref();
            if !text.contains("://") && NamePattern::is_pattern(text) {
                selection.patterns.push(text.parse()?);
            } else {
                selection.add(place, text.parse()?)?;
            }
        }
        selection.into_wanted()
    }

    /// Refuses versions of one certificate whose files would be the same. Vaults have folders of their
    /// own, and a list has each name once.
    pub(super) fn check_names(&self, options: &ExportOptions) -> Result<(), RetrieveError> {
        for vault in &self.vaults {
            let named = || vault.named.iter().map(|(_, certificate)| certificate);
            if let Some(clash) = options.clash(named().map(|it| (it, it.name.as_str()))) {
                // One of the two has a version, or they would be the same.
                let (other, version) = match clash.second.version {
                    Some(_) => (clash.first, clash.second),
                    None => (clash.second, clash.first),
                };
                return Err(self.same_file(vault, &other.to_string(), version, clash.path));
            }
            for version in named().filter(|it| vault.is_listed && it.version.is_some()) {
                let name = version.name.as_str();
                let found = self.patterns.iter().find(|pattern| pattern.matches(name));
                if let Some((pattern, (path, _))) = found.zip(options.paths(name).next()) {
                    return Err(self.same_file(vault, pattern.as_str(), version, path));
                }
            }
        }
        Ok(())
    }

    fn same_file(
        &self,
        vault: &WantedOfVault,
        other: &str,
        version: &CertificateRef,
        path: String,
    ) -> RetrieveError {
        let is_of_several = self.vaults.len() > 1;
        RetrieveError::SameFile {
            other: other.to_owned(),
            version: Box::new(CertificateRef {
                vault: is_of_several.then(|| vault.client.vault().clone()),
                ..version.clone()
            }),
            path: vault.folder.join(path),
        }
    }

    /// Whether it is only one, and goes by its name.
    pub(super) fn is_one(&self) -> bool {
        match self.vaults.as_slice() {
            [vault] => !vault.is_listed && vault.named.len() == 1,
            _ => false,
        }
    }
}

/// What is wanted, as far as it is known.
struct Selection<'a, C> {
    /// Those that names are of.
    default: &'a [VaultUrl],
    client: C,
    vaults: Vec<WantedOfVault>,
    patterns: Vec<NamePattern>,
}

impl<'a, C: Fn(&VaultUrl) -> VaultClient> Selection<'a, C> {
    fn new(default: &'a [VaultUrl], client: C) -> Self {
        Self {
            default,
            client,
            vaults: Vec::new(),
            patterns: Vec::new(),
        }
    }

    fn add(&mut self, place: usize, certificate: CertificateRef) -> Result<(), RetrieveError> {
        let vaults = match &certificate.vault {
            Some(vault) => std::slice::from_ref(vault),
            None if self.default.is_empty() => return Err(RetrieveError::NoVault),
            None => self.default,
        };
        for vault in vaults {
            let named = &mut self.vault(vault).named;
            if named.iter().all(|(_, known)| !is_same(known, &certificate)) {
                named.push((place, certificate.clone()));
            }
        }
        Ok(())
    }

    fn into_wanted(mut self) -> Result<Wanted, RetrieveError> {
        if !self.patterns.is_empty() {
            if self.default.is_empty() {
                return Err(RetrieveError::NoVault);
            }
            for vault in self.default {
                self.vault(vault).is_listed = true;
            }
        }
        self.name_folders();
        Ok(Wanted {
            vaults: self.vaults.into_iter().map(Arc::new).collect(),
            patterns: self.patterns,
            is_all: false,
        })
    }

    fn vault(&mut self, vault: &VaultUrl) -> &mut WantedOfVault {
        let known = self.vaults.iter().position(|it| it.client.vault() == vault);
        let index = known.unwrap_or_else(|| {
            self.vaults.push(WantedOfVault {
                client: (self.client)(vault),
                folder: PathBuf::new(),
                named: Vec::new(),
                is_listed: false,
            });
            self.vaults.len() - 1
        });
        &mut self.vaults[index]
    }

    /// Certificates of two vaults may have one name, so each vault gets a folder: its name, or its
    /// whole host where two vaults are called the same.
    fn name_folders(&mut self) {
        if self.vaults.len() < 2 {
            return;
        }
        let short = |vault: &WantedOfVault| {
            let host = vault.client.vault().host();
            folder_name(host.split('.').next().unwrap_or(host))
        };
        let names: Vec<String> = self.vaults.iter().map(short).collect();
        for (vault, name) in self.vaults.iter_mut().zip(&names) {
            let is_unique = names.iter().filter(|other| *other == name).count() == 1;
            vault.folder = if is_unique && !name.is_empty() {
                PathBuf::from(name)
            } else {
                PathBuf::from(folder_name(&vault.client.vault().host_and_port()))
            };
        }
    }
}

fn is_same(a: &CertificateRef, b: &CertificateRef) -> bool {
    a.name.is_same(&b.name) && a.version == b.version
}

/// Hosts have nothing that a folder's name may not have, but for the colons of ports and IPv6.
fn folder_name(host: &str) -> String {
    host.trim_matches('.').replace([':', '[', ']'], "-")
}
