//! The local dev vault: Azure Key Vault and a small Entra ID in one process, over HTTPS.
//!
//! A vault called `demo` answers at `https://demo.vault.localhost:PORT`, the sign-in at
//! `https://login.localhost:PORT`, as much of Microsoft Graph as registers applications at
//! `https://graph.localhost:PORT`. All are as strict as the service: every request needs a token,
//! tokens are really checked, and the secrets behind certificates are byte for byte shaped like the
//! service's own. It shares no code with the client, only [`kvcert_pki::sensitive`].
//!
//! The way of a request: `http` reads the host and the path, `auth` checks the token, `route` names
//! what is asked for, `vault` does it in the `store` and writes the JSON. What a new vault holds is
//! listed in `seeds`.

mod calendar;
mod certificate;
mod clock;
mod directory;
mod encoding;
mod entra;
mod faults;
mod graph;
mod http;
mod keys;
mod seed;
mod server;
mod settings;
mod store;
mod tokens;
mod vault;

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context;
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use kvcert_pki::sensitive::Sensitive;
use serde::{Deserialize, Serialize};

pub use self::certificate::pfx::Style as PfxStyle;
use self::clock::Clock;
use self::entra::Entra;
use self::faults::Switches;
use self::http::log::Log;
pub use self::seed::Seed;
use self::server::Site;
pub use self::server::pages::{Page, PageRequest};
use self::settings::Settings;
pub use self::store::InUse;
use self::store::Store;
use self::store::folder::Folder;
use self::store::model::VaultRecord;

/// What a dev vault is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that keeps the vault and its certificate authority. `None`: in memory, gone at
    /// the end.
    pub data: Option<PathBuf>,
    /// The names of the vaults, the first labels of their host names. The first is the one that is
    /// announced.
    pub vaults: Vec<String>,
    /// Addresses besides loopback's that the server is asked at: its certificate names them.
    pub addresses: Vec<IpAddr>,
    /// How PKCS#12 secrets are written.
    pub pfx_style: PfxStyle,
    /// Whether a new vault starts without certificates.
    pub empty: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            data: None,
            vaults: vec![String::from("demo")],
            addresses: Vec::new(),
            pfx_style: PfxStyle::default(),
            empty: false,
        }
    }
}

/// A vault with certificates in it and a sign-in, ready to be served.
#[derive(Debug)]
pub struct DevVault {
    site: Arc<Site>,
    authority: certificate::ca::Authority,
    vault: String,
    addresses: Vec<IpAddr>,
    others: Vec<std::net::TcpListener>,
    identity: Option<(std::net::TcpListener, Sensitive<String>)>,
}

impl DevVault {
    /// Opens the data folder, or makes what is missing: the certificate authority, the application
    /// that may sign in, the store and its first certificates.
    ///
    /// # Errors
    /// When the vault's name is not one, when the folder cannot be used, and when another process
    /// holds it.
    ///
    /// ```
    /// use kvcert_dev::{DevVault, Options};
    ///
    /// # fn main() -> anyhow::Result<()> {
    /// let access = DevVault::open(Options::default())?.access(8443);
    /// assert_eq!(access.vault_url, "https://demo.vault.localhost:8443");
    /// # Ok(())
    /// # }
    /// ```
    pub fn open(options: Options) -> anyhow::Result<Self> {
        let vaults = vault_names(&options.vaults)?;
        let folder = options.data.map(Folder::open).transpose()?;
        // The store first: its lock says whether the folder is ours.
        let store = match &folder {
            Some(folder) => Store::open(folder)?,
            None => Store::in_memory()?,
        };
        let authority = certificate::ca::Authority::open(folder.as_ref())?;
        let identity = match store.meta().get(IDENTITY)? {
            Some(identity) => identity,
            None => {
                let identity = directory::initial::Identity::generate()?;
                store.meta().keep(IDENTITY, &identity)?;
                identity
            }
        };
        let entra = Entra::open(identity, &store)?;
        let clock = Clock::default();
        for vault in &vaults {
            if store.vault(vault)?.is_none() {
                let now = clock.now();
                create_vault(&store, &entra, vault, options.empty, options.pfx_style, now)?;
            }
        }
        let settings = Arc::new(Settings::new(options.pfx_style));
        Ok(Self {
            site: Arc::new(Site {
                store,
                entra,
                log: Log::default(),
                switches: Switches::new(clock.clone(), Arc::clone(&settings)),
                clock,
                settings,
                pages: OnceLock::new(),
            }),
            authority,
            vault: vaults.into_iter().next().unwrap_or_default(),
            addresses: options.addresses,
            others: Vec::new(),
            identity: None,
        })
    }

