//! Certificates and their keys from Azure Key Vault: retrieved, checked, and written as any program
//! needs them.
//!
//! This is the library behind the command line `kvcert`, which adds flags and text to it and nothing
//! else. Options are plain structs; nothing here prints or reads the environment.
//!
//! # Example
//!
//! A certificate with its key, from a vault that runs in the same process:
//!
//! ```
//! use std::sync::Arc;
//!
//! use kvcert::identity::{Application, Credential, Proof};
//! use kvcert::pki::sensitive::Sensitive;
//! use kvcert::retrieve;
//! use kvcert::transport::{Transport, TransportOptions};
//! use kvcert::vault::VaultClient;
//! use kvcert::vault::address::VaultUrl;
//! use kvcert_dev::DevVault;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> anyhow::Result<()> {
//! let dev_vault = DevVault::start().await?;
//! let access = dev_vault.access();
//!
//! let transport = Transport::new(&TransportOptions {
//!     ca_pem: access.ca_pem.clone().into_bytes(),
//!     ..TransportOptions::default()
//! })?;
//! let application = Application {
//!     authority: access.authority.parse().map_err(anyhow::Error::msg)?,
//!     tenant: access.tenant_id.clone(),
//!     client_id: access.client_id.clone(),
//!     proof: Proof::Secret(Sensitive::new(access.client_secret.expose().clone())),
//! };
//! let vault = VaultUrl::parse(&access.vault_url, Default::default())?;
//! let client = VaultClient::new(transport, vault, Arc::new(Credential::by(application)));
//!
//! let (certified, outside_validity) =
//!     retrieve::certified_key(&client, &"web".parse()?, &Default::default()).await?;
//! assert!(outside_validity.is_empty());
//! assert_eq!(certified.chain().leaf().subject(), "CN=web.example.com");
//! assert_eq!(certified.chain().certificates().len(), 3, "leaf, intermediate, root");
//! dev_vault.stop().await
//! # }
//! ```
//!
//! # The path of the data
//!
//! Key Vault stores one certificate as three objects with the same name and version: the
//! *certificate* (public), the *key* (signs, never leaves) and the *secret* (PKCS#12 or PEM, the
//! only one with the private key). A secret becomes files in four steps. Each step is one type and
//! one function, and can be tested alone:
//!
//! 1. [`vault::VaultClient::secret`] returns a [`vault::SecretValue`], checked: enabled, has a
//!    value, is the version that was asked for.
//! 2. [`unpack::contents`] recognises the format from the bytes and reads keys and certificates with
//!    [`pki::format`], in no particular order.
//! 3. A [`pki::certified_key::CertifiedKey`] can only be built if the key matches the leaf and the
//!    [`pki::chain`] is in order. Everything after this trusts it.
//! 4. [`export`] makes files of it in memory, and [`output`] writes them as a set, all or none. Or
//!    [`identity`] signs an assertion with it and gets an access token.
//!
//! # Modules
//!
//! | module | what it does |
//! |---|---|
//! | [`retrieve`] | names, patterns or whole vaults: many certificates at once, with a receipt |
//! | [`convert`] | the same for local files, without a network |
//! | [`export`] | the table of formats, encoding, the receipt |
//! | [`output`] | writes sets of files atomically, with their final mode and owner |
//! | [`report`] | what is in a file, a certificate or a vault, as data |
//! | [`agreement`] | whether certificate, key and secret belong together |
//! | [`diagnosis`] | where the way to a vault ends |
//! | [`identity`] | every way to sign in, and access tokens |
//! | [`vault`] | Key Vault's REST API for certificates |
//! | [`graph`] | the part of Microsoft Graph that registers applications |
//! | [`cloud`] | the hosts and audiences of every Azure cloud |
//! | [`transport`] | the one HTTP client: https only, no redirects, bounded, with retries |
//! | [`polling`] | waits for what the service does later |
//! | [`given`] | paths and names that people gave, made safe to show |
//! | [`input`], [`unpack`] | reads files and secrets, with limits |
//! | [`pki`] | keys, certificates, chains and formats: the crate `kvcert-pki` |
//!
//! Secrets live in [`pki::sensitive::Sensitive`], which never shows them and wipes them on drop.
//!
//! # Features
//!
//! | feature | |
//! |---|---|
//! | `cli` (default) | the binary: clap and all that only a terminal needs |
//! | `dev-vault` (default) | `kvcert dev` and `kvcert demo`, with the crate `kvcert-dev` |
//!
//! With `default-features = false` the library builds without clap, a server or a store.

pub mod agreement;
pub mod cloud;
pub mod convert;
pub mod diagnosis;
pub mod export;
pub mod given;
pub mod graph;
pub mod identity;
pub mod input;
pub mod output;
pub mod polling;
pub mod report;
pub mod retrieve;
pub mod transport;
pub mod unpack;
pub mod vault;

pub use kvcert_pki as pki;
