//! The request for an import: what the service takes, made of what there is.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kvcert::vault::Import;
use kvcert::vault::policy::{
    ActionType, CertificatePolicy, Issuer, KeyProperties, LifetimeAction, SecretProperties,
    Trigger, X509Properties,
};
use kvcert_pki::certificate::Certificate;
use kvcert_pki::certified_key::CertifiedKey;
use kvcert_pki::format::pkcs12::{self, Profile};
use kvcert_pki::format::{Container, Password, pem};
use kvcert_pki::key::PublicKey;
use kvcert_pki::sensitive::Sensitive;
use serde_json::Map;
use zeroize::Zeroizing;

use crate::cli::{ContentTypeArg, ImportArgs};
use crate::commands::create::content_type;
use crate::failure::{Failure, content};

pub(super) fn of(
    args: &ImportArgs,
    certified: &CertifiedKey,
    container: &Container,
) -> Result<Import, Failure> {
    let as_it_is = match container {
        Container::Pkcs12 { .. } => ContentTypeArg::Pfx,
        _ => ContentTypeArg::Pem,
    };
    let kind = args.content_type.unwrap_or(as_it_is);
    let leaf = certified.chain().leaf();
    let key = key_properties(leaf.public_key(), !args.not_exportable)?;
    Ok(Import {
        value: match kind {
            ContentTypeArg::Pem => pem_text(certified),
            ContentTypeArg::Pfx => pfx_text(certified)?,
        },
        policy: CertificatePolicy {
            x509: x509(leaf),
            secret: SecretProperties {
                content_type: content_type(kind).to_owned(),
            },
            // Only the CA can renew it. Left alone, the service would replace it with a self-signed
            // one when the time has come. It refuses days before expiry that a short-lived
            // certificate does not have; a percentage fits every lifetime.
            lifetime_actions: vec![LifetimeAction::new(
                ActionType::EmailContacts,
                Trigger::LifetimePercentage(80),
            )],
            issuer: Issuer::new(Issuer::UNKNOWN),
            key,
            other: Map::new(),
        },
        tags: args.tags.iter().cloned().collect(),
        preserve_cert_order: args.preserve_order.then_some(true),
    })
}

/// PKCS#8 first, then the leaf and its chain, LF: the only PEM that the service takes for sure.
fn pem_text(certified: &CertifiedKey) -> Sensitive<String> {
    let mut text = Zeroizing::new(String::new());
    pem::encode("PRIVATE KEY", certified.key().secret_pkcs8_der(), &mut text);
    for certificate in certified.chain().certificates() {
        pem::encode("CERTIFICATE", certificate.der(), &mut text);
    }
    Sensitive::new(text.to_string())
}

/// A PFX without a password, in the service's own algorithms.
fn pfx_text(certified: &CertifiedKey) -> Result<Sensitive<String>, Failure> {
    let certificates: Vec<&Certificate> = certified.chain().certificates().iter().collect();
    let (key, password) = (certified.named_key(), Password::none());
    let pfx = pkcs12::write(key, &certificates, "", &password, Profile::Legacy)?;
    Ok(Sensitive::new(STANDARD.encode(&pfx)))
}

fn key_properties(public: &PublicKey, exportable: bool) -> Result<KeyProperties, Failure> {
    let (key_type, size, curve) = match public {
        PublicKey::Rsa { modulus, .. } => {
            let unused = modulus.first().map_or(0, |byte| byte.leading_zeros());
            let bits = u32::try_from(modulus.len() * 8).unwrap_or(u32::MAX) - unused;
            if ![2048, 3072, 4096].contains(&bits) {
                return Err(content::unsupported_key(public));
            }
            ("RSA", Some(bits), None)
        }
        PublicKey::Ec { curve, .. } => ("EC", None, Some(curve.to_string())),
        _ => return Err(content::unsupported_key(public)),
    };
    Ok(KeyProperties {
        exportable,
        key_type: key_type.to_owned(),
        size,
        curve,
        reuse: false,
    })
}

/// The usages that the certificate has, as far as its key can have them: the service makes the
/// operations of the key object of them, and refuses `wrapKey` for an EC key.
fn x509(leaf: &Certificate) -> X509Properties {
    let is_rsa = matches!(leaf.public_key(), PublicKey::Rsa { .. });
    let mut key_usage = leaf.key_usage();
    if key_usage.is_empty() {
        key_usage = vec!["digitalSignature", "keyEncipherment"];
    }
    key_usage.retain(|usage| is_rsa || !usage.ends_with("ncipherment"));
    X509Properties {
        subject: None,
        sans: Default::default(),
        ekus: leaf.extended_key_usage(),
        key_usage: key_usage.into_iter().map(str::to_owned).collect(),
        validity_months: None,
        other: Map::new(),
    }
}
