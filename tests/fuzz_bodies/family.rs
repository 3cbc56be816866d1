//! A family of certificates that are related in every awkward way, and how input picks from it.

use std::sync::LazyLock;

use kvcert_pki::certificate::Certificate;
use kvcert_pki::format::{self, Limits, Password};
use kvcert_pki::key::PrivateKey;

const CERTIFICATES: &str = include_str!("../../fixtures/fuzz/seeds/family.pem");
const KEYS: &str = include_str!("../../fixtures/fuzz/seeds/keys.pem");

/// More than these would only be slow.
const MOST: usize = 24;

/// Leaf, its intermediate in four versions (cross-signed, under a missing root, with another key,
/// self-signed with an RSA key), two authorities that issued each other, renewed leaves, roots.
static FAMILY: LazyLock<Vec<Certificate>> = LazyLock::new(|| {
    format::pem::read(CERTIFICATES, &Password::none(), &Limits::default())
        .unwrap()
        .certificates
});

/// The keys, as PKCS#8: a [`PrivateKey`] cannot be cloned.
static PKCS8: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let contents = format::pem::read(KEYS, &Password::none(), &Limits::default()).unwrap();
    contents
        .keys
        .iter()
        .map(|named| named.key.secret_pkcs8_der().to_vec())
        .collect()
});

/// Keys and certificates that `data` asks for. An even first byte: certificates follow, each
/// after its length in two bytes. An odd one: pairs of bytes follow that name a member of the
/// family and how to alter it.
pub fn chosen_by(data: &[u8]) -> (Vec<PrivateKey>, Vec<Certificate>) {
    let Some((&mode, data)) = data.split_first() else {
        return (Vec::new(), Vec::new());
    };
    let certificates = match mode & 1 {
        0 => from_list(data),
        _ => members(data),
    };
    let wanted = usize::from(mode >> 1);
    let key = PKCS8.get(wanted % (PKCS8.len() + 1));
    let keys = key.map(|der| PrivateKey::from_pkcs8(der).unwrap());
    (keys.into_iter().collect(), certificates)
}

/// The whole family as [`chosen_by`] takes a list.
pub fn listed() -> Vec<u8> {
    let mut data = vec![0];
    for certificate in FAMILY.iter() {
        let der = certificate.der();
        data.extend((der.len() as u16).to_be_bytes());
        data.extend_from_slice(der);
    }
    data
}

fn from_list(mut data: &[u8]) -> Vec<Certificate> {
    let mut certificates = Vec::new();
    while certificates.len() < MOST {
        let Some(([high, low], rest)) = data.split_first_chunk::<2>() else {
            break;
        };
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
        let (der, rest) = rest.split_at(length);
        certificates.extend(Certificate::from_der(der));
        data = rest;
    }
    certificates
}

fn members(data: &[u8]) -> Vec<Certificate> {
    let pairs = data.as_chunks::<2>().0.iter().take(MOST);
    pairs
        .filter_map(|[member, change]| altered(*member, *change))
        .collect()
}

/// The member itself for most values of `change`, or with one of its bytes counted up.
fn altered(member: u8, change: u8) -> Option<Certificate> {
    let certificate = &FAMILY[usize::from(member) % FAMILY.len()];
    if change < 0xc0 {
        return Some(certificate.clone());
    }
    let mut der = certificate.der().to_vec();
    let at = usize::from(change & 0x3f) * der.len() / 64;
    der[at] = der[at].wrapping_add(1);
    Certificate::from_der(&der).ok()
}
