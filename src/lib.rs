//! Certificates out of Azure Key Vault, done right.

pub mod certificate;
pub mod certified_key;
pub mod chain;
pub mod content_error;
pub mod format;
pub mod key;
pub mod output;
#[cfg(feature = "dev-vault")]
pub mod devvault;
pub mod sensitive;
mod text;
