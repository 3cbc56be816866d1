//! The bytes of certificates and keys: what is wrong with them, and what to do.

use kvcert_pki::content_error::ContentError;

use super::{Failure, Reason};

impl From<ContentError> for Failure {
    fn from(error: ContentError) -> Self {
        let (reason, hint) = advice(&error);
        Self::new(reason, error).with_hint(hint)
    }
}

fn advice(error: &ContentError) -> (Reason, &'static str) {
    match error {
        ContentError::NotAKeyStore { .. } => (
            Reason::NotAKeyStore,
            "kvcert reads PKCS#12 (PFX), PEM, DER certificates and keys, and base64 of these",
        ),
        ContentError::Damaged { .. } => (
            Reason::Damaged,
            "get the file again from its source; it is truncated or altered",
        ),
        ContentError::WrongPassword { given: true, .. } => (
            Reason::WrongPassword,
            "check the password; a trailing newline in a password file does not count",
        ),
        ContentError::WrongPassword { given: false, .. } => (
            Reason::WrongPassword,
            "give the password with `--password-file FILE`, `--password-env VAR` or `--password-prompt`",
        ),
        ContentError::Unsupported { .. } => (
            Reason::UnsupportedAlgorithm,
            "export the file again with a current program, such as openssl 3",
        ),
        ContentError::OverLimit { .. } => (
            Reason::OverLimit,
            "if you trust the file, raise the limit with `--max-iterations`, `--max-memory` or `--max-bytes`",
        ),
        ContentError::NoPrivateKey { .. } => (
            Reason::NoPrivateKey,
            "add `--no-key` to write the certificate alone",
        ),
        ContentError::NoCertificate => (
            Reason::NoCertificate,
            "give a file that holds both the certificate and the key",
        ),
        ContentError::SeveralKeys { .. } => (
            Reason::SeveralKeys,
            "choose one with `--friendly-name NAME` or `--thumbprint HEX`",
        ),
        ContentError::NoSuchKey { .. } => (
            Reason::NoSuchKey,
            "compare `--friendly-name` or `--thumbprint` with the keys listed above",
        ),
        ContentError::KeyMismatch { .. } => (
            Reason::KeyMismatch,
            "give the key and the certificate that belong together",
        ),
        ContentError::AmbiguousLeaf { .. } => (
            Reason::AmbiguousLeaf,
            "give a file with the private key, or with the leaf and its chain only",
        ),
    }
}
