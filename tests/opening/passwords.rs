//! Passwords: a second one for the key, and what editors put around one.

use std::fs;
use std::path::Path;

use crate::making::{Outcome, PASSWORD, Scene};

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
