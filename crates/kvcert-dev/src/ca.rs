//! The certificate authority that makes the dev vault trusted, and the server's own certificate.
//!
//! People add the authority to the trust store of their browser. So it may issue certificates for this
//! server's own names and addresses only, and for two years at most.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use der::Decode;
use der::asn1::{Ia5String, ObjectIdentifier, OctetString};
use kvcert_pki::format::pem;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use x509_cert::ext::ToExtension;
use x509_cert::ext::pkix::ExtendedKeyUsage;
use x509_cert::ext::pkix::constraints::name::{GeneralSubtree, NameConstraints};
use x509_cert::ext::pkix::name::GeneralName;
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
    /// When it ends.
    until: i64,
    /// The addresses of the server, besides its names.
    addresses: Vec<IpAddr>,
    is_replaced: bool,
}

impl Ca {
    /// Opens the authority of the folder, or makes one (and keeps it there) if there is none, or if
    /// ours ends soon, was not made for `addresses`, or has no limits.
    pub(crate) fn open(folder: Option<&Folder>, addresses: &[IpAddr]) -> anyhow::Result<Self> {
        let addresses: Vec<IpAddr> = LOOPBACK.iter().chain(addresses).copied().collect();
        let now = encoding::now();
        let stored = match folder {
            Some(folder) => folder.read(CERTIFICATE_FILE)?.map(|pem| (folder, pem)),
            None => None,
        };
        let is_stored = stored.is_some();
        if let Some((folder, pem)) = stored
            && let Some(ca) = Self::from_files(folder, pem, &addresses, now)?
        {
            return Ok(ca);
        }
        let ca = Self::generate(addresses, now).context("cannot make a certificate authority")?;
        if let Some(folder) = folder {
            // The key first: a certificate without its key would be of no use.
            let mut key = Zeroizing::default();
            pem::encode("PRIVATE KEY", ca.issuer.signer.private().expose(), &mut key);
            folder.write(KEY_FILE, &key)?;
            folder.write(CERTIFICATE_FILE, &ca.pem)?;
        }
        Ok(Self {
            is_replaced: is_stored,
            ..ca
        })
    }

    /// Whether it takes the place of one that was in the folder.
    pub(crate) fn is_replaced(&self) -> bool {
        self.is_replaced
    }

    /// The certificate to trust.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// TLS for the server: a certificate made for this start; HTTP/2 and HTTP/1.1.
    pub(crate) fn server_config(&self) -> anyhow::Result<ServerConfig> {
        let key = SigningKey::ec()?;
        let template = server_template(&self.addresses, encoding::now(), self.until)?;
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

    fn generate(addresses: Vec<IpAddr>, now: i64) -> anyhow::Result<Self> {
        let signer = SigningKey::ec()?;
        let template = own_template(&signer, &addresses, now)?;
        let der = x509::sign(&template, &signer, None)?;
        let mut text = Zeroizing::default();
        pem::encode("CERTIFICATE", &der, &mut text);
        Ok(Self {
            pem: std::mem::take(&mut *text),
            issuer: Issuer {
                name: template.subject,
                signer,
            },
            until: template.to,
            addresses,
            is_replaced: false,
        })
    }

    /// `None` if another has to be made.
    fn from_files(
        folder: &Folder,
        pem: String,
        addresses: &[IpAddr],
        now: i64,
    ) -> anyhow::Result<Option<Self>> {
        let path = folder.path(KEY_FILE);
        let key = folder
            .read(KEY_FILE)?
            .map(Zeroizing::new)
            .ok_or_else(|| anyhow!("`{}` is missing", path.display()))?;
        let unusable = || format!("`{}` is not a private key", path.display());
        let key = ::pem::parse(&*key).with_context(unusable)?;
        let signer = SigningKey::of(key.contents()).with_context(unusable)?;
        let certificate = ::pem::parse(&pem)
            .map_err(anyhow::Error::from)
            .and_then(|block| Ok(Certificate::from_der(block.contents())?))
            .with_context(|| {
                let path = folder.path(CERTIFICATE_FILE);
                format!("`{}` is not a certificate", path.display())
            })?;
        let certificate = certificate.tbs_certificate();
        let validity = certificate.validity();
        let [from, until] = [validity.not_before, validity.not_after]
            .map(|time| i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX));
        let public = certificate.subject_public_key_info();
        // One that somebody made elsewhere and put there is theirs to renew and to limit.
        let is_ours = certificate
            .subject()
            .to_string()
            .starts_with(&format!("CN={NAME}"));
        let is_good = from <= now
            && until >= now + SOON
            && until - from <= LIFETIME
            && public.subject_public_key.raw_bytes() == signer.public()
            && matches!(
                certificate.get_extension::<NameConstraints>(),
                Ok(Some((true, stored))) if is_for(&stored, &constraints_to(addresses)?)
            );
        Ok((is_good || !is_ours).then(|| Self {
            issuer: Issuer {
                // Byte for byte as it stands there: many compare names so.
                name: certificate.subject().clone(),
                signer,
            },
            pem,
            until,
            addresses: addresses.to_vec(),
            is_replaced: false,
        }))
    }
}

impl std::fmt::Debug for Ca {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ca").finish_non_exhaustive()
    }
}

