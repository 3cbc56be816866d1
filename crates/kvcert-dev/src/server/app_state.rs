//! What every request needs, put together once.

use std::sync::Arc;

use crate::directory::{Directory, initial};
use crate::entra::state::Entra;
use crate::faults::Switches;
use crate::graph::Graph;
use crate::http::log::Log;
use crate::settings::Settings;
use crate::store::Store;
use crate::tokens::token_key::TokenSigner;
use crate::vault::KeyVault;

/// The services, and what they share.
#[derive(Debug)]
pub(crate) struct AppState {
    pub(crate) store: Arc<Store>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) tokens: Arc<TokenSigner>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) vaults: KeyVault,
    pub(crate) entra: Entra,
    pub(crate) graph: Graph,
    pub(crate) switches: Switches,
    pub(crate) log: Log,
}

impl AppState {
    /// The services on what this store holds. A new store gets its first application and person.
    pub(crate) fn open(store: Store, settings: Settings) -> anyhow::Result<Self> {
        let (store, settings) = (Arc::new(store), Arc::new(settings));
        let directory = Arc::new(initial::open(&store)?);
        let tokens = Arc::new(TokenSigner::new(store.meta()));
        Ok(Self {
            vaults: KeyVault {
                store: Arc::clone(&store),
                directory: Arc::clone(&directory),
                tokens: Arc::clone(&tokens),
                settings: Arc::clone(&settings),
            },
            entra: Entra::new(Arc::clone(&directory), Arc::clone(&tokens))?,
            graph: Graph {
                directory: Arc::clone(&directory),
                tokens: Arc::clone(&tokens),
            },
            switches: Switches::new(Arc::clone(&settings)),
            log: Log::default(),
            store,
            directory,
            tokens,
            settings,
        })
    }
}
