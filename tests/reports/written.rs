//! What a case wrote, read by openssl.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{openssl, pair};

/// One certificate file and its key.
pub(crate) fn is_a_pair(out: &Path) -> Result<(), String> {
    let key = only(out, "key")?;
    let certificates = only(out, "crt")?;
    pair(&certificates, &key);
    is_in_order(&certificates)
}

/// One certificate file, and no key.
pub(crate) fn is_certificates(out: &Path) -> Result<(), String> {
    let certificates = only(out, "crt")?;
    let text = fs::read_to_string(&certificates).map_err(|error| error.to_string())?;
    if only(out, "key").is_ok() || text.contains("PRIVATE KEY") {
        return Err("a key was written".to_owned());
    }
    is_in_order(&certificates)
}

/// Nothing was written at all.
pub(crate) fn is_nothing(out: &Path) -> Result<(), String> {
    match fs::read_dir(out).map(Iterator::count) {
        Ok(files) if files > 0 => Err(format!("{files} files were written all the same")),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn only(out: &Path, extension: &str) -> Result<PathBuf, String> {
    let entries = fs::read_dir(out).map_err(|error| format!("nothing was written: {error}"))?;
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    match files.len() {
        1 => Ok(files.remove(0)),
        count => Err(format!("{count} files *.{extension} were written")),
    }
}

/// Each certificate issued the one before it.
fn is_in_order(certificates: &Path) -> Result<(), String> {
    let scratch = certificates.with_extension("p7b");
    let (file, bundle) = (certificates.to_str().unwrap(), scratch.to_str().unwrap());
    openssl(&["crl2pkcs7", "-nocrl", "-certfile", file, "-out", bundle]);
    let printed = openssl(&["pkcs7", "-in", bundle, "-print_certs", "-noout"]);
    let names = |what: &str| -> Vec<String> {
        let lines = printed.lines().filter_map(|line| line.strip_prefix(what));
        lines.map(str::to_owned).collect()
    };
    let (subjects, issuers) = (names("subject="), names("issuer="));
    for (issuer, subject) in issuers.iter().zip(subjects.iter().skip(1)) {
        if issuer != subject {
            return Err(format!("`{subject}` follows a certificate of `{issuer}`"));
        }
    }
    Ok(())
}
