//! PKCS#12 (RFC 7292).
//!
//! Two steps. *Unlock*, our own, opens what Key Vault and the rest of the world write: BER, the
//! null password, old and new encryption, within a budget; it leaves a plain archive. Then
//! `p12-keystore` reads the bags of the plain archive. On its own that crate cannot open Key
//! Vault's files, as it knows the empty password but not the null one.

mod anatomy;
mod attributes;
mod elements;
mod mac;
mod same;
mod unlock;
mod write;

pub(super) use anatomy::anatomy;
use p12_keystore::Pkcs12Archive;
pub use same::is_same;
pub use write::{Profile, write};

use super::pbe::{Budget, Thing};
use super::{Container, Contents, Limits, Password};
use crate::certificate::Certificate;
use crate::certified_key::NamedKey;
use crate::content_error::ContentError;
use crate::key::PrivateKey;

/// Reads a PKCS#12 file: every private key and every certificate in it.
///
/// # Errors
/// [`ContentError::WrongPassword`], [`ContentError::Damaged`], [`ContentError::Unsupported`] or
/// [`ContentError::OverLimit`].
pub fn read(bytes: &[u8], password: &Password, limits: &Limits) -> Result<Contents, ContentError> {
    read_within(bytes, password, &mut Budget::new(limits))
}

/// The same, paid from `budget`, which is one for all key stores of a file.
pub(super) fn read_within(
    bytes: &[u8],
    password: &Password,
    budget: &mut Budget,
) -> Result<Contents, ContentError> {
    let unlocked = unlock::unlock(bytes, password, budget)?;
    let archive = Pkcs12Archive::from_pkcs12(&unlocked.plain, "")
        .map_err(|e| ContentError::damaged("the PKCS#12 file", e))?;
    let mut contents = Contents::new(Container::Pkcs12 {
        password: unlocked.opened_with,
        mac: unlocked.mac,
    });
    contents.notes = unlocked.notes;
    for (bag, attributes) in archive.keys.iter().zip(unlocked.keys) {
        let key = PrivateKey::from_pkcs8(bag.key.as_der());
        contents.add_key(key.map(|key| NamedKey {
            key,
            name: attributes::friendly_name(&attributes),
            windows_attributes: attributes::of_windows(&attributes),
        }));
    }
    if let Some(error) = unlocked.locked {
        contents.add_key::<NamedKey>(Err(error));
    }
    for (bag, attributes) in archive.certs.iter().zip(unlocked.certificates) {
        let certificate = Certificate::from_der(bag.cert.as_der())?;
        budget.count(Thing::Names, certificate.alternative_names().len())?;
        let name = attributes::friendly_name(&attributes);
        contents.certificates.push(certificate.named(name));
    }
    Ok(contents)
}
