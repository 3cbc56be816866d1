//! The certificate authority that makes the dev vault trusted, and the server's own certificate.

use std::net::IpAddr;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};

use super::folder::Folder;
use super::{encoding, issue};

/// A certificate authority of our own, made for one data folder and kept there.
pub(super) struct Authority {
    key: KeyPair,
    pem: String,
}

impl Authority {
    /// Takes the authority from the folder, or makes one (and keeps it there).
    pub(super) fn open(folder: Option<&Folder>) -> anyhow::Result<Self> {
        if let Some(folder) = folder
            && let Some(pem) = folder.read(CERTIFICATE_FILE)?
        {
            return Self::from_files(folder, pem);
        }
        let authority = Self::generate().context("cannot make a certificate authority")?;
        if let Some(folder) = folder {
            // The key first: a certificate without its key would be of no use.
            let key = zeroize::Zeroizing::new(authority.key.serialize_pem());
            folder.write(KEY_FILE, &key)?;
            folder.write(CERTIFICATE_FILE, &authority.pem)?;
        }
        Ok(authority)
    }

    /// The certificate to trust.
    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    /// TLS for the server: a certificate made for this start, which names `addresses` besides
    /// loopback's; HTTP/2 and HTTP/1.1.
    pub(super) fn server_config(&self, addresses: &[IpAddr]) -> anyhow::Result<ServerConfig> {
        let key = issue::ec_key()?;
        let now = encoding::now();
        let mut params = issue::leaf_params("kvcert dev vault", now - HOUR, now + 397 * DAY)?;
        let names = SERVER_NAMES.iter().map(ToString::to_string);
        let names: Vec<String> = names
            .chain(addresses.iter().map(ToString::to_string))
            .collect();
        params.subject_alt_names = CertificateParams::new(names)
            .context("cannot name the server")?
            .subject_alt_names;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let issuer = Issuer::new(ca_params(&self.key), &self.key);
        let certificate = params.signed_by(&key, &issuer)?;

        let mut config =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()?
                .with_no_client_auth()
                .with_single_cert(
                    vec![CertificateDer::from(certificate.der().to_vec())],
                    PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
                )
                .context("cannot use the server certificate")?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    fn generate() -> anyhow::Result<Self> {
        let key = issue::ec_key()?;
        let pem = ca_params(&key).self_signed(&key)?.pem();
        Ok(Self { key, pem })
    }

    fn from_files(folder: &Folder, pem: String) -> anyhow::Result<Self> {
        let path = folder.path(KEY_FILE);
        let key = folder
            .read(KEY_FILE)?
            .map(zeroize::Zeroizing::new)
            .ok_or_else(|| anyhow!("`{}` is missing", path.display()))?;
        let key = KeyPair::from_pem(&key)
            .with_context(|| format!("`{}` is no private key", path.display()))?;
        Ok(Self { key, pem })
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

/// The authority's certificate, but for its signature. It follows from the key alone, so that the
/// name of an authority read from files is the one in its certificate.
fn ca_params(key: &KeyPair) -> CertificateParams {
    let mark = hex::encode(&Sha256::digest(key.der_bytes())[..4]);
    let mut params = CertificateParams::default();
    params.distinguished_name = issue::common_name(&format!("kvcert dev vault CA {mark}"));
    params.not_before = rcgen::date_time_ymd(2024, 1, 1);
    params.not_after = rcgen::date_time_ymd(2049, 1, 1);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

const KEY_FILE: &str = "ca.key";
const CERTIFICATE_FILE: &str = "ca.pem";
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const SERVER_NAMES: [&str; 7] = [
    "vault.localhost",
    "*.vault.localhost",
    "login.localhost",
    "graph.localhost",
    "localhost",
    "127.0.0.1",
    "::1",
];
