//! The names of ciphers and schemes, by which people know them; also of those that kvcert cannot
//! decrypt, and what decrypts them.

use der::asn1::ObjectIdentifier;

use super::Hash;
use crate::asn1::oid;
use crate::content_error::{ContentError, Remedy};

/// Encryption that kvcert cannot read, by its object identifier.
pub(super) fn unsupported_encryption(id: ObjectIdentifier) -> ContentError {
    let name = cipher_name(id).or_else(|| Some(scheme_names(id)?.0));
    let name = name.map_or_else(
        || String::from("this encryption"),
        |it| format!("{it} encryption"),
    );
    ContentError::unsupported(name, id).with_remedy(if is_known_to_openssl(id) {
        Remedy::Openssl
    } else {
        Remedy::ExportAgain
    })
}

/// A hash function that kvcert does not have, by its object identifier.
pub(super) fn unsupported_hash(id: ObjectIdentifier) -> ContentError {
    let name = format!("the hash function {}", hash_name(id));
    ContentError::unsupported(name, id).with_remedy(match id.to_string().as_str() {
        // MD2 and GOST are not part of openssl 3.
        "1.2.840.113549.2.2" => Remedy::ExportAgain,
        id if id.starts_with("1.2.643.") => Remedy::ExportAgain,
        _ => Remedy::Openssl,
    })
}

/// Whether `openssl pkcs12` and `openssl pkey` decrypt it: they have no authenticated modes in
/// PBES2, no MD2 and no GOST.
fn is_known_to_openssl(id: ObjectIdentifier) -> bool {
    let Some(name) = cipher_name(id) else {
        return false;
    };
    ![
        "GCM",
        "CCM",
        "Poly1305",
        "wrap",
        "GOST",
        "Kuznyechik",
        "Magma",
        "RC5",
        "BelT",
    ]
    .iter()
    .any(|missing| name.contains(missing))
}

/// The name of a hash function, of HMAC with it, or the object identifier.
pub(crate) fn hash_name(id: ObjectIdentifier) -> String {
    let id_text = id.to_string();
    let name = match &*id_text {
        "1.2.840.113549.2.2" => "MD2",
        "1.2.840.113549.2.4" => "MD4",
        "1.2.840.113549.2.5" | "1.2.840.113549.2.6" | "1.3.6.1.5.5.8.1.1" => "MD5",
        "1.3.36.3.2.1" | "1.3.6.1.5.5.8.1.4" => "RIPEMD-160",
        "1.2.156.10197.1.401" | "1.2.156.10197.1.401.2" | "1.2.156.10197.1.401.3.1" => "SM3",
        "1.2.643.2.2.9" | "1.2.643.2.2.10" => "GOST R 34.11-94",
        "1.2.643.7.1.1.2.2" | "1.2.643.7.1.1.4.1" => "Streebog-256",
        "1.2.643.7.1.1.2.3" | "1.2.643.7.1.1.4.2" => "Streebog-512",
        "1.0.10118.3.0.55" => "Whirlpool",
        "1.3.6.1.4.1.1722.12.2.1.16" => "BLAKE2b-512",
        "1.3.6.1.4.1.1722.12.2.2.8" => "BLAKE2s-256",
        "2.16.840.1.101.3.4.2.7" | "2.16.840.1.101.3.4.2.13" => "SHA3-224",
        "2.16.840.1.101.3.4.2.8" | "2.16.840.1.101.3.4.2.14" => "SHA3-256",
        "2.16.840.1.101.3.4.2.9" | "2.16.840.1.101.3.4.2.15" => "SHA3-384",
        "2.16.840.1.101.3.4.2.10" | "2.16.840.1.101.3.4.2.16" => "SHA3-512",
        "2.16.840.1.101.3.4.2.11" => "SHAKE128",
        "2.16.840.1.101.3.4.2.12" => "SHAKE256",
        _ => return Hash::known(id).map_or(id_text, |hash| hash.name().to_owned()),
    };
    name.to_owned()
}

