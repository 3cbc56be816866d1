//! Signing in the vault, with a key that stays there.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::judge::{self, Call, unexpected};
use super::objects::split_id;
use super::{Request, VaultClient};
use crate::vault::address::{ObjectName, Version};
use crate::vault::error::VaultError;
use crate::vault::permission::Permission;
use crate::vault::wire;

impl VaultClient {
    /// Has a key sign a digest: `POST /keys/{name}/{version}/sign`. The algorithm is one of JOSE,
    /// such as `PS256`; the signature is as JOSE has it.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn sign(
        &self,
        name: &ObjectName,
        version: &Version,
        algorithm: &str,
        digest: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        #[derive(Serialize)]
        struct Sign<'a> {
            alg: &'a str,
            value: String,
        }
        let path = ["keys", name.as_str(), version.as_str(), "sign"];
        let body = Sign {
            alg: algorithm,
            value: URL_SAFE_NO_PAD.encode(digest),
        };
        let call = Call {
            object: format!("key `{name}` version `{version}`"),
            permission: Permission::Sign,
        };
        let request = Request::post(self.vault.join(&path, &[]), &body);
        let reply = self.exchange(&request, &call).await?;
        let wire: wire::KeyOperationResult = judge::decode(&reply)?;
        let odd = |problem: &str| unexpected(reply.status, problem);
        let kid = wire.kid.unwrap_or_default();
        let (_, signed_by) = split_id(&kid, "keys", reply.status)?;
        if signed_by.as_ref() != Some(version) {
            return Err(odd("another version of the key signed"));
        }
        let value = wire.value.unwrap_or_default();
        let signature = URL_SAFE_NO_PAD.decode(value.trim_end_matches('='));
        signature.map_err(|_| odd("the signature is not base64url"))
    }
}
