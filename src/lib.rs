//! Certificates out of Azure Key Vault, done right.
//!
//! # The path of the data
//!
//! Key Vault keeps one certificate as three objects of one name and one version: the
//! *certificate* (public), the *key* (signs, never leaves) and the *secret* (PKCS#12 or PEM, the
//! only one with the private key). kvcert takes the right one and walks it through one type a
//! step; each step is one function that can be tested alone:
//!
//! 1. [`vault::VaultClient::secret`] gives a [`vault::SecretValue`], checked: enabled, has a
//!    value, is the version that was asked for.
//! 2. [`unpack::contents`] decides from the bytes what it is and reads it with [`mod@format`]: keys
//!    and certificates as found, in no order that means anything.
//! 3. [`certified_key::CertifiedKey`] can only be built so that the key matches the leaf and the
//!    [`chain`] is in order. Everything after this trusts it.
//! 4. [`format::pem::encode`] and its kin make bytes of it, and [`output::write_set`] files.
//!
//! What is secret on the way lives in [`sensitive::Sensitive`]. The [`transport`] is the one HTTP
//! client; [`token`] asks Entra for access tokens.
//!
//! # Features
//!
//! `cli` is the command line, `dev-vault` the local dev vault. Without them the library builds
//! without clap, without a server and without a store.

pub mod agreement;
pub mod certificate;
pub mod certified_key;
pub mod chain;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod commands;
#[cfg(feature = "cli")]
pub mod console;
pub mod content_error;
#[cfg(feature = "dev-vault")]
pub mod devvault;
#[cfg(feature = "cli")]
pub mod failure;
pub mod format;
pub mod friendly_name;
pub mod graph;
#[cfg(feature = "cli")]
pub mod hardening;
pub mod key;
pub mod output;
pub mod sensitive;
#[cfg(feature = "cli")]
pub mod settings;
mod text;
pub mod token;
pub mod transport;
pub mod unpack;
pub mod vault;
#[cfg(feature = "view")]
pub mod view;
