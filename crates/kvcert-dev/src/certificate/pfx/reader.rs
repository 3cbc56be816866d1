//! What is in a PKCS#12 that a client uploaded.

use anyhow::{Context, anyhow, bail, ensure};
use der::Decode;
use der::asn1::OctetString;
use hmac::{Hmac, KeyInit, Mac};
use pkcs12::kdf::Pkcs12KeyType;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::asn1::{
    CERT_BAG, CertBag, ContentInfo, DATA, ENCRYPTED_DATA, EncryptedData, EncryptedPrivateKeyInfo,
    KEY_BAG, MacData, Pfx, SHROUDED_KEY_BAG, SafeBag, X509_CERTIFICATE,
};
use super::ber::to_der;
use super::pbe::{MOST_ITERATIONS, Password, decrypt, derive};

/// Keys and certificates, in the order in which they were found.
#[derive(Default)]
pub(crate) struct Contents {
    /// PKCS#8.
    pub(crate) keys: Vec<Zeroizing<Vec<u8>>>,
    pub(crate) certificates: Vec<Vec<u8>>,
}

/// Reads BER with `password`; an empty one also stands for none. A MAC by PBMAC1
/// ([RFC 9579](https://www.rfc-editor.org/rfc/rfc9579)) is refused: the service reads files with
/// Windows, whose documentation does not know it.
pub(crate) fn read(ber: &[u8], password: &str) -> anyhow::Result<Contents> {
    let pfx = Pfx::from_der(&to_der(ber)?).context("not a PKCS#12")?;
    ensure!(pfx.auth_safe.id == DATA, "a PKCS#12 that is signed");
    let safe: OctetString = pfx.auth_safe.content.decode_as()?;
    let mut failure = anyhow!("the wrong password");
    for password in Password::candidates(password) {
        if let Some(mac) = &pfx.mac
            && !fits(mac, safe.as_bytes(), &password)?
        {
            continue;
        }
        match contents(safe.as_bytes(), &password) {
            Ok(contents) => return Ok(contents),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn contents(safe: &[u8], password: &Password) -> anyhow::Result<Contents> {
    let mut found = Contents::default();
    for content in Vec::<ContentInfo>::from_der(&to_der(safe)?)? {
        let bags = match content.id {
            DATA => {
                let data: OctetString = content.content.decode_as()?;
                Zeroizing::new(data.into_bytes().into())
            }
            ENCRYPTED_DATA => {
                let data: EncryptedData = content.content.decode_as()?;
                let content = &data.content;
                decrypt(&content.algorithm, &content.octets()?, password)?
            }
            other => bail!("a content of type {other}"),
        };
        for bag in Vec::<SafeBag>::from_der(&to_der(&bags)?)? {
            found.take(&bag, password)?;
        }
    }
    Ok(found)
}

impl Contents {
    fn take(&mut self, bag: &SafeBag, password: &Password) -> anyhow::Result<()> {
        match bag.id {
            KEY_BAG => self
                .keys
                .push(Zeroizing::new(der::Encode::to_der(&bag.value)?)),
            SHROUDED_KEY_BAG => {
                let key: EncryptedPrivateKeyInfo = bag.value.decode_as()?;
                let plain = decrypt(&key.algorithm, key.encrypted.as_bytes(), password)?;
                self.keys.push(plain);
            }
            CERT_BAG => {
                let certificate: CertBag = bag.value.decode_as()?;
                if certificate.id == X509_CERTIFICATE {
                    self.certificates
                        .push(certificate.value.as_bytes().to_vec());
                }
            }
            // Revocation lists and secrets are no business of a certificate.
            _ => {}
        }
        Ok(())
    }
}

fn fits(mac: &MacData, safe: &[u8], password: &Password) -> anyhow::Result<bool> {
    ensure!(mac.iterations <= MOST_ITERATIONS, "too many rounds");
    Ok(match mac.digest.algorithm.oid.to_string().as_str() {
        "1.3.14.3.2.26" => hmac::<Sha1>(mac, safe, password, 20)?,
        "2.16.840.1.101.3.4.2.1" => hmac::<Sha256>(mac, safe, password, 32)?,
        "2.16.840.1.101.3.4.2.2" => hmac::<Sha384>(mac, safe, password, 48)?,
        "2.16.840.1.101.3.4.2.3" => hmac::<Sha512>(mac, safe, password, 64)?,
        other => bail!("a MAC by {other} is not known"),
    })
}

fn hmac<D>(mac: &MacData, safe: &[u8], password: &Password, length: usize) -> anyhow::Result<bool>
where
    D: hmac::EagerHash + super::pbe::Hash,
{
    let salt = mac.salt.as_bytes();
    let key = derive::<D>(
        &password.wide,
        salt,
        Pkcs12KeyType::Mac,
        mac.iterations,
        length,
    );
    let mut hmac = Hmac::<D>::new_from_slice(&key)
        .map_err(|_| anyhow!("a derived key has the wrong length"))?;
    hmac.update(safe);
    Ok(hmac.verify_slice(mac.digest.digest.as_bytes()).is_ok())
}
