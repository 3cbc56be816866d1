//! Passwords: a second one for the key, and what editors put around one.

use std::fs;
use std::path::Path;

use crate::making::{Outcome, PASSWORD, Scene};
use crate::support::{kvcert, run};

/// The key of this fixture has the password `another`, and the rest `secret`.
fn second_password() -> Scene {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pkcs12/password-of-key.pfx");
    let scene = Scene::new();
    scene.write("file.pfx", fs::read(fixture).unwrap());
    scene.write("pw.txt", "secret");
    scene.write("key.txt", "another\n");
    scene.write("wrong.txt", "wrong\n");
    scene
}

#[test]
fn a_key_under_a_second_password_opens_with_both() {
    let scene = second_password();
    let words = [
        "the password of the PKCS#12 file is right",
        "its private key has another one",
        "--key-in-password-file",
    ];
    scene.is_refused("file.pfx", &[], &words);
    scene.is_refused(
        "file.pfx",
        &["--key-in-password-file", "wrong.txt"],
        &["is right", "not the one given for the key"],
    );
    let both = ["--key-in-password-file", "key.txt"];
    let opened = scene.convert("file.pfx", &both);
    assert_eq!(opened.code, 0, "{}", opened.stderr);
    let inspected = scene.run(
        &[
            &["inspect", "file.pfx", "--password-file", "pw.txt"],
            &both[..],
        ]
        .concat(),
    );
    assert_eq!(inspected.code, 0, "{}", inspected.stderr);
    // The wrong way round, they open it too.
    let swapped = [
        "convert",
        "file.pfx",
        "--password-file",
        "key.txt",
        "--key-in-password-file",
        "pw.txt",
        "-o",
        "swapped",
    ];
    assert_eq!(scene.run(&swapped).code, 0);
    let mac_wrong = [
        "convert",
        "file.pfx",
        "--password-file",
        "wrong.txt",
        "--key-in-password-file",
        "key.txt",
        "-o",
        "never",
    ];
    let Outcome { code, stderr } = scene.run(&mac_wrong);
    assert!(code == 7 && stderr.contains("wrong password"), "{stderr}");
}

#[test]
fn what_is_around_a_password_is_taken_off_and_said() {
    let scene = Scene::new();
    scene.pkcs12(&[]);
    scene.openssl(&[
        "rsa",
        "-aes256",
        "-in",
        "key.pem",
        "-passout",
        "file:pw.txt",
        "-out",
        "locked.pem",
    ]);
    scene.write(
        "file.pem",
        [scene.read("locked.pem"), scene.read("cert.pem")].concat(),
    );
    let utf16 = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("\u{feff}{PASSWORD}\r\n")
            .encode_utf16()
            .flat_map(unit)
            .collect()
    };
    for (around, said) in [
        (
            format!("\u{feff}{PASSWORD}\r\n").into_bytes(),
            "starts with a byte order mark",
        ),
        (
            format!("{PASSWORD}\n\n").into_bytes(),
            "ends with a line end",
        ),
        (format!("{PASSWORD} \n").into_bytes(), "ends with a blank"),
        (format!("\"{PASSWORD}\"\n").into_bytes(), "is in quotes"),
        (
            format!("{PASSWORD}\0").into_bytes(),
            "ends with a zero byte",
        ),
        (
            format!("{PASSWORD}\nanother\n").into_bytes(),
            "is followed by other lines",
        ),
        (
            format!("{PASSWORD}\u{a0}\u{200b}\n").into_bytes(),
            "ends with a blank",
        ),
        (
            format!("PFX_PASSWORD=\u{201c}{PASSWORD}\u{201d}").into_bytes(),
            "has a name before it, such as `password=` and is in quotes",
        ),
        (b"Y29ycmVjdCBob3JzZQ==\n".to_vec(), "is the base64 of text"),
        (utf16(u16::to_le_bytes), "is UTF-16 text"),
        (utf16(u16::to_be_bytes), "is UTF-16 text"),
    ] {
        scene.write("pw.txt", around);
        scene.opens("file.p12", &[]);
        scene.opens("file.pem", &[]);
        let note = scene.convert("file.p12", &[]).stderr;
        assert!(
            note.contains(said) && note.contains("without that it is right"),
            "{note}"
        );
    }
    // Only what was taken off is said.
    scene.write("pw.txt", "c2VjcmV0");
    scene.pkcs12(&[]);
    scene.write("pw.txt", "c2VjcmV0\n\n");
    let note = scene.convert("file.p12", &[]).stderr;
    assert!(
        note.contains("the password ends with a line end; without"),
        "{note}"
    );
    // As it is, it comes first.
    scene.write("pw.txt", "\"quoted\"");
    scene.pkcs12(&[]);
    let quiet = scene.convert("file.p12", &[]);
    assert_eq!(
        (quiet.code, quiet.stderr.contains("quotes")),
        (0, false),
        "{}",
        quiet.stderr
    );
    scene.write("pw.txt", "\u{feff}wrong");
    scene.is_refused(
        "file.p12",
        &[],
        &["wrong password", "starts with a byte order mark"],
    );
}

