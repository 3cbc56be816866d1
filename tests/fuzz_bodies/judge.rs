//! What must hold of everything that kvcert reads, checked without its own code for it.

use aws_lc_rs::signature as lc;
use kvcert_pki::certificate::Certificate;
use kvcert_pki::certified_key::{CertifiedKey, NamedKey};
use kvcert_pki::chain::{Chain, Finding};
use kvcert_pki::content_error::ContentError;
use kvcert_pki::key::PrivateKey;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Text for a terminal: nothing that moves the cursor or breaks the line.
pub fn safe_to_show(text: &str) {
    assert!(
        !text.chars().any(char::is_control),
        "not safe to show: {text:?}"
    );
}

/// No line of base64 out of the input: it may be a private key's.
pub fn quotes_nothing(text: &str, input: &[u8]) {
    const LEAST: usize = 40;
    let longest = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '+' && c != '/');
    for run in longest.filter(|run| run.len() >= LEAST) {
        let quoted = input
            .windows(LEAST)
            .any(|window| window == &run.as_bytes()[..LEAST]);
        assert!(!quoted, "quotes its input: {text:?}");
    }
}

pub fn same_after_writing(key: &PrivateKey) {
    let again = PrivateKey::from_pkcs8(key.secret_pkcs8_der()).unwrap();
    assert!(again.public_key() == key.public_key());
    let _ = key.secret_components();
    let _ = key.secret_sec1_der();
    safe_to_show(&format!("{key:?}"));
}

pub fn same_after_reading(certificate: &Certificate) {
    assert!(Certificate::from_der(certificate.der()).unwrap() == *certificate);
    safe_to_show(&format!("{certificate:?}"));
    safe_to_show(certificate.subject());
    safe_to_show(certificate.issuer());
    certificate
        .alternative_names()
        .iter()
        .for_each(|name| safe_to_show(name));
}

/// Orders the certificates without a key; the order in the input must not matter.
pub fn order(certificates: &[Certificate]) {
    let chain = Chain::without_key(certificates.to_vec());
    let mut turned = certificates.to_vec();
    turned.reverse();
    let turned = Chain::without_key(turned);
    match (chain, turned) {
        (Ok(chain), Ok(turned)) => {
            assert_eq!(chain.certificates(), turned.certificates());
            keeps_its_promise(&chain, certificates);
        }
        (Err(ContentError::NoCertificate), Err(ContentError::NoCertificate)) => {
            assert!(certificates.is_empty());
        }
        (Err(error), Err(_)) => {
            assert!(
                matches!(error, ContentError::AmbiguousLeaf { .. }),
                "{error}"
            );
            assert!(certificates.len() > 1);
            safe_to_show(&error.to_string());
        }
        (one, other) => panic!("order matters: {one:?}, {other:?}"),
    }
}

/// Finds the leaf for `key`; it is there exactly if one certificate carries the key.
pub fn certified(key: PrivateKey, certificates: &[Certificate]) {
    let public = key.public_key().clone();
    let carried = certificates.iter().any(|c| *c.public_key() == public);
    match CertifiedKey::new(NamedKey::from(key), certificates.to_vec()) {
        Ok(certified) => is_consistent(&certified, certificates),
        Err(ContentError::NoCertificate) => assert!(certificates.is_empty()),
        Err(error) => {
            assert!(matches!(error, ContentError::KeyMismatch { .. }), "{error}");
            assert!(!carried, "{error}");
        }
    }
}

/// The leaf carries the key, and the order in the input does not matter.
pub fn is_consistent(certified: &CertifiedKey, certificates: &[Certificate]) {
    let chain = certified.chain();
    assert!(chain.leaf().public_key() == certified.key().public_key());
    keeps_its_promise(chain, certificates);
    certified
        .findings()
        .for_each(|finding| safe_to_show(&finding.to_string()));

    let mut turned = certificates.to_vec();
    turned.reverse();
    let key = PrivateKey::from_pkcs8(certified.key().secret_pkcs8_der()).unwrap();
    let turned = CertifiedKey::new(NamedKey::from(key), turned).unwrap();
    assert_eq!(chain.certificates(), turned.chain().certificates());
}

