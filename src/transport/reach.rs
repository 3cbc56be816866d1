//! The first two steps to a server, one by one, for those who look for what is wrong. Where a
//! proxy is set, requests do not take them.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Unreachable, UnreachableKind, local};

/// Looks a host's name up.
///
/// # Errors
/// [`UnreachableKind::UnknownHost`], or [`UnreachableKind::TimedOut`].
pub async fn resolve(
    host: &str,
    port: u16,
    patience: Duration,
) -> Result<Vec<SocketAddr>, Unreachable> {
    match timeout(patience, local::addresses(host, port)).await {
        Ok(Ok(found)) if !found.is_empty() => Ok(found),
        Ok(Ok(_)) => Err(unreachable(
            UnreachableKind::UnknownHost,
            "it has no address",
        )),
        Ok(Err(error)) => Err(unreachable(
            UnreachableKind::UnknownHost,
            &error.to_string(),
        )),
        Err(_) => Err(unreachable(
            UnreachableKind::TimedOut,
            "the name server is silent",
        )),
    }
}

/// Opens a connection to the first of `addresses` that takes one.
///
/// # Errors
/// [`UnreachableKind::Refused`], or [`UnreachableKind::TimedOut`].
pub async fn connect(
    addresses: &[SocketAddr],
    patience: Duration,
) -> Result<SocketAddr, Unreachable> {
    let mut last = unreachable(UnreachableKind::Refused, "there is no address");
    for address in addresses {
        last = match timeout(patience, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(*address),
            Ok(Err(error)) => unreachable(UnreachableKind::Refused, &error.to_string()),
            Err(_) => unreachable(
                UnreachableKind::TimedOut,
                &io::ErrorKind::TimedOut.to_string(),
            ),
        };
    }
    Err(last)
}

fn unreachable(kind: UnreachableKind, detail: &str) -> Unreachable {
    Unreachable {
        kind,
        detail: kvcert_pki::text::excerpt(detail, 300),
    }
}