/// A variable that is set but empty, or a file without a password, is the empty password. Where that
/// opens nothing, the failure says what is empty.
#[test]
fn an_empty_password_is_tried_and_named() {
    let scene = Scene::new();
    scene.write("empty.txt", "\r\n");
    scene.write("pw.txt", "");
    let convert = |flags: &[&str]| {
        let arguments = [&["convert", "file.p12", "-o", "out", "--force"], flags].concat();
        let mut command = kvcert(scene.path());
        let (code, _, stderr) = run(command.args(arguments).env("EMPTY", ""));
        (code, stderr)
    };
    let sources = [
        (
            ["--password-env", "EMPTY"],
            "the variable of `--password-env` is empty",
        ),
        (
            ["--password-file", "empty.txt"],
            "the file of `--password-file` is empty",
        ),
        (
            ["--password-file", "pw.txt"],
            "the file of `--password-file` is empty",
        ),
    ];
    let arguments = [
        "pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-out", "file.p12",
    ];
    scene.openssl(&[&arguments[..], &["-passout", "pass:"]].concat());
    for (flags, _) in sources {
        let (code, stderr) = convert(&flags);
        assert_eq!(code, 0, "{flags:?}: {stderr}");
    }
    scene.openssl(&[&arguments[..], &["-passout", "pass:secret"]].concat());
    for (flags, said) in sources {
        let (code, stderr) = convert(&flags);
        assert!(
            code == 7 && stderr.contains(said),
            "{flags:?}: {code} {stderr}"
        );
    }
    let (code, stderr) = convert(&["--password-env", "MISSING"]);
    assert!(
        code == 2 && stderr.contains("is not an environment variable that is set"),
        "{stderr}"
    );
    let (code, stderr) = convert(&["--password-env", "EMPTY", "--key-password-env", "EMPTY"]);
    assert!(code == 2 && stderr.contains("is empty"), "{stderr}");
    // Standard input is empty.
    let (code, stderr) = convert(&["--password-file", "-"]);
    assert_eq!(code, 2, "{stderr}");
    assert!(
        stderr.contains("nothing arrived on standard input for `--password-file -`"),
        "{stderr}"
    );
    assert!(
        stderr.contains("the error of the command before"),
        "{stderr}"
    );
}

/// It would be part of the password, and nobody could open the file.
#[test]
fn a_new_password_has_nothing_around_it() {
    let scene = Scene::new();
    scene.pkcs12(&[]);
    for (new, said) in [
        ("\u{feff}secret", "byte order mark"),
        ("secret\n\n", "line end"),
    ] {
        scene.write("new.txt", new);
        let Outcome { code, stderr } =
            scene.convert("file.p12", &["--key-password-file", "new.txt"]);
        assert!(code == 2 && stderr.contains(said), "{code}: {stderr}");
    }
    scene.write("new.txt", "'secret'");
    let Outcome { code, stderr } = scene.convert("file.p12", &["--key-password-file", "new.txt"]);
    assert!(
        code == 0 && stderr.contains("is in quotes, which is part of it"),
        "{code}: {stderr}"
    );
}

/// OpenSSL before 1.1.0, and programs on Windows, give key derivation other bytes than UTF-8.
#[test]
fn a_password_in_other_bytes_opens() {
    let scene = Scene::new();
    for bytes in [&b"geh\xe9im"[..], b"pa\x80", "geh\u{e9}im".as_bytes()] {
        for options in [
            &[][..],
            &["-legacy"],
            &["-keypbe", "PBE-SHA1-3DES", "-certpbe", "aes-256-cbc"],
        ] {
            scene.write("pw.txt", bytes);
            scene.pkcs12(options);
            let text = String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| {
                let euro = |byte: &u8| {
                    if *byte == 0x80 {
                        '\u{20ac}'
                    } else {
                        char::from(*byte)
                    }
                };
                bytes.iter().map(euro).collect()
            });
            scene.write("pw.txt", text);
            scene.opens("file.p12", &[]);
            scene.write("pw.txt", bytes);
            scene.opens("file.p12", &[]);
        }
    }
}
