//! [`RemoteKey`]: a certificate's key that stays in its vault and signs there.

use std::fmt;

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents,
};
use kvcert_pki::key::PublicKey;
use sha2::{Digest, Sha256};

use super::address::{ObjectName, Version};
use super::{CertificateObject, VaultClient, VaultError};
use crate::identity::{Algorithm, AssertionError, Signer, Signing};

/// The key object that belongs to one version of a certificate: between two calls the certificate,
/// and its key, could be renewed.
pub struct RemoteKey {
    client: Box<VaultClient>,
    name: ObjectName,
    version: Version,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl RemoteKey {
    /// The key of `certificate`, whose public key is `public`.
    ///
    /// # Errors
    /// [`AssertionError::NotRsa`]: Entra accepts RSA keys only.
    pub fn new(
        client: VaultClient,
        certificate: &CertificateObject,
        public: &PublicKey,
    ) -> Result<Self, AssertionError> {
        let PublicKey::Rsa { modulus, exponent } = public else {
            return Err(AssertionError::NotRsa {
                key: public.to_string(),
            });
        };
        Ok(Self {
            client: Box::new(client),
            name: certificate.key_name.clone(),
            version: certificate.key_version.clone(),
            modulus: modulus.clone(),
            exponent: exponent.clone(),
        })
    }

    async fn sign_there(
        &self,
        algorithm: Algorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, AssertionError> {
        let digest = Sha256::digest(message);
        let signed = self
            .client
            .sign(&self.name, &self.version, algorithm.name(), &digest);
        let signature = signed.await.map_err(elsewhere)?;
        self.check(algorithm, message, &signature)?;
        Ok(signature)
    }

    /// Entra would only say that the signature is wrong.
    fn check(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), AssertionError> {
        let parameters = match algorithm {
            Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
            Algorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
        };
        let public = RsaPublicKeyComponents {
            n: &self.modulus,
            e: &self.exponent,
        };
        let verified = public.verify(parameters, message, signature);
        verified.map_err(|_| AssertionError::OtherKey)
    }
}

impl Signer for RemoteKey {
    fn sign<'a>(&'a self, algorithm: Algorithm, message: &'a [u8]) -> Signing<'a> {
        Box::pin(self.sign_there(algorithm, message))
    }
}

impl fmt::Debug for RemoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemoteKey({}/{})", self.name, self.version)
    }
}

fn elsewhere(error: VaultError) -> AssertionError {
    AssertionError::Elsewhere(Box::new(error))
}
