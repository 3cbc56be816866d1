//! `kvcert convert` over every fixture: each has a neighbour that says what to expect, so that a
//! new case is two new files. Judged by openssl, never by kvcert's own reader.
#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test may panic, and sets its own scene"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, thread};

use support::{Scratch, kvcert, openssl, run};

/// Fifty files that can be read, one that is none, and one that is not there: more than one thread
/// has something to do.
#[test]
fn of_many_files_each_is_tried_and_the_receipt_keeps_their_order() {
    let scratch = Scratch::new();
    let names = copies(&scratch, 50);
    fs::write(scratch.join("07.pfx"), "nonsense").unwrap();
    fs::remove_file(scratch.join("23.pfx")).unwrap();
    let mut command = kvcert(scratch.path());
    command
        .args(["convert", "--json", "-o", "out"])
        .args(&names);
    let (code, stdout, stderr) = run(&mut command);
    assert_eq!(code, 7, "{stderr}");
    let receipt: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    let list = |of: &str, field: &str| -> Vec<String> {
        let entries = receipt[of].as_array().unwrap().iter();
        entries
            .map(|entry| entry[field].as_str().unwrap().into())
            .collect()
    };
    let is_bad = |name: &&String| ["07.pfx", "23.pfx"].contains(&name.as_str());
    let (bad, good): (Vec<_>, Vec<_>) = names.iter().partition(is_bad);
    assert_eq!(
        list("certificates", "source").iter().collect::<Vec<_>>(),
        good
    );
    assert_eq!(
        list("failures", "certificate").iter().collect::<Vec<_>>(),
        bad
    );
    assert!(
        !stderr.contains("converted"),
        "this is no terminal: {stderr}"
    );
    assert_eq!(written(&scratch), 2 * good.len());
    support::pair(&scratch.join("out/49.crt"), &scratch.join("out/49.key"));
}

/// Nothing asks for a password, or looks for one, before flags that exclude each other are refused.
#[test]
fn flags_for_one_file_are_refused_before_a_password_is_looked_for() {
    let scratch = Scratch::new();
    copies(&scratch, 2);
    for flags in [
        ["--name", "x", "--password-env", "NOT_SET"],
        ["--name", "x", "--key-password-env", "NOT_SET"],
        ["--out", "-", "--password-env", "NOT_SET"],
    ] {
        let mut command = kvcert(scratch.path());
        let (code, _, stderr) = run(command.args(["convert", "00.pfx", "01.pfx"]).args(flags));
        assert_eq!(code, 2);
        assert!(
            stderr.contains("are for one file; several were given"),
            "{stderr}"
        );
    }
}

/// `a.key.der` would be the key of one and the certificate of the other.
#[test]
fn files_that_would_overwrite_each_other_are_refused() {
    let scratch = Scratch::new();
    copies(&scratch, 1);
    for copy in ["a.pfx", "a.key.pfx", "A.pem"] {
        fs::copy(scratch.join("00.pfx"), scratch.join(copy)).unwrap();
    }
    let convert = |flags: &[&str]| {
        let mut command = kvcert(scratch.path());
        let (code, _, stderr) = run(command.args(["convert", "--json", "-o", "out"]).args(flags));
        let error: serde_json::Value = serde_json::from_str(&stderr).unwrap_or_default();
        (code, error["error"].clone())
    };
    for force in [&["--force"][..], &["--dry-run"], &[]] {
        for files in [
            ["a.pfx", "a.key.pfx"],
            ["a.key.pfx", "a.pfx"],
            ["a.pfx", "A.pem"],
        ] {
            let (code, error) = convert(&[&files, &["--format", "der"], force].concat());
            assert_eq!(
                (code, error["reason"].as_str()),
                (2, Some("same-name")),
                "{error}"
            );
            assert!(!scratch.join("out").exists());
        }
    }
    let (_, error) = convert(&["a.pfx", "a.key.pfx", "--format", "der"]);
    let message = "`a.pfx` and `a.key.pfx` would both be written to `a.key.der`";
    assert_eq!(error["message"], message);
    // Without a key, and in other formats, they do not.
    assert_eq!(
        convert(&["a.pfx", "a.key.pfx", "--format", "der", "--no-key"]).0,
        0
    );
    assert_eq!(convert(&["a.pfx", "a.key.pfx"]).0, 0);
    assert_eq!(convert(&["a.pfx", "--format", "der", "--name", "b"]).0, 0);
}

