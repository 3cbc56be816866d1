//! Certificates: created, imported, their policy.

use axum::http::{StatusCode, header};
use kvcert_pki::sensitive::Sensitive;
use serde::Deserialize;

use super::body::{self, AttributesChange, TagsChange};
use super::bundle::Bundle;
use super::handler::Handler;
use super::refusal;
use crate::certificate::policy::Policy;
use crate::certificate::policy::change::PolicyChange;
use crate::certificate::upload::{Refused, Upload};
use crate::certificate::x509::signing_key::SigningKey;
use crate::certificate::x509::{from_policy, name};
use crate::encoding;
use crate::http::reply::Reply;
use crate::keys::spec::KeySpec;
use crate::store::certificate::CertificateVersion;
use crate::store::model::{
    CertificateContent, CertificatePart, Collection, Content, Draft, Object, Pending, Status, Tags,
    Version,
};
use crate::store::tables::{Reading, WriteTables};

#[derive(Deserialize, Default)]
#[serde(default)]
struct NewCertificate {
    policy: Option<PolicyChange>,
    attributes: Option<AttributesChange>,
    tags: TagsChange,
    #[serde(rename = "preserveCertOrder")]
    preserve_order: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ImportedCertificate {
    value: Option<Text>,
    pwd: Option<Text>,
    policy: Option<PolicyChange>,
    attributes: Option<AttributesChange>,
    tags: TagsChange,
    #[serde(rename = "preserveCertOrder")]
    preserve_order: Option<bool>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Text {
    #[serde(with = "encoding::secret_text")]
    text: Sensitive<String>,
}

impl Handler<'_> {
    /// Asks for a certificate: 202, and a pending operation.
    pub(crate) fn create_certificate(&self) -> Result<Reply, Reply> {
        let new: NewCertificate = self.read()?;
        let tags = body::tags(new.tags)?;
        let before = self.certificate_for_new_version(&self.store.read()?)?;
        let change = new.policy.unwrap_or_default();
        let policy = self.settled_policy(before.as_ref(), change)?;
        let (key, csr) = self.key_and_request(before.as_ref(), &policy)?;
        let at_once = policy.issuer.name.eq_ignore_ascii_case("self");
        let draft = Draft {
            version: encoding::version()?,
            key,
            enabled: new.attributes.unwrap_or_default().enabled.unwrap_or(true),
            tags,
            due: at_once.then(|| self.moment() + self.settings.issuance_delay()),
        };
        let pending = Pending {
            request_id: encoding::version()?,
            issuer: policy.issuer.name.clone(),
            csr,
            cancellation_requested: false,
            status: Status::InProgress,
            draft: Some(draft),
        };
        self.store.write(|tables| {
            if !self.knows_issuer(tables, &policy.issuer.name)? {
                let message = format!("Issuer {} not found", policy.issuer.name);
                return Err(Reply::bad(&message));
            }
            let object = self.certificate_for_new_version(tables)?;
            // Making a key takes time, in which another request may have finished.
            let current = |object: &Option<Object>| object.as_ref().map(|it| it.current.clone());
            if current(&object) != current(&before) {
                return Err(refusal::pending_already(self.name()));
            }
            let object = object.unwrap_or_else(|| Object::new(self.name(), ""));
            self.keep_pending(tables, object, policy, pending, new.preserve_order)
        })
    }

    fn keep_pending(
        &self,
        tables: &mut WriteTables<'_>,
        mut object: Object,
        policy: Policy,
        pending: Pending,
        preserve_order: Option<bool>,
    ) -> Result<Reply, Reply> {
        let shelf = Collection::Certificates.plural();
        let issued = object.certificate.as_ref().is_some_and(|part| part.issued);
        if let Some(draft) = &pending.draft {
            // The first version can be seen before it is there, without a certificate in it.
            if !issued {
                tables.remove_version(self.vault, shelf, &object.name, &object.current)?;
                object.current.clone_from(&draft.version);
                let version = self.placeholder(draft, &policy)?;
                tables.put_version(self.vault, shelf, &object.name, &version)?;
            }
            if let Some(due) = draft.due {
                tables.put_due(due, self.vault, &object.name)?;
            }
        }
        let request = format!(
            "?api-version={}&request_id={}",
            self.query.api_version, pending.request_id
        );
        let location = self.id(shelf, &object.name, Some("pending")) + &request;
        let operation = self.operation(&object.name, &pending, preserve_order);
        let reply = Reply::json(StatusCode::ACCEPTED, &operation)
            .with_header(header::LOCATION, &location)
            .with_header(header::RETRY_AFTER, &self.settings.retry_after());
        object.certificate = Some(CertificatePart {
            policy,
            issued,
            pending: Some(pending),
            preserve_order,
        });
        tables.put_object(self.vault, shelf, &object)?;
        Ok(reply)
    }

    /// It says already how long it would be valid.
    fn placeholder(&self, draft: &Draft, policy: &Policy) -> Result<Version, Reply> {
        let template = from_policy::template(policy, self.now)?;
        Ok(Version {
            version: draft.version.clone(),
            enabled: false,
            nbf: Some(template.from),
            exp: Some(template.to),
            created: self.now,
            updated: self.now,
            tags: draft.tags.clone(),
            content: Content::Certificate(CertificateContent { leaf: None }),
        })
    }

    /// The policy of the certificate as it is, or the usual one, with what the client wants
    /// changed.
    fn settled_policy(
        &self,
        before: Option<&Object>,
        change: PolicyChange,
    ) -> Result<Policy, Reply> {
        let part = before.and_then(|object| object.certificate.as_ref());
        let mut policy = match part {
            Some(part) => part.policy.clone(),
            None => Policy::usual(self.now),
        };
        policy.settle(change, self.now).map_err(wrong)?;
        let needs_a_name = policy.platform_managed.is_none();
        let unreadable = name::subject(&policy.x509_props.subject).is_err();
        if needs_a_name && policy.is_nameless() || unreadable {
            let why = "Invalid X.500 distinguished name";
            return Err(refusal::invalid("policy.x509_props", why));
        }
        Ok(policy)
    }

    /// A new key, or that of the version before if the policy says so.
    fn key_and_request(
        &self,
        before: Option<&Object>,
        policy: &Policy,
    ) -> Result<(Sensitive<Vec<u8>>, Vec<u8>), Reply> {
        let spec = policy.key_spec().map_err(wrong)?;
        let reused = match before.filter(|_| policy.key_props.reuse_key) {
            Some(object) => self.key_of(&self.store.read()?, object, &object.current)?,
            None => None,
        };
        let key = match reused {
            Some(key) if KeySpec::of(key.expose())?.0 == spec => key,
            _ => spec.generate()?,
        };
        let unfit = |error: anyhow::Error| refusal::invalid("policy", &format!("{error}"));
        let csr = from_policy::request(policy, &SigningKey::of(key.expose())?).map_err(unfit)?;
        Ok((key, csr))
    }

    /// The private key behind a version of a certificate.
    fn key_of(
        &self,
        tables: &impl Reading,
        object: &Object,
        version: &str,
    ) -> Result<Option<Sensitive<Vec<u8>>>, Reply> {
        let shelf = Collection::Keys.plural();
        let found = tables.version(self.vault, shelf, &object.name, version)?;
        Ok(match found.map(|version| version.content) {
            Some(Content::Key(key)) => Some(key.private),
            _ => None,
        })
    }

    /// Keeps a certificate and its key that were made elsewhere.
    pub(crate) fn import_certificate(&self) -> Result<Reply, Reply> {
        let new: ImportedCertificate = self.read()?;
        let tags = body::tags(new.tags)?;
        let change = new.policy.unwrap_or_default();
        let value = new.value.ok_or_else(|| refusal::invalid("value", ""))?.text;
        let password = new.pwd.map(|pwd| pwd.text);
        let password = password
            .as_ref()
            .map_or("", |password| password.expose().as_str());
        let upload = Upload::read(value.expose(), password, change.content_type())
            .map_err(|Refused(message)| Reply::bad(message))?;
        let policy = upload.policy(change, self.now).map_err(wrong)?;
        let enabled = new.attributes.unwrap_or_default().enabled.unwrap_or(true);
        self.store.write(|tables| {
            let object = self.certificate_for_new_version(tables)?;
            let mut object = object.unwrap_or_else(|| Object::new(self.name(), ""));
            object.certificate = Some(CertificatePart {
                policy,
                issued: object.certificate.is_some_and(|part| part.issued),
                pending: None,
                preserve_order: new.preserve_order,
            });
            let issued = self.new_version(&upload, enabled, tags)?;
            let version = issued.put(tables, self.vault, &mut object, self.settings.style)?;
            Ok(Reply::ok(&self.bundle(&object, &version)))
        })
    }

    fn new_version<'a>(
        &self,
        upload: &'a Upload,
        enabled: bool,
        tags: Option<Tags>,
    ) -> Result<CertificateVersion<'a>, Reply> {
        Ok(CertificateVersion {
            version: encoding::version()?,
            leaf: &upload.leaf,
            certificates: &upload.certificates,
            key: &upload.key,
            enabled,
            tags,
            created: self.now,
        })
    }

    /// The certificate that gets a new version, if there is one. Refuses names that are taken and
    /// certificates that are pending.
    fn certificate_for_new_version(&self, tables: &impl Reading) -> Result<Option<Object>, Reply> {
        let shelf = Collection::Certificates.plural();
        if let Some(object) = tables.object(self.vault, shelf, self.name())? {
            return if object.is_pending() {
                Err(refusal::pending_already(&object.name))
            } else {
                Ok(Some(object))
            };
        }
        for collection in [
            Collection::Certificates,
            Collection::Keys,
            Collection::Secrets,
        ] {
            self.is_free(tables, collection)?;
            if let Some(other) = tables.object(self.vault, collection.plural(), self.name())? {
                return Err(refusal::taken(collection, &other.name));
            }
        }
        Ok(None)
    }

    pub(crate) fn get_policy(&self) -> Result<Reply, Reply> {
        let object = self.object(&self.store.read()?)?;
        self.policy_reply(&object)
    }

    pub(crate) fn update_policy(&self) -> Result<Reply, Reply> {
        let change: PolicyChange = self.read()?;
        self.store.write(|tables| {
            let mut object = self.object(tables)?;
            if let Some(part) = &mut object.certificate {
                part.policy.apply(change, self.now).map_err(wrong)?;
            }
            tables.put_object(self.vault, Collection::Certificates.plural(), &object)?;
            self.policy_reply(&object)
        })
    }

    fn policy_reply(&self, object: &Object) -> Result<Reply, Reply> {
        let part = object.certificate.as_ref();
        let policy = part.map(|part| self.policy_bundle(&object.name, &part.policy));
        policy
            .map(|policy| Reply::ok(&policy))
            .ok_or_else(|| refusal::not_found(Collection::Certificates, self.name()))
    }

    /// The answer that ends the work on a pending certificate: 201.
    pub(crate) fn created(&self, bundle: &Bundle<'_>) -> Reply {
        Reply::json(StatusCode::CREATED, bundle)
    }
}

fn wrong((property, why): crate::certificate::policy::Wrong) -> Reply {
    refusal::invalid(property, why)
}
