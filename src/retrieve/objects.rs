//! [`Objects`]: what was fetched of one certificate: no more than what is written of it.

use kvcert_pki::content_error::ContentError;
use kvcert_pki::format::{self, Contents, Password};
use kvcert_pki::validity::Bounds;

use super::{RetrieveError, ThreeObjects, Verify};
use crate::agreement::ObjectChecks;
use crate::export::{ExportOptions, VaultReceipt};
use crate::input::ReadOptions;
use crate::unpack;
use crate::vault::address::CertificateRef;
use crate::vault::{CertificateObject, VaultClient, VaultError};

/// What is to be written of a certificate, which decides what is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// The private key, which the secret holds.
    Key,
    /// The chain, which the secret holds, too.
    Chain,
    /// The leaf, which the public certificate object holds.
    Leaf,
}

/// What the vault gave.
pub(super) enum Objects {
    /// The secret, and perhaps the other two.
    Secret(Box<ThreeObjects>),
    /// The certificate object alone, with what is to be said about that.
    Certificate(Box<CertificateObject>, Option<String>),
}

/// What an export tells of the objects it came from.
pub(super) struct Origin {
    pub(super) label: String,
    pub(super) bounds: Bounds,
    pub(super) checks: ObjectChecks,
    /// All but the validity, which depends on the moment.
    pub(super) receipt: VaultReceipt,
}

impl Need {
    pub(super) fn of(options: &ExportOptions) -> Self {
        match (options.without_key, options.writes_chain()) {
            (false, _) => Self::Key,
            (true, true) => Self::Chain,
            (true, false) => Self::Leaf,
        }
    }
}

impl Objects {
    /// Fetches what is needed. Without the key no right is asked for that the certificate object does
    /// not need; [`Verify::Require`] asks for all three.
    pub(super) async fn get(
        client: &VaultClient,
        wanted: &CertificateRef,
        verify: Verify,
        need: Need,
    ) -> Result<Self, VaultError> {
        match need {
            Need::Leaf if verify != Verify::Require => leaf(client, wanted).await,
            Need::Chain if verify != Verify::Require => chain(client, wanted, verify).await,
            _ => ThreeObjects::get(client, wanted, verify)
                .await
                .map(|objects| Self::Secret(Box::new(objects))),
        }
    }

    /// Reads what they hold; also gives the bytes that were read.
    pub(super) fn contents(&self, read: &ReadOptions) -> Result<Contents, RetrieveError> {
        match self {
            Self::Secret(objects) => {
                unpack::contents(&objects.secret, read).map_err(|error| self.explain(error))
            }
            Self::Certificate(object, note) => {
                let mut contents = format::read(&object.der, &Password::none(), &read.limits)
                    .map_err(RetrieveError::Content)?;
                contents.notes.extend(note.clone());
                Ok(contents)
            }
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Secret(objects) => objects.secret.value.expose().as_bytes(),
            Self::Certificate(object, _) => &object.der,
        }
    }

    /// What the bytes cannot tell, the vault's own words can.
    pub(super) fn explain(&self, error: ContentError) -> RetrieveError {
        match self {
            Self::Secret(objects) => RetrieveError::of_content(error, &objects.secret),
            Self::Certificate(..) => RetrieveError::Content(error),
        }
    }

    /// Compares the objects, if there are several.
    pub(super) fn check(
        self,
        leaf: &kvcert_pki::certificate::Certificate,
        verify: Verify,
        notes: &mut Vec<String>,
    ) -> Result<Origin, RetrieveError> {
        match self {
            Self::Secret(objects) => {
                let (secret, checks) = objects.check(leaf, verify, notes)?;
                Ok(Origin {
                    label: secret.label(),
                    bounds: secret.bounds,
                    checks,
                    receipt: VaultReceipt {
                        id: secret.id,
                        name: secret.name.to_string(),
                        version: secret.version.to_string(),
                        content_type: secret.content_type,
                        validity: None,
                    },
                })
            }
            Self::Certificate(object, _) => Ok(Origin {
                label: format!("certificate `{}`", object.name),
                bounds: object.bounds,
                checks: ObjectChecks::default(),
                receipt: VaultReceipt {
                    id: object.id,
                    name: object.name.to_string(),
                    version: object.version.to_string(),
                    content_type: None,
                    validity: None,
                },
            }),
        }
    }
}

/// The certificate object; a plain secret has none, and holds what is wanted itself.
async fn leaf(client: &VaultClient, wanted: &CertificateRef) -> Result<Objects, VaultError> {
    match enabled(client, wanted).await {
        Err(error @ VaultError::NotFound { .. }) => {
            let secret = ThreeObjects::get(client, wanted, Verify::Off).await;
            secret
                .map(|secret| Objects::Secret(Box::new(secret)))
                .map_err(|_| error)
        }
        object => Ok(Objects::Certificate(Box::new(object?), None)),
    }
}

/// The secret, which has the chain, or the certificate object alone where the secret may not be read.
async fn chain(
    client: &VaultClient,
    wanted: &CertificateRef,
    verify: Verify,
) -> Result<Objects, VaultError> {
    match ThreeObjects::without_key(client, wanted, verify).await {
        Err(VaultError::Forbidden { permission, .. }) => {
            let object = enabled(client, wanted).await?;
            let note = format!(
                "only the leaf is written: the chain is in the secret, and reading that requires `{}`",
                permission.verb()
            );
            Ok(Objects::Certificate(Box::new(object), Some(note)))
        }
        objects => objects.map(|objects| Objects::Secret(Box::new(objects))),
    }
}

async fn enabled(
    client: &VaultClient,
    wanted: &CertificateRef,
) -> Result<CertificateObject, VaultError> {
    let object = client.certificate(&wanted.name, wanted.version.as_ref());
    let object = object.await?;
    match object.enabled {
        true => Ok(object),
        false => Err(VaultError::Disabled {
            object: format!("certificate `{}`", object.name),
        }),
    }
}
