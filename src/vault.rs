//! Azure Key Vault's REST API, as far as certificates need it.
//!
//! [`VaultClient`] sends the requests and interprets the replies.

pub mod address;
mod challenge;
mod client;
mod error;
mod name_pattern;
mod pacer;
mod permission;
pub mod policy;
mod remote_key;
mod wire;

pub use client::{
    CertificateItem, CertificateObject, CertificatePages, DeletedCertificate, Greeting, Import,
    IssueError, JwkPublic, KeyObject, MoreOfItem, NewCertificate, Operation, OperationStatus,
    SecretValue, VaultClient, WithRaw,
};
pub use error::{Conflict, Forbidden, VaultError};
pub use name_pattern::{InvalidPattern, NamePattern};
pub use permission::Permission;
pub use remote_key::RemoteKey;