    /// Makes the tenant what the seed says; `variable` reads the environment.
    ///
    /// # Errors
    /// When a file of the seed cannot be read, or it names what there is not.
    pub fn plant(
        &self,
        seed: &Seed,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> anyhow::Result<()> {
        seed.plant(&self.site, variable)
    }

    /// Pages that browsers ask for at `/` of a vault and below `/_dev/`, one request after the
    /// other; who takes them is to answer each. Where nobody does, browsers get what programs get.
    pub fn pages(&self) -> tokio::sync::mpsc::Receiver<PageRequest> {
        let (drawer, requests) = server::pages::line();
        let _ = self.site.pages.set(drawer);
        requests
    }

    /// Offers managed identities too, over plain HTTP. The listener is to be on loopback.
    ///
    /// # Errors
    /// When no random numbers are to be had.
    pub fn with_managed_identity(
        mut self,
        listener: std::net::TcpListener,
    ) -> anyhow::Result<Self> {
        let header = encoding::random::<16>()?;
        self.identity = Some((listener, Sensitive::new(hex::encode(header))));
        Ok(self)
    }

    /// Serves on this listener too, whoever reaches it.
    #[must_use]
    pub fn also_on(mut self, listener: std::net::TcpListener) -> Self {
        self.others.push(listener);
        self
    }

    /// What a client needs to use this vault, once it is served on `port`.
    pub fn access(&self, port: u16) -> Access {
        let identity = self.site.entra.identity();
        Access {
            vault_url: format!("https://{}.{}:{port}", self.vault, server::VAULT_SUFFIX),
            authority: format!("https://{}:{port}", server::LOGIN_HOST),
            tenant_id: identity.tenant_id.clone(),
            client_id: identity.client_id.clone(),
            client_secret: Sensitive::new(identity.client_secret.expose().clone()),
            graph_url: Some(format!("https://{}:{port}/v1.0", graph::HOST)),
            managed_identity: self.managed_identity(),
            exchange_client_id: self.site.entra.exchange_client_id(),
            ca_pem: self.authority.pem().to_owned(),
            pid: std::process::id(),
        }
    }

    fn managed_identity(&self) -> Option<ManagedIdentityAccess> {
        let (listener, header) = self.identity.as_ref()?;
        let host = format!("http://{}", listener.local_addr().ok()?);
        Some(ManagedIdentityAccess {
            endpoint: format!("{host}{}", server::managed_identity::APP_PATH),
            header: Sensitive::new(header.expose().clone()),
            machine_host: host,
        })
    }

    /// Serves until `shutdown` is done. The listener is bound already, so a client may connect
    /// before this is even called; open connections get a moment to finish.
    ///
    /// # Errors
    /// When the listener cannot be used or the server certificate cannot be made.
    pub async fn serve(
        self,
        listener: std::net::TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> anyhow::Result<()> {
        let config = self.authority.server_config(&self.addresses)?;
        let tls = RustlsConfig::from_config(Arc::new(config));
        let handle = Handle::new();
        let stopping = handle.clone();
        let stopper = tokio::spawn(async move {
            shutdown.await;
            stopping.graceful_shutdown(Some(GRACE));
        });
        let identity = match self.identity {
            Some((identity, header)) => {
                let endpoint = server::managed_identity::Endpoint {
                    site: Arc::clone(&self.site),
                    header,
                    port: listener.local_addr()?.port(),
                };
                Some(server::managed_identity::serve(identity, endpoint)?)
            }
            None => None,
        };
        let site = Arc::clone(&self.site);
        let preparing = tokio::task::spawn_blocking(move || site.entra.prepare());
        let app = server::app(self.site);
        let listeners = std::iter::once(listener).chain(self.others);
        let served = futures_util::future::try_join_all(listeners.map(async |listener| {
            // Without NoDelayAcceptor, Nagle's algorithm costs every new connection 40 ms.
            let acceptor = RustlsAcceptor::new(tls.clone()).acceptor(NoDelayAcceptor::new());
            axum_server::from_tcp(listener)
                .context("cannot listen")?
                .acceptor(acceptor)
                .handle(handle.clone())
                .serve(
                    app.clone()
                        .into_make_service_with_connect_info::<SocketAddr>(),
                )
                .await
                .context("the dev vault stopped serving")
        }))
        .await;
        stopper.abort();
        if let Some(identity) = identity {
            identity.abort();
        }
        // The store is closed when all who have it are done.
        preparing.await??;
        served.map(drop)
    }
}

/// Checks the names of vaults; they are in lower case then.
fn vault_names(names: &[String]) -> anyhow::Result<Vec<String>> {
    anyhow::ensure!(!names.is_empty(), "a dev vault without a name");
    let name = |name: &String| {
        let lower = name.to_ascii_lowercase();
        anyhow::ensure!(
            vault::route::is_vault_name(&lower),
            "`{name}` is no vault name: it takes 3 to 24 letters, digits and single hyphens"
        );
        Ok(lower)
    };
    names.iter().map(name).collect()
}

/// Makes a vault with its first certificates, unless it is to be `empty`.
fn create_vault(
    store: &Store,
    entra: &Entra,
    vault: &str,
    empty: bool,
    style: PfxStyle,
    now: i64,
) -> anyhow::Result<()> {
    let planted = match empty {
        true => Vec::new(),
        false => seed::certificates::grow(now).context("cannot make the first certificates")?,
    };
    if !empty && entra.exchange_client_id().is_none() {
        let leaf = |name: &&str| planted.iter().find_map(|planted| planted.leaf_of(name));
        let leaves: Vec<&[u8]> = SIGN_IN_CERTIFICATES.iter().filter_map(leaf).collect();
        entra.register_exchange(&leaves)?;
    }
    store.create_vault(vault, &VaultRecord::default(), |tables| {
        let mut planted = planted.into_iter();
        planted.try_for_each(|planted| planted.put(tables, vault, style))
    })
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

/// The certificates that the second application signs in with: one of each kind, with a key that
/// can be exported, and with one that cannot.
const SIGN_IN_CERTIFICATES: [&str; 2] = ["web", "vaulted"];
/// How long open connections may go on after the stop signal.
const GRACE: Duration = Duration::from_millis(500);
/// Where the store keeps who may sign in.
const IDENTITY: &str = "identity";
