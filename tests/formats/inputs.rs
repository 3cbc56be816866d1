//! Everything that holds one certificate with its key: the project's own fixtures, and the
//! corpus, read where it is.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support;

/// A file, and what others than kvcert say is in it.
#[derive(Default)]
pub struct Input {
    /// For messages.
    pub name: String,
    pub bytes: Vec<u8>,
    pub password: Option<String>,
    /// From the corpus: some may be refused, if with good reason.
    pub is_foreign: bool,
    /// How many certificates the chain has, if that is known.
    pub chain: Option<usize>,
    /// SHA-1 of the certificates that match the key, if that is known.
    pub leaves: Vec<String>,
}

pub fn all() -> Vec<Input> {
    let mut all = fixtures();
    let Some(corpus) = support::corpus() else {
        support::say("skipped the formats of the corpus: KVCERT_CORPUS is not set");
        return all;
    };
    let index = fs::read(corpus.join("INDEX.json")).unwrap();
    let index: Vec<Value> = serde_json::from_slice(&index).unwrap();
    all.extend(index.iter().filter_map(|record| foreign(&corpus, record)));
    all
}

/// All that convert without a complaint.
fn fixtures() -> Vec<Input> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "expect") {
                found.extend(fixture(&root, &path));
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn fixture(root: &Path, neighbour: &Path) -> Option<Input> {
    let text = fs::read_to_string(neighbour).unwrap();
    let says = |field: &str| {
        let mut pairs = text.lines().filter_map(|line| line.split_once(": "));
        pairs
            .find(|(name, _)| *name == field)
            .map(|(_, value)| value)
    };
    if says("expect") != Some("success") {
        return None;
    }
    let file = neighbour.with_extension("");
    Some(Input {
        name: file.strip_prefix(root).unwrap().display().to_string(),
        bytes: fs::read(&file).unwrap(),
        password: says("password").map(String::from),
        chain: says("chain").map(|count| count.parse().unwrap()),
        ..Input::default()
    })
}

/// A record of the index that promises a certificate and its key.
fn foreign(corpus: &Path, record: &Value) -> Option<Input> {
    let name = record["file"].as_str().unwrap();
    let contents = &record["contents"];
    let expected = &record["expected"];
    let file = corpus.join(name);
    let bytes = match record["kind"].as_str().unwrap() {
        "p12" if expected == "ok" && !leaves(contents).is_empty() => fs::read(file).unwrap(),
        "pem" if expected["keys"] == 1 && expected["certs"] != 0 => fs::read(file).unwrap(),
        "kv-secret-pkcs12" | "kv-secret-pem" if is_exportable(expected) => secret(&file),
        _ => return None,
    };
    let password = record["password"].as_str().filter(|text| !text.is_empty());
    Some(Input {
        name: name.to_owned(),
        bytes,
        password: password.map(String::from),
        is_foreign: true,
        leaves: leaves(contents),
        ..Input::default()
    })
}

fn is_exportable(expected: &Value) -> bool {
    let text = expected.as_str().unwrap();
    text.starts_with("ok ") && !text.contains("NO private key")
}

/// The value of a recorded secret, as the vault sent it.
fn secret(recording: &PathBuf) -> Vec<u8> {
    let exchange: Value = serde_json::from_slice(&fs::read(recording).unwrap()).unwrap();
    let body = exchange["response"]["body"].as_str().unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    body["value"].as_str().unwrap().as_bytes().to_vec()
}

fn leaves(contents: &Value) -> Vec<String> {
    let certificate = |index: &Value| {
        let index = usize::try_from(index.as_u64()?).ok()?;
        Some(contents["certs"][index]["sha1"].as_str()?.to_owned())
    };
    let indices = contents["leaf_index"].as_array();
    indices
        .into_iter()
        .flatten()
        .filter_map(certificate)
        .collect()
}