/// A certificate, its key and its chain may each have a file, whatever they are called.
#[test]
fn a_certificate_and_its_key_from_two_files() {
    let scratch = Scratch::new();
    let parts = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let text = fs::read_to_string(path).unwrap();
        let (key, certificates) = text.split_once("-----BEGIN CERTIFICATE").unwrap();
        (
            key.to_owned(),
            format!("-----BEGIN CERTIFICATE{certificates}"),
        )
    };
    let (key, chain) = parts("fixtures/pem/chain.pem");
    let (leaf, issuers) = chain.split_at(chain.find("-----END").unwrap() + 26);
    for (name, text) in [
        ("site.key", key.as_str()),
        ("site.crt", leaf),
        ("ca.crt", issuers),
        ("privkey.pem", &key),
        ("fullchain.pem", &chain),
        ("other.key", &parts("fixtures/pem/pkcs8-rsa.pem").0),
    ] {
        fs::write(scratch.join(name), text).unwrap();
    }
    for (files, name, count) in [
        (["site.crt", "site.key"].as_slice(), "site", 1),
        (&["ca.crt", "site.key", "site.crt"], "site", 3),
        (&["privkey.pem", "fullchain.pem"], "fullchain", 3),
    ] {
        let mut command = kvcert(scratch.path());
        command
            .args(["convert", "--force", "-o", "out"])
            .args(files);
        let (code, _, stderr) = run(&mut command);
        assert_eq!(code, 0, "{files:?}: {stderr}");
        let file = |ending| scratch.join(format!("out/{name}.{ending}"));
        support::pair(&file("crt"), &file("key"));
        let text = fs::read_to_string(file("crt")).unwrap();
        assert_eq!(text.matches("BEGIN").count(), count, "{files:?}");
        fs::remove_dir_all(scratch.join("out")).unwrap();
    }
    for (files, flags, code) in [
        (["site.crt", "other.key"], [].as_slice(), 7),
        (["fullchain.pem", "site.crt"], &[], 7),
        (["fullchain.pem", "site.crt"], &["--name", "x"], 2),
        (["site.crt", "other.key"], &["--name", "x"], 7),
    ] {
        let mut command = kvcert(scratch.path());
        command
            .args(["convert", "-o", "out"])
            .args(flags)
            .args(files);
        let (found, _, stderr) = run(&mut command);
        assert_eq!(found, code, "{files:?} {flags:?}: {stderr}");
        assert!(!scratch.join("out").exists());
    }
}

#[test]
fn an_empty_standard_input_is_named() {
    let scratch = Scratch::new();
    fs::write(scratch.join("empty.pem"), "").unwrap();
    for (arguments, words) in [
        (["convert", "-"], "nothing arrived on standard input"),
        (["inspect", "-"], "nothing arrived on standard input"),
        (["convert", "empty.pem"], "`empty.pem` is empty"),
    ] {
        let mut command = kvcert(scratch.path());
        let (code, _, stderr) = run(command.args(arguments).stdin(std::process::Stdio::null()));
        assert_eq!(code, 7, "{stderr}");
        assert!(stderr.contains(words), "{stderr}");
    }
}

#[test]
fn two_runs_over_the_same_files_at_once_do_not_disturb_each_other() {
    let scratch = Scratch::new();
    let names = copies(&scratch, 50);
    let runs = [(); 2].map(|()| {
        let mut command = kvcert(scratch.path());
        command
            .args(["convert", "--quiet", "-o", "out"])
            .args(&names);
        command.spawn().unwrap()
    });
    for mut run in runs {
        assert_eq!(run.wait().unwrap().code(), Some(0));
    }
    assert_eq!(written(&scratch), 100);
    for name in ["00", "25", "49"] {
        let file = |ending| scratch.join(format!("out/{name}.{ending}"));
        support::pair(&file("crt"), &file("key"));
    }
}