/// The name of a cipher, with its key length and mode.
pub(super) fn cipher_name(id: ObjectIdentifier) -> Option<&'static str> {
    Some(match id {
        oid::AES128_CBC => "AES-128-CBC",
        oid::AES192_CBC => "AES-192-CBC",
        oid::AES256_CBC => "AES-256-CBC",
        oid::DES_EDE3_CBC => "3DES-CBC",
        oid::DES_CBC => "DES-CBC",
        oid::RC2_CBC => "RC2-CBC",
        oid::RC4 => "RC4",
        oid::CAMELLIA128_CBC => "Camellia-128-CBC",
        oid::CAMELLIA192_CBC => "Camellia-192-CBC",
        oid::CAMELLIA256_CBC => "Camellia-256-CBC",
        _ => return rare_cipher_name(&id.to_string()),
    })
}

fn rare_cipher_name(id: &str) -> Option<&'static str> {
    Some(match id {
        "2.16.840.1.101.3.4.1.1" => "AES-128-ECB",
        "2.16.840.1.101.3.4.1.3" => "AES-128-OFB",
        "2.16.840.1.101.3.4.1.4" => "AES-128-CFB",
        "2.16.840.1.101.3.4.1.5" => "AES-128-wrap",
        "2.16.840.1.101.3.4.1.6" => "AES-128-GCM",
        "2.16.840.1.101.3.4.1.7" => "AES-128-CCM",
        "2.16.840.1.101.3.4.1.21" => "AES-192-ECB",
        "2.16.840.1.101.3.4.1.23" => "AES-192-OFB",
        "2.16.840.1.101.3.4.1.24" => "AES-192-CFB",
        "2.16.840.1.101.3.4.1.25" => "AES-192-wrap",
        "2.16.840.1.101.3.4.1.26" => "AES-192-GCM",
        "2.16.840.1.101.3.4.1.27" => "AES-192-CCM",
        "2.16.840.1.101.3.4.1.41" => "AES-256-ECB",
        "2.16.840.1.101.3.4.1.43" => "AES-256-OFB",
        "2.16.840.1.101.3.4.1.44" => "AES-256-CFB",
        "2.16.840.1.101.3.4.1.45" => "AES-256-wrap",
        "2.16.840.1.101.3.4.1.46" => "AES-256-GCM",
        "2.16.840.1.101.3.4.1.47" => "AES-256-CCM",
        "1.2.410.200046.1.1.1" => "ARIA-128-ECB",
        "1.2.410.200046.1.1.2" => "ARIA-128-CBC",
        "1.2.410.200046.1.1.3" => "ARIA-128-CFB",
        "1.2.410.200046.1.1.4" => "ARIA-128-OFB",
        "1.2.410.200046.1.1.5" => "ARIA-128-CTR",
        "1.2.410.200046.1.1.6" => "ARIA-192-ECB",
        "1.2.410.200046.1.1.7" => "ARIA-192-CBC",
        "1.2.410.200046.1.1.8" => "ARIA-192-CFB",
        "1.2.410.200046.1.1.9" => "ARIA-192-OFB",
        "1.2.410.200046.1.1.10" => "ARIA-192-CTR",
        "1.2.410.200046.1.1.11" => "ARIA-256-ECB",
        "1.2.410.200046.1.1.12" => "ARIA-256-CBC",
        "1.2.410.200046.1.1.13" => "ARIA-256-CFB",
        "1.2.410.200046.1.1.14" => "ARIA-256-OFB",
        "1.2.410.200046.1.1.15" => "ARIA-256-CTR",
        "1.2.410.200046.1.1.34" => "ARIA-128-GCM",
        "1.2.410.200046.1.1.35" => "ARIA-192-GCM",
        "1.2.410.200046.1.1.36" => "ARIA-256-GCM",
        "0.3.4401.5.3.1.9.1" => "Camellia-128-ECB",
        "0.3.4401.5.3.1.9.3" => "Camellia-128-OFB",
        "0.3.4401.5.3.1.9.4" => "Camellia-128-CFB",
        "0.3.4401.5.3.1.9.6" => "Camellia-128-GCM",
        "0.3.4401.5.3.1.9.21" => "Camellia-192-ECB",
        "0.3.4401.5.3.1.9.23" => "Camellia-192-OFB",
        "0.3.4401.5.3.1.9.24" => "Camellia-192-CFB",
        "0.3.4401.5.3.1.9.26" => "Camellia-192-GCM",
        "0.3.4401.5.3.1.9.41" => "Camellia-256-ECB",
        "0.3.4401.5.3.1.9.43" => "Camellia-256-OFB",
        "0.3.4401.5.3.1.9.44" => "Camellia-256-CFB",
        "0.3.4401.5.3.1.9.46" => "Camellia-256-GCM",
        "1.2.156.10197.1.104.1" => "SM4-ECB",
        "1.2.156.10197.1.104.2" => "SM4-CBC",
        "1.2.156.10197.1.104.3" => "SM4-OFB",
        "1.2.156.10197.1.104.4" => "SM4-CFB",
        "1.2.156.10197.1.104.7" => "SM4-CTR",
        "1.2.156.10197.1.104.8" => "SM4-GCM",
        "1.2.410.200004.1.3" => "SEED-ECB",
        "1.2.410.200004.1.4" => "SEED-CBC",
        "1.2.410.200004.1.5" => "SEED-CFB",
        "1.2.410.200004.1.6" => "SEED-OFB",
        "1.2.840.113533.7.66.10" => "CAST5-CBC",
        "1.3.6.1.4.1.188.7.1.1.2" => "IDEA-CBC",
        "1.3.6.1.4.1.3029.1.2" => "Blowfish-CBC",
        "1.2.840.113549.3.9" => "RC5-CBC",
        "1.3.14.3.2.6" => "DES-ECB",
        "1.3.14.3.2.8" => "DES-OFB",
        "1.3.14.3.2.9" => "DES-CFB",
        "1.2.840.113549.1.9.16.3.18" => "ChaCha20-Poly1305",
        "1.2.643.2.2.21" => "GOST 28147-89",
        "1.2.643.7.1.1.5.1.1" | "1.2.643.7.1.1.5.1.2" => "Magma (GOST R 34.12-2015)",
        "1.2.643.7.1.1.5.2.1" | "1.2.643.7.1.1.5.2.2" => "Kuznyechik (GOST R 34.12-2015)",
        id if id.starts_with("1.2.112.0.2.0.34.101.31.") => "BelT",
        _ => return None,
    })
}

