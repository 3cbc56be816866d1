//! What `get` finds on disk keeps who may access it; a key is not opened to others by mistake.
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;

use serde_json::Value;

use crate::support::{Scratch, dev, failure, mode, run};

fn get(folder: &Scratch, more: &[&str]) -> (i32, String, String) {
    let mut command = dev::kvcert(folder.path());
    run(command.args(["get", "web", "-o", "out"]).args(more))
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_second_run_locks_no_server_out() {
    let folder = Scratch::new();
    assert_eq!(get(&folder, &[]).0, 0);
    let key = folder.join("out/web.key");
    set_mode(&key, 0o640);
    let is_root = rustix::process::geteuid().is_root();
    if is_root {
        chown(&key, Some(12_345), Some(12_346)).unwrap();
    }
    let before = (
        fs::metadata(&key).unwrap().uid(),
        fs::metadata(&key).unwrap().gid(),
    );
    let keeps = |flags: &[&str], outcome: &str| {
        let (code, output, errors) = get(&folder, flags);
        assert_eq!(code, 0, "{errors}");
        let line = format!("out/web.key  0640  {outcome}\n");
        assert!(output.contains(&line), "{output}");
        assert!(!errors.contains("warning"), "{errors}");
        let now = fs::metadata(&key).unwrap();
        assert_eq!((now.uid(), now.gid()), before);
        assert_eq!(mode(&key), 0o640);
    };
    keeps(&[], "unchanged");
    keeps(&["--force"], "unchanged");
    // Another key format is another content.
    keeps(&["--key-format", "pkcs1", "--force"], "replaced");
    let (_, output, _) = get(&folder, &["--json", "--force"]);
    let receipt: Value = serde_json::from_str(&output).unwrap();
    let file = &receipt["certificates"][0]["files"][1];
    assert_eq!(file["outcome"], "replaced");
    assert_eq!(
        (&file["mode"], &file["uid"], &file["gid"]),
        (&"0640".into(), &before.0.into(), &before.1.into())
    );
}

#[test]
fn a_key_that_all_can_read_is_warned_about() {
    let folder = Scratch::new();
    assert_eq!(get(&folder, &[]).0, 0);
    let key = folder.join("out/web.key");
    set_mode(&key, 0o644);
    let (code, output, errors) = get(&folder, &[]);
    assert_eq!(code, 0);
    assert!(
        output.contains("out/web.key  0644  unchanged\n"),
        "{output}"
    );
    assert!(
        errors.contains("warning: every user can access the key in `out/web.key`"),
        "{errors}"
    );
    let (_, output, _) = get(&folder, &["--json"]);
    let receipt: Value = serde_json::from_str(&output).unwrap();
    let warnings = receipt["certificates"][0]["warnings"].as_array().unwrap();
    assert!(
        warnings.iter().any(|it| it["kind"] == "exposed-key"),
        "{receipt}"
    );
    let (code, output, errors) = get(&folder, &["--mode", "600"]);
    assert_eq!(code, 0);
    assert!(output.contains("out/web.key  0600  adjusted\n"), "{output}");
    assert!(!errors.contains("warning"), "{errors}");
}

#[test]
fn a_mode_that_opens_a_key_needs_force() {
    let folder = Scratch::new();
    for open in ["777", "666", "644", "604", "620", "602"] {
        let (code, _, errors) = get(&folder, &["--json", "--mode", open]);
        assert_eq!(
            (code, &failure(&errors)["reason"]),
            (2, &"open-mode".into())
        );
        assert!(!folder.join("out").exists());
    }
    for open in ["777", "644"] {
        assert_eq!(get(&folder, &["--mode", open, "--no-key"]).0, 0);
        assert_eq!(mode(&folder.join("out/web.crt")), 0o644);
    }
    assert_eq!(get(&folder, &["--mode", "644", "--force"]).0, 0);
    assert_eq!(mode(&folder.join("out/web.key")), 0o644);
    for closed in ["600", "640", "400", "440", "750", "660"] {
        let flags = ["--mode", closed, "--name", closed];
        let allowed = closed != "660";
        assert_eq!(
            get(&folder, &flags).0,
            if allowed { 0 } else { 2 },
            "{closed}"
        );
    }
}

#[test]
fn links_are_kept() {
    let folder = Scratch::new();
    fs::create_dir(folder.join("real")).unwrap();
    symlink("real", folder.join("out")).unwrap();
    assert_eq!(get(&folder, &[]).0, 0);
    assert!(folder.join("real/web.key").exists());
    fs::write(folder.join("mine"), "mine").unwrap();
    fs::remove_file(folder.join("real/web.key")).unwrap();
    symlink("../mine", folder.join("real/web.key")).unwrap();
    for flags in [&["--json"][..], &["--json", "--force"]] {
        let (code, _, errors) = get(&folder, flags);
        let error = failure(&errors);
        assert_eq!((code, &error["reason"]), (8, &"symbolic-link".into()));
        let hint = error["hint"].as_str().unwrap();
        assert!(hint.contains("--replace-links"), "{hint}");
    }
    let (code, output, _) = get(&folder, &["--replace-links"]);
    assert_eq!(code, 0);
    assert!(output.contains("out/web.key  0600  replaced"), "{output}");
    assert_eq!(fs::read(folder.join("mine")).unwrap(), b"mine");
    assert!(
        fs::symlink_metadata(folder.join("out"))
            .unwrap()
            .is_symlink()
    );
}

#[test]
fn a_key_does_not_take_over_the_mode_of_certificates() {
    let folder = Scratch::new();
    for format in ["combined", "jwk"] {
        assert_eq!(get(&folder, &["--no-key", "--format", format]).0, 0);
        assert_eq!(get(&folder, &["--format", format, "--force"]).0, 0);
    }
    assert_eq!(mode(&folder.join("out/web.pem")), 0o600);
    assert_eq!(mode(&folder.join("out/web.jwk.json")), 0o600);
    // Where a key was already, its mode was chosen for one.
    for file in ["out/web.pem", "out/web.jwk.json"] {
        set_mode(&folder.join(file), 0o640);
        let mut other = fs::read_to_string(folder.join(file)).unwrap();
        other.push('\n');
        fs::write(folder.join(file), other).unwrap();
    }
    for format in ["combined", "jwk"] {
        assert_eq!(get(&folder, &["--format", format, "--force"]).0, 0);
    }
    assert_eq!(mode(&folder.join("out/web.pem")), 0o640);
    assert_eq!(mode(&folder.join("out/web.jwk.json")), 0o640);
}

#[test]
fn what_is_encrypted_anew_each_time_is_unchanged_by_content() {
    let folder = Scratch::new();
    fs::write(folder.join("pw"), "correct horse").unwrap();
    fs::write(folder.join("pw2"), "battery staple").unwrap();
    let password: &[&str] = &["--key-password-file", "pw"];
    let cases: [(&[&str], &[&str], &str); 7] = [
        (&["--format", "pfx"], &[], "web.pfx"),
        (&["--format", "pfx"], password, "web.pfx"),
        (
            &["--format", "pfx", "--pfx-profile", "legacy"],
            password,
            "web.pfx",
        ),
        (&["--format", "pem"], password, "web.key"),
        (&["--format", "combined"], password, "web.pem"),
        (&["--format", "certbot"], password, "web/privkey.pem"),
        (&["--format", "der"], password, "web.key.der"),
    ];
    for (format, password, file) in cases {
        let file = folder.join("out").join(file);
        let run = |more: &[&str]| {
            let flags = [&["--json"], format, password, more].concat();
            let (code, output, errors) = get(&folder, &flags);
            (code, output.matches("\"unchanged\"").count(), errors)
        };
        assert_eq!(run(&[]).0, 0, "{file:?}");
        let first = fs::read(&file).unwrap();
        let inode = fs::metadata(&file).unwrap().ino();
        for more in [&[][..], &["--force"], &["--dry-run"]] {
            let (code, unchanged, errors) = run(more);
            assert_eq!(code, 0, "{file:?}: {errors}");
            assert!(unchanged > 0 && errors.is_empty(), "{file:?}: {errors}");
            assert_eq!(fs::read(&file).unwrap(), first, "{file:?}");
            assert_eq!(fs::metadata(&file).unwrap().ino(), inode, "{file:?}");
        }
        // Another password, or none where there was one, is another file.
        let others: [&[&str]; 2] = [&["--key-password-file", "pw2"], &[]];
        for other in others {
            if other.is_empty() && password.is_empty() {
                continue;
            }
            let flags = [&["--json"], format, other].concat();
            let (code, _, errors) = get(&folder, &flags);
            assert_eq!((code, &failure(&errors)["reason"]), (8, &"exists".into()));
            assert_eq!(fs::read(&file).unwrap(), first, "{file:?}");
        }
        fs::remove_dir_all(folder.join("out")).unwrap();
    }
}

#[test]
fn a_pfx_of_another_profile_name_or_chain_is_another_file() {
    let folder = Scratch::new();
    let pfx = |more: &[&str]| {
        let flags = [&["--json", "--format", "pfx"], more].concat();
        let (code, output, errors) = get(&folder, &flags);
        match code {
            0 if output.contains("\"unchanged\"") => String::from("unchanged"),
            0 => String::from("written"),
            _ => failure(&errors)["reason"].as_str().unwrap().to_owned(),
        }
    };
    assert_eq!(pfx(&[]), "written");
    assert_eq!(pfx(&[]), "unchanged");
    assert_eq!(pfx(&["--no-chain"]), "exists");
    assert_eq!(pfx(&["--pfx-profile", "legacy"]), "exists");
    assert_eq!(pfx(&["--pfx-profile", "legacy", "--force"]), "written");
    assert_eq!(pfx(&["--pfx-profile", "legacy", "--force"]), "unchanged");
    let file = folder.join("out/web.pfx");
    fs::write(&file, b"something else").unwrap();
    assert_eq!(pfx(&[]), "exists");
    assert_eq!(pfx(&["--force"]), "written");
}