#[test]
fn many_files_as_certbot_lays_them_out() {
    let scratch = Scratch::new();
    let names = copies(&scratch, 20);
    let mut command = kvcert(scratch.path());
    command.args(["convert", "--format", "certbot", "-o", "out"]);
    let (code, _, stderr) = run(command.args(&names));
    assert_eq!(code, 0, "{stderr}");
    for number in 0..20 {
        let folder = scratch.join(format!("out/{number:02}"));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 4);
    }
}

/// Copies a fixture to `00.pfx`, `01.pfx` and so on; returns their names.
fn copies(scratch: &Scratch, count: usize) -> Vec<String> {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join(FIXTURE);
    let copy = |number| {
        let name = format!("{number:02}.pfx");
        fs::copy(&fixture, scratch.join(&name)).unwrap();
        name
    };
    (0..count).map(copy).collect()
}

/// How many files are in the folder `out`, among them no temporaries.
fn written(scratch: &Scratch) -> usize {
    let entries = fs::read_dir(scratch.join("out")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .inspect(|name| assert!(!name.starts_with('.'), "{name}"))
        .count()
}

const FIXTURE: &str = "fixtures/pkcs12/keyvault-chain.pfx";

/// What a neighbour file says.
type Expectation = BTreeMap<String, String>;

#[test]
fn every_fixture_as_its_neighbour_says() {
    let cases = cases();
    assert!(
        cases.len() > 100,
        "the fixtures are somewhere else: {}",
        cases.len()
    );
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    check(&case.0, &case.1);
                }
            });
        }
    });
}

fn cases() -> Vec<(PathBuf, Expectation)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "expect") {
                let text = fs::read_to_string(&path).unwrap();
                let pairs = text.lines().filter_map(|line| line.split_once(": "));
                let expectation = pairs
                    .map(|(key, value)| (key.into(), value.into()))
                    .collect();
                found.push((path.with_extension(""), expectation));
            }
        }
    }
    found
}

fn check(file: &Path, expected: &Expectation) {
    let shown = file.display();
    let result = convert(file, expected, &[]);
    let wanted = expected["expect"].as_str();
    let why = &expected["why"];
    assert!(
        wanted.split(" | ").any(|wanted| wanted == result.reason()),
        "{shown}: {} instead of {wanted}: {why}",
        result.reason()
    );
    match &result {
        Converted::Written { receipt, scratch } => {
            matches_receipt(file, expected, receipt);
            openssl_agrees(file, expected, scratch);
        }
        Converted::Refused { scratch, .. } => {
            assert!(
                !scratch.join("out").exists(),
                "{shown}: a failed run left something behind"
            );
        }
    }
    if let Some(without_key) = expected.get("no-key") {
        let result = convert(file, expected, &["--no-key"]);
        let found = result.reason();
        assert!(
            without_key.split(" | ").any(|wanted| wanted == found),
            "{shown} --no-key: {found}"
        );
    }
}

/// How a run ended, and the folder that it ran in.
enum Converted {
    Written {
        receipt: serde_json::Value,
        scratch: Scratch,
    },
    Refused {
        reason: String,
        scratch: Scratch,
    },
}

impl Converted {
    fn reason(&self) -> &str {
        match self {
            Self::Written { .. } => "success",
            Self::Refused { reason, .. } => reason,
        }
    }
}

fn convert(file: &Path, expected: &Expectation, flags: &[&str]) -> Converted {
    let scratch = Scratch::new();
    let mut command = kvcert(scratch.path());
    command
        .args(["convert", "--json", "-o", "out", "--name", "x"])
        .args(flags)
        .arg(file);
    if let Some(password) = expected.get("password") {
        fs::write(scratch.join("password"), format!("{password}\n")).unwrap();
        command.args(["--password-file", "password"]);
    }
    let (code, stdout, stderr) = run(&mut command);
    if code == 0 {
        let mut receipt: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        let receipt = receipt["certificates"][0].take();
        return Converted::Written { receipt, scratch };
    }
    assert_eq!(code, 7, "{}: {stderr}", file.display());
    let json = &stderr[stderr.find('{').expect("an error in JSON")..];
    let error: serde_json::Value = serde_json::from_str(json).unwrap();
    let reason = error["error"]["reason"].as_str().unwrap().to_owned();
    Converted::Refused { reason, scratch }
}

