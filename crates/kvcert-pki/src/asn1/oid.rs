//! Object identifiers, by the names that the RFCs give them.

#![expect(missing_docs, reason = "the names are those of the RFCs")]

use der::asn1::ObjectIdentifier as Oid;

// Keys: RFC 8017, RFC 5480, RFC 8410.
pub const RSA_ENCRYPTION: Oid = Oid::new_unwrap("1.2.840.113549.1.1.1");
pub const RSASSA_PSS: Oid = Oid::new_unwrap("1.2.840.113549.1.1.10");
pub const EC_PUBLIC_KEY: Oid = Oid::new_unwrap("1.2.840.10045.2.1");
pub const ED25519: Oid = Oid::new_unwrap("1.3.101.112");

// CMS: RFC 5652.
pub const DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.1");
pub const SIGNED_DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.2");
pub const ENVELOPED_DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.3");
pub const ENCRYPTED_DATA: Oid = Oid::new_unwrap("1.2.840.113549.1.7.6");

// PKCS#12: RFC 7292 appendix D.
pub const KEY_BAG: Oid = Oid::new_unwrap("1.2.840.113549.1.12.10.1.1");
pub const SHROUDED_KEY_BAG: Oid = Oid::new_unwrap("1.2.840.113549.1.12.10.1.2");
pub const CERT_BAG: Oid = Oid::new_unwrap("1.2.840.113549.1.12.10.1.3");
pub const CRL_BAG: Oid = Oid::new_unwrap("1.2.840.113549.1.12.10.1.4");
pub const SECRET_BAG: Oid = Oid::new_unwrap("1.2.840.113549.1.12.10.1.5");
pub const SAFE_CONTENTS_BAG: Oid = Oid::new_unwrap("1.2.840.113549.1.12.10.1.6");
pub const X509_CERTIFICATE: Oid = Oid::new_unwrap("1.2.840.113549.1.9.22.1");

// Attributes of bags: RFC 2985 section 5.5, and Microsoft's.
pub const FRIENDLY_NAME: Oid = Oid::new_unwrap("1.2.840.113549.1.9.20");
pub const LOCAL_KEY_ID: Oid = Oid::new_unwrap("1.2.840.113549.1.9.21");
pub const MICROSOFT_CSP_NAME: Oid = Oid::new_unwrap("1.3.6.1.4.1.311.17.1");
pub const MICROSOFT_PROTECTED_PASSWORD: Oid = Oid::new_unwrap("1.3.6.1.4.1.311.17.4");
pub const MICROSOFT_LOCAL_KEY_SET: Oid = Oid::new_unwrap("1.3.6.1.4.1.311.17.2");

// PKCS#5: RFC 8018, RFC 9579, RFC 7914.
pub const PBES2: Oid = Oid::new_unwrap("1.2.840.113549.1.5.13");
pub const PBMAC1: Oid = Oid::new_unwrap("1.2.840.113549.1.5.14");
pub const PBKDF2: Oid = Oid::new_unwrap("1.2.840.113549.1.5.12");
pub const SCRYPT: Oid = Oid::new_unwrap("1.3.6.1.4.1.11591.4.11");
pub const HMAC_SHA256: Oid = Oid::new_unwrap("1.2.840.113549.2.9");

// Schemes that name cipher and derivation at once: RFC 8018 appendix A.3, RFC 7292 appendix C.
pub const MD5_DES: Oid = Oid::new_unwrap("1.2.840.113549.1.5.3");
pub const MD5_RC2: Oid = Oid::new_unwrap("1.2.840.113549.1.5.6");
pub const SHA1_DES: Oid = Oid::new_unwrap("1.2.840.113549.1.5.10");
pub const SHA1_RC2: Oid = Oid::new_unwrap("1.2.840.113549.1.5.11");
pub const SHA_RC4_128: Oid = Oid::new_unwrap("1.2.840.113549.1.12.1.1");
pub const SHA_RC4_40: Oid = Oid::new_unwrap("1.2.840.113549.1.12.1.2");
pub const SHA_3_KEY_3DES: Oid = Oid::new_unwrap("1.2.840.113549.1.12.1.3");
pub const SHA_2_KEY_3DES: Oid = Oid::new_unwrap("1.2.840.113549.1.12.1.4");
pub const SHA_RC2_128: Oid = Oid::new_unwrap("1.2.840.113549.1.12.1.5");
pub const SHA_RC2_40: Oid = Oid::new_unwrap("1.2.840.113549.1.12.1.6");

// Ciphers: RFC 3565, RFC 8018 appendix B.2, RFC 3657.
pub const AES128_CBC: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.1.2");
pub const AES192_CBC: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.1.22");
pub const AES256_CBC: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.1.42");
pub const DES_EDE3_CBC: Oid = Oid::new_unwrap("1.2.840.113549.3.7");
pub const DES_CBC: Oid = Oid::new_unwrap("1.3.14.3.2.7");
pub const RC2_CBC: Oid = Oid::new_unwrap("1.2.840.113549.3.2");
pub const RC4: Oid = Oid::new_unwrap("1.2.840.113549.3.4");
pub const CAMELLIA128_CBC: Oid = Oid::new_unwrap("1.2.392.200011.61.1.1.1.2");
pub const CAMELLIA192_CBC: Oid = Oid::new_unwrap("1.2.392.200011.61.1.1.1.3");
pub const CAMELLIA256_CBC: Oid = Oid::new_unwrap("1.2.392.200011.61.1.1.1.4");
