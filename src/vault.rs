//! The vault: what Key Vault's REST API gives for a certificate.
//!
//! [`VaultClient`] is the one place where requests are sent and replies judged.

pub mod address;
mod challenge;
mod client;
mod error;
mod pacer;
mod permission;
pub mod policy;
mod remote_key;
mod wire;

pub use client::{
    CertificateItem, CertificateObject, CertificatePages, DeletedCertificate, Greeting, Import,
    IssueError, JwkPublic, KeyObject, NewCertificate, Operation, OperationStatus, SecretValue,
    VaultClient, WithRaw,
};
pub use error::{Conflict, Forbidden, VaultError};
pub use permission::Permission;
pub use remote_key::RemoteKey;