fn matches_receipt(file: &Path, expected: &Expectation, receipt: &serde_json::Value) {
    let kinds: Vec<&str> = receipt["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| w["kind"].as_str().unwrap())
        .collect();
    let strangers = kinds.iter().filter(|kind| **kind == "stranger").count();
    let found = |name: &str| match name {
        "leaf" => receipt["subject"].as_str().unwrap().to_owned(),
        "chain" => receipt["chain"].as_array().unwrap().len().to_string(),
        "strangers" => strangers.to_string(),
        "key" => receipt["key"].as_str().unwrap().to_owned(),
        "opened-with" => receipt["container"]["password"]
            .as_str()
            .unwrap_or("none")
            .to_owned(),
        _ => unreachable!("{name}"),
    };
    for name in ["leaf", "chain", "strangers", "key", "opened-with"] {
        if let Some(wanted) = expected.get(name) {
            assert_eq!(&found(name), wanted, "{}: {name}", file.display());
        }
    }
    if let Some(wanted) = expected.get("warnings") {
        let wanted: BTreeSet<&str> = wanted.split_whitespace().collect();
        assert_eq!(
            BTreeSet::from_iter(kinds),
            wanted,
            "{}: warnings",
            file.display()
        );
    }
}

/// openssl reads both files, and takes them for a pair.
fn openssl_agrees(file: &Path, expected: &Expectation, scratch: &Scratch) {
    let (key, certificate) = (scratch.join("out/x.key"), scratch.join("out/x.crt"));
    let shown = file.display();
    let of_key = openssl(&["pkey", "-in", key.to_str().unwrap(), "-pubout"]);
    let of_leaf = openssl(&[
        "x509",
        "-in",
        certificate.to_str().unwrap(),
        "-pubkey",
        "-noout",
    ]);
    assert_eq!(of_key, of_leaf, "{shown}: key and leaf");
    let text = fs::read_to_string(&certificate).unwrap();
    let count = text.matches("BEGIN CERTIFICATE").count().to_string();
    assert_eq!(
        expected.get("chain").unwrap_or(&count),
        &count,
        "{shown}: certificates"
    );
    #[cfg(unix)]
    assert_eq!(
        (support::mode(&key), support::mode(&certificate)),
        (0o600, 0o644),
        "{shown}"
    );
}

/// The name of a directory or file cannot steer the terminal, wherever it is shown.
#[test]
#[cfg(unix)]
fn names_of_files_do_not_steer_the_terminal() {
    let scratch = Scratch::new();
    let names = copies(&scratch, 1);
    let odd = "x\u{1b}]0;owned\u{7}\u{202e}\u{9b}31m";
    let input = format!("{odd}.pfx");
    fs::copy(scratch.join(&names[0]), scratch.join(&input)).unwrap();
    fs::write(scratch.join("file"), "in the way").unwrap();
    let missing = format!("{odd}-missing.pfx");
    let page = format!("{odd}.html");
    let cache = format!("--token-cache={odd}");
    let calls: [&[&str]; 6] = [
        &["convert", &input, "-o", odd],
        &["convert", &input, "-o", odd, "--no-chain"],
        &["convert", &missing, &names[0], "-o", odd],
        &["inspect", &input],
        &["inspect", &input, "--html", &page],
        &["logout", &cache],
    ];
    for call in calls {
        let (_, stdout, stderr) = run(kvcert(scratch.path()).args(call));
        let shown = stdout + &stderr;
        let steers = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!shown.contains(steers), "{call:?}: {shown:?}");
        assert!(
            shown.contains(r"x\u{1b}]0;owned\u{7}\u{202e}\u{9b}31m"),
            "{call:?}: {shown}"
        );
    }
}
