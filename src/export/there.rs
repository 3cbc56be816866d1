//! What the files that are there already hold, as far as it decides what is written.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kvcert_pki::certificate::Certificate;
use kvcert_pki::format::{
    self, Container, Contents, Limits, OpenedWith, Password, encrypted_key as pkcs8,
};
use kvcert_pki::key::PublicKey;
use serde_json::Value;
use zeroize::Zeroizing;

use super::{ExportOptions, Part};
use crate::output::existing;

/// Whether all files of the certificate `name` are in `folder`: the leaf with this SHA-1 thumbprint,
/// and its key, protected as `options` say. What cannot be told counts as no.
pub(super) fn is_whole(options: &ExportOptions, folder: &Path, name: &str, sha1: &[u8]) -> bool {
    let parts = || options.format.row().files.iter();
    if !parts().any(|(_, part)| part.tells_the_leaf()) {
        return false;
    }
    let (mut leaves, mut keys) = (Vec::new(), Vec::new());
    for (path, part) in options.paths(name) {
        let Some(bytes) = existing(&folder.join(path), Limits::default().max_bytes) else {
            return false;
        };
        // A certificate that issued itself has no chain.
        if part == Part::Issuers && bytes.is_empty() {
            continue;
        }
        let Some(contents) = whole(&bytes, part, options) else {
            return false;
        };
        keys.extend(contents.keys.iter().map(|it| it.key.public_key().clone()));
        if part.tells_the_leaf() {
            leaves.push(contents.certificates.into_iter().next());
        }
    }
    let is_leaf = |leaf: &Option<Certificate>| leaf.as_ref().is_some_and(|it| it.sha1() == *sha1);
    let is_its_key = |key: &PublicKey| {
        let leaf = leaves.iter().flatten().next();
        leaf.is_some_and(|leaf| leaf.public_key() == key)
    };
    let has_key = keys.len() == usize::from(!options.without_key);
    leaves.iter().all(is_leaf) && has_key && keys.iter().all(is_its_key)
}

/// What is in a file, if all of it can be read, and its key is protected as `options` say.
fn whole(bytes: &[u8], part: Part, options: &ExportOptions) -> Option<Contents> {
    let none = Password::none();
    let password = options.password.as_ref().unwrap_or(&none);
    let contents = format::read(bytes, password, &Limits::default()).ok()?;
    let is_protected = match &contents.container {
        Container::Pkcs12 { password, .. } => *password == OpenedWith::Given,
        _ => part.holds_key() && encrypted_key(bytes).is_some_and(|der| pkcs8::is_encrypted(&der)),
    };
    let is_as_asked = !part.holds_key() || is_protected == options.password.is_some();
    (contents.unreadable_key.is_none() && is_as_asked).then_some(contents)
}

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
