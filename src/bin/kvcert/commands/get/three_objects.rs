//! The three objects of one certificate, asked for together and compared.

use kvcert::agreement::{self, Disagreement};
use kvcert::vault::address::{CertificateRef, Version};
use kvcert::vault::{CertificateObject, KeyObject, SecretValue, VaultClient, VaultError};
use kvcert_pki::certificate::Certificate;
use serde::Serialize;

use crate::cli::VerifyArg;
use crate::failure::{Failure, Reason};

/// The secret, and what the vault said when it was asked for the other two.
pub(crate) struct ThreeObjects {
    pub(super) secret: SecretValue,
    others: Option<Others>,
}

struct Others {
    certificate: Result<CertificateObject, VaultError>,
    key: Result<KeyObject, VaultError>,
}

/// What the comparison with each object came to.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObjectChecks {
    certificate_object: Check,
    key_object: Check,
}

/// What became of one comparison.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Check {
    /// Not wanted.
    #[default]
    Off,
    /// They belong together.
    Agrees,
    /// The vault does not let us look.
    NotAllowed,
    /// There is no such object: a plain secret.
    NotThere,
}

impl ThreeObjects {
    /// Asks for all three at a time, or for the secret alone.
    pub(crate) async fn get(
        client: &VaultClient,
        wanted: &CertificateRef,
        verify: VerifyArg,
    ) -> Result<Self, VaultError> {
        let (name, version) = (&wanted.name, wanted.version.as_ref());
        if verify == VerifyArg::Off {
            let secret = client.secret(name, version).await?;
            return Ok(Self {
                secret,
                others: None,
            });
        }
        // Without the secret nobody waits for the others.
        let others = async { Ok(Others::get(client, wanted, version).await) };
        let (secret, others) = tokio::try_join!(client.secret(name, version), others)?;
        let others = if version.is_none() && others.are_of_another_version(&secret) {
            // A new version was made between the answers.
            Others::get(client, wanted, Some(&secret.version)).await
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
    pub(crate) fn check(
        self,
        leaf: &Certificate,
        verify: VerifyArg,
        notes: &mut Vec<String>,
    ) -> Result<(SecretValue, ObjectChecks), Failure> {
        let secret = self.secret;
        let Some(others) = self.others else {
            return Ok((secret, ObjectChecks::default()));
        };
        let mut judge = Judge {
            managed: secret.managed,
            required: verify == VerifyArg::Require,
            notes,
        };
        let checks = ObjectChecks {
            certificate_object: judge.judge("certificate", others.certificate, |object| {
                agreement::certificate_agrees(&object, &secret, leaf)
            })?,
            key_object: judge.judge("key", others.key, |object| {
                agreement::key_agrees(&object, &secret, leaf)
            })?,
        };
        Ok((secret, checks))
    }
}

impl ObjectChecks {
    /// Of the other two only the certificate object was looked at, in the vault's list.
    pub(super) fn agreed_with_list() -> Self {
        Self {
            certificate_object: Check::Agrees,
            key_object: Check::Off,
        }
    }
}

impl Others {
    async fn get(client: &VaultClient, wanted: &CertificateRef, version: Option<&Version>) -> Self {
        let (certificate, key) = tokio::join!(
            client.certificate(&wanted.name, version),
            client.key(&wanted.name, version)
        );
        Self { certificate, key }
    }

    fn are_of_another_version(&self, secret: &SecretValue) -> bool {
        let certificate = self.certificate.as_ref().ok().map(|it| &it.version);
        let key = self.key.as_ref().ok().map(|it| &it.version);
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
        object: &str,
        answer: Result<T, VaultError>,
        compare: impl FnOnce(T) -> Result<(), Disagreement>,
    ) -> Result<Check, Failure> {
        match answer {
            Ok(found) => compare(found).map(|()| Check::Agrees).map_err(disagree),
            Err(error) if self.required => Err(not_verified(object, error)),
            Err(error @ (VaultError::Forbidden { .. } | VaultError::Disabled { .. })) => {
                self.notes
                    .push(format!("not compared with the {object} object: {error}"));
                Ok(Check::NotAllowed)
            }
            Err(VaultError::NotFound { .. }) if !self.managed => Ok(Check::NotThere),
            Err(error) => Err(not_verified(object, error)),
        }
    }
}

fn disagree(disagreement: Disagreement) -> Failure {
    Failure::new(Reason::ObjectsDisagree, disagreement).with_hint(
        "what the vault gives does not belong together: look at the versions of the three objects; `--verify off` takes the secret as it is",
    )
}

fn not_verified(object: &str, error: VaultError) -> Failure {
    Failure::from(error).context(format!("cannot compare it with the {object} object"))
}
