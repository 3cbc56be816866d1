//! The parts of a PKCS#12 file, one by one, as far as the password opens them.

mod shown_attributes;
mod walk;

use der::Decode;
use walk::Walk;

use super::mac;
use super::unlock::{FILE, authenticated_safe, damaged, list};
use crate::asn1::{ContentInfo, MacData, Pbmac1Parameters, Pfx, ber, oid};
use crate::content_error::ContentError;
use crate::format::Password;
use crate::format::pbe::{Budget, Kdf, Keyring, Thing, hash_name};
use crate::format::structure::{self, Found};

/// Takes a PKCS#12 file apart.
///
/// # Errors
/// [`ContentError::Damaged`] or [`ContentError::Unsupported`] where not even the authenticated safe
/// can be read.
pub(crate) fn anatomy(
    bytes: &[u8],
    password: &Password,
    budget: &mut Budget,
    found: &mut Found,
) -> Result<structure::Pfx, ContentError> {
    let der = ber::to_der(bytes, FILE)?;
    let pfx = Pfx::from_der(&der).map_err(damaged)?;
    let octets = authenticated_safe(&pfx)?;
    let safe = ber::to_der(octets, FILE)?;
    let contents: Vec<ContentInfo<'_>> = list(&safe, |count| budget.count(Thing::Bags, count))?;
    let candidates = password.candidates();

    let mut mac = pfx.mac_data.as_ref().map(describe);
    let mut keyring = Keyring::new(&candidates, budget);
    if let (Some(data), Some(mac)) = (&pfx.mac_data, &mut mac) {
        let check = mac::Check::of(data);
        mac.holds = check
            .and_then(|check| check.holds(octets, &[], &mut keyring))
            .ok();
    }
    let mut nothing = Budget::without_limit();
    // What a wrong password seems to decrypt is chance.
    let walk = match mac.as_ref().and_then(|mac| mac.holds) {
        Some(false) => Walk::through(&contents, Keyring::new(&[], &mut nothing)),
        _ => Walk::through(&contents, keyring),
    };
    let opened_with = walk.opened_with(mac.as_ref());
    *found = walk.found;
    Ok(structure::Pfx {
        encoding: if bytes.starts_with(&der) && safe.as_slice() == octets {
            "DER"
        } else {
            "BER"
        },
        mac,
        opened_with,
        contents: walk.contents,
    })
}

fn describe(mac: &MacData) -> structure::Mac {
    let algorithm = &mac.mac.algorithm;
    if algorithm.algorithm == oid::PBMAC1
        && let Ok(parameters) = algorithm.parameters::<Pbmac1Parameters>()
    {
        let kdf = Kdf::of(&parameters.kdf);
        return structure::Mac {
            algorithm: format!("PBMAC1 with HMAC-{}", hash_name(parameters.mac.algorithm)),
            derivation: kdf.name,
            iterations: kdf.iterations.unwrap_or(0),
            salt_bytes: kdf.salt_bytes.unwrap_or(0),
            holds: None,
        };
    }
    let hash = hash_name(algorithm.algorithm);
    structure::Mac {
        algorithm: format!("HMAC-{hash}"),
        derivation: format!("the PKCS#12 KDF with {hash}"),
        iterations: u64::from(mac.iterations),
        salt_bytes: mac.salt.as_bytes().len(),
        holds: None,
    }
}
