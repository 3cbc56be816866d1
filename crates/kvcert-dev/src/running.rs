//! A dev vault that is served, and what a client needs to know of it.

use std::net::SocketAddr;

use kvcert_pki::sensitive::Sensitive;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::encoding;

/// A dev vault that is served on loopback until this is dropped.
#[derive(Debug)]
pub struct RunningVault {
    pub(crate) access: Access,
    pub(crate) address: SocketAddr,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) serving: JoinHandle<anyhow::Result<()>>,
}

impl RunningVault {
    /// What a client needs to sign in and to trust the vault.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Where it listens. Not every system resolves names below `localhost`, so a client may need
    /// this.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops it, and waits until it has.
    ///
    /// # Errors
    /// When it could not be served to the end.
    pub async fn stop(self) -> anyhow::Result<()> {
        drop(self.stop);
        self.serving.await?
    }
}

/// What a client needs to sign in and to trust the vault. `kvcert dev` writes it to its state
/// folder, `--dev` reads it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Access {
    /// The vault, with its port.
    pub vault_url: String,
    /// The sign-in, with its port: `https://login.localhost:PORT`.
    pub authority: String,
    /// The one tenant there is.
    pub tenant_id: String,
    /// The one application that may sign in.
    pub client_id: String,
    /// Its secret.
    #[serde(with = "encoding::secret_text")]
    pub client_secret: Sensitive<String>,
    /// The start-up code: people type it in at the sign-in's pages, as nobody has a password, and
    /// `/_dev/` accepts it as a bearer token. Made anew at every start.
    #[serde(with = "encoding::secret_text", default = "nothing")]
    pub start_code: Sensitive<String>,
    /// Microsoft Graph, as the dev vault plays it: `https://graph.localhost:PORT/v1.0`.
    #[serde(default)]
    pub graph_url: Option<String>,
    /// Where managed identities are offered, if they are.
    #[serde(default)]
    pub managed_identity: Option<ManagedIdentityAccess>,
    /// Another application, that signs in with the vault's first certificates `web` and `vaulted`
    /// and may manage Exchange Online.
    #[serde(default)]
    pub exchange_client_id: Option<String>,
    /// The certificate to trust.
    pub ca_pem: String,
    /// The process that serves.
    pub pid: u32,
}

/// An older dev vault has no code.
fn nothing() -> Sensitive<String> {
    Sensitive::new(String::new())
}

/// What a client needs to sign in with a managed identity.
#[derive(Debug, Serialize, Deserialize)]
pub struct ManagedIdentityAccess {
    /// As in App Service: `IDENTITY_ENDPOINT`.
    pub endpoint: String,
    /// As in App Service: `IDENTITY_HEADER`.
    #[serde(with = "encoding::secret_text")]
    pub header: Sensitive<String>,
    /// As on a virtual machine, for clients that can be told another host than 169.254.169.254:
    /// `AZURE_POD_IDENTITY_AUTHORITY_HOST`.
    pub machine_host: String,
}
