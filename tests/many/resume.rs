//! `--resume`: what is there is neither fetched nor touched.

use std::fs;

use crate::support::replay::Reply;
use crate::support::{Scratch, failure};
use crate::vault::{self, count, good, got, name};

#[test]
fn only_what_is_missing_is_fetched() {
    let folder = Scratch::new();
    assert_eq!(got(&good(30), &folder, &["--all"]).code, 0);
    fs::remove_file(folder.join("out/c0003.key")).unwrap();
    fs::remove_file(folder.join("out/c0004.crt")).unwrap();
    fs::remove_file(folder.join("out/c0004.key")).unwrap();
    let before = fs::metadata(folder.join("out/c0005.key")).unwrap();
    let server = good(32);
    let again = got(&server, &folder, &["--all", "--resume"]);
    assert_eq!(again.code, 0, "{}", again.errors);
    assert_eq!(again.errors, "");
    assert_eq!(again.names(), [3, 4, 30, 31].map(name));
    assert_eq!(count(&server, "/secrets"), 4);
    assert_eq!(again.all("skipped", "reason"), vec!["present"; 28]);
    let after = fs::metadata(folder.join("out/c0005.key")).unwrap();
    assert_eq!(before.modified().unwrap(), after.modified().unwrap());
}

#[test]
fn what_is_there_is_told() {
    let (server, folder) = (good(3), Scratch::new());
    let told = || vault::told(&server, &folder, &["--all", "--resume"]);
    assert!(!told().contains("skipped"));
    let present = "skipped 3 certificates: their files already exist\n";
    assert_eq!(told(), present);
}

#[test]
fn what_was_renewed_is_not_replaced() {
    let folder = Scratch::new();
    assert_eq!(got(&good(2), &folder, &["--all"]).code, 0);
    let old = fs::read(folder.join("out/c0001.crt")).unwrap();
    let renewed = vault::vault(2, |seen| {
        let is_new = seen.path.contains("/c0001") && seen.path != "/certificates";
        is_new.then(|| vault::object(&seen.path, 1))
    });
    // By name there is no list: the certificate object tells.
    let again = got(&renewed, &folder, &["c0000", "c0001", "--resume"]);
    assert_eq!(again.code, 8, "{}", again.errors);
    assert_eq!(failure(&again.errors)["reason"], "exists");
    assert_eq!(again.all("skipped", "certificate"), ["c0000"]);
    assert_eq!(count(&renewed, "/secrets/c0000"), 0);
    assert_eq!(fs::read(folder.join("out/c0001.crt")).unwrap(), old);
}

#[test]
fn in_every_format_that_can_be_read() {
    for format in ["combined", "certbot", "pfx", "der"] {
        let (server, folder) = (good(2), Scratch::new());
        assert_eq!(
            got(&server, &folder, &["--all", "--format", format]).code,
            0
        );
        let again = got(&server, &folder, &["--all", "--format", format, "--resume"]);
        assert_eq!(
            (again.code, again.names().len()),
            (0, 0),
            "{format}: {}",
            again.errors
        );
    }
}

/// Every file of the format is needed, with the right content: half a set does not count.
#[test]
fn what_is_there_in_part_or_wrong_does_not_count() {
    let broken: [(&str, &[&str]); 5] = [
        ("pem", &["c0000.crt", "c0000.key"]),
        ("combined", &["c0000.pem"]),
        (
            "certbot",
            &[
                "c0000/cert.pem",
                "c0000/fullchain.pem",
                "c0000/chain.pem",
                "c0000/privkey.pem",
            ],
        ),
        ("pfx", &["c0000.pfx"]),
        ("der", &["c0000.der", "c0000.key.der"]),
    ];
    let other_key = rcgen::KeyPair::generate().unwrap();
    for (format, files) in broken {
        let (server, folder) = (good(1), Scratch::new());
        let resume = || got(&server, &folder, &["c0000", "--format", format, "--resume"]);
        assert_eq!(resume().code, 0);
        assert_eq!(resume().all("skipped", "certificate"), ["c0000"]);
        for file in files {
            let path = folder.join("out").join(file);
            let whole = fs::read(&path).unwrap();
            let half = whole[..whole.len() / 2].to_vec();
            let mut contents = vec![Some(b"nonsense".to_vec())];
            // The chain of a certificate that issued itself is empty.
            if !whole.is_empty() {
                contents.extend([None, Some(half), Some(Vec::new())]);
            }
            // The key of another certificate.
            match file.rsplit('.').next() {
                _ if file.ends_with(".key.der") => contents.push(Some(other_key.serialize_der())),
                Some("key") => contents.push(Some(other_key.serialize_pem().into_bytes())),
                _ if file.ends_with("privkey.pem") => {
                    contents.push(Some(other_key.serialize_pem().into_bytes()));
                }
                _ => {}
            }
            for content in contents {
                match &content {
                    Some(content) => fs::write(&path, content).unwrap(),
                    None => fs::remove_file(&path).unwrap(),
                }
                let again = resume();
                // What is missing is written, what differs is not replaced.
                let expected = if content.is_none() { 0 } else { 8 };
                let told = (
                    &again.errors,
                    file,
                    content.as_deref().map(String::from_utf8_lossy),
                );
                assert_eq!(again.code, expected, "{format} {told:?}");
                assert!(again.all("skipped", "certificate").is_empty(), "{told:?}");
                fs::write(&path, &whole).unwrap();
            }
        }
        assert_eq!(
            resume().all("skipped", "certificate"),
            ["c0000"],
            "{format}"
        );
    }
}

