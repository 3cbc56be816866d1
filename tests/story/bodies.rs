//! What kvcert sends has the fields and the types of what the official clients sent, in every
//! recorded request of the corpus.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::making::{not_found, pair};
use crate::support::replay::{Replay, Reply};
use crate::support::{Scratch, corpus, run, say};

/// The type of every field, by its path.
type Shape = BTreeMap<String, &'static str>;

#[test]
fn of_create_and_import_are_those_of_the_official_clients() {
    let Some(corpus) = corpus() else {
        return say("skipped: no KVCERT_CORPUS, no recorded requests to compare with");
    };
    for (verb, ours) in [("create", created()), ("import", imported())] {
        let mut recorded = Shape::new();
        let mut requests = 0;
        walk(&corpus.join("kv"), &mut |request| {
            let path = request["url"].as_str().unwrap().split('?').next().unwrap();
            let is_it = path.contains("/certificates/") && path.ends_with(&format!("/{verb}"));
            let body = request["body"].as_str().unwrap_or_default();
            if let (true, Ok(body)) = (is_it, serde_json::from_str::<Value>(body)) {
                requests += 1;
                shape("", &body, &mut recorded);
            }
        });
        assert!(requests >= 5, "only {requests} requests of {verb}");
        for (path, kind) in &ours {
            // The recordings have no host names, hardly any tags, and nothing that is newer.
            if path.starts_with(".policy.x509_props.sans.") || path.starts_with(".tags.") {
                continue;
            }
            let found = recorded.get(path).or_else(|| known_elsewhere(path));
            assert_eq!(found, Some(kind), "{verb}: {path}");
        }
        say(&format!(
            "{verb}: {} fields as in {requests} recorded requests",
            ours.len()
        ));
    }
}

/// Fields that the recorded requests of this verb happen not to have, but others do.
fn known_elsewhere(path: &str) -> Option<&'static &'static str> {
    match path {
        // PATCH …/policy.
        ".policy.key_props.crv" => Some(&"string"),
        // Documented with 7.6; nobody recorded it.
        ".preserveCertOrder" => Some(&"boolean"),
        ".tags" => Some(&"object"),
        ".policy.lifetime_actions[].trigger.days_before_expiry" => Some(&"number"),
        ".policy.x509_props.ekus" => Some(&"array"),
        ".policy.x509_props.ekus[]" => Some(&"string"),
        _ => None,
    }
}

/// A vault that has nothing, and refuses what it gets.
fn refusing() -> Replay {
    Replay::vault(|seen| match seen.method.as_str() {
        "POST" => Reply::refusal(400, "BadParameter", None),
        _ => not_found("CertificateNotFound"),
    })
}

fn created() -> Shape {
    let folder = Scratch::new();
    let server = refusing();
    let flags = [
        "create",
        "web",
        "--dns",
        "web",
        "--reuse-key",
        "--tag",
        "a=b",
    ];
    run(&mut server.kvcert(folder.path(), &flags));
    posted(&server)
}

fn imported() -> Shape {
    let folder = Scratch::new();
    pair(folder.path(), "web", &["rsa:2048"]);
    let read = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
    fs::write(folder.join("web.pem"), read("web.key") + &read("web.crt")).unwrap();
    let server = refusing();
    let flags = [
        "import",
        "web",
        "web.pem",
        "--preserve-order",
        "--tag",
        "a=b",
    ];
    run(&mut server.kvcert(folder.path(), &flags));
    posted(&server)
}

fn posted(server: &Replay) -> Shape {
    let seen = server.seen();
    let post = seen.iter().rfind(|seen| seen.method == "POST").unwrap();
    let mut found = Shape::new();
    shape("", &serde_json::from_slice(&post.body).unwrap(), &mut found);
    found
}

fn shape(path: &str, value: &Value, into: &mut Shape) {
    let kind = match value {
        Value::Null => return,
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(items) => {
            for item in items {
                shape(&format!("{path}[]"), item, into);
            }
            "array"
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                shape(&format!("{path}.{name}"), field, into);
            }
            "object"
        }
    };
    into.insert(path.to_owned(), kind);
}

fn walk(folder: &Path, take: &mut impl FnMut(&Value)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, take);
        } else if path.extension().is_some_and(|ending| ending == "json") {
            let file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            let one = std::slice::from_ref(&file);
            let exchanges = file["exchanges"].as_array().map_or(one, Vec::as_slice);
            for exchange in exchanges
                .iter()
                .filter(|it| it["request"]["url"].is_string())
            {
                take(&exchange["request"]);
            }
        }
    }
}
