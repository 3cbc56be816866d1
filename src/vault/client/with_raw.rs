//! [`WithRaw`]: an object together with the JSON that it was read from, to show both.

use serde_json::Value;

use super::{
    CertificateObject, KeyObject, ObjectName, Permission, SecretValue, VaultClient, Version,
};
use crate::transport::Reply;
use crate::vault::error::VaultError;

/// An object, and the reply that it was read from.
#[derive(Debug)]
pub struct WithRaw<T> {
    /// The object.
    pub object: T,
    /// The JSON of the reply, for a secret without its value.
    pub document: Value,
}

impl VaultClient {
    /// [`certificate`](Self::certificate), with the reply.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn certificate_with_raw(
        &self,
        name: &ObjectName,
        version: Option<&Version>,
    ) -> Result<WithRaw<CertificateObject>, VaultError> {
        let reply = self
            .object(Permission::GetCertificate, name, version)
            .await?;
        let object = self.issued(name, &reply).await?;
        Ok(WithRaw::new(object, &reply))
    }

    /// [`key`](Self::key), with the reply.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn key_with_raw(
        &self,
        name: &ObjectName,
        version: Option<&Version>,
    ) -> Result<WithRaw<KeyObject>, VaultError> {
        let reply = self.object(Permission::GetKey, name, version).await?;
        let object = KeyObject::from_reply(&reply)?;
        Ok(WithRaw::new(object, &reply))
    }

    /// [`secret`](Self::secret), with the reply except for the value.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn secret_with_raw(
        &self,
        name: &ObjectName,
        version: Option<&Version>,
    ) -> Result<WithRaw<SecretValue>, VaultError> {
        let reply = self.object(Permission::GetSecret, name, version).await?;
        let object = SecretValue::from_reply(&reply, name, version)?;
        Ok(WithRaw::new(object, &reply))
    }
}

impl<T> WithRaw<T> {
    /// A reply that became an object is JSON. Certificates and keys have no `value`.
    fn new(object: T, reply: &Reply) -> Self {
        let mut document: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        if let Some(Value::String(mut value)) =
            document.as_object_mut().and_then(|it| it.remove("value"))
        {
            zeroize::Zeroize::zeroize(&mut value);
        }
        Self { object, document }
    }
}
