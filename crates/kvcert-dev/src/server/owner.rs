//! The user who runs the dev vault, and how a request shows that it comes from them: with the start-up
//! code, or by the system's table of connections. Other users of the machine reach the same ports.

use std::net::SocketAddr;

use axum::http::{HeaderMap, header};

use crate::entra::start_code::StartCode;
use crate::http::call::Call;

/// The two ends of a connection: who is there, and the port of ours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connection {
    pub(crate) client: SocketAddr,
    pub(crate) port: u16,
}

impl Connection {
    /// Whether it comes from this machine. A listener for both families sees 127.0.0.1 as
    /// `::ffff:127.0.0.1`.
    pub(crate) fn is_local(&self) -> bool {
        self.client.ip().to_canonical().is_loopback()
    }

    /// Whether it belongs to a process of our own user. Only Linux tells; elsewhere nobody is known
    /// this way.
    #[cfg(target_os = "linux")]
    pub(crate) fn is_of_own_user(&self) -> bool {
        let user = rustix::process::geteuid().as_raw();
        let tables = TABLES.map(|table| std::fs::read_to_string(table).unwrap_or_default());
        let rows = tables.iter().flat_map(|table| table.lines());
        table::belongs_to(user, self.client, self.port, rows)
    }

    /// As on Linux.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn is_of_own_user(&self) -> bool {
        false
    }
}

/// Whether the user who started the dev vault asks: with the start-up code as a bearer token, in a
/// browser with the cookie that stands for it, or in a process of theirs.
pub(crate) fn is_asking(call: &Call, code: &StartCode, connection: Connection) -> bool {
    call.bearer().is_some_and(|given| code.is(given))
        || cookies(&call.headers).any(|given| code.is_cookie(given))
        || connection.is_of_own_user()
}

/// The header that gives a browser its cookie. Its prefix binds it to one host, over TLS.
pub(crate) fn set_cookie(code: &StartCode) -> String {
    let value = code.cookie();
    format!("{COOKIE}={value}; Path=/; Secure; HttpOnly; SameSite=Strict")
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let all = headers.get_all(header::COOKIE).into_iter();
    let all = all.filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|value| value.split(';'));
    pairs.filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

const COOKIE: &str = "__Host-kvcert-dev";

/// The connections of this network namespace, which every process may read.
#[cfg(target_os = "linux")]
const TABLES: [&str; 2] = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];

/// Linux's table of connections
/// ([proc_net_tcp](https://docs.kernel.org/networking/proc_net_tcp.html)).
#[cfg(any(target_os = "linux", test))]
mod table {
    use std::net::{IpAddr, SocketAddr};

    /// One connection, seen from one of its ends.
    #[derive(Debug, PartialEq, Eq)]
    struct Row {
        local: SocketAddr,
        remote: SocketAddr,
        established: bool,
        user: u32,
    }

    /// Whether every open connection from `client` to this port is the user's, and there is one. A
    /// socket that its process has closed already has no owner any more, and counts as root's there:
    /// so only established ones count.
    pub(super) fn belongs_to<'a>(
        user: u32,
        client: SocketAddr,
        port: u16,
        rows: impl Iterator<Item = &'a str>,
    ) -> bool {
        let client = SocketAddr::new(client.ip().to_canonical(), client.port());
        let mut owners = rows
            .filter_map(read)
            .filter(|one| one.established && one.local == client && one.remote.port() == port)
            .map(|one| one.user)
            .peekable();
        user != NOBODY && owners.peek().is_some() && owners.all(|owner| owner == user)
    }

    /// `sl local rem st tx:rx tr:when retrnsmt uid ...`
    fn read(row: &str) -> Option<Row> {
        let fields: Vec<&str> = row.split_ascii_whitespace().take(8).collect();
        let [_, local, remote, state, _, _, _, user] = fields[..] else {
            return None;
        };
        Some(Row {
            local: address(local)?,
            remote: address(remote)?,
            established: state == "01",
            user: user.parse().ok()?,
        })
    }

    /// Words of 32 bits as this machine has them in memory, which the network wrote.
    fn address(text: &str) -> Option<SocketAddr> {
        let (address, port) = text.split_once(':')?;
        let bytes = hex::decode(address).ok()?;
        let words = bytes.chunks_exact(4);
        let bytes = words.flat_map(|word| {
            let word = u32::from_be_bytes([word[0], word[1], word[2], word[3]]);
            word.to_ne_bytes()
        });
        let bytes: Vec<u8> = bytes.collect();
        let ip = match bytes.len() {
            4 => IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
            _ => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?).to_canonical(),
        };
        Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
    }

    /// In a container, every user that it does not know.
    const NOBODY: u32 = 65534;

    #[cfg(test)]
    mod tests {
        use super::*;

        const ROWS: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:20FB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:20FB 0100007F:C000 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1
   2: 0100007F:C000 0100007F:20FB 01 00000000:00000000 00:00000000 00000000  1000        0 3 1 0 20 4 30 10 -1
   3: 0100007F:C001 0100007F:20FB 05 00000000:00000000 02:00000000 00000000     0        0 0 2 0
   4: 0100007F:C002 0100007F:20FB 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0
   5: 0100007F:C003 0100007F:20FB 01 00000000:00000000 00:00000000 00000000  1001        0 4 1 0 20 4 30 10 -1
   6: 0100007F:C003 0200007F:20FB 01 00000000:00000000 00:00000000 00000000  1000        0 5 1 0 20 4 30 10 -1
   7: 0000000000000000FFFF00000100007F:C004 0000000000000000FFFF00000100007F:20FB 01 00000000:00000000 00:00000000 00000000  1000        0 6 1 0 20 4 30 10 -1
   8: 00000000000000000000000001000000:C005 00000000000000000000000001000000:20FB 01 00000000:00000000 00:00000000 00000000  1000        0 7 1 0 20 4 30 10 -1
   9: 0100007F:C006 0100007F:20FB 01 00000000:00000000 00:00000000 00000000 65534        0 8 1 0 20 4 30 10 -1";

        fn is(user: u32, client: &str) -> bool {
            belongs_to(user, client.parse().unwrap(), 8443, ROWS.lines())
        }

        #[test]
        fn a_connection_is_its_users_alone() {
            assert!(is(1000, "127.0.0.1:49152"));
            assert!(!is(0, "127.0.0.1:49152") && !is(1001, "127.0.0.1:49152"));
            assert!(is(1000, "[::ffff:127.0.0.1]:49156") && is(1000, "127.0.0.1:49156"));
            assert!(is(1000, "[::1]:49157") && !is(1000, "127.0.0.1:49157"));
        }

        #[test]
        fn what_is_closed_doubtful_or_nobodys_is_not() {
            // Waiting to be closed, and closed: the kernel says that root has them.
            assert!(!is(0, "127.0.0.1:49153") && !is(0, "127.0.0.1:49154"));
            // Two users have the same port, on the way to different addresses.
            assert!(!is(1000, "127.0.0.1:49155") && !is(1001, "127.0.0.1:49155"));
            assert!(!is(65534, "127.0.0.1:49158"));
            assert!(!is(1000, "127.0.0.1:50000") && !is(0, "0.0.0.0:0"));
        }

        #[test]
        fn what_is_no_table_has_no_rows() {
            for row in [
                "",
                "x",
                "0: 1:2 3:4 01 0 0 0 x",
                "0: 0100007F:C000 0100007F 01 0:0 0:0 0 5",
            ] {
                assert_eq!(read(row), None, "{row}");
            }
        }
    }
}
