//! [`Hash`]: the hash functions that occur in key stores.

use der::asn1::ObjectIdentifier;
use hmac::{EagerHash, Hmac, KeyInit, Mac};

use super::names::unsupported_hash;
use crate::content_error::ContentError;

/// A hash function, of which there is HMAC and a PKCS#12 derivation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512_224,
    Sha512_256,
}

/// Calls a generic function with the hash type that `$hash` names.
macro_rules! with_hash {
    ($hash:expr, $function:ident ( $($argument:expr),* )) => {
        match $hash {
            Hash::Sha1 => $function::<sha1::Sha1>($($argument),*),
            Hash::Sha224 => $function::<sha2::Sha224>($($argument),*),
            Hash::Sha256 => $function::<sha2::Sha256>($($argument),*),
            Hash::Sha384 => $function::<sha2::Sha384>($($argument),*),
            Hash::Sha512 => $function::<sha2::Sha512>($($argument),*),
            Hash::Sha512_224 => $function::<sha2::Sha512_224>($($argument),*),
            Hash::Sha512_256 => $function::<sha2::Sha512_256>($($argument),*),
        }
    };
}
pub(super) use with_hash;

impl Hash {
    /// The hash that a digest algorithm (RFC 8017 appendix B.1) or an HMAC (RFC 8018 appendix
    /// B.1.2) is about.
    pub(crate) fn from_oid(id: ObjectIdentifier) -> Result<Self, ContentError> {
        Self::known(id).ok_or_else(|| unsupported_hash(id))
    }

    pub(super) fn known(id: ObjectIdentifier) -> Option<Self> {
        Some(match id.to_string().as_str() {
            "1.3.14.3.2.26" | "1.2.840.113549.2.7" => Self::Sha1,
            "2.16.840.1.101.3.4.2.4" | "1.2.840.113549.2.8" => Self::Sha224,
            "2.16.840.1.101.3.4.2.1" | "1.2.840.113549.2.9" => Self::Sha256,
            "2.16.840.1.101.3.4.2.2" | "1.2.840.113549.2.10" => Self::Sha384,
            "2.16.840.1.101.3.4.2.3" | "1.2.840.113549.2.11" => Self::Sha512,
            "2.16.840.1.101.3.4.2.5" | "1.2.840.113549.2.12" => Self::Sha512_224,
            "2.16.840.1.101.3.4.2.6" | "1.2.840.113549.2.13" => Self::Sha512_256,
            _ => return None,
        })
    }

    /// Its identifier as a digest algorithm.
    pub(crate) fn oid(self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match self {
            Self::Sha1 => "1.3.14.3.2.26",
            Self::Sha224 => "2.16.840.1.101.3.4.2.4",
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
            Self::Sha512_224 => "2.16.840.1.101.3.4.2.5",
            Self::Sha512_256 => "2.16.840.1.101.3.4.2.6",
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Sha512_224 => "SHA-512/224",
            Self::Sha512_256 => "SHA-512/256",
        }
    }

    /// The length of its digests, in bytes.
    pub(crate) fn output_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 | Self::Sha512_224 => 28,
            Self::Sha256 | Self::Sha512_256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// What an iteration costs, in those of SHA-256: processors have instructions for some hashes.
    pub(super) fn price(self) -> u64 {
        match self {
            Self::Sha1 | Self::Sha256 => 1,
            Self::Sha224 => 2,
            Self::Sha384 | Self::Sha512 | Self::Sha512_224 | Self::Sha512_256 => 6,
        }
    }

    /// HMAC of `message` under `key`.
    pub(crate) fn hmac(self, key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
        with_hash!(self, hmac(key, message))
    }

    /// Whether HMAC of `message` under `key` is `tag`, compared in constant time.
    pub(crate) fn hmac_is(self, key: &[u8], message: &[u8], tag: &[u8]) -> bool {
        with_hash!(self, hmac_is(key, message, tag))
    }
}

fn hmac<H: EagerHash>(key: &[u8], message: &[u8]) -> Option<Vec<u8>>
where
    Hmac<H>: Mac + KeyInit,
{
    let mac = <Hmac<H> as KeyInit>::new_from_slice(key).ok()?;
    Some(mac.chain_update(message).finalize().into_bytes().to_vec())
}

fn hmac_is<H: EagerHash>(key: &[u8], message: &[u8], tag: &[u8]) -> bool
where
    Hmac<H>: Mac + KeyInit,
{
    <Hmac<H> as KeyInit>::new_from_slice(key)
        .is_ok_and(|mac| mac.chain_update(message).verify_slice(tag).is_ok())
}
