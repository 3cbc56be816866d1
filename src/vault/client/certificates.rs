//! New certificates: create, merge, import.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kvcert_pki::sensitive::Sensitive;
use serde::Serialize;

use super::judge::{self, Call};
use super::{CertificateItem, CertificateObject, CertificatePages, Operation, VaultClient};
use crate::transport::Request;
use crate::vault::address::ObjectName;
use crate::vault::error::VaultError;
use crate::vault::permission::Permission;
use crate::vault::policy::CertificatePolicy;

/// A certificate for the vault to create.
/// See [`CertificateCreateParameters`](https://learn.microsoft.com/rest/api/keyvault/certificates/create-certificate/create-certificate#request-body).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewCertificate {
    /// How it is created and renewed.
    pub policy: CertificatePolicy,
    /// Tags, by which it can be found.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// A certificate with its key, to import into the vault.
/// See [`CertificateImportParameters`](https://learn.microsoft.com/rest/api/keyvault/certificates/import-certificate/import-certificate#request-body).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Import {
    /// PEM text, or PKCS#12 in base64, as the policy's content type says; without a password.
    #[serde(serialize_with = "exposed")]
    pub value: Sensitive<String>,
    /// How it is stored and renewed.
    pub policy: CertificatePolicy,
    /// Tags, by which it can be found.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Whether the vault keeps the certificates in this order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preserve_cert_order: Option<bool>,
}

/// The body goes to the vault, and is wiped there after.
fn exposed<S: serde::Serializer>(value: &Sensitive<String>, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(value.expose())
}

impl VaultClient {
    /// Starts to create a certificate: `POST /certificates/{name}/create`. If the name exists, this
    /// is its next version.
    ///
    /// # Errors
    /// Any [`VaultError`]; [`Conflict::Pending`](crate::vault::Conflict) if one is being created.
    pub async fn create_certificate(
        &self,
        name: &ObjectName,
        new: &NewCertificate,
    ) -> Result<Operation, VaultError> {
        let path = ["certificates", name.as_str(), "create"];
        let url = if new.policy.needs_newest_version() {
            self.vault.join_newest(&path)
        } else {
            self.vault.join(&path, &[])
        };
        let call = certificate_call(name, Permission::CreateCertificate);
        let reply = self.exchange(Request::post(url, new), &call).await?;
        Operation::from_reply(&reply)
    }

    /// Starts to create the next version of a certificate, by its policy.
    ///
    /// # Errors
    /// As [`create_certificate`](Self::create_certificate).
    pub async fn renew_certificate(&self, name: &ObjectName) -> Result<Operation, VaultError> {
        let policy = self.policy(name).await?;
        let tags = BTreeMap::new();
        self.create_certificate(name, &NewCertificate { policy, tags })
            .await
    }

    /// A certificate's policy, without the fields that only this policy can have: `GET
    /// /certificates/{name}/policy`.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn policy(&self, name: &ObjectName) -> Result<CertificatePolicy, VaultError> {
        let url = self
            .vault
            .join_newest(&["certificates", name.as_str(), "policy"]);
        let reply = self
            .get(url, &certificate_call(name, Permission::GetCertificate))
            .await?;
        let mut policy: CertificatePolicy = judge::decode(&reply)?;
        policy.other.remove("id");
        policy.other.remove("attributes");
        Ok(policy)
    }

    /// The pending operation: `GET /certificates/{name}/pending`. It stays readable after it is done.
    ///
    /// # Errors
    /// Any [`VaultError`]; [`VaultError::NotFound`] if there is none.
    pub async fn pending(&self, name: &ObjectName) -> Result<Operation, VaultError> {
        let url = self
            .vault
            .join(&["certificates", name.as_str(), "pending"], &[]);
        let call = Call {
            object: format!("pending operation for `{name}`"),
            permission: Permission::GetCertificate,
        };
        Operation::from_reply(&self.get(url, &call).await?)
    }

    /// Merges the chain that a CA issued for the pending request, leaf first:
    /// `POST /certificates/{name}/pending/merge`.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn merge_certificate(
        &self,
        name: &ObjectName,
        chain: &[&[u8]],
    ) -> Result<CertificateObject, VaultError> {
        #[derive(Serialize)]
        struct Merge {
            x5c: Vec<String>,
        }
        let url = self
            .vault
            .join(&["certificates", name.as_str(), "pending", "merge"], &[]);
        let merge = Merge {
            x5c: chain.iter().map(|der| STANDARD.encode(der)).collect(),
        };
        let call = certificate_call(name, Permission::CreateCertificate);
        CertificateObject::from_reply(&self.exchange(Request::post(url, &merge), &call).await?)
    }

    /// Imports a certificate with its key: `POST /certificates/{name}/import`.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn import_certificate(
        &self,
        name: &ObjectName,
        import: &Import,
    ) -> Result<CertificateObject, VaultError> {
        let path = ["certificates", name.as_str(), "import"];
        let url = match import.preserve_cert_order {
            Some(_) => self.vault.join_newest(&path),
            None => self.vault.join(&path, &[]),
        };
        let call = certificate_call(name, Permission::ImportCertificate);
        CertificateObject::from_reply(&self.exchange(Request::post(url, import), &call).await?)
    }

    /// Every version of a certificate, in no order that means anything:
    /// `GET /certificates/{name}/versions`.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn certificate_versions(
        &self,
        name: &ObjectName,
    ) -> Result<Vec<CertificateItem>, VaultError> {
        let first = self
            .vault
            .join(&["certificates", name.as_str(), "versions"], &[]);
        let (mut pages, mut items) = (CertificatePages::new(self, first), Vec::new());
        while let Some(page) = pages.next().await? {
            items.extend(page);
        }
        Ok(items)
    }
}

/// A call about one certificate.
pub(super) fn certificate_call(name: &ObjectName, permission: Permission) -> Call {
    Call {
        object: format!("certificate `{name}`"),
        permission,
    }
}
