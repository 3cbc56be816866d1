//! Certificates out of Azure Key Vault, done right.

pub mod sensitive;
