//! `kvcert dev --seed FILE`: who is in the tenant and may do what, as TOML.
//!
//! Each section of the file is a list of its own. What is in the tenant already, by its name, is
//! changed to what the file says.

pub(crate) mod apply;
pub(crate) mod certificates;

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A seed file. Unknown keys are errors, which name the line.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    #[serde(default)]
    app: Vec<App>,
    #[serde(default)]
    user: Vec<Person>,
    #[serde(default)]
    identity: Vec<Identity>,
    #[serde(default)]
    issuer: Vec<Issuer>,
    #[serde(default)]
    policies: Vec<Policies>,
    #[serde(default)]
    vault: Vec<Vault>,
    /// In the form of `/_dev/switches`.
    #[serde(default)]
    switches: Map<String, Value>,
    #[serde(default)]
    graph: Graph,
    /// What paths in the file start from.
    #[serde(skip)]
    folder: PathBuf,
}

impl Seed {
    /// Reads a seed. Paths in it start from `folder`; the files that it names are read when it is
    /// applied.
    ///
    /// # Errors
    /// When it is not TOML, or has an unknown key; the message names the line and the key.
    pub fn parse(text: &str, folder: &Path) -> anyhow::Result<Self> {
        let mut seed: Self = toml::from_str(text).context("this is not a seed for a dev vault")?;
        folder.clone_into(&mut seed.folder);
        Ok(seed)
    }
}

/// An application and its principal.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct App {
    name: String,
    client_id: Option<String>,
    /// A file whose first line is the secret.
    secret_file: Option<PathBuf>,
    /// A variable of the environment that holds the secret.
    secret_env: Option<String>,
    /// PEM files; of each the first certificate.
    #[serde(default)]
    certificates: Vec<PathBuf>,
    #[serde(default)]
    federated: Vec<Federated>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    #[serde(default)]
    public: bool,
    /// Permissions of Exchange and Graph, such as `Exchange.ManageAsApp`.
    #[serde(default)]
    permissions: Vec<String>,
    /// Such as `Exchange Administrator`.
    #[serde(default)]
    directory_roles: Vec<String>,
    #[serde(default)]
    vault_roles: Vec<RoleInVault>,
}

/// A role in a vault.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleInVault {
    /// Such as `Key Vault Secrets User`.
    role: String,
    /// One vault; all of them without it.
    vault: Option<String>,
    /// One object, such as `secrets/web`.
    object: Option<String>,
}

/// An issuer, a subject and an audience whose tokens sign the application in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Federated {
    issuer: String,
    subject: String,
    #[serde(default = "usual_audience")]
    audience: String,
}

/// Someone who signs in on a page.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    /// The sign-in name.
    name: String,
    #[serde(default)]
    directory_roles: Vec<String>,
    #[serde(default)]
    vault_roles: Vec<RoleInVault>,
}

/// A user-assigned managed identity.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    name: String,
    client_id: Option<String>,
    /// The identifier of its Azure resource.
    resource_id: Option<String>,
    #[serde(default)]
    permissions: Vec<String>,
    #[serde(default)]
    vault_roles: Vec<RoleInVault>,
}

/// Another issuer, whose tokens can be checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Issuer {
    issuer: String,
    /// A file with its keys, a JSON Web Key Set.
    jwks_file: PathBuf,
}

/// That a vault goes by access policies, and one of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Policies {
    vault: String,
    /// The name of an application, a person or a managed identity.
    principal: String,
    #[serde(default)]
    secrets: Vec<String>,
    #[serde(default)]
    keys: Vec<String>,
    #[serde(default)]
    certificates: Vec<String>,
}

/// A vault, and what is settled for it. One that is not there yet is made, with nothing in it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vault {
    name: String,
    /// How long what was deleted can be recovered.
    retention_days: Option<u8>,
    /// Whether what was deleted cannot be purged.
    purge_protection: Option<bool>,
}

/// How Graph behaves.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Graph {
    /// How long new objects are hidden.
    #[serde(default)]
    replication_milliseconds: u64,
}

fn usual_audience() -> String {
    String::from("api://AzureADTokenExchange")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_named_with_its_line_and_key() {
        for (text, words) in [
            ("[[app]]\nname = \"a\"\ncolour = 1\n", "colour"),
            ("[[app]]\nname = 1\n", "line 2"),
            ("[[app]]\nclient_id = \"a\"\n", "name"),
            ("[shop]\n", "shop"),
            ("[[user]\n", "line 1"),
        ] {
            let error = Seed::parse(text, Path::new("")).unwrap_err();
            let error = format!("{error:#}");
            assert!(error.contains(words), "no `{words}` in {error}");
        }
        assert!(Seed::parse("", Path::new("")).is_ok());
    }
}
