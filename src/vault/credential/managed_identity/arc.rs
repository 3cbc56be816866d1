//! The agent of Azure Arc. Who asks must prove to be an administrator of the machine, by reading
//! a file that only those can.
//! See "Authenticate against Azure resources with Azure Arc-enabled servers".

use std::path::{Path, PathBuf};

use reqwest::{
    Method,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};

use super::{ManagedIdentity, sensitive};
use crate::{
    transport::{Reply, Transport},
    vault::credential::{CredentialError, file},
};

impl ManagedIdentity {
    pub(super) async fn ask_arc(
        &self,
        transport: &Transport,
        resource: &str,
    ) -> Result<Reply, CredentialError> {
        let get = || {
            let url = self.url("2020-06-01", resource, "msi_res_id");
            transport
                .request(Method::GET, url)
                .header("Metadata", "true")
        };
        let reply = self.send(transport, get()).await?;
        if reply.status.as_u16() != 401 {
            let status = reply.status.as_u16();
            let message = super::reply::message(status, &reply.body);
            return Err(self.refused(format!("it did not ask for its key: {message}")));
        }
        let path = self.key_file(&reply)?;
        let key = file::read(&path, MAX_KEY).map_err(|source| CredentialError::File {
            path: path.clone(),
            source,
        })?;
        let key = std::str::from_utf8(&key).map_err(|_| self.refused("its key is no text"))?;
        let basic = zeroize::Zeroizing::new(format!("Basic {}", key.trim_end()));
        self.send(transport, get().header(AUTHORIZATION, sensitive(&basic)?))
            .await
    }

    /// The file that the challenge names. Only a key of the agent's own folder will do: the
    /// content goes to whoever listens on the port.
    fn key_file(&self, reply: &Reply) -> Result<PathBuf, CredentialError> {
        let header = reply
            .headers
            .get(WWW_AUTHENTICATE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let path = header
            .split_once("realm=")
            .filter(|(scheme, _)| scheme.trim().eq_ignore_ascii_case("basic"))
            .map(|(_, path)| Path::new(path.trim().trim_matches('"')))
            .ok_or_else(|| self.refused("its challenge names no key file"))?;
        let extension = path.extension().and_then(|text| text.to_str());
        let is_file = path.symlink_metadata().is_ok_and(|found| found.is_file());
        if path.parent() != Some(&self.arc_keys) || extension != Some("key") || !is_file {
            return Err(self.refused(format!(
                "its challenge names `{}`, which is no key in `{}`",
                crate::text::excerpt(&path.display().to_string(), 200),
                self.arc_keys.display()
            )));
        }
        Ok(path.to_owned())
    }
}

const MAX_KEY: usize = 4096;
