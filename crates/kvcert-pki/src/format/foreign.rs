//! What bytes and text are that hold nothing to read, judged by how they begin.

use super::encoding::begins_like_text_of_der;
use crate::content_error::Foreign;

/// Whether it says more than that nothing was recognised.
pub(super) fn is_telling(found: Foreign) -> bool {
    !matches!(
        found,
        Foreign::Empty
            | Foreign::Text
            | Foreign::Hexadecimal
            | Foreign::Binary
            | Foreign::Xml
            | Foreign::Markup(_)
    )
}

/// Whether it is a private key, in a format that kvcert does not read.
pub(super) fn is_private_key(found: Foreign) -> bool {
    matches!(
        found,
        Foreign::OpenSshKey | Foreign::Pvk | Foreign::PuttyKey
    )
}

/// What binary bytes are, by their first few.
pub(super) fn of_binary(bytes: &[u8]) -> Foreign {
    if begins_like_text_of_der(bytes) {
        return Foreign::SavedAsText;
    }
    let known = MAGIC.iter().find(|(at, magic, _)| {
        bytes
            .get(*at..)
            .is_some_and(|bytes| bytes.starts_with(magic))
    });
    known.map_or(Foreign::Binary, |(_, _, found)| *found)
}

/// What text is that holds nothing to read.
pub(super) fn of_text(text: &str) -> Foreign {
    let text = text.trim();
    let start: String = text.chars().take(1024).collect::<String>().to_lowercase();
    let begins = |prefixes: &[&str]| prefixes.iter().any(|it| start.starts_with(it));
    if text.is_empty() {
        Foreign::Empty
    } else if begins(&["<!doctype html", "<html"]) || start.contains("<html") {
        Foreign::Html
    } else if begins(&["<"]) {
        Foreign::Xml
    } else if begins(&["putty-user-key-file"]) {
        Foreign::PuttyKey
    } else if begins(&[
        "ssh-",
        "ecdsa-sha2-",
        "sk-ssh-",
        "sk-ecdsa-",
        "---- begin ssh2",
    ]) {
        Foreign::SshPublicKey
    } else if begins(&["$ansible_vault;"]) {
        Foreign::Encrypted("Ansible Vault")
    } else if begins(&["age-encryption.org/"]) {
        Foreign::Encrypted("age")
    } else if PEM_WORDS.iter().any(|words| text.contains(words)) {
        Foreign::BrokenPem
    } else if looks_like_base64(text) {
        Foreign::BrokenBase64
    } else if begins(&["{", "["]) {
        Foreign::Markup("JSON")
    } else {
        Foreign::Text
    }
}

/// Base64 of DER always begins with `MI` here: a SEQUENCE of more than 127 bytes.
fn looks_like_base64(text: &str) -> bool {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=-_\r\n".contains(c);
    let count = text.chars().filter(|c| is_base64(*c)).count();
    text.starts_with("MI") && text.len() > 100 && count * 100 >= text.chars().count() * 98
}

/// Where the first bytes stand, what they are, and what they mean.
const MAGIC: &[(usize, &[u8], Foreign)] = &[
    (0, b"PK\x03\x04", Foreign::Zip),
    (0, b"PK\x05\x06", Foreign::Zip),
    (0, b"\x1f\x8b", Foreign::Archive("a gzip archive")),
    (0, b"BZh", Foreign::Archive("a bzip2 archive")),
    (0, b"\xfd7zXZ\0", Foreign::Archive("an xz archive")),
    (0, b"\x28\xb5\x2f\xfd", Foreign::Archive("a zstd archive")),
    (
        0,
        b"7z\xbc\xaf\x27\x1c",
        Foreign::Archive("a 7-Zip archive"),
    ),
    (0, b"Rar!", Foreign::Archive("a RAR archive")),
    (0, b"MSCF", Foreign::Archive("a cabinet archive (CAB)")),
    (257, b"ustar", Foreign::Archive("a tar archive")),
    (0, b"\xfe\xed\xfe\xed", Foreign::Jks),
    (0, b"\xce\xce\xce\xce", Foreign::Jceks),
    (0, b"\0\0\0\x01\0\0\0\x14", Foreign::Bks),
    (0, b"\0\0\0\x02\0\0\0\x14", Foreign::Bks),
    (0, b"\xa1\xf8\x4e", Foreign::OracleWallet),
    (0, b"\0\0\0\0CERT", Foreign::WindowsStore),
    (0, b"\x07\x02\0\0", Foreign::MsBlob),
    (0, b"\x1e\xf1\xb5\xb0", Foreign::Pvk),
    (0, b"SQLite format 3\0", Foreign::NssDatabase),
    (0, b"\0\x06\x15\x61", Foreign::NssDatabase),
    (0, b"\x61\x15\x06\0", Foreign::NssDatabase),
    (0, b"openssh-key-v1\0", Foreign::OpenSshKey),
    (8, b"KBXf", Foreign::OpenPgp),
    (0, b"\x99\x01\x0d\x04", Foreign::OpenPgp),
    (0, b"\x99\x02\x0d\x04", Foreign::OpenPgp),
    (0, b"Salted__", Foreign::Encrypted("`openssl enc`")),
    (0, b"%PDF-", Foreign::File("a PDF document")),
    (0, b"\x89PNG", Foreign::File("an image")),
    (0, b"\xff\xd8\xff", Foreign::File("an image")),
    (
        0,
        b"\xd0\xcf\x11\xe0",
        Foreign::File("an Outlook message or older Office document"),
    ),
    (0, b"\x7fELF", Foreign::File("a program")),
    (0, b"MZ", Foreign::File("a program")),
];

/// What only a damaged PEM text has, as whole ones are read.
const PEM_WORDS: [&str; 4] = [
    "BEGIN CERTIFICATE",
    "BEGIN PRIVATE KEY",
    "BEGIN RSA PRIVATE KEY",
    "BEGIN EC PRIVATE KEY",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::encoding::is_text;

    #[test]
    fn binary_files_are_named_by_their_first_bytes() {
        for (bytes, name) in [
            (b"PK\x03\x04\x14\0".as_slice(), "a ZIP archive"),
            (b"\xfe\xed\xfe\xed\0\0\0\x02", "a Java keystore (JKS)"),
            (b"\0\0\0\x02\0\0\0\x14abc", "a BouncyCastle keystore (BKS)"),
            (
                b"\x1e\xf1\xb5\xb0\0\0",
                "a private key in Microsoft's PVK format",
            ),
            (
                b"\x07\x02\0\0\0\xa4\0\0RSA2",
                "a private key as a Microsoft key blob (MSBLOB)",
            ),
            (b"\0\0\0\0CERT \0\0\0", "a Windows certificate store (.sst)"),
            (b"\xff\xfe\xfd\xfc", "unknown binary data"),
        ] {
            assert_eq!(of_binary(bytes).to_string(), name);
            assert!(!is_text(bytes));
        }
    }

    #[test]
    fn text_is_named_by_what_it_begins_with() {
        for (text, name) in [
            (" \n", "empty"),
            (
                "0123 is the order id\n",
                "plain text without a certificate or key",
            ),
            ("<!DOCTYPE html><html>", "an HTML page"),
            ("ssh-ed25519 AAAA me", "an SSH public key"),
            (
                "PuTTY-User-Key-File-3: ssh-rsa\n",
                "a PuTTY private key (.ppk)",
            ),
            (
                "BEGIN CERTIFICATE\nMII=",
                "PEM text whose BEGIN or END line is damaged",
            ),
        ] {
            assert_eq!(of_text(text).to_string(), name);
        }
    }
}
