//! The one tenant that there is.

use kvcert_pki::sensitive::Sensitive;
use serde::{Deserialize, Serialize};

use crate::encoding;
use crate::store::Meta;
use crate::tokens::ticket_key::TicketKey;

/// The tenant, its first application, and the key that signs what the sign-in hands to itself. Kept
/// in the store.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Tenant {
    #[serde(rename = "tenant_id")]
    pub(crate) id: String,
    pub(crate) client_id: String,
    #[serde(with = "encoding::secret_text")]
    pub(crate) client_secret: Sensitive<String>,
    pub(crate) object_id: String,
    #[serde(with = "encoding::secret_bytes")]
    pub(crate) signing_key: Sensitive<Vec<u8>>,
}

impl Tenant {
    /// The tenant of a store, which may have to be made for it.
    pub(crate) fn open(meta: &Meta) -> anyhow::Result<Self> {
        if let Some(tenant) = meta.get(TENANT)? {
            return Ok(tenant);
        }
        let tenant = Self {
            id: encoding::guid()?,
            client_id: encoding::guid()?,
            client_secret: Sensitive::new(encoding::base64url(encoding::random::<30>()?)),
            object_id: encoding::guid()?,
            signing_key: TicketKey::generate()?,
        };
        meta.keep(TENANT, &tenant)?;
        Ok(tenant)
    }

    /// The issuer in access tokens, in the form that Key Vault's tokens have.
    pub(crate) fn issuer(&self) -> String {
        format!("https://sts.windows.net/{}/", self.id)
    }

    /// Is this its name: the identifier, or the domain?
    pub(crate) fn is_called(&self, name: &str) -> bool {
        [&*self.id, DOMAIN]
            .iter()
            .any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// The tenant's domain.
pub(crate) const DOMAIN: &str = "kvcert.onmicrosoft.com";
/// Where the store keeps it.
const TENANT: &str = "identity";