/// Every link is signed by the next; every certificate of `input` is there once, in the chain or
/// beside it; and the findings say what is the case.
fn keeps_its_promise(chain: &Chain, input: &[Certificate]) {
    for link in chain.certificates().windows(2) {
        assert_ne!(signed_by(&link[0], &link[1]), Some(false), "{link:?}");
    }
    let mut all: Vec<&Certificate> = chain.certificates().iter().collect();
    all.extend(chain.unrelated());
    for (index, certificate) in all.iter().enumerate() {
        assert!(input.contains(certificate));
        assert!(!all[..index].contains(certificate));
    }
    assert!(input.iter().all(|certificate| all.contains(&certificate)));

    let count = |kind: &str| chain.findings().iter().filter(|f| f.kind() == kind).count();
    assert_eq!(count("duplicate"), input.len() - all.len());
    assert_eq!(count("stranger"), chain.unrelated().len());
    assert_eq!(
        count("incomplete-chain"),
        usize::from(!chain.reaches_root())
    );
    chain
        .findings()
        .iter()
        .map(Finding::to_string)
        .for_each(|text| safe_to_show(&text));
}

/// Whether `issuer` is named by and signed `certificate`; `None` where this judge cannot tell.
pub fn signed_by(certificate: &Certificate, issuer: &Certificate) -> Option<bool> {
    let (_, signed) = X509Certificate::from_der(certificate.der()).unwrap();
    let (_, signer) = X509Certificate::from_der(issuer.der()).unwrap();
    if signed.issuer().as_raw() != signer.subject().as_raw() {
        return Some(false);
    }
    let spki = signer.public_key();
    let key_kind = spki.algorithm.algorithm.to_id_string();
    let (kind, algorithm): (_, &dyn lc::VerificationAlgorithm) =
        match signed.signature_algorithm.algorithm.to_id_string().as_str() {
            "1.2.840.10045.4.3.2" => (EC, &lc::ECDSA_P256_SHA256_ASN1),
            "1.2.840.113549.1.1.11" => (RSA, &lc::RSA_PKCS1_2048_8192_SHA256),
            "1.3.101.112" => (ED25519, &lc::ED25519),
            _ => return None,
        };
    if [EC, RSA, ED25519].contains(&key_kind.as_str()) && key_kind != kind {
        return Some(false);
    }
    // Where the key itself is damaged, nobody can tell; kvcert then says so.
    let bits = &spki.subject_public_key.data;
    let fits = match kind {
        EC => bits.len() == 65 && bits[0] == 4,
        RSA => bits.len() >= 256,
        _ => bits.len() == 32,
    };
    let key = lc::UnparsedPublicKey::new(algorithm, bits);
    let verdict = key.verify(
        signed.tbs_certificate.as_ref(),
        &signed.signature_value.data,
    );
    // A point of 65 bytes may be on another curve than P-256: a refusal tells nothing there.
    let certain = verdict.is_ok() || kind != EC || on_p256(&spki.algorithm);
    (fits && certain).then_some(verdict.is_ok())
}

fn on_p256(algorithm: &x509_parser::x509::AlgorithmIdentifier<'_>) -> bool {
    let named = algorithm
        .parameters
        .as_ref()
        .filter(|any| any.header.is_universal() && any.header.tag().0 == OBJECT_IDENTIFIER);
    let curve = named.and_then(|any| any.as_oid().ok());
    curve.is_some_and(|oid| oid.to_id_string() == "1.2.840.10045.3.1.7")
}

const RSA: &str = "1.2.840.113549.1.1.1";
const EC: &str = "1.2.840.10045.2.1";
const ED25519: &str = "1.3.101.112";
/// The DER tag; `as_oid` reads any other as well, and of any class.
const OBJECT_IDENTIFIER: u32 = 6;
