//! A new version of a certificate, kept as three objects of one name.

use anyhow::Context;
use kvcert_pki::sensitive::Sensitive;
use x509_parser::parse_x509_certificate;

use super::model::{
    CertificateContent, Collection, Content, KeyContent, Object, SecretContent, Tags, Version,
};
use super::tables::{Reading, WriteTables};
use crate::certificate::pfx::Style;
use crate::certificate::policy::Policy;
use crate::certificate::secret_value;
use crate::keys::pkcs8::PrivateKey;
use crate::keys::spec::KeySpec;

/// A new version of a certificate.
pub(crate) struct CertificateVersion<'a> {
    pub(crate) version: String,
    pub(crate) leaf: &'a [u8],
    /// All certificates that the secret holds, the leaf too, in their order.
    pub(crate) certificates: &'a [Vec<u8>],
    /// PKCS#8.
    pub(crate) key: &'a [u8],
    pub(crate) enabled: bool,
    pub(crate) tags: Option<Tags>,
    pub(crate) created: i64,
}

impl CertificateVersion<'_> {
    /// Keeps the three parts, as the current version of `object`, whose policy says what they are
    /// like. Gives back the version of the certificate.
    pub(crate) fn put(
        self,
        tables: &mut WriteTables<'_>,
        vault: &str,
        object: &mut Object,
        style: Style,
    ) -> anyhow::Result<Version> {
        let part = object
            .certificate
            .as_mut()
            .context("a certificate without a policy")?;
        let (secret, key) = (self.secret(&part.policy, style)?, self.key(&part.policy)?);
        let name = object.name.clone();
        let before = std::mem::replace(&mut object.current, self.version.clone());
        let previous = if std::mem::replace(&mut part.issued, true) {
            Some(before)
        } else {
            let shelf = Collection::Certificates.plural();
            tables.remove_version(vault, shelf, &name, &before)?;
            None
        };
        let content = Content::Secret(SecretContent { previous, ..secret });
        for (collection, content) in [
            (Collection::Secrets, content),
            (Collection::Keys, Content::Key(Box::new(key))),
        ] {
            let shelf = collection.plural();
            let its = tables.object(vault, shelf, &name)?;
            let mut its = its.unwrap_or_else(|| Object::new(&name, ""));
            its.current.clone_from(&self.version);
            its.managed = true;
            tables.put_object(vault, shelf, &its)?;
            tables.put_version(vault, shelf, &name, &self.version_of(content)?)?;
        }
        let leaf = Some(self.leaf.to_vec());
        let version = self.version_of(Content::Certificate(CertificateContent { leaf }))?;
        let shelf = Collection::Certificates.plural();
        tables.put_object(vault, shelf, object)?;
        tables.put_version(vault, shelf, &name, &version)?;
        Ok(version)
    }

    /// `nbf` and `exp` are those of the X.509 certificate, for the key and the secret too.
    fn version_of(&self, content: Content) -> anyhow::Result<Version> {
        let (_, certificate) =
            parse_x509_certificate(self.leaf).context("an unreadable certificate")?;
        let validity = certificate.validity();
        Ok(Version {
            version: self.version.clone(),
            enabled: self.enabled,
            nbf: Some(validity.not_before.timestamp()),
            exp: Some(validity.not_after.timestamp()),
            created: self.created,
            updated: self.created,
            tags: self.tags.clone(),
            content,
        })
    }

    fn secret(&self, policy: &Policy, style: Style) -> anyhow::Result<SecretContent> {
        let key = PrivateKey::parse(self.key)?;
        let key = policy.key_leaves().then_some(&key);
        let content_type = policy.secret_props.content_type;
        let value = secret_value::encode(content_type, style, key, self.leaf, self.certificates)?;
        Ok(SecretContent {
            value,
            content_type: Some(content_type.name().to_owned()),
            previous: None,
        })
    }

    fn key(&self, policy: &Policy) -> anyhow::Result<KeyContent> {
        let (_, public) = KeySpec::of(self.key)?;
        Ok(KeyContent {
            kty: policy.key_props.kty,
            operations: policy.key_operations(),
            public,
            private: Sensitive::new(self.key.to_vec()),
            exportable: false,
            release_policy: None,
        })
    }
}
