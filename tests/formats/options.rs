//! Options that a format does not have are refused, and the refusal says which formats have them.

use std::fs;
use std::path::Path;

use crate::support::{Scratch, failure, kvcert, run};

/// Code, and reason and hint in JSON, of a conversion, of which nothing is written if it is refused.
#[track_caller]
fn convert(flags: &[&str]) -> (i32, String, String) {
    let scratch = Scratch::new();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pem/chain-key-last.pem");
    fs::copy(fixture, scratch.join("web.pem")).unwrap();
    fs::write(scratch.join("pw"), "secret").unwrap();
    let mut command = kvcert(scratch.path());
    command.args(["--json", "convert", "web.pem"]);
    let to = if flags.contains(&"-o") {
        &[][..]
    } else {
        &["-o", "out"]
    };
    let (code, output, errors) = run(command.args(to).args(flags));
    if code == 0 {
        return (code, String::new(), String::new());
    }
    assert_eq!((output.as_str(), scratch.join("out").exists()), ("", false));
    let error = failure(&errors);
    let text = |field: &str| error[field].as_str().unwrap().to_owned();
    (code, text("reason"), text("hint"))
}

const KEY_FORMATS: [&str; 3] = ["pkcs8", "pkcs1", "sec1"];

#[track_caller]
fn is_refused(format: &str, flags: &[&str], those_with_it: &[&str]) {
    let (code, reason, hint) = convert(&[&["--format", format], flags].concat());
    assert_eq!(
        (code, reason.as_str()),
        (2, "flags-conflict"),
        "{format} {flags:?}"
    );
    let formats: Vec<String> = those_with_it
        .iter()
        .map(|name| format!("`--format {name}`"))
        .collect();
    assert!(hint.ends_with(&formats.join(", ")), "{hint}");
}

#[test]
fn what_a_format_does_not_have_is_refused() {
    let with_key_format = ["pem", "combined", "certbot", "der", "kubernetes"];
    let with_password = ["pem", "combined", "certbot", "pfx", "der"];
    for format in ["pfx", "jwk", "raw"] {
        for key_format in KEY_FORMATS {
            is_refused(format, &["--key-format", key_format], &with_key_format);
        }
    }
    for format in [
        "pem",
        "combined",
        "certbot",
        "der",
        "jwk",
        "kubernetes",
        "raw",
    ] {
        for profile in ["modern", "legacy"] {
            is_refused(format, &["--pfx-profile", profile], &["pfx"]);
        }
    }
    for format in ["jwk", "kubernetes", "raw"] {
        is_refused(format, &["--key-password-file", "pw"], &with_password);
        // Nothing is read or asked for before.
        is_refused(format, &["--key-password-file", "none"], &with_password);
        is_refused(format, &["--key-password-prompt"], &with_password);
    }
    let with_leaf = [
        "pem",
        "combined",
        "certbot",
        "pfx",
        "der",
        "jwk",
        "kubernetes",
    ];
    is_refused("raw", &["--no-chain"], &with_leaf);
    let with_all = ["pem", "combined", "certbot", "pfx", "jwk", "kubernetes"];
    is_refused("der", &["--all-certs"], &with_all);
    is_refused("raw", &["--all-certs"], &with_all);
}

#[test]
fn what_a_format_has_is_accepted() {
    for format in ["pem", "combined", "certbot", "der", "kubernetes"] {
        let flags = ["--format", format, "--key-format", "pkcs8"];
        assert_eq!(convert(&flags).0, 0, "{format}");
    }
    for profile in ["modern", "legacy"] {
        let flags = ["--format", "pfx", "--pfx-profile", profile, "--no-chain"];
        assert_eq!(convert(&flags).0, 0);
    }
    assert_eq!(convert(&["--format", "der", "--no-chain"]).0, 0);
}

#[test]
fn what_is_not_written_has_no_options() {
    let refused = |flags: &[&str], word: &str| {
        let (code, reason, hint) = convert(flags);
        assert_eq!((code, reason.as_str()), (2, "flags-conflict"), "{flags:?}");
        assert!(hint.contains(word), "{hint}");
    };
    for key_format in KEY_FORMATS {
        refused(&["--no-key", "--key-format", key_format], "`--key-format`");
    }
    refused(&["--no-key", "--key-password-file", "pw"], "the password");
}

#[test]
fn standard_output_has_no_mode_and_no_owner() {
    for flags in [
        &["--mode", "600"][..],
        &["--owner", "0"],
        &["--group", "0"],
        &["--replace-links"],
    ] {
        let scratch = Scratch::new();
        let mut command = kvcert(scratch.path());
        let (code, output, errors) = run(command.args(["convert", "none", "-o", "-"]).args(flags));
        assert_eq!((code, output.as_str()), (2, ""));
        assert!(
            errors.starts_with("error: standard output has no mode"),
            "{errors}"
        );
    }
}
