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
//! 2. [`unpack::contents`] decides from the bytes what it is and reads it with [`kvcert_pki::format`]: keys
//!    and certificates as found, in no order that means anything.
//! 3. [`kvcert_pki::certified_key::CertifiedKey`] can only be built so that the key matches the leaf and the
//!    [`kvcert_pki::chain`] is in order. Everything after this trusts it.
//! 4. [`kvcert_pki::format::pem::encode`] and its kin make bytes of it, and [`output::write_set`] files.
//!
//! What is secret on the way lives in [`kvcert_pki::sensitive::Sensitive`]. The [`transport`] is the one HTTP
//! client; [`identity`] signs in and gets access tokens.
//!
//! # Features
//!
//! `cli` is the command line, `dev-vault` the local dev vault. Without them the library builds
//! without clap, without a server and without a store.

pub mod agreement;
pub mod cloud;
pub mod convert;
pub mod diagnosis;
pub mod export;
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
