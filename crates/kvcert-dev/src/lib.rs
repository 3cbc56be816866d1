//! A local Azure Key Vault with a small Entra ID, to develop against and to embed in tests.
//!
//! One process, nothing to install, and as strict as the service: every request needs a token, tokens
//! are really checked, and the secrets behind certificates are byte for byte shaped like the
//! service's own. The official SDKs and tools work with it, their checks left on.
//!
//! | address | what answers |
//! |---|---|
//! | `https://NAME.vault.localhost:PORT` | the vault NAME: certificates, keys, secrets |
//! | `https://login.localhost:PORT` | the sign-in, and the little of Azure Resource Manager that `az` needs |
//! | `https://graph.localhost:PORT` | as much of Microsoft Graph as registers applications |
//! | `http://127.0.0.1:PORT2` | managed identities, if they are asked for |
//! | `/_dev/` at any of them | the log of requests, and switches that make the vault fail |
//!
//! # In a test
//! A plain HTTP client signs in with the vault's application and reads the secret behind one of the
//! first certificates:
//!
//! ```
//! use kvcert_dev::DevVault;
//! use serde_json::Value;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> anyhow::Result<()> {
//! let vault = DevVault::start().await?;
//! let access = vault.access();
//! let client = reqwest::Client::builder()
//!     .tls_certs_only([reqwest::Certificate::from_pem(access.ca_pem.as_bytes())?])
//!     .resolve("login.localhost", vault.address())
//!     .resolve("demo.vault.localhost", vault.address())
//!     .build()?;
//!
//! let token = client
//!     .post(format!("{}/{}/oauth2/v2.0/token", access.authority, access.tenant_id))
//!     .form(&[
//!         ("grant_type", "client_credentials"),
//!         ("client_id", &access.client_id),
//!         ("client_secret", access.client_secret.expose()),
//!         ("scope", "https://vault.azure.net/.default"),
//!     ]);
//! let token: Value = serde_json::from_slice(&token.send().await?.bytes().await?)?;
//!
//! let secret = client
//!     .get(format!("{}/secrets/web-pem?api-version=7.4", access.vault_url))
//!     .bearer_auth(token["access_token"].as_str().unwrap_or_default());
//! let secret: Value = serde_json::from_slice(&secret.send().await?.bytes().await?)?;
//! assert_eq!(secret["contentType"], "application/x-pem-file");
//!
//! vault.stop().await
//! # }
//! ```
//!
//! # The path of a request
//! 1. `server` reads the request into an `http::call::Call`, applies the switches
//!    (`faults`), and finds the service by the host.
//! 2. `vault` checks the token, reads the route, checks the caller's right to it, and hands a
//!    `Handler` to the file of handlers for that operation. `entra` and `graph` route by path.
//! 3. The handler changes the `store` (objects of vaults) or the `directory` (applications, people,
//!    what they were granted) and writes a `http::reply::Reply`.
//!
//! Below them: `tokens` signs and checks, `certificate` makes and encodes certificates, `keys` makes
//! and uses keys. Above them: `dev_vault` opens and serves it all, `seed` fills it. Entra and Graph
//! take the directory, not each other, and no handler knows the server.
//!
//! It shares no wire types with the client that is tested against it, so that a misspelt field fails
//! a test. It reads containers with [`kvcert_pki`], and writes them with code of its own.

mod ca;
mod calendar;
mod certificate;
mod dev_vault;
mod directory;
mod encoding;
mod entra;
mod faults;
mod graph;
mod http;
mod keys;
mod running;
mod seed;
mod server;
mod settings;
mod store;
mod tokens;
mod vault;

pub use self::certificate::pfx::Style as PfxStyle;
pub use self::dev_vault::{DevVault, Options};
pub use self::running::{Access, ManagedIdentityAccess, RunningVault};
pub use self::seed::Seed;
pub use self::server::pages::{Page, PageRequest};
pub use self::store::InUse;
