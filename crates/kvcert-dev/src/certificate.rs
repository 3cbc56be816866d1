//! Certificates and the files they travel in: made, signed, read and written.

pub(crate) mod container;
pub(crate) mod pfx;
pub(crate) mod policy;
pub(crate) mod secret_value;
pub(crate) mod upload;
pub(crate) mod x509;
