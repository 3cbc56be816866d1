//! [`Wanted`]: which certificates of which vaults, and which folder they go to.

use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};
use kvcert::vault::VaultClient;
use kvcert::vault::address::{CertificateRef, VaultUrl};

use crate::cli::GetArgs;
use crate::failure::{Failure, Reason};
use crate::session::Session;

/// All that was asked for.
pub(super) struct Wanted {
    pub(super) vaults: Vec<WantedOfVault>,
    /// Patterns for names, each asked of every vault of the settings.
    pub(super) patterns: Vec<NamePattern>,
}

/// What was asked for of one vault.
pub(super) struct WantedOfVault {
    pub(super) client: VaultClient,
    /// In the output folder; empty if only one vault is asked.
    pub(super) folder: PathBuf,
    /// By name, each with its place on the command line.
    pub(super) named: Vec<(usize, CertificateRef)>,
    /// Whether the patterns are for this vault.
    pub(super) is_listed: bool,
}

/// A pattern for names, which Key Vault compares without regard to case.
#[derive(Debug)]
pub(super) struct NamePattern(Pattern);

impl Wanted {
    /// One client a vault, so that each vault is signed in to once, and has one budget.
    pub(super) fn new(args: &GetArgs, session: &Session) -> Result<Self, Failure> {
        let mut wanted = Self {
            vaults: Vec::new(),
            patterns: Vec::new(),
        };
        if args.all {
            wanted.patterns.push("*".parse()?);
        }
        let client = |vault: &VaultUrl| {
            let budget = args.rate.map_or(VaultClient::BUDGET, |rate| rate as usize);
            session.vault_at(vault).with_budget(budget)
        };
        for (place, text) in args.certificates.iter().enumerate() {
            if !text.contains("://") && text.contains(['*', '?', '[']) {
                wanted.patterns.push(text.parse()?);
                continue;
            }
            let certificate: CertificateRef = text.parse()?;
            let vaults = match &certificate.vault {
                Some(vault) => std::slice::from_ref(vault),
                None => session.vaults()?,
            };
            for vault in vaults {
                let named = &mut wanted.vault(vault, client).named;
                if named.iter().all(|(_, known)| !is_same(known, &certificate)) {
                    named.push((place, certificate.clone()));
                }
            }
        }
        if !wanted.patterns.is_empty() {
            for vault in session.vaults()? {
                wanted.vault(vault, client).is_listed = true;
            }
        }
        wanted.name_folders();
        Ok(wanted)
    }

    /// The certificate, if it is only one and goes by its name.
    pub(super) fn only(&self) -> Option<(&VaultClient, &CertificateRef)> {
        match self.vaults.as_slice() {
            [vault] if !vault.is_listed => match vault.named.as_slice() {
                [(_, certificate)] => Some((&vault.client, certificate)),
                _ => None,
            },
            _ => None,
        }
    }

    fn vault(
        &mut self,
        vault: &VaultUrl,
        client: impl Fn(&VaultUrl) -> VaultClient,
    ) -> &mut WantedOfVault {
        let known = self.vaults.iter().position(|it| it.client.vault() == vault);
        let index = known.unwrap_or_else(|| {
            self.vaults.push(WantedOfVault {
                client: client(vault),
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
                PathBuf::from(folder_name(&vault.client.vault().authority()))
            };
        }
    }
}

impl WantedOfVault {
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}

impl NamePattern {
    pub(super) fn matches(&self, name: &str) -> bool {
        let options = MatchOptions {
            case_sensitive: false,
            ..MatchOptions::new()
        };
        self.0.matches_with(name, options)
    }

    pub(super) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl std::str::FromStr for NamePattern {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        Pattern::new(text).map(Self).map_err(|error| {
            let shown = kvcert_pki::text::excerpt(text, 80);
            Failure::new(Reason::InvalidPattern, error)
                .context(format!("`{shown}` is no pattern for names"))
                .with_hint("`*` is any text, `?` any character, `[abc]` one of these")
        })
    }
}

fn is_same(a: &CertificateRef, b: &CertificateRef) -> bool {
    a.name.as_str().eq_ignore_ascii_case(b.name.as_str()) && a.version == b.version
}

/// Hosts have nothing that a folder's name may not have, but for the colons of ports and IPv6.
fn folder_name(host: &str) -> String {
    host.trim_matches('.').replace([':', '[', ']'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, names: [&str; 4]) -> [bool; 4] {
        let pattern: NamePattern = pattern.parse().unwrap();
        names.map(|name| pattern.matches(name))
    }

    #[test]
    fn patterns() {
        let names = ["web-1", "WEB-12", "api", "web"];
        assert_eq!(check("*", names), [true; 4]);
        assert_eq!(check("web-*", names), [true, true, false, false]);
        assert_eq!(check("web-?", names), [true, false, false, false]);
        assert_eq!(check("[aw]*[0-9]", names), [true, true, false, false]);
        let failure = "web-[".parse::<NamePattern>().unwrap_err();
        assert_eq!(failure.reason, Reason::InvalidPattern);
    }
}
