//! Reads keys and certificates from key stores and files, and checks that they belong together:
//! PKCS#12 as Azure Key Vault, Windows, OpenSSL and Java write it, PEM, and DER. It has no network and no
//! async code, and prints nothing.
//!
//! # From bytes to a certified key
//!
//! 1. [`format::read`] decides from the bytes what they are, never from a name, and gives
//!    [`Contents`](format::Contents): keys and certificates as found, in no order that means
//!    anything.
//! 2. [`Contents::into_certified_key`](format::Contents::into_certified_key) makes a
//!    [`CertifiedKey`](certified_key::CertifiedKey) of them. It can only be built so that the leaf
//!    carries the key's public key and the chain is in order, by issuer name *and* signature.
//! 3. [`mod@format`] writes it again: [`pem`](format::pem), [`pkcs12`](format::pkcs12),
//!    [`jwk`](format::jwk), [`kubernetes`](format::kubernetes), encrypted PKCS#8
//!    ([`encrypted_key`](format::encrypted_key)).
//!
//! ```
//! use kvcert_pki::format::{self, Limits, Password};
//! use kvcert_pki::validity::{Moment, Validity};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let bytes = std::fs::read("../../fixtures/pkcs12/keyvault-chain.pfx")?;
//! let contents = format::read(&bytes, &Password::none(), &Limits::default())?;
//! let certified = contents.into_certified_key()?;
//! for certificate in certified.chain().certificates() {
//!     let validity = Validity::of(certificate, Moment::default());
//!     println!("{} ({validity})", certificate.subject());
//! }
//! assert_eq!(certified.chain().leaf().subject(), "CN=rsa.example");
//! assert_eq!(certified.key().public_key().to_string(), "RSA 2048");
//! # Ok(())
//! # }
//! ```
//!
//! # What else is here
//!
//! - [`format::anatomy`]: a file taken apart for people who look for what is wrong with it, also
//!   without its password.
//! - [`validity`]: days left, and when something expires soon; the one place that reads the clock.
//! - [`asn1`]: each ASN.1 structure of keys and key stores once, and the BER reader.
//! - [`sensitive`]: a value that is never shown and is wiped when dropped.
//!
//! # Limits
//!
//! Foreign bytes cost what [`Limits`](format::Limits) allow, and no more: size, rounds of key
//! derivation, memory for scrypt. Nesting, and the number of certificates whose signatures are
//! compared, have fixed limits. What is beyond is
//! [`ContentError::OverLimit`](content_error::ContentError::OverLimit).
//!
//! Keys: RSA, EC on P-256, P-384, P-521 and secp256k1, and Ed25519. There are no features to choose.

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
