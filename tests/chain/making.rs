//! Certificates, made to order and kept, and what tests ask of a chain.

use std::ops::RangeInclusive;
use std::sync::OnceLock;

use kvcert_pki::certificate::Certificate;
use kvcert_pki::certified_key::{CertifiedKey, NamedKey};
use kvcert_pki::chain::Chain;
use kvcert_pki::content_error::ContentError;
use kvcert_pki::key::PrivateKey;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
    PKCS_ED25519,
};

/// One key pair of several, by number; the same each time. Those from 100 on are Ed25519.
pub fn key_pair(number: usize) -> &'static KeyPair {
    static KEYS: [OnceLock<KeyPair>; 120] = [const { OnceLock::new() }; 120];
    KEYS[number].get_or_init(|| {
        let algorithm = if number < 100 {
            &PKCS_ECDSA_P256_SHA256
        } else {
            &PKCS_ED25519
        };
        KeyPair::generate_for(algorithm).unwrap()
    })
}

/// A certificate for `subject` with the key of that number, signed by `issuer` with its key, good
/// to the end of the year `until`.
pub fn issue(subject: (&str, usize), issuer: (&str, usize), until: i32) -> Certificate {
    issue_for(subject, issuer, 2020..=until)
}

/// The same, good from the beginning of the first year to the end of the last.
pub fn issue_for(
    subject: (&str, usize),
    issuer: (&str, usize),
    years: RangeInclusive<i32>,
) -> Certificate {
    let signer = Issuer::new(params(issuer.0, years.clone()), key_pair(issuer.1));
    let made = params(subject.0, years).signed_by(key_pair(subject.1), &signer);
    Certificate::from_der(made.unwrap().der()).unwrap()
}

/// A self-signed certificate.
pub fn root(subject: (&str, usize), until: i32) -> Certificate {
    issue(subject, subject, until)
}

/// Every certificate may issue others, and none has key identifiers that would help.
fn params(name: &str, years: RangeInclusive<i32>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = rcgen::date_time_ymd(*years.start(), 1, 1);
    params.not_after = rcgen::date_time_ymd(*years.end(), 12, 31);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// The chain for the private key of that number.
pub fn with_key(key: usize, certificates: &[Certificate]) -> Result<CertifiedKey, ContentError> {
    let key = PrivateKey::from_pkcs8(&key_pair(key).serialize_der()).unwrap();
    CertifiedKey::new(NamedKey::from(key), certificates.to_vec())
}

/// The kinds of finding, sorted.
pub fn kinds(chain: &Chain) -> Vec<&'static str> {
    let mut kinds: Vec<_> = chain
        .findings()
        .iter()
        .map(|finding| finding.kind())
        .collect();
    kinds.sort_unstable();
    kinds
}

/// Calls `check` with every order of `certificates`.
pub fn in_every_order(certificates: &[&Certificate], mut check: impl FnMut(&[Certificate])) {
    let mut order: Vec<Certificate> = certificates.iter().copied().cloned().collect();
    permute(&mut order, 0, &mut check);
}

fn permute(order: &mut Vec<Certificate>, from: usize, check: &mut impl FnMut(&[Certificate])) {
    if from == order.len() {
        return check(order);
    }
    for at in from..order.len() {
        order.swap(from, at);
        permute(order, from + 1, check);
        order.swap(from, at);
    }
}