/// The authority's certificate, but for its signature. Its name is that of no other authority.
fn own_template(key: &SigningKey, addresses: &[IpAddr], now: i64) -> anyhow::Result<Template> {
    let mark = hex::encode(&Sha256::digest(key.public())[..4]);
    let name = name::common_name(&format!("{NAME} {mark}"))?;
    let from = now - HOUR;
    let mut template = x509::ca_template(name, 0, from, from + LIFETIME)?;
    let nothing = x509_cert::name::Name::default();
    let constraints = constraints_to(addresses)?;
    let servers = ExtendedKeyUsage(vec![SERVER_AUTHENTICATION]);
    template
        .extensions
        .push((true, &constraints).to_extension(&nothing, &[])?);
    template
        .extensions
        .push((false, &servers).to_extension(&nothing, &[])?);
    Ok(template)
}

/// `localhost` and the names below it, and these addresses alone
/// ([RFC 5280, section 4.2.1.10](https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.10)).
fn constraints_to(addresses: &[IpAddr]) -> anyhow::Result<NameConstraints> {
    let mut subtrees = vec![GeneralName::DnsName(Ia5String::new("localhost")?)];
    let mut addresses = addresses.to_vec();
    addresses.sort();
    addresses.dedup();
    for address in addresses {
        let alone: Vec<u8> = match address {
            IpAddr::V4(address) => [address.octets(), [0xff; 4]].concat(),
            IpAddr::V6(address) => [address.octets(), [0xff; 16]].concat(),
        };
        subtrees.push(GeneralName::IpAddress(OctetString::new(alone)?));
    }
    let subtrees = subtrees.into_iter().map(|base| GeneralSubtree {
        base,
        minimum: 0,
        maximum: None,
    });
    Ok(NameConstraints {
        permitted_subtrees: Some(subtrees.collect()),
        excluded_subtrees: None,
    })
}

/// Whether an authority that is `stored` may issue for all that is `wanted`, and otherwise at most for
/// single addresses, those of an earlier start.
fn is_for(stored: &NameConstraints, wanted: &NameConstraints) -> bool {
    let subtrees = |of: &NameConstraints| of.permitted_subtrees.clone().unwrap_or_default();
    let (stored, wanted) = (subtrees(stored), subtrees(wanted));
    let is_single = |subtree: &GeneralSubtree| match &subtree.base {
        GeneralName::IpAddress(range) => {
            let (_, mask) = range.as_bytes().split_at(range.as_bytes().len() / 2);
            mask.iter().all(|byte| *byte == 0xff)
        }
        _ => false,
    };
    wanted.iter().all(|one| stored.contains(one))
        && stored
            .iter()
            .all(|one| wanted.contains(one) || is_single(one))
}

/// The server's own certificate.
fn server_template(addresses: &[IpAddr], now: i64, until: i64) -> anyhow::Result<Template> {
    let mut policy = policy::Policy::usual(now);
    let x509 = &mut policy.x509_props;
    x509.subject = String::from("CN=kvcert dev vault");
    x509.ekus = vec![SERVER_AUTHENTICATION.to_string()];
    x509.key_usage = vec![String::from("digitalSignature")];
    x509.sans = Some(policy::Sans {
        dns_names: Some(NAMES.iter().map(ToString::to_string).collect()),
        ip_addresses: Some(addresses.iter().map(ToString::to_string).collect()),
        ..policy::Sans::default()
    });
    Ok(Template {
        from: now - HOUR,
        to: until.min(now + 397 * DAY),
        ..from_policy::template(&policy, now)?
    })
}

const KEY_FILE: &str = "ca.key";
const CERTIFICATE_FILE: &str = "ca.pem";
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// How the names of our authorities begin.
const NAME: &str = "kvcert dev vault CA";
/// How long the authority lasts.
const LIFETIME: i64 = 730 * DAY;
/// With less left, another takes its place.
const SOON: i64 = 30 * DAY;
const SERVER_AUTHENTICATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
const NAMES: [&str; 5] = [
    "vault.localhost",
    "*.vault.localhost",
    "login.localhost",
    "graph.localhost",
    "localhost",
];
const LOOPBACK: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::LOCALHOST),
    IpAddr::V6(Ipv6Addr::LOCALHOST),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn constraints(addresses: &[&str]) -> NameConstraints {
        let addresses: Vec<IpAddr> = addresses.iter().map(|it| it.parse().unwrap()).collect();
        constraints_to(&addresses).unwrap()
    }

    #[test]
    fn an_authority_is_kept_if_it_is_for_no_less_and_without_ranges() {
        let stored = constraints(&["127.0.0.1", "::1", "10.0.0.5"]);
        assert!(is_for(&stored, &constraints(&["::1", "127.0.0.1"])));
        assert!(is_for(&stored, &stored));
        assert!(!is_for(
            &stored,
            &constraints(&["127.0.0.1", "::1", "10.0.0.6"])
        ));
        let mut range = constraints(&["127.0.0.1"]);
        let net = OctetString::new([10, 0, 0, 0, 255, 0, 0, 0]).unwrap();
        let mut more = stored.permitted_subtrees.clone().unwrap();
        more[1].base = GeneralName::IpAddress(net);
        range
            .permitted_subtrees
            .as_mut()
            .unwrap()
            .push(more[1].clone());
        assert!(!is_for(&range, &constraints(&["127.0.0.1"])));
        let mut name = constraints(&["127.0.0.1"]);
        more[1].base = GeneralName::DnsName(Ia5String::new("com").unwrap());
        name.permitted_subtrees
            .as_mut()
            .unwrap()
            .push(more[1].clone());
        assert!(!is_for(&name, &constraints(&["127.0.0.1"])));
        let nothing = NameConstraints {
            permitted_subtrees: None,
            excluded_subtrees: None,
        };
        assert!(!is_for(&nothing, &constraints(&[])));
    }
}
