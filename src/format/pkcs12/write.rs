//! Writing PKCS#12, with `p12-keystore`.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use p12_keystore::{
    EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, PrivateKey as Pkcs8Key,
    PrivateKeyChain,
};
use zeroize::Zeroizing;

use crate::{
    certificate::Certificate, content_error::ContentError, format::Password, key::PrivateKey,
};

/// Who must be able to read the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256, MAC with SHA-256: OpenSSL 1.1 and later,
    /// Windows 10 1709 and Server 2019, Java 8u301, 11.0.12 and 17.
    Modern,
    /// 3DES and SHA-1, as Key Vault itself writes: Windows Server 2016 and before, every macOS
    /// Keychain, every Java, and OpenSSL 3 without its legacy provider.
    Legacy,
}

/// Writes key and certificates, leaf first, as a DER PFX. `name` is the friendly name of the key.
/// The attributes that came with the key are kept: Windows reads the key's purpose there.
///
/// # Errors
/// [`ContentError::Unsupported`] for a password with characters that PKCS#12 has no form for
/// (beyond the basic multilingual plane) or that is not UTF-8.
pub fn write(
    key: &PrivateKey,
    certificates: &[&Certificate],
    name: &str,
    password: &Password,
    profile: Profile,
) -> Result<Zeroizing<Vec<u8>>, ContentError> {
    let failed = |e: p12_keystore::error::Error| ContentError::damaged("the new PKCS#12 file", e);
    let password = basic_plane(password)?;
    let pkcs8 = key.secret_pkcs8_der_with_attributes()?;
    let leaf = certificates.first().ok_or(ContentError::NoCertificate)?;
    let local_key_id = digest(&SHA1_FOR_LEGACY_USE_ONLY, leaf.der());
    let mut chain = Vec::with_capacity(certificates.len());
    for certificate in certificates {
        chain.push(p12_keystore::Certificate::from_der(certificate.der()).map_err(failed)?);
    }
    let chain = PrivateKeyChain::new(
        local_key_id.as_ref(),
        Pkcs8Key::from_der(&pkcs8).map_err(failed)?,
        chain,
    );
    let mut store = KeyStore::new();
    let alias: String = name.chars().filter(|c| u32::from(*c) <= 0xffff).collect();
    store.add_entry(&alias, KeyStoreEntry::PrivateKeyChain(chain));
    let writer = match profile {
        Profile::Modern => store
            .writer(&password)
            .encryption_algorithm(EncryptionAlgorithm::PbeWithHmacSha256AndAes256)
            .mac_algorithm(MacAlgorithm::HmacSha256),
        Profile::Legacy => store
            .writer(&password)
            .encryption_algorithm(EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc)
            .mac_algorithm(MacAlgorithm::HmacSha1),
    };
    let pfx = writer
        .encryption_iterations(ITERATIONS)
        .mac_iterations(ITERATIONS)
        .write();
    pfx.map(Zeroizing::new).map_err(failed)
}

/// The integrity check derives its key from the password in UTF-16 without surrogates.
fn basic_plane(password: &Password) -> Result<Zeroizing<String>, ContentError> {
    let text = std::str::from_utf8(password.bytes()).ok();
    let plain = text.filter(|text| text.chars().all(|c| u32::from(c) <= 0xffff));
    plain
        .map(|text| Zeroizing::new(text.to_owned()))
        .ok_or_else(|| ContentError::Unsupported {
            name: String::from("a PFX password that is not UTF-8, or has characters such as emoji"),
            oid: None,
        })
}

/// Enough to slow a guesser down, few enough for every reader's limit.
const ITERATIONS: u32 = 100_000;
