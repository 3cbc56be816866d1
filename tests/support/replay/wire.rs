//! HTTP/1.1 by hand, and the TLS under it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::Seen;
use super::reply::{Body, Reply};

/// What a server speaks.
#[derive(Clone, Copy)]
pub(super) enum Speaks {
    Http,
    Https,
    /// As a proxy that inspects TLS: to itself http, and then as the host that the client wants.
    ProxyAndHttps,
}

/// Serves one connection until the client is done, or a reply ends it.
pub(super) fn serve(
    mut stream: TcpStream,
    speaks: Speaks,
    log: &Mutex<Vec<Seen>>,
    answer: &(impl Fn(&Seen) -> Reply + ?Sized),
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = stream.try_clone()?;
    let config = match speaks {
        Speaks::Http => {
            talk(BufReader::new(stream), log, answer)?;
            return socket.shutdown(Shutdown::Both);
        }
        Speaks::Https => Arc::clone(&tls().config),
        Speaks::ProxyAndHttps => {
            let Some(connect) = read(&mut BufReader::new(&stream))? else {
                return Ok(());
            };
            stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
            let (host, _) = connect.path.split_once(':').unwrap();
            // A private endpoint shows the certificate of the vault's usual name.
            let host = host.replace(".privatelink.vaultcore.", ".vault.");
            config(&tls().issuer, &[&host])
        }
    };
    let connection = ServerConnection::new(config).unwrap();
    let stream = BufReader::new(StreamOwned::new(connection, stream));
    talk(stream, log, answer)?;
    socket.shutdown(Shutdown::Both)
}

fn talk<S: Read + Write>(
    mut stream: BufReader<S>,
    log: &Mutex<Vec<Seen>>,
    answer: &(impl Fn(&Seen) -> Reply + ?Sized),
) -> io::Result<()> {
    while let Some(seen) = read(&mut stream)? {
        log.lock().unwrap().push(seen.clone());
        let goes_on = write(stream.get_mut(), &answer(&seen))?;
        if !goes_on {
            break;
        }
    }
    Ok(())
}

/// Reads a request; none when the client is done.
fn read(stream: &mut impl BufRead) -> io::Result<Option<Seen>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let method = words.next().unwrap_or_default();
    let target = words.next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut seen = Seen {
        host: String::new(),
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        authorization: None,
        headers: Vec::new(),
        body: Vec::new(),
    };
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        seen.headers
            .push((name.to_ascii_lowercase(), value.to_owned()));
        match name.to_ascii_lowercase().as_str() {
            "host" => seen.host = value.to_owned(),
            "authorization" => seen.authorization = Some(value.to_owned()),
            "content-length" => seen.body.resize(value.parse().unwrap(), 0),
            _ => {}
        }
    }
    stream.read_exact(&mut seen.body)?;
    Ok(Some(seen))
}

/// Sends a reply; tells whether the connection can go on.
fn write(stream: &mut impl Write, reply: &Reply) -> io::Result<bool> {
    let mut head = format!("HTTP/1.1 {} X\r\n", reply.status);
    for (name, value) in &reply.headers {
        head += &format!("{name}: {value}\r\n");
    }
    let length = match &reply.body {
        Body::Whole(body) => Some(body.len()),
        Body::Announced(_, length) => Some(*length),
        Body::Slow => Some(100_000),
        Body::Endless => None,
    };
    head += &length.map_or_else(String::new, |length| {
        format!("Content-Length: {length}\r\n")
    });
    head += "\r\n";
    let mut bytes = head.into_bytes();
    if let Body::Whole(body) | Body::Announced(body, _) = &reply.body {
        bytes.extend_from_slice(body);
    }
    stream.write_all(&bytes)?;
    stream.flush()?;
    loop {
        match &reply.body {
            Body::Whole(_) => return Ok(true),
            Body::Announced(..) => return Ok(false),
            Body::Slow => {
                thread::sleep(Duration::from_millis(50));
                stream.write_all(b" ")?;
            }
            Body::Endless => stream.write_all(&[b' '; 16 * 1024])?,
        }
        stream.flush()?;
    }
}

/// The CA of all servers of this process, and the certificate of those that are not proxies.
pub(super) struct Tls {
    pub(super) ca_pem: String,
    issuer: Issuer<'static, KeyPair>,
    config: Arc<ServerConfig>,
}

pub(super) fn tls() -> &'static Tls {
    static TLS: OnceLock<Tls> = OnceLock::new();
    TLS.get_or_init(|| {
        let ca_key = KeyPair::generate().unwrap();
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
        let issuer = Issuer::new(ca, ca_key);
        let names = ["*.vault.localhost", "login.localhost", "graph.localhost"];
        let config = config(&issuer, &names);
        Tls {
            ca_pem,
            issuer,
            config,
        }
    })
}

fn config(issuer: &Issuer<'_, KeyPair>, names: &[&str]) -> Arc<ServerConfig> {
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().copied().map(String::from).collect();
    let mut server = CertificateParams::new(names).unwrap();
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = server.signed_by(&key, issuer).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from(certificate.der().to_vec())],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .unwrap();
    Arc::new(config)
}
