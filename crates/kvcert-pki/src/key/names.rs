//! The names of key algorithms and curves that kvcert compares and shows but has no keys of.

use der::AnyRef;
use der::asn1::ObjectIdentifier;

use crate::asn1::oid::EC_PUBLIC_KEY;
use crate::content_error::{ContentError, Remedy};

/// A private key of an algorithm that Key Vault does not have either.
pub(super) fn unsupported_algorithm(id: ObjectIdentifier) -> ContentError {
    let name = algorithm_name(id).unwrap_or("unknown");
    ContentError::unsupported(format!("a private key of type {name}"), id)
        .with_remedy(Remedy::NoSuchKey)
}

/// A key on a curve that Key Vault does not have either.
pub(super) fn unsupported_curve(id: ObjectIdentifier) -> ContentError {
    let name = match curve_name(id) {
        Some(SM2) => String::from("SM2"),
        Some(name) => format!("EC {name}"),
        None => String::from("EC on an unknown curve"),
    };
    ContentError::unsupported(format!("a private key of type {name}"), id)
        .with_remedy(Remedy::NoSuchKey)
}

/// What to call a public key of an algorithm or a curve that kvcert does not know.
pub(super) fn public_key_name(id: ObjectIdentifier, parameters: Option<AnyRef<'_>>) -> String {
    if id != EC_PUBLIC_KEY {
        return algorithm_name(id).map_or_else(|| format!("algorithm {id}"), str::to_owned);
    }
    let curve = parameters.map(|it| it.decode_as::<ObjectIdentifier>());
    match curve {
        Some(Ok(curve)) => match curve_name(curve) {
            Some(SM2) => String::from(SM2),
            Some(name) => format!("EC {name}"),
            None => format!("EC on curve {curve}"),
        },
        _ => String::from("EC on a curve given by its parameters"),
    }
}

/// RFC 9881, RFC 9909, RFC 9935, RFC 8410, RFC 3279, RFC 9215.
fn algorithm_name(id: ObjectIdentifier) -> Option<&'static str> {
    Some(match id.to_string().as_str() {
        "1.2.840.10040.4.1" | "1.3.14.3.2.12" => "DSA",
        "1.2.840.113549.1.3.1" | "1.2.840.10046.2.1" => "Diffie-Hellman",
        "1.2.840.113549.1.1.7" => "RSAES-OAEP",
        "1.3.132.1.12" => "ECDH",
        "1.3.132.1.13" => "ECMQV",
        "1.3.101.110" => "X25519",
        "1.3.101.111" => "X448",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        "1.2.643.2.2.19" | "1.2.643.2.2.20" => "GOST R 34.10-2001",
        "1.2.643.7.1.1.1.1" => "GOST R 34.10-2012, 256 bits",
        "1.2.643.7.1.1.1.2" => "GOST R 34.10-2012, 512 bits",
        "1.2.804.2.1.1.1.1.3.1.1" => "DSTU 4145",
        "1.2.840.113549.1.9.16.3.17" => "HSS/LMS",
        "1.3.6.1.5.5.7.6.34" => "XMSS",
        "2.16.840.1.101.3.4.3.17" => "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18" => "ML-DSA-65",
        "2.16.840.1.101.3.4.3.19" => "ML-DSA-87",
        "2.16.840.1.101.3.4.3.20" => "SLH-DSA-SHA2-128s",
        "2.16.840.1.101.3.4.3.21" => "SLH-DSA-SHA2-128f",
        "2.16.840.1.101.3.4.3.22" => "SLH-DSA-SHA2-192s",
        "2.16.840.1.101.3.4.3.23" => "SLH-DSA-SHA2-192f",
        "2.16.840.1.101.3.4.3.24" => "SLH-DSA-SHA2-256s",
        "2.16.840.1.101.3.4.3.25" => "SLH-DSA-SHA2-256f",
        "2.16.840.1.101.3.4.3.26" => "SLH-DSA-SHAKE-128s",
        "2.16.840.1.101.3.4.3.27" => "SLH-DSA-SHAKE-128f",
        "2.16.840.1.101.3.4.3.28" => "SLH-DSA-SHAKE-192s",
        "2.16.840.1.101.3.4.3.29" => "SLH-DSA-SHAKE-192f",
        "2.16.840.1.101.3.4.3.30" => "SLH-DSA-SHAKE-256s",
        "2.16.840.1.101.3.4.3.31" => "SLH-DSA-SHAKE-256f",
        "2.16.840.1.101.3.4.3.32" => "HashML-DSA-44",
        "2.16.840.1.101.3.4.3.33" => "HashML-DSA-65",
        "2.16.840.1.101.3.4.3.34" => "HashML-DSA-87",
        "2.16.840.1.101.3.4.4.1" => "ML-KEM-512",
        "2.16.840.1.101.3.4.4.2" => "ML-KEM-768",
        "2.16.840.1.101.3.4.4.3" => "ML-KEM-1024",
        id if id.starts_with("1.3.9999.3.") => "Falcon",
        id if id.starts_with("2.16.840.1.114027.80.") => "a composite of two algorithms",
        _ => return None,
    })
}

