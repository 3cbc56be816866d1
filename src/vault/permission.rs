//! [`Permission`]: what a call takes, in the terms of both of Key Vault's ways to give it.
//! See "Azure RBAC for Key Vault data plane operations" and "Assign an access policy".

/// What a call to a vault takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Permission {
    /// To get a secret with its value; a certificate's secret holds the private key.
    GetSecret,
    /// To get a certificate object.
    GetCertificate,
    /// To get a key object, which holds the public key.
    GetKey,
    /// To list certificates.
    ListCertificates,
}

impl Permission {
    /// The verb of an access policy, such as `secrets/get`.
    pub fn verb(self) -> &'static str {
        match self {
            Self::GetSecret => "secrets/get",
            Self::GetCertificate => "certificates/get",
            Self::GetKey => "keys/get",
            Self::ListCertificates => "certificates/list",
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
        }
    }

    /// The built-in role with the fewest other rights that has the action.
    pub fn least_role(self) -> &'static str {
        match self {
            Self::GetSecret => "Key Vault Secrets User",
            Self::GetCertificate | Self::GetKey | Self::ListCertificates => "Key Vault Reader",
        }
    }
}
