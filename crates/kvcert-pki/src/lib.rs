//! Keys, certificates, chains and key stores (PKCS#12, PEM, DER) as checked types.

pub mod asn1;
pub mod certificate;
pub mod certified_key;
pub mod chain;
pub mod content_error;
pub mod format;
pub mod friendly_name;
pub mod key;
pub mod sensitive;
pub mod text;
pub mod validity;
