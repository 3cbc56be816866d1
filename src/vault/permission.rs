//! [`Permission`]: what a call needs, in the terms of both of Key Vault's permission models.
//! See "Azure RBAC for Key Vault data plane operations" and "Assign an access policy".

use crate::transport::retry::RetryPolicy;

/// What a call to a vault needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// To get a secret with its value; a certificate's secret holds the private key.
    GetSecret,
    /// To get a certificate object.
    GetCertificate,
    /// To get a key object, which holds the public key.
    GetKey,
    /// To list certificates.
    ListCertificates,
    /// To sign a digest with a key.
    Sign,
    /// To create a certificate, or to merge the one that a CA issued.
    CreateCertificate,
    /// To import a certificate with its key.
    ImportCertificate,
    /// To delete a certificate.
    DeleteCertificate,
    /// To recover a deleted certificate.
    RecoverCertificate,
    /// To purge a deleted certificate.
    PurgeCertificate,
    /// To back a certificate up.
    BackUpCertificate,
    /// To restore a certificate from its backup.
    RestoreCertificate,
}

impl Permission {
    /// The verb of an access policy, such as `secrets/get`.
    pub fn verb(self) -> &'static str {
        match self {
            Self::GetSecret => "secrets/get",
            Self::GetCertificate => "certificates/get",
            Self::GetKey => "keys/get",
            Self::ListCertificates => "certificates/list",
            Self::Sign => "keys/sign",
            Self::CreateCertificate => "certificates/create",
            Self::ImportCertificate => "certificates/import",
            Self::DeleteCertificate => "certificates/delete",
            Self::RecoverCertificate => "certificates/recover",
            Self::PurgeCertificate => "certificates/purge",
            Self::BackUpCertificate => "certificates/backup",
            Self::RestoreCertificate => "certificates/restore",
        }
    }

    /// The data action of Azure RBAC.
    pub fn action(self) -> &'static str {
        match self {
            Self::GetSecret => "Microsoft.KeyVault/vaults/secrets/getSecret/action",
            Self::GetCertificate | Self::ListCertificates => {
                "Microsoft.KeyVault/vaults/certificates/read"
            }
            Self::GetKey => "Microsoft.KeyVault/vaults/keys/read",
            Self::Sign => "Microsoft.KeyVault/vaults/keys/sign/action",
            Self::CreateCertificate => "Microsoft.KeyVault/vaults/certificates/create/action",
            Self::ImportCertificate => "Microsoft.KeyVault/vaults/certificates/import/action",
            Self::DeleteCertificate => "Microsoft.KeyVault/vaults/certificates/delete",
            Self::RecoverCertificate => "Microsoft.KeyVault/vaults/certificates/recover/action",
            Self::PurgeCertificate => "Microsoft.KeyVault/vaults/certificates/purge/action",
            Self::BackUpCertificate => "Microsoft.KeyVault/vaults/certificates/backup/action",
            Self::RestoreCertificate => "Microsoft.KeyVault/vaults/certificates/restore/action",
        }
    }

    /// The least-privileged built-in role that has the action.
    pub fn least_role(self) -> &'static str {
        match self {
            Self::GetSecret => "Key Vault Secrets User",
            Self::GetCertificate | Self::GetKey | Self::ListCertificates => "Key Vault Reader",
            Self::Sign => "Key Vault Crypto User",
            _ => "Key Vault Certificates Officer",
        }
    }

    /// How a call is retried. Signing changes nothing, although it is a POST.
    pub(super) fn retry_policy(self) -> RetryPolicy {
        match self {
            Self::GetSecret
            | Self::GetCertificate
            | Self::GetKey
            | Self::ListCertificates
            | Self::Sign => RetryPolicy::READ,
            Self::CreateCertificate
            | Self::ImportCertificate
            | Self::DeleteCertificate
            | Self::RecoverCertificate
            | Self::PurgeCertificate
            | Self::BackUpCertificate
            | Self::RestoreCertificate => RetryPolicy::CHANGE,
        }
    }
}
