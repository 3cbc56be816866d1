//! The bytes of certificates and keys: what is wrong with them, and what to do.

use std::path::Path;

use kvcert::given::Given;
use kvcert_pki::certificate::Certificate;
use kvcert_pki::content_error::{ContentError, Foreign, Remedy};
use kvcert_pki::key::PublicKey;
use kvcert_pki::validity::Validity;

use super::{Failure, Reason, foreign};

impl From<ContentError> for Failure {
    fn from(error: ContentError) -> Self {
        let (reason, hint) = advice(&error);
        Self::new(reason, error).with_hint(hint)
    }
}

fn advice(error: &ContentError) -> (Reason, &'static str) {
    match error {
        // A script has always seen this name for a private key that kvcert does not read.
        ContentError::NotAKeyStore {
            seen: seen @ Foreign::OpenSshKey,
        } => (Reason::UnsupportedAlgorithm, foreign::helps(*seen)),
        ContentError::NotAKeyStore { seen } => (Reason::NotAKeyStore, foreign::helps(*seen)),
        ContentError::Damaged { .. } => (
            Reason::Damaged,
            "get the file again from its source; it is truncated or altered",
        ),
        ContentError::WrongPassword { given: true, .. } => (
            Reason::WrongPassword,
            "check the password; a newline at the end of a password file does not belong to it",
        ),
        ContentError::WrongPassword {
            empty_place: Some(_),
            ..
        } => (
            Reason::WrongPassword,
            "check what sets it; in CI, a secret that does not exist gives an empty variable",
        ),
        ContentError::WrongPassword { given: false, .. } => (
            Reason::WrongPassword,
            "give the password with `--password-file FILE`, `--password-env VAR` or `--password-prompt`",
        ),
        ContentError::OtherPassword { .. } => (
            Reason::OtherPassword,
            "give the other password with `--key-in-password-file FILE`, `--key-in-password-env VAR` or `--key-in-password-prompt` (Java: `-keypass`); `get` and `convert` write the certificate alone with `--no-key`",
        ),
        ContentError::OtherMacPassword => (
            Reason::OtherPassword,
            "get the file again from its source; if the check has its own password, give that one with `--password-file FILE` and this one with `--key-in-password-file FILE`",
        ),
        ContentError::ProtectedToAccounts => (
            Reason::ProtectedToAccounts,
            "only Windows can open it, signed in as one of these accounts: import it there, and export it again with a password (`Export-PfxCertificate -Password`)",
        ),
        ContentError::Unsupported { remedy, .. } => (Reason::UnsupportedAlgorithm, helps(*remedy)),
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
            "give the certificate too, such as `kvcert convert site.crt site.key`",
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

/// The file cannot be imported.
pub(crate) fn not_imported(error: ContentError) -> Failure {
    let hint = match &error {
        ContentError::NoPrivateKey { .. } => Some(
            "an import needs the private key too: write both into one file (`cat site.crt site.key > both.pem`) and import that; a certificate for a key in the vault is for `kvcert merge`",
        ),
        ContentError::NoCertificate => Some(
            "an import needs the certificate too: write both into one file (`cat site.crt site.key > both.pem`) and import that",
        ),
        _ => None,
    };
    with_own_hint(error, hint)
}

/// The file cannot be merged: it needs the certificate alone, as the key is in the vault.
pub(crate) fn not_merged(error: ContentError) -> Failure {
    const WANTED: &str =
        "give the certificate that the CA issued for the request, as PEM, DER or PKCS#7 (.p7b)";
    let hint = match &error {
        ContentError::NotAKeyStore {
            seen: Foreign::SigningRequest,
        } => Some(
            "this is what the CA signs; give the certificate that the CA issued for it, as PEM, DER or PKCS#7 (.p7b)",
        ),
        ContentError::NoCertificate => {
            Some("the key is in the vault already; give the certificate that the CA issued")
        }
        ContentError::WrongPassword { .. }
        | ContentError::OtherPassword { .. }
        | ContentError::OtherMacPassword
        | ContentError::ProtectedToAccounts => Some(
            "give only the certificate, without a key or password; to upload a PFX with its key, use `kvcert import`",
        ),
        ContentError::OverLimit { .. } | ContentError::Unsupported { .. } => Some(WANTED),
        _ => None,
    };
    with_own_hint(error, hint)
}

fn with_own_hint(error: ContentError, hint: Option<&str>) -> Failure {
    let failure = Failure::from(error);
    match hint {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}

fn helps(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::ExportAgain => {
            "decrypt it with the program that wrote it, or export it again: as PEM, or as a PFX encrypted with AES-256 or 3DES"
        }
        Remedy::Openssl => {
            "openssl 3 reads it: decrypt a PFX with `openssl pkcs12 -legacy -nodes -in FILE | kvcert convert -`, the key in a PEM file with `openssl pkey -provider default -provider legacy -in FILE`"
        }
        Remedy::NoSuchKey => {
            "Key Vault has no keys of this type: use RSA, or EC on P-256, P-384, P-521 or P-256K; `get` and `convert` write the certificate alone with `--no-key`"
        }
    }
}

pub(crate) fn not_a_backup(file: &Path) -> Failure {
    let message = format!("{} is not a backup of a certificate", Given::from(file));
    Failure::message(Reason::NotABackup, message)
        .with_hint("give a file that `kvcert backup` or `az keyvault certificate backup` wrote")
}

pub(crate) fn import_expired(validity: &Validity) -> Failure {
    let message = format!("the certificate {}", validity.sentence());
    Failure::message(Reason::ImportExpired, message)
        .with_hint("Key Vault does not accept expired certificates; get it renewed first")
}

pub(crate) fn unsupported_key(key: &PublicKey) -> Failure {
    let message = format!("Key Vault does not accept {key} keys");
    Failure::message(Reason::UnsupportedKey, message)
        .with_hint("use RSA 2048, 3072 or 4096, or EC P-256, P-384, P-521 or P-256K")
}

/// The certificate to merge is not for the vault's key.
pub(crate) fn merged_key_differs(leaf: &Certificate, wanted: &PublicKey) -> Failure {
    let (label, found) = (leaf.label(), leaf.public_key());
    let kinds = match found.to_string() == wanted.to_string() {
        true => format!("both are {found}, but two keys"),
        false => format!("{found} instead of {wanted}"),
    };
    let message =
        format!("the certificate of `{label}` is not for the key of the vault's request: {kinds}");
    Failure::message(Reason::KeyMismatch, message).with_hint(
        "give the certificate issued for the latest request; `kvcert create NAME --issuer Unknown --if-missing` writes that request again",
    )
}

/// What is in the vault after an import is not what was imported.
pub(crate) fn import_differs(object: &str) -> Failure {
    let message = format!("{object} in the vault holds another certificate than the file");
    Failure::message(Reason::ObjectsDisagree, message)
        .with_hint("someone else may have imported at the same time: check, then import again")
}
