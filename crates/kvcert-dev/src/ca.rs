//! The certificate authority that makes the dev vault trusted, and the server's own certificate.

use std::net::IpAddr;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use kvcert_pki::format::pem;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::certificate::policy;
use crate::certificate::x509::signing_key::SigningKey;
use crate::certificate::x509::{self, Issuer, Template, from_policy, name};
use crate::encoding;
use crate::store::folder::Folder;

/// A certificate authority of our own, made for one data folder and kept there.
pub(crate) struct Ca {
    issuer: Issuer,
    pem: String,
}

impl Ca {
    /// Opens the authority of the folder, or makes one (and keeps it there).
    pub(crate) fn open(folder: Option<&Folder>) -> anyhow::Result<Self> {
        if let Some(folder) = folder
            && let Some(pem) = folder.read(CERTIFICATE_FILE)?
        {
            return Self::from_files(folder, pem);
        }
        let ca = Self::generate().context("cannot make a certificate authority")?;
        if let Some(folder) = folder {
            // The key first: a certificate without its key would be of no use.
            let mut key = Zeroizing::default();
            pem::encode("PRIVATE KEY", ca.issuer.signer.private().expose(), &mut key);
            folder.write(KEY_FILE, &key)?;
            folder.write(CERTIFICATE_FILE, &ca.pem)?;
        }
        Ok(ca)
    }

    /// The certificate to trust.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// TLS for the server: a certificate made for this start, which names `addresses` besides
    /// loopback's; HTTP/2 and HTTP/1.1.
    pub(crate) fn server_config(&self, addresses: &[IpAddr]) -> anyhow::Result<ServerConfig> {
        let key = SigningKey::ec()?;
        let template = server_template(addresses, encoding::now())?;
        let certificate = x509::sign(&template, &key, Some(&self.issuer))?;

        let mut config =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()?
                .with_no_client_auth()
                .with_single_cert(
                    vec![CertificateDer::from(certificate)],
                    PrivatePkcs8KeyDer::from(key.private().expose().clone()).into(),
                )
                .context("cannot use the server certificate")?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    fn generate() -> anyhow::Result<Self> {
        let signer = SigningKey::ec()?;
        let template = own_template(&signer)?;
        let der = x509::sign(&template, &signer, None)?;
        let mut text = Zeroizing::default();
        pem::encode("CERTIFICATE", &der, &mut text);
        Ok(Self {
            pem: std::mem::take(&mut *text),
            issuer: Issuer {
                name: template.subject,
                signer,
            },
        })
    }

    fn from_files(folder: &Folder, pem: String) -> anyhow::Result<Self> {
        let path = folder.path(KEY_FILE);
        let key = folder
            .read(KEY_FILE)?
            .map(Zeroizing::new)
            .ok_or_else(|| anyhow!("`{}` is missing", path.display()))?;
        let unusable = || format!("`{}` is not a private key", path.display());
        let key = ::pem::parse(&*key).with_context(unusable)?;
        let signer = SigningKey::of(key.contents()).with_context(unusable)?;
        // Byte for byte as it stands there: many compare names so.
        let name = ::pem::parse(&pem)
            .map_err(anyhow::Error::from)
            .and_then(|block| x509::name_of(block.contents()))
            .with_context(|| {
                format!(
                    "`{}` is not a certificate",
                    folder.path(CERTIFICATE_FILE).display()
                )
            })?;
        let issuer = Issuer { name, signer };
        Ok(Self { issuer, pem })
    }
}

impl std::fmt::Debug for Ca {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ca").finish_non_exhaustive()
    }
}

/// The authority's certificate, but for its signature. Its name is that of no other authority.
fn own_template(key: &SigningKey) -> anyhow::Result<Template> {
    let mark = hex::encode(&Sha256::digest(key.public())[..4]);
    let name = name::common_name(&format!("kvcert dev vault CA {mark}"))?;
    x509::ca_template(name, 0, SINCE, UNTIL)
}

/// The server's own certificate.
fn server_template(addresses: &[IpAddr], now: i64) -> anyhow::Result<Template> {
    let mut policy = policy::Policy::usual(now);
    let x509 = &mut policy.x509_props;
    x509.subject = String::from("CN=kvcert dev vault");
    x509.ekus = vec![String::from("1.3.6.1.5.5.7.3.1")];
    x509.key_usage = vec![String::from("digitalSignature")];
    let fixed = ADDRESSES.iter().map(ToString::to_string);
    x509.sans = Some(policy::Sans {
        dns_names: Some(NAMES.iter().map(ToString::to_string).collect()),
        ip_addresses: Some(
            fixed
                .chain(addresses.iter().map(ToString::to_string))
                .collect(),
        ),
        ..policy::Sans::default()
    });
    Ok(Template {
        from: now - HOUR,
        to: now + 397 * DAY,
        ..from_policy::template(&policy, now)?
    })
}

const KEY_FILE: &str = "ca.key";
const CERTIFICATE_FILE: &str = "ca.pem";
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// 2024-01-01 and 2049-01-01.
const SINCE: i64 = 1_704_067_200;
const UNTIL: i64 = 2_493_072_000;
const NAMES: [&str; 5] = [
    "vault.localhost",
    "*.vault.localhost",
    "login.localhost",
    "graph.localhost",
    "localhost",
];
const ADDRESSES: [&str; 2] = ["127.0.0.1", "::1"];