/// Scheme, cipher and derivation of the schemes that name all three at once: RFC 7292 appendix C
/// and RFC 8018 appendix A.3.
pub(super) fn scheme_names(
    id: ObjectIdentifier,
) -> Option<(&'static str, &'static str, &'static str)> {
    const PKCS12: &str = "the PKCS#12 KDF with SHA-1";
    const MD5: &str = "PBKDF1 with MD5";
    const SHA1: &str = "PBKDF1 with SHA-1";
    Some(match id {
        oid::SHA_RC4_128 => ("pbeWithSHAAnd128BitRC4", "RC4-128", PKCS12),
        oid::SHA_RC4_40 => ("pbeWithSHAAnd40BitRC4", "RC4-40", PKCS12),
        oid::SHA_3_KEY_3DES => ("pbeWithSHAAnd3-KeyTripleDES-CBC", "3DES-CBC", PKCS12),
        oid::SHA_2_KEY_3DES => ("pbeWithSHAAnd2-KeyTripleDES-CBC", "3DES-CBC", PKCS12),
        oid::SHA_RC2_128 => ("pbeWithSHAAnd128BitRC2-CBC", "RC2-128-CBC", PKCS12),
        oid::SHA_RC2_40 => ("pbeWithSHAAnd40BitRC2-CBC", "RC2-40-CBC", PKCS12),
        oid::MD5_DES => ("pbeWithMD5AndDES-CBC", "DES-CBC", MD5),
        oid::MD5_RC2 => ("pbeWithMD5AndRC2-CBC", "RC2-64-CBC", MD5),
        oid::SHA1_DES => ("pbeWithSHA1AndDES-CBC", "DES-CBC", SHA1),
        oid::SHA1_RC2 => ("pbeWithSHA1AndRC2-CBC", "RC2-64-CBC", SHA1),
        _ => match id.to_string().as_str() {
            "1.2.840.113549.1.5.1" => ("pbeWithMD2AndDES-CBC", "DES-CBC", "PBKDF1 with MD2"),
            "1.2.840.113549.1.5.4" => ("pbeWithMD2AndRC2-CBC", "RC2-64-CBC", "PBKDF1 with MD2"),
            _ => return None,
        },
    })
}
