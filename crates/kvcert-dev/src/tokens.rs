//! Signed tokens: our own, and those that others sign.

pub(crate) mod claims;
pub(crate) mod jws;
pub(crate) mod signer;
pub(crate) mod ticket_key;
pub(crate) mod token_key;
