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

/// Serves one connection until the client is done, or a reply ends it.
pub(super) fn serve(
    stream: TcpStream,
    plain: bool,
    log: &Mutex<Vec<Seen>>,
    answer: &(impl Fn(&Seen) -> Reply + ?Sized),
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = stream.try_clone()?;
    if plain {
        talk(BufReader::new(stream), log, answer)?;
    } else {
        let connection = ServerConnection::new(Arc::clone(&tls().1)).unwrap();
        talk(
            BufReader::new(StreamOwned::new(connection, stream)),
            log,
            answer,
        )?;
    }
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

/// One CA and one server certificate for all servers of this process.
pub(super) fn tls() -> &'static (String, Arc<ServerConfig>) {
    static TLS: OnceLock<(String, Arc<ServerConfig>)> = OnceLock::new();
    TLS.get_or_init(|| {
        let ca_key = KeyPair::generate().unwrap();
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
        let key = KeyPair::generate().unwrap();
        let names = ["*.vault.localhost", "login.localhost", "graph.localhost"].map(String::from);
        let mut server = CertificateParams::new(names).unwrap();
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = server.signed_by(&key, &Issuer::new(ca, ca_key)).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from(certificate.der().to_vec())],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            )
            .unwrap();
        (ca_pem, Arc::new(config))
    })
}
