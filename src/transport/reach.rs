//! The first two steps to a server, one by one, for those who look for what is wrong. Where a
//! proxy is set, requests do not take them.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Reason, Unreachable, localhost};

/// Looks a host's name up.
///
/// # Errors
/// [`Reason::UnknownHost`], or [`Reason::TimedOut`].
pub async fn resolve(
    host: &str,
    port: u16,
    patience: Duration,
) -> Result<Vec<SocketAddr>, Unreachable> {
    match timeout(patience, localhost::addresses(host, port)).await {
        Ok(Ok(found)) if !found.is_empty() => Ok(found),
        Ok(Ok(_)) => Err(unreachable(Reason::UnknownHost, "it has no address")),
        Ok(Err(error)) => Err(unreachable(Reason::UnknownHost, &error.to_string())),
        Err(_) => Err(unreachable(Reason::TimedOut, "the name server is silent")),
    }
}

/// Opens a connection to the first of `addresses` that takes one.
///
/// # Errors
/// [`Reason::Refused`], or [`Reason::TimedOut`].
pub async fn connect(
    addresses: &[SocketAddr],
    patience: Duration,
) -> Result<SocketAddr, Unreachable> {
    let mut last = unreachable(Reason::Refused, "there is no address");
    for address in addresses {
        last = match timeout(patience, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(*address),
            Ok(Err(error)) => unreachable(Reason::Refused, &error.to_string()),
            Err(_) => unreachable(Reason::TimedOut, &io::ErrorKind::TimedOut.to_string()),
        };
    }
    Err(last)
}

fn unreachable(reason: Reason, detail: &str) -> Unreachable {
    Unreachable {
        reason,
        detail: kvcert_pki::text::excerpt(detail, 300),
    }
}
