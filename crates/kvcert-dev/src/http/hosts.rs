//! The host names that the dev vault answers at.

/// Vaults are at `NAME.vault.localhost`, a subdomain of the resource that tokens are for.
pub(crate) const VAULT_SUFFIX: &str = "vault.localhost";
/// The small Entra, and the little of Azure Resource Manager.
pub(crate) const LOGIN_HOST: &str = "login.localhost";
/// Microsoft Graph.
pub(crate) const GRAPH_HOST: &str = "graph.localhost";

/// What answers at a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host<'a> {
    /// The vault of this name.
    Vault(&'a str),
    Login,
    Graph,
    /// A name of this server, where only `/_dev/` is.
    Server,
    Unknown,
}

impl<'a> Host<'a> {
    /// Reads a host name in lower case, without its port.
    pub(crate) fn of(name: &'a str) -> Self {
        match name.strip_suffix(VAULT_SUFFIX) {
            Some(vault) if !vault.is_empty() => match vault.strip_suffix('.') {
                Some(vault) => Self::Vault(vault),
                None => Self::Unknown,
            },
            _ if name == LOGIN_HOST => Self::Login,
            _ if name == GRAPH_HOST => Self::Graph,
            _ if SERVER_HOSTS.contains(&name) => Self::Server,
            _ => Self::Unknown,
        }
    }
}

const SERVER_HOSTS: [&str; 4] = [VAULT_SUFFIX, "localhost", "127.0.0.1", "[::1]"];
