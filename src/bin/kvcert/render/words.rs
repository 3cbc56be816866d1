//! The words that text and page share.

use kvcert::report::FileReport;
use kvcert_pki::format::anatomy::{Encryption, Holds, Mac};
use kvcert_pki::format::{Layer, OpenedWith};

use crate::style::Tone;

/// Which password opened it, for people.
pub(super) fn password(opened: Option<OpenedWith>) -> (&'static str, Tone) {
    match opened {
        Some(OpenedWith::NotNeeded) => ("not needed", Tone::Plain),
        Some(OpenedWith::Null) => (
            "the null password (zero bytes, as Key Vault and Windows write)",
            Tone::Plain,
        ),
        Some(OpenedWith::Empty) => (
            "the empty password (two zero bytes, as OpenSSL and Java write)",
            Tone::Plain,
        ),
        Some(OpenedWith::Given) => ("as given", Tone::Plain),
        None => ("wrong or missing: encrypted parts are not shown", Tone::Bad),
    }
}

/// The MAC without a verdict.
pub(super) fn mac_words(mac: &Mac) -> String {
    format!(
        "{}, {} of {}, salt of {} bytes",
        mac.algorithm,
        iterations(mac.iterations),
        mac.derivation,
        mac.salt_bytes
    )
}

fn iterations(count: u64) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} iteration{s}")
}

/// Scheme, cipher, derivation, iterations and salt, as far as they are known.
pub(super) fn encryption_words(it: &Encryption) -> String {
    let mut words = match (&it.cipher, it.scheme.as_str()) {
        (None, scheme) => format!("{scheme} (OID {})", it.oid.as_deref().unwrap_or("none")),
        (Some(cipher), "PBES2") => format!("PBES2 with {cipher}"),
        (Some(cipher), scheme) if scheme.starts_with("pbe") => format!("{cipher} ({scheme})"),
        (Some(cipher), scheme) => format!("{cipher}, {scheme}"),
    };
    if let Some(derivation) = &it.derivation {
        words += &match it.iterations {
            Some(count) => format!(", {} of {derivation}", iterations(count)),
            None => format!(", {derivation}"),
        };
    }
    if let Some(salt) = it.salt_bytes {
        words += &format!(", salt of {salt} bytes");
    }
    words
}

/// What is around it, such as `, base64-encoded` or ` in UTF-16, JSON`.
pub(super) fn layers(layers: &[Layer]) -> String {
    match layers {
        [] => String::new(),
        [Layer::Base64] => String::from(", base64-encoded"),
        layers => {
            let names: Vec<String> = layers.iter().map(Layer::to_string).collect();
            format!(", in {}", names.join(", in "))
        }
    }
}

/// What a key or a certificate is called.
pub(super) fn words(holds: &Holds, report: &FileReport) -> Option<String> {
    match holds {
        Holds::Certificate { index } => {
            let label = report.certificates.get(*index).map(|it| it.label.as_str());
            let label = label.unwrap_or_default();
            Some(format!("certificate {}, {label}", index + 1))
        }
        Holds::PrivateKey { index } => {
            let key = report.keys.get(*index).map(|it| it.key.as_str());
            let key = key.unwrap_or_default();
            Some(format!("private key {}, {key}", index + 1))
        }
        Holds::Certificates { indices } => {
            let numbers: Vec<String> = indices.iter().map(|at| (at + 1).to_string()).collect();
            Some(match numbers.len() {
                0 => String::from("no certificate"),
                1 => format!("certificate {}", numbers.concat()),
                _ => format!("certificates {}", numbers.join(", ")),
            })
        }
        _ => None,
    }
}
