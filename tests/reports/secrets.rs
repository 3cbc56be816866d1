//! What no output may show: the keys, passwords and tokens of a case.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::case::{Case, Outcome};

/// The first secret of the case that its output shows.
pub(crate) fn shown(case: &Case, outcome: &Outcome) -> Option<String> {
    let mut secrets = Vec::new();
    if let Ok(bytes) = fs::read(outcome.hand.join(&case.file)) {
        keys(&String::from_utf8_lossy(&bytes), &mut secrets);
    }
    for entry in fs::read_dir(&outcome.out).into_iter().flatten() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        keys(&String::from_utf8_lossy(&bytes), &mut secrets);
    }
    if let Some(scenario) = case.scenario(&outcome.hand) {
        settings(&scenario, &mut secrets);
    }
    given(&case.command, &outcome.hand, &mut secrets);
    secrets
        .into_iter()
        .find(|secret| outcome.output.contains(secret.as_str()))
}

/// The lines of the private keys in a PEM text.
fn keys(text: &str, secrets: &mut Vec<String>) {
    let mut inside = false;
    for line in text.lines() {
        match line.trim() {
            line if line.starts_with("-----BEGIN ") => inside = line.contains("PRIVATE KEY"),
            line if line.starts_with("-----END ") => inside = false,
            line if inside && line.len() >= 20 => secrets.push(line.to_owned()),
            _ => {}
        }
    }
}

/// Client secrets, tokens and keys in what a scenario's variables and answers hold.
fn settings(value: &Value, secrets: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(secret) if is_secret(name) => secrets.push(secret.trim().to_owned()),
                    Some(text) => {
                        keys(text, secrets);
                        if let Ok(inner) = serde_json::from_str::<Value>(text) {
                            settings(&inner, secrets);
                        }
                    }
                    None => settings(member, secrets),
                }
            }
        }
        Value::Array(members) => members.iter().for_each(|member| settings(member, secrets)),
        _ => {}
    }
}

fn is_secret(name: &str) -> bool {
    const NAMES: [&str; 5] = [
        "AZURE_CLIENT_SECRET",
        "AZURE_CLIENT_CERTIFICATE_PASSWORD",
        "KVCERT_ACCESS_TOKEN",
        "accessToken",
        "access_token",
    ];
    NAMES.contains(&name)
}

/// Passwords and tokens where a path belongs, and the passwords in the files that are named.
fn given(command: &str, hand: &Path, secrets: &mut Vec<String>) {
    let words: Vec<&str> = command.split_whitespace().collect();
    for pair in words.windows(2) {
        if !["--password-file", "--token-file"].contains(&pair[0]) {
            continue;
        }
        let secret = match fs::read(hand.join(pair[1])) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).trim().to_owned(),
            Err(_) => pair[1].to_owned(),
        };
        // A password of a few letters stands in any text.
        if secret.len() >= 6 {
            secrets.push(secret);
        }
    }
}
