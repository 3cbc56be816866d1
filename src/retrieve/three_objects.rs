//! The three objects of one certificate, asked for together and compared.

use kvcert_pki::certificate::Certificate;

use super::RetrieveError;
use crate::agreement::{self, Check, Disagreement, ObjectChecks};
use crate::vault::address::{CertificateRef, Version};
use crate::vault::{CertificateObject, KeyObject, SecretValue, VaultClient, VaultError};

/// When to compare the three objects of a certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Verify {
    /// As far as the vault lets us look at them. Where its list has told the thumbprint, the secret
    /// is compared with that, which spares two calls of three.
    #[default]
    Auto,
    /// All of them, or it is an error.
    Require,
    /// Not at all: one call a certificate.
    Off,
}

/// The secret, and what the vault said when it was asked for the other two.
#[derive(Debug)]
pub struct ThreeObjects {
    pub(super) secret: SecretValue,
    others: Option<Others>,
}

#[derive(Debug)]
struct Others {
    certificate: Result<CertificateObject, VaultError>,
    /// None if nothing is written of the key.
    key: Option<Result<KeyObject, VaultError>>,
}

impl ThreeObjects {
    /// Asks for all three at a time, or with [`Verify::Off`] for the secret alone.
    ///
    /// # Errors
    /// Why there is no secret. Errors of the other two are for [`check`](Self::check).
    pub async fn get(
        client: &VaultClient,
        wanted: &CertificateRef,
        verify: Verify,
    ) -> Result<Self, VaultError> {
        Self::fetch(client, wanted, verify, true).await
    }

    /// The same without the key object, where nothing is written of the key.
    pub(super) async fn without_key(
        client: &VaultClient,
        wanted: &CertificateRef,
        verify: Verify,
    ) -> Result<Self, VaultError> {
        Self::fetch(client, wanted, verify, false).await
    }

    async fn fetch(
        client: &VaultClient,
        wanted: &CertificateRef,
        verify: Verify,
        with_key: bool,
    ) -> Result<Self, VaultError> {
        let (name, version) = (&wanted.name, wanted.version.as_ref());
        if verify == Verify::Off {
            let secret = client.secret(name, version).await?;
            return Ok(Self {
                secret,
                others: None,
            });
        }
        // Without the secret nobody waits for the others.
        let others = async { Ok(Others::get(client, wanted, version, with_key).await) };
        let (secret, others) = tokio::try_join!(client.secret(name, version), others)?;
        let others = if version.is_none() && others.are_of_another_version(&secret) {
            // A new version was made between the answers.
            Others::get(client, wanted, Some(&secret.version), with_key).await
        } else {
            others
        };
        Ok(Self {
            secret,
            others: Some(others),
        })
    }

    /// Compares the others with the secret's leaf. What was not allowed is told in `notes`,
    /// unless all of it is required.
    ///
    /// # Errors
    /// [`RetrieveError::Disagree`] or [`RetrieveError::NotCompared`].
    pub fn check(
        self,
        leaf: &Certificate,
        verify: Verify,
        notes: &mut Vec<String>,
    ) -> Result<(SecretValue, ObjectChecks), RetrieveError> {
        let secret = self.secret;
        let Some(others) = self.others else {
            return Ok((secret, ObjectChecks::default()));
        };
        let mut judge = Judge {
            managed: secret.managed,
            required: verify == Verify::Require,
            notes,
        };
        let checks = ObjectChecks {
            certificate_object: judge.judge("certificate", others.certificate, |object| {
                agreement::certificate_agrees(&object, &secret, leaf)
            })?,
            key_object: match others.key {
                Some(key) => judge.judge("key", key, |object| {
                    agreement::key_agrees(&object, &secret, leaf)
                })?,
                None => Check::Off,
            },
        };
        Ok((secret, checks))
    }
}

impl Others {
    async fn get(
        client: &VaultClient,
        wanted: &CertificateRef,
        version: Option<&Version>,
        with_key: bool,
    ) -> Self {
        let key = async {
            match with_key {
                true => Some(client.key(&wanted.name, version).await),
                false => None,
            }
        };
        let (certificate, key) = tokio::join!(client.certificate(&wanted.name, version), key);
        Self { certificate, key }
    }

    fn are_of_another_version(&self, secret: &SecretValue) -> bool {
        let certificate = self.certificate.as_ref().ok().map(|it| &it.version);
        let key = self.key.as_ref().and_then(|key| key.as_ref().ok());
        let key = key.map(|it| &it.version);
        [certificate, key]
            .into_iter()
            .flatten()
            .any(|version| *version != secret.version)
    }
}

struct Judge<'a> {
    managed: bool,
    required: bool,
    notes: &'a mut Vec<String>,
}

impl Judge<'_> {
    fn judge<T>(
        &mut self,
        object: &'static str,
        answer: Result<T, VaultError>,
        compare: impl FnOnce(T) -> Result<(), Disagreement>,
    ) -> Result<Check, RetrieveError> {
        match answer {
            Ok(found) => {
                compare(found)?;
                Ok(Check::Agrees)
            }
            Err(error) if self.required => Err(not_compared(object, error)),
            Err(error @ (VaultError::Forbidden { .. } | VaultError::Disabled { .. })) => {
                self.notes
                    .push(format!("not compared with the {object} object: {error}"));
                Ok(Check::NotAllowed)
            }
            Err(VaultError::NotFound { .. }) if !self.managed => Ok(Check::NotThere),
            Err(error) => Err(not_compared(object, error)),
        }
    }
}

fn not_compared(object: &'static str, source: VaultError) -> RetrieveError {
    RetrieveError::NotCompared { object, source }
}
