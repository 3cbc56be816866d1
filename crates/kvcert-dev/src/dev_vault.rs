//! A dev vault: opened, served, stopped.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context;
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use kvcert_pki::sensitive::Sensitive;
use tokio::sync::{mpsc, oneshot};

use crate::ca::Ca;
use crate::certificate::pfx::Style;
use crate::directory::initial;
use crate::encoding;
use crate::http::bounds::{self, BoundedAcceptor};
use crate::http::hosts::{GRAPH_HOST, LOGIN_HOST, VAULT_SUFFIX};
use crate::running::{Access, ManagedIdentityAccess, RunningVault};
use crate::seed::{Seed, certificates};
use crate::server::app_state::AppState;
use crate::server::pages::{self, PageRequest, PageSender};
use crate::server::{self, managed_identity};
use crate::settings::Settings;
use crate::store::Store;
use crate::store::folder::Folder;
use crate::store::model::{VaultRecord, is_vault_name};

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
    pub pfx_style: Style,
    /// Whether a new vault starts without certificates.
    pub empty: bool,
    /// Whether every program of this machine that asks as on a virtual machine is given a token of its
    /// managed identity. If not, only programs of the user who runs the dev vault are; where the
    /// system does not tell whose a program is (only Linux does), nobody.
    pub identity_for_anyone: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            data: None,
            vaults: vec![String::from("demo")],
            addresses: Vec::new(),
            pfx_style: Style::default(),
            empty: false,
            identity_for_anyone: false,
        }
    }
}

