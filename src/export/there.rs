//! What the file that is there already holds, as far as it decides what is written.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zeroize::Zeroizing;

use super::Part;

/// The label of an encrypted key.
pub(super) const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";

/// The DER of the encrypted key in a file of kvcert's, which is PEM or DER.
pub(super) fn encrypted_key(there: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if there.first() == Some(&0x30) {
        return Some(Zeroizing::new(there.to_vec()));
    }
    let text = std::str::from_utf8(there).ok()?;
    let (_, rest) = text.split_once(&format!("-----BEGIN {ENCRYPTED}-----\n"))?;
    let (body, _) = rest.split_once("-----END")?;
    let base64: Zeroizing<String> = Zeroizing::new(body.split('\n').collect());
    STANDARD.decode(base64.as_bytes()).ok().map(Zeroizing::new)
}

/// Whether a file of this part has certificates and no key, as it is written with `without_key`.
pub(super) fn is_public(there: &[u8], part: Part) -> bool {
    match part {
        Part::KeyAndCertificates => {
            let has = |label: &[u8]| there.windows(label.len()).any(|it| it == label);
            has(b"CERTIFICATE-----") && !has(b"PRIVATE KEY-----")
        }
        Part::Jwk => {
            let jwk: Option<Value> = serde_json::from_slice(there).ok();
            jwk.is_some_and(|jwk| jwk.get("kty").is_some() && jwk.get("d").is_none())
        }
        _ => false,
    }
}
