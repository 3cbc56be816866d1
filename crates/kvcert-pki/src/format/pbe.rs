//! Password-based encryption: PKCS#12's own schemes (RFC 7292 appendix C), and PBES1 and PBES2
//! of PKCS#5 (RFC 8018 section 6); and what came before them, in PEM headers.

mod budget;
mod cipher;
pub(super) mod dek_info;
mod derivation;
mod describe;
mod hash;
mod keyring;
mod names;
mod protection;
mod scheme;

pub(super) use budget::{Budget, Thing};
pub(super) use derivation::Derivation;
pub(super) use describe::{Kdf, describe, describe_pkcs8};
pub(super) use hash::Hash;
pub(super) use keyring::Keyring;
pub(super) use names::hash_name;
pub(super) use protection::{Protection, random};
