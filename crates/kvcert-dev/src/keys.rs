//! Keys: which kinds there are, how they are made, and what they can do.

pub(crate) mod curve;
pub(crate) mod encrypt;
pub(crate) mod jwk;
pub(crate) mod key_type;
pub(crate) mod pkcs8;
pub(crate) mod sign;
pub(crate) mod spec;