/// SEC 2 appendix A, RFC 5639 section 4.1, ANSI X9.62 and national curves.
fn curve_name(id: ObjectIdentifier) -> Option<&'static str> {
    Some(match id.to_string().as_str() {
        "1.2.840.10045.3.1.1" => "P-192",
        "1.2.840.10045.3.1.2" => "prime192v2",
        "1.2.840.10045.3.1.3" => "prime192v3",
        "1.2.840.10045.3.1.4" => "prime239v1",
        "1.2.840.10045.3.1.5" => "prime239v2",
        "1.2.840.10045.3.1.6" => "prime239v3",
        "1.2.840.10045.3.1.7" => "P-256",
        "1.3.132.0.34" => "P-384",
        "1.3.132.0.35" => "P-521",
        "1.3.132.0.1" => "sect163k1",
        "1.3.132.0.2" => "sect163r1",
        "1.3.132.0.3" => "sect239k1",
        "1.3.132.0.4" => "sect113r1",
        "1.3.132.0.5" => "sect113r2",
        "1.3.132.0.6" => "secp112r1",
        "1.3.132.0.7" => "secp112r2",
        "1.3.132.0.8" => "secp160r1",
        "1.3.132.0.9" => "secp160k1",
        "1.3.132.0.10" => "secp256k1",
        "1.3.132.0.15" => "sect163r2",
        "1.3.132.0.16" => "sect283k1",
        "1.3.132.0.17" => "sect283r1",
        "1.3.132.0.22" => "sect131r1",
        "1.3.132.0.23" => "sect131r2",
        "1.3.132.0.24" => "sect193r1",
        "1.3.132.0.25" => "sect193r2",
        "1.3.132.0.26" => "sect233k1",
        "1.3.132.0.27" => "sect233r1",
        "1.3.132.0.28" => "secp128r1",
        "1.3.132.0.29" => "secp128r2",
        "1.3.132.0.30" => "secp160r2",
        "1.3.132.0.31" => "secp192k1",
        "1.3.132.0.32" => "secp224k1",
        "1.3.132.0.33" => "secp224r1 (P-224)",
        "1.3.132.0.36" => "sect409k1",
        "1.3.132.0.37" => "sect409r1",
        "1.3.132.0.38" => "sect571k1",
        "1.3.132.0.39" => "sect571r1",
        "1.3.36.3.3.2.8.1.1.1" => "brainpoolP160r1",
        "1.3.36.3.3.2.8.1.1.2" => "brainpoolP160t1",
        "1.3.36.3.3.2.8.1.1.3" => "brainpoolP192r1",
        "1.3.36.3.3.2.8.1.1.4" => "brainpoolP192t1",
        "1.3.36.3.3.2.8.1.1.5" => "brainpoolP224r1",
        "1.3.36.3.3.2.8.1.1.6" => "brainpoolP224t1",
        "1.3.36.3.3.2.8.1.1.7" => "brainpoolP256r1",
        "1.3.36.3.3.2.8.1.1.8" => "brainpoolP256t1",
        "1.3.36.3.3.2.8.1.1.9" => "brainpoolP320r1",
        "1.3.36.3.3.2.8.1.1.10" => "brainpoolP320t1",
        "1.3.36.3.3.2.8.1.1.11" => "brainpoolP384r1",
        "1.3.36.3.3.2.8.1.1.12" => "brainpoolP384t1",
        "1.3.36.3.3.2.8.1.1.13" => "brainpoolP512r1",
        "1.3.36.3.3.2.8.1.1.14" => "brainpoolP512t1",
        "1.2.156.10197.1.301" => SM2,
        "1.2.250.1.223.101.256.1" => "FRP256v1",
        id if id.starts_with("1.2.840.10045.3.0.") => "over a binary field (X9.62)",
        id if id.starts_with("2.23.43.1.4.") => "over a binary field (WAP)",
        _ => return None,
    })
}

/// Not "EC": people know the algorithm and its curve by one name.
const SM2: &str = "SM2";
