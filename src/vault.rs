//! The vault: what Key Vault's REST API gives for a certificate.
//!
//! [`VaultClient`] is the one place where requests are sent and replies judged.

pub mod address;
mod challenge;
mod client;
pub mod credential;
mod error;
mod permission;
mod wire;

pub use client::{
    CertificateItem, CertificateObject, Greeting, JwkPublic, KeyObject, SecretValue, VaultClient,
};
pub use error::{Forbidden, VaultError};
pub use permission::Permission;
