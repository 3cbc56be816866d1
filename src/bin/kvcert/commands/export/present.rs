//! Whether a certificate's files are there already.

use std::path::Path;

use kvcert_pki::format::{self, Limits, Password};

use super::Exporter;
use crate::cli::FormatArg;
use crate::commands::input;

impl Exporter<'_> {
    /// Whether the files of `name` hold the certificate with this SHA-1 thumbprint, and a key if
    /// one is wanted. What cannot be told counts as no.
    pub(crate) fn is_there(&self, folder: &Path, name: &str, sha1: &[u8]) -> bool {
        let Some((certificate, key)) = self.names(name) else {
            return false;
        };
        let (folder, limits) = (self.folder(folder), Limits::default());
        let Ok(bytes) = input::read(&folder.join(certificate), limits.max_bytes) else {
            return false;
        };
        let none = Password::none();
        let password = self.encoder.password().unwrap_or(&none);
        let Ok(contents) = format::read(&bytes, password, &limits) else {
            return false;
        };
        let has_key = match key {
            _ if self.args.no_key => true,
            Some(key) => folder.join(key).is_file(),
            None => !contents.keys.is_empty(),
        };
        let holds =
            |certificate: &kvcert_pki::certificate::Certificate| certificate.sha1() == *sha1;
        has_key && contents.certificates.iter().any(holds)
    }

    /// The file with the certificate, and the one with the key if that is another. Formats that
    /// kvcert does not read, or whose names depend on what is stored, have none.
    fn names(&self, name: &str) -> Option<(String, Option<String>)> {
        let file = |ending: &str| format!("{name}{ending}");
        Some(match self.args.format {
            FormatArg::Pem => (file(".crt"), Some(file(".key"))),
            FormatArg::Combined => (file(".pem"), None),
            FormatArg::Certbot => (file("/cert.pem"), Some(file("/privkey.pem"))),
            FormatArg::Pfx => (file(".pfx"), None),
            FormatArg::Der => (file(".der"), Some(file(".key.der"))),
            FormatArg::Jwk | FormatArg::Kubernetes | FormatArg::Raw => return None,
        })
    }
}
