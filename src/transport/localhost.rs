//! Names under `localhost` are this machine (RFC 6761 section 6.3). Not every system's resolver
//! knows that, and the dev vault's names must work everywhere, so kvcert answers for them itself.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The system's resolver, but for `localhost` and what is under it.
pub(super) struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = addresses(name.as_str(), 0).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The addresses of a host.
pub(super) async fn addresses(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if is_local(name) {
        return Ok(vec![
            SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            SocketAddr::from((Ipv6Addr::LOCALHOST, port)),
        ]);
    }
    Ok(tokio::net::lookup_host((name, port)).await?.collect())
}

/// Whether the name is this machine's.
pub fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn only_whole_labels_count() {
        assert!(is_local("localhost"));
        assert!(is_local("Demo.vault.LOCALHOST."));
        assert!(!is_local("evil-localhost"));
        assert!(!is_local("localhost.example.com"));
    }
}
