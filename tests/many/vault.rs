//! A vault with as many certificates as a test wants, all of them with one key.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use crate::support::replay::{Replay, Reply, Seen, TOKEN, ca_file};
use crate::support::{self, Scratch, run};

/// A key and a certificate of it.
pub struct Pair {
    pub pem: String,
    pub der: Vec<u8>,
    pub jwk: Value,
}

/// The one that all certificates are, and one that is another.
pub fn pair(number: usize) -> &'static Pair {
    static PAIRS: [OnceLock<Pair>; 2] = [OnceLock::new(), OnceLock::new()];
    PAIRS[number].get_or_init(|| {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new([format!("web{number}.example")]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let point = key.public_key_raw();
        let coordinate = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&point[range]);
        Pair {
            pem: key.serialize_pem() + &certificate.pem(),
            der: certificate.der().to_vec(),
            jwk: json!({"kty": "EC", "crv": "P-256", "x": coordinate(1..33), "y": coordinate(33..65)}),
        }
    })
}

pub fn thumbprint(number: usize) -> String {
    URL_SAFE_NO_PAD.encode(Sha1::digest(&pair(number).der))
}

/// The name of certificate `number`.
pub fn name(number: usize) -> String {
    format!("c{number:04}")
}

/// A page of a list of `count` certificates, as the service makes them: 25 on each.
pub fn page(seen: &Seen, count: usize) -> Reply {
    Reply::json(list(seen, count, |end| {
        let next = format!(
            "https://{}/certificates?api-version=7.4&skip={end}",
            seen.host
        );
        (end < count).then_some(next)
    }))
}

/// The same, whose next page, after the first `end` certificates, is where `next` says.
pub fn list(seen: &Seen, count: usize, next: impl Fn(usize) -> Option<String>) -> Value {
    let skip = seen.query.split("skip=").nth(1);
    let start: usize = skip.map_or(0, |skip| skip.parse().unwrap());
    let end = count.min(start + 25);
    let item = |number| {
        json!({
            "id": format!("https://x.vault.localhost/certificates/{}", name(number)),
            "x5t": thumbprint(0),
            "attributes": {"enabled": true},
        })
    };
    let items: Vec<Value> = (start..end).map(item).collect();
    json!({"value": items, "nextLink": next(end)})
}

/// One of the three objects, by its path, with the key and certificate of `number`.
pub fn object(path: &str, number: usize) -> Reply {
    let mut segments = path.split('/').skip(1);
    let (collection, name) = (segments.next().unwrap(), segments.next().unwrap());
    let id = format!("https://x.vault.localhost/{collection}/{name}/{VERSION}");
    let pair = pair(number);
    Reply::json(match collection {
        "secrets" => json!({
            "value": pair.pem,
            "contentType": "application/x-pem-file",
            "id": id,
            "managed": true,
            "attributes": {"enabled": true},
        }),
        "certificates" => {
            json!({"id": id, "cer": STANDARD.encode(&pair.der), "x5t": thumbprint(number)})
        }
        _ => {
            let mut jwk = pair.jwk.clone();
            jwk["kid"] = id.into();
            json!({ "key": jwk })
        }
    })
}

/// A vault of `count` good certificates; what `change` gives instead goes before.
pub fn vault(
    count: usize,
    change: impl Fn(&Seen) -> Option<Reply> + Send + Sync + 'static,
) -> Replay {
    Replay::vault(move |seen| {
        change(seen).unwrap_or_else(|| match seen.path.as_str() {
            "/certificates" => page(seen, count),
            path => object(path, 0),
        })
    })
}

pub fn good(count: usize) -> Replay {
    vault(count, |_| None)
}

/// `kvcert --json get … -o out`, without `--verify off`.
pub fn get(server: &Replay, folder: &Path, arguments: &[&str]) -> Command {
    let verify = if arguments.contains(&"--verify") {
        &[][..]
    } else {
        &["--verify", "auto"]
    };
    server.kvcert(folder, &[&["get", "-o", "out"], verify, arguments].concat())
}

/// What a run gave.
pub struct Got {
    pub code: i32,
    pub receipt: Value,
    pub errors: String,
}

impl Got {
    pub fn of(command: &mut Command) -> Self {
        let (code, output, errors) = run(command);
        let receipt = serde_json::from_str(&output).unwrap_or(Value::Null);
        Self {
            code,
            receipt,
            errors,
        }
    }

    /// One field of each entry of one list.
    pub fn all(&self, list: &str, field: &str) -> Vec<String> {
        let entries = self.receipt[list].as_array().expect(&self.errors);
        let text = |entry: &Value| entry[field].as_str().unwrap().to_owned();
        entries.iter().map(text).collect()
    }

    pub fn names(&self) -> Vec<String> {
        self.all("certificates", "name")
    }
}

pub fn got(server: &Replay, folder: &Scratch, arguments: &[&str]) -> Got {
    Got::of(&mut get(server, folder.path(), arguments))
}

/// What a run that works says without `--json`, on standard error.
#[track_caller]
pub fn told(server: &Replay, folder: &Scratch, arguments: &[&str]) -> String {
    let mut command = support::kvcert(folder.path());
    command
        .arg("--ca-file")
        .arg(ca_file(folder.path()))
        .args(["--vault", &server.url(), "get", "-o", "out"])
        .args(arguments)
        .env("KVCERT_ACCESS_TOKEN", TOKEN);
    let (code, _, errors) = run(&mut command);
    assert_eq!(code, 0, "{errors}");
    errors
}

/// How many requests with a token had a path that starts so.
pub fn count(server: &Replay, path: &str) -> usize {
    let authorized = |seen: &&Seen| seen.authorization.is_some() && seen.path.starts_with(path);
    server.seen().iter().filter(authorized).count()
}

pub const VERSION: &str = "0123456789abcdef0123456789abcdef";
