//! Who signed a certificate, checked with the issuer's public key.

use aws_lc_rs::signature as lc;
use x509_parser::certificate::X509Certificate;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::AlgorithmIdentifier;

use crate::certificate::Certificate;
use crate::key::{Curve, PublicKey};

/// What the signature says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The issuer's key made it.
    Valid,
    /// Another key made it, or the certificate was altered.
    Invalid,
    /// Its algorithm or key size cannot be checked here.
    Unknown,
}

/// Checks the signature on `certificate` with the public key of `issuer` (RFC 5280 section 6.1.3).
pub(super) fn verify(certificate: &Certificate, issuer: &Certificate) -> Verdict {
    let (Some(signed), Some(signer)) = (certificate.x509(), issuer.x509()) else {
        return Verdict::Unknown;
    };
    check(&signed, &signer, issuer.public_key()).unwrap_or(Verdict::Unknown)
}

fn check(
    signed: &X509Certificate<'_>,
    signer: &X509Certificate<'_>,
    key: &PublicKey,
) -> Option<Verdict> {
    if is_of_another_kind(&signed.signature_algorithm, key) {
        return Some(Verdict::Invalid);
    }
    let algorithm = algorithm(&signed.signature_algorithm, key)?;
    let rsa = key.rsa_der();
    let bits = rsa
        .as_deref()
        .unwrap_or(&signer.public_key().subject_public_key.data);
    let verified = lc::UnparsedPublicKey::new(algorithm, bits).verify(
        signed.tbs_certificate.as_ref(),
        &signed.signature_value.data,
    );
    Some(if verified.is_ok() {
        Verdict::Valid
    } else {
        Verdict::Invalid
    })
}

/// The verifier for a signature algorithm (RFC 8017, RFC 5758, RFC 8410) under this kind of key.
fn algorithm(
    signature: &AlgorithmIdentifier<'_>,
    key: &PublicKey,
) -> Option<&'static dyn lc::VerificationAlgorithm> {
    let oid = signature.algorithm.to_id_string();
    match key {
        PublicKey::Rsa { modulus, .. } => rsa(&oid, modulus.len() * 8, signature),
        PublicKey::Ec { curve, .. } => ecdsa(&oid, *curve),
        PublicKey::Ed25519(_) if oid == "1.3.101.112" => Some(&lc::ED25519),
        _ => None,
    }
}

/// Whether no key of this kind can have made such a signature, checkable here or not: two
/// authorities of one name may differ in that alone.
fn is_of_another_kind(signature: &AlgorithmIdentifier<'_>, key: &PublicKey) -> bool {
    let oid = signature.algorithm.to_id_string();
    let rsa = oid.starts_with("1.2.840.113549.1.1.") || oid == "1.3.14.3.2.29";
    let ecdsa = oid.starts_with("1.2.840.10045.4.");
    let ed25519 = oid == "1.3.101.112";
    let fits = match key {
        PublicKey::Rsa { .. } => rsa,
        PublicKey::Ec { .. } => ecdsa,
        PublicKey::Ed25519(_) => ed25519,
        PublicKey::Other { oid, .. } if oid == EC => ecdsa,
        PublicKey::Other { .. } => false,
    };
    (rsa || ecdsa || ed25519) && !fits
}

fn rsa(
    oid: &str,
    bits: usize,
    signature: &AlgorithmIdentifier<'_>,
) -> Option<&'static dyn lc::VerificationAlgorithm> {
    let small = (1024..2048).contains(&bits);
    if !(1024..=8192).contains(&bits) {
        return None;
    }
    Some(match oid {
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => {
            &lc::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY
        }
        "1.2.840.113549.1.1.11" => &lc::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        "1.2.840.113549.1.1.12" if !small => &lc::RSA_PKCS1_2048_8192_SHA384,
        "1.2.840.113549.1.1.13" => &lc::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        "1.2.840.113549.1.1.10" if !small => return rsa_pss(signature),
        _ => return None,
    })
}

fn rsa_pss(signature: &AlgorithmIdentifier<'_>) -> Option<&'static dyn lc::VerificationAlgorithm> {
    let parameters = RsaSsaPssParams::try_from(signature.parameters.as_ref()?).ok()?;
    Some(
        match parameters.hash_algorithm_oid().to_id_string().as_str() {
            "2.16.840.1.101.3.4.2.1" if parameters.salt_length() == 32 => {
                &lc::RSA_PSS_2048_8192_SHA256
            }
            "2.16.840.1.101.3.4.2.2" if parameters.salt_length() == 48 => {
                &lc::RSA_PSS_2048_8192_SHA384
            }
            "2.16.840.1.101.3.4.2.3" if parameters.salt_length() == 64 => {
                &lc::RSA_PSS_2048_8192_SHA512
            }
            _ => return None,
        },
    )
}

fn ecdsa(oid: &str, curve: Curve) -> Option<&'static dyn lc::VerificationAlgorithm> {
    const SHA1: &str = "1.2.840.10045.4.1";
    const SHA256: &str = "1.2.840.10045.4.3.2";
    const SHA384: &str = "1.2.840.10045.4.3.3";
    const SHA512: &str = "1.2.840.10045.4.3.4";
    Some(match (curve, oid) {
        (Curve::P256, SHA1) => &lc::ECDSA_P256_SHA1_ASN1,
        (Curve::P256, SHA256) => &lc::ECDSA_P256_SHA256_ASN1,
        (Curve::P256, SHA384) => &lc::ECDSA_P256_SHA384_ASN1,
        (Curve::P256, SHA512) => &lc::ECDSA_P256_SHA512_ASN1,
        (Curve::P384, SHA256) => &lc::ECDSA_P384_SHA256_ASN1,
        (Curve::P384, SHA384) => &lc::ECDSA_P384_SHA384_ASN1,
        (Curve::P384, SHA512) => &lc::ECDSA_P384_SHA512_ASN1,
        (Curve::P521, SHA1) => &lc::ECDSA_P521_SHA1_ASN1,
        (Curve::P521, SHA256) => &lc::ECDSA_P521_SHA256_ASN1,
        (Curve::P521, SHA384) => &lc::ECDSA_P521_SHA384_ASN1,
        (Curve::P521, SHA512) => &lc::ECDSA_P521_SHA512_ASN1,
        (Curve::P256K, SHA256) => &lc::ECDSA_P256K1_SHA256_ASN1,
        _ => return None,
    })
}

/// `id-ecPublicKey`, RFC 5480: a key on a curve that kvcert does not know.
const EC: &str = "1.2.840.10045.2.1";
