//! The names that the service has for kinds of keys.

use serde::{Deserialize, Serialize};

/// The `kty` of a key. A dev vault has no hardware: `-HSM` is a name here, as in a premium vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum KeyType {
    #[serde(rename = "RSA")]
    Rsa,
    #[serde(rename = "RSA-HSM")]
    RsaHsm,
    #[serde(rename = "EC")]
    Ec,
    #[serde(rename = "EC-HSM")]
    EcHsm,
}

impl KeyType {
    /// Reads a `kty`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_uppercase().as_str() {
            "RSA" => Self::Rsa,
            "RSA-HSM" => Self::RsaHsm,
            "EC" => Self::Ec,
            "EC-HSM" => Self::EcHsm,
            _ => return None,
        })
    }

    /// RSA, whatever keeps it.
    pub(crate) fn is_rsa(self) -> bool {
        matches!(self, Self::Rsa | Self::RsaHsm)
    }

    /// The same kind, kept by hardware.
    pub(crate) fn in_hardware(self) -> Self {
        if self.is_rsa() {
            Self::RsaHsm
        } else {
            Self::EcHsm
        }
    }

    /// Kept by hardware, by its name.
    pub(crate) fn is_hsm(self) -> bool {
        matches!(self, Self::RsaHsm | Self::EcHsm)
    }

    /// What a new key may do when nothing was asked for.
    pub(crate) fn usual_operations(self) -> Vec<String> {
        let operations: &[&str] = if self.is_rsa() {
            &[
                "encrypt",
                "decrypt",
                "sign",
                "verify",
                "wrapKey",
                "unwrapKey",
            ]
        } else {
            &["sign", "verify"]
        };
        operations.iter().map(|word| String::from(*word)).collect()
    }
}