/// A vault with certificates in it and a sign-in, ready to be served.
#[derive(Debug)]
pub struct DevVault {
    state: Arc<AppState>,
    ca: Ca,
    /// The name of the vault that is announced.
    vault: String,
    other_listeners: Vec<TcpListener>,
    managed_identity: Option<(TcpListener, Sensitive<String>)>,
    identity_for_anyone: bool,
    pages: OnceLock<PageSender>,
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
        let ca = Ca::open(folder.as_ref(), &options.addresses)?;
        let state = AppState::open(store, Settings::new(options.pfx_style))?;
        for vault in &vaults {
            if state.store.vault(vault)?.is_none() {
                create_vault(&state, vault, options.empty)?;
            }
        }
        Ok(Self {
            state: Arc::new(state),
            ca,
            vault: vaults.into_iter().next().unwrap_or_default(),
            other_listeners: Vec::new(),
            managed_identity: None,
            identity_for_anyone: options.identity_for_anyone,
            pages: OnceLock::new(),
        })
    }

    /// Starts a vault of the [default options](Options) on a free port of loopback. It is for tests:
    /// it lives in memory, and stops when what this returns is dropped.
    ///
    /// # Errors
    /// When the vault cannot be made, or no port is free.
    pub async fn start() -> anyhow::Result<RunningVault> {
        Self::start_with(Options::default()).await
    }

    /// Starts a vault of these options on a free port of loopback; see [`DevVault::start`].
    ///
    /// # Errors
    /// Those of [`DevVault::open`], and when no port is free.
    pub async fn start_with(options: Options) -> anyhow::Result<RunningVault> {
        // Keys are made, which takes a second.
        let vault = tokio::task::spawn_blocking(|| Self::open(options)).await??;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("cannot listen")?;
        let address = listener.local_addr()?;
        let access = vault.access(address.port());
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(vault.serve(listener, async {
            let _ = stopped.await;
        }));
        Ok(RunningVault {
            access,
            address,
            stop,
            serving,
        })
    }

    /// Makes the tenant what the seed says; `variable` reads the environment.
    ///
    /// # Errors
    /// When a file of the seed cannot be read, or it names what there is not.
    pub fn apply_seed(
        &self,
        seed: &Seed,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> anyhow::Result<()> {
        seed.apply(&self.state, variable)
    }

    /// Pages that browsers ask for at `/` of a vault and below `/_dev/`, one request after the
    /// other, each to be answered once. If nobody receives them, browsers get what programs get.
    pub fn pages(&self) -> mpsc::Receiver<PageRequest> {
        let (sender, requests) = pages::channel();
        let _ = self.pages.set(sender);
        requests
    }

    /// Offers managed identities too, over plain HTTP. The listener must be on loopback.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn with_managed_identity(mut self, listener: TcpListener) -> anyhow::Result<Self> {
        let header = encoding::random::<16>()?;
        self.managed_identity = Some((listener, Sensitive::new(hex::encode(header))));
        Ok(self)
    }

    /// Serves on this listener too, for everyone who can reach it.
    #[must_use]
    pub fn also_on(mut self, listener: TcpListener) -> Self {
        self.other_listeners.push(listener);
        self
    }

    /// Whether the certificate authority takes the place of one that was in the data folder: it had
    /// ended, or was not for these addresses. Clients have to trust it anew.
    pub fn has_new_ca(&self) -> bool {
        self.ca.is_replaced()
    }

    /// What a client needs to use this vault, once it is served on `port`.
    pub fn access(&self, port: u16) -> Access {
        let tenant = &self.state.directory.tenant;
        Access {
            vault_url: format!("https://{}.{VAULT_SUFFIX}:{port}", self.vault),
            authority: format!("https://{LOGIN_HOST}:{port}"),
            tenant_id: tenant.id.clone(),
            client_id: tenant.client_id.clone(),
            client_secret: Sensitive::new(tenant.client_secret.expose().clone()),
            start_code: Sensitive::new(self.state.entra.start_code.text().expose().clone()),
            graph_url: Some(format!("https://{GRAPH_HOST}:{port}/v1.0")),
            managed_identity: self.managed_identity_access(),
            exchange_client_id: initial::exchange_client_id(&self.state.directory),
            ca_pem: self.ca.pem().to_owned(),
            pid: std::process::id(),
        }
    }

    fn managed_identity_access(&self) -> Option<ManagedIdentityAccess> {
        let (listener, header) = self.managed_identity.as_ref()?;
        let host = format!("http://{}", listener.local_addr().ok()?);
        Some(ManagedIdentityAccess {
            endpoint: format!("{host}{}", managed_identity::APP_PATH),
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
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> anyhow::Result<()> {
        let config = self.ca.server_config()?;
        let tls = RustlsConfig::from_config(Arc::new(config));
        let handle = Handle::new();
        let stopping = handle.clone();
        let stopper = tokio::spawn(async move {
            shutdown.await;
            stopping.graceful_shutdown(Some(GRACE));
        });
        let port = listener.local_addr()?.port();
        let identity = match self.managed_identity {
            Some((listener, header)) => {
                let own_port = listener.local_addr()?.port();
                let app = managed_identity::router(managed_identity::Endpoint {
                    state: Arc::clone(&self.state),
                    header,
                    port,
                    own_port,
                    for_anyone: self.identity_for_anyone,
                });
                let app = app.into_make_service_with_connect_info::<SocketAddr>();
                let server = bounds::server(listener)?.acceptor(BoundedAcceptor::new());
                Some(tokio::spawn(server.handle(handle.clone()).serve(app)))
            }
            None => None,
        };
        let state = Arc::clone(&self.state);
        // So that the first token does not have to wait for its key.
        let preparing = tokio::task::spawn_blocking(move || state.tokens.get().map(drop));
        let pages = self.pages.into_inner();
        let acceptor = BoundedAcceptor::new();
        let listeners = std::iter::once(listener).chain(self.other_listeners);
        let served = futures_util::future::try_join_all(listeners.map(async |listener| {
            let port = listener.local_addr()?.port();
            let app = server::router(Arc::clone(&self.state), pages.clone(), port);
            bounds::server(listener)
                .context("cannot listen")?
                .acceptor(RustlsAcceptor::new(tls.clone()).acceptor(acceptor.clone()))
                .handle(handle.clone())
                .serve(app.into_make_service_with_connect_info::<SocketAddr>())
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
    anyhow::ensure!(!names.is_empty(), "no vault name given");
    let name = |name: &String| {
        let lower = name.to_ascii_lowercase();
        anyhow::ensure!(
            is_vault_name(&lower),
            "`{name}` is not a valid vault name: use 3 to 24 letters, digits and single hyphens"
        );
        Ok(lower)
    };
    names.iter().map(name).collect()
}

/// Makes a vault, with its first certificates unless it should be `empty`.
fn create_vault(state: &AppState, vault: &str, empty: bool) -> anyhow::Result<()> {
    let first = if empty {
        Vec::new()
    } else {
        certificates::generate(state.settings.now())
            .context("cannot make the first certificates")?
    };
    if !empty && initial::exchange_client_id(&state.directory).is_none() {
        let leaf = |name: &&str| {
            first
                .iter()
                .find_map(|certificate| certificate.leaf_of(name))
        };
        let leaves: Vec<&[u8]> = SIGN_IN_CERTIFICATES.iter().filter_map(leaf).collect();
        initial::register_exchange(&state.directory, &leaves)?;
    }
    let style = state.settings.style;
    state
        .store
        .create_vault(vault, &VaultRecord::default(), |tables| {
            let mut first = first.into_iter();
            first.try_for_each(|certificate| certificate.put(tables, vault, style))
        })
}

/// The certificates that the second application signs in with: one of each kind, with a key that
/// can be exported, and with one that cannot.
const SIGN_IN_CERTIFICATES: [&str; 2] = ["web", "vaulted"];
/// How long open connections may go on after the stop signal.
const GRACE: Duration = Duration::from_millis(500);