/// A certificate of another version, beside its own key, is not the one that was asked for.
#[test]
fn another_certificate_with_its_own_key_does_not_count() {
    let (server, folder) = (good(1), Scratch::new());
    let renewed = vault::vault(1, |seen| {
        (seen.path != "/certificates").then(|| vault::object(&seen.path, 1))
    });
    assert_eq!(got(&renewed, &folder, &["c0000"]).code, 0);
    let again = got(&server, &folder, &["c0000", "--resume"]);
    assert_eq!(
        (again.code, failure(&again.errors)["reason"].as_str()),
        (8, Some("exists"))
    );
}

/// With a password, only an encrypted key counts, and only under that password; without, only a plain
/// one. With `--no-key`, none counts.
#[test]
fn a_key_counts_only_as_it_was_asked_for() {
    for format in ["pem", "combined", "certbot", "pfx", "der"] {
        let (server, folder) = (good(1), Scratch::new());
        fs::write(folder.join("one"), "first password").unwrap();
        fs::write(folder.join("two"), "second password").unwrap();
        let get = |more: &[&str]| {
            got(
                &server,
                &folder,
                &[&["c0000", "--format", format][..], more].concat(),
            )
        };
        let is_skipped = |more: &[&str]| {
            let found = get(&[more, &["--resume"]].concat());
            assert!(
                found.code == 0 || found.code == 8,
                "{format} {more:?}: {}",
                found.errors
            );
            found.all("skipped", "certificate").len() == 1
        };
        let (one, two) = (
            ["--key-password-file", "one"],
            ["--key-password-file", "two"],
        );
        assert_eq!(get(&one).code, 0);
        assert!(is_skipped(&one), "{format}");
        assert!(!is_skipped(&two) && !is_skipped(&[]), "{format}");
        assert_eq!(get(&["--force"]).code, 0);
        assert!(is_skipped(&[]), "{format}");
        assert!(!is_skipped(&one), "{format}");
        match format {
            "pfx" => {}
            // Its file has the key.
            "combined" => assert!(!is_skipped(&["--no-key"])),
            _ => assert!(is_skipped(&["--no-key"]), "{format}"),
        }
    }
}

/// The vault's spelling of the name is that of the files.
#[test]
fn a_name_in_other_letters_finds_its_files() {
    let folder = Scratch::new();
    let server = vault::vault(1, |seen| {
        let lower = seen.path.to_ascii_lowercase();
        (seen.path != "/certificates").then(|| vault::object(&lower, 0))
    });
    assert_eq!(got(&server, &folder, &["C0000"]).names(), ["c0000"]);
    let again = got(&server, &folder, &["C0000", "--resume"]);
    assert_eq!(again.code, 0, "{}", again.errors);
    assert_eq!(again.all("skipped", "reason"), ["present"]);
}

/// A plain secret has no certificate object, and some callers may not read it: what is fetched is
/// compared with the files.
#[test]
fn without_a_certificate_object_it_is_fetched() {
    for (status, code) in [(404, "CertificateNotFound"), (403, "Forbidden")] {
        let folder = Scratch::new();
        let server = vault::vault(1, move |seen| {
            let is_public =
                seen.path.starts_with("/certificates/") || seen.path.starts_with("/keys/");
            is_public.then(|| Reply::refusal(status, code, None))
        });
        let get = || got(&server, &folder, &["c0000", "--resume", "--verify", "off"]);
        assert_eq!(get().code, 0);
        let again = get();
        assert_eq!(again.code, 0, "{}", again.errors);
        assert_eq!(
            again.receipt["certificates"][0]["files"][1]["outcome"],
            "unchanged"
        );
    }
}
