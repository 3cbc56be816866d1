//! Certificates that were asked for: seen, cancelled, merged, and issued when they are due.

use axum::http::header;
use serde::{Deserialize, Serialize};
use x509_parser::parse_x509_certificate;

use super::body::{self, AttributesChange, TagsChange};
use super::handler::Handler;
use super::refusal;
use crate::certificate::pfx::Style;
use crate::certificate::upload;
use crate::certificate::x509::signing_key::SigningKey;
use crate::certificate::x509::{self, from_policy};
use crate::encoding::{base64, from_base64};
use crate::http::reply::Reply;
use crate::settings::Settings;
use crate::store::Store;
use crate::store::certificate::CertificateVersion;
use crate::store::model::{CertificatePart, Draft, Object, Pending, Status};
use crate::store::tables::{Reading, WriteTables};

/// [CertificateOperation](https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificate-operation/get-certificate-operation#certificateoperation).
#[derive(Serialize)]
pub(crate) struct CertificateOperation<'a> {
    id: String,
    issuer: IssuerName<'a>,
    csr: String,
    cancellation_requested: bool,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_details: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    request_id: &'a str,
    #[serde(rename = "preserveCertOrder", skip_serializing_if = "Option::is_none")]
    preserve_order: Option<bool>,
}

#[derive(Serialize)]
struct IssuerName<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct Failure<'a> {
    code: &'static str,
    message: &'a str,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PendingChange {
    cancellation_requested: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Merge {
    x5c: Vec<String>,
    attributes: Option<AttributesChange>,
    tags: TagsChange,
}

impl Handler<'_> {
    pub(crate) fn get_pending(&self) -> Result<Reply, Reply> {
        let object = self.object_with_pending(&self.store.read()?)?;
        let (part, pending) = self.pending(&object)?;
        let reply = Reply::ok(&self.operation(&object.name, pending, part.preserve_order));
        Ok(match pending.status {
            Status::InProgress => {
                reply.with_header(header::RETRY_AFTER, &self.settings.retry_after())
            }
            _ => reply,
        })
    }

    /// The only change there is: to ask that it be cancelled.
    pub(crate) fn update_pending(&self) -> Result<Reply, Reply> {
        let change: PendingChange = self.read()?;
        self.store.write(|tables| {
            let mut object = self.object_with_pending(tables)?;
            let due = object.draft().and_then(|draft| draft.due);
            let pending = self.pending_mut(&mut object)?;
            if pending.status != Status::InProgress {
                return Err(refusal::not_pending(self.name()));
            }
            pending.cancellation_requested = change.cancellation_requested.unwrap_or(false);
            // The answer still says `inProgress`; the next reply says that it is cancelled.
            let (part, pending) = self.pending(&object)?;
            let reply = Reply::ok(&self.operation(&object.name, pending, part.preserve_order));
            if pending.cancellation_requested && due.is_some() {
                self.strike(tables, &object)?;
                let pending = self.pending_mut(&mut object)?;
                pending.status = Status::Cancelled;
                pending.draft = None;
            }
            tables.put_object(self.vault, SHELF, &object)?;
            Ok(reply)
        })
    }

    /// Forgets the operation; a certificate that is there stays.
    pub(crate) fn delete_pending(&self) -> Result<Reply, Reply> {
        self.store.write(|tables| {
            let mut object = self.object_with_pending(tables)?;
            self.strike(tables, &object)?;
            let (part, pending) = self.pending(&object)?;
            let reply = Reply::ok(&self.operation(&object.name, pending, part.preserve_order));
            if let Some(part) = &mut object.certificate {
                part.pending = None;
            }
            tables.put_object(self.vault, SHELF, &object)?;
            Ok(reply)
        })
    }

    /// Puts a certificate that was issued elsewhere to its key.
    pub(crate) fn merge(&self) -> Result<Reply, Reply> {
        let merge: Merge = self.read()?;
        let unreadable = || refusal::invalid("x5c", "");
        let mut certificates = merge
            .x5c
            .iter()
            .map(|text| certificate(text).ok_or_else(unreadable))
            .collect::<Result<Vec<Vec<u8>>, Reply>>()?;
        let tags = body::tags(merge.tags)?;
        let attributes = merge.attributes.unwrap_or_default();
        self.store.write(|tables| {
            let mut object = self.object_with_pending(tables)?;
            if certificates.is_empty()
                || certificates
                    .iter()
                    .any(|der| parse_x509_certificate(der).is_err())
            {
                return Err(unreadable());
            }
            let pending = self.pending_mut(&mut object)?;
            let draft = pending
                .draft
                .take()
                .ok_or_else(|| refusal::not_pending(self.name()))?;
            if draft.due.is_some() {
                return Err(refusal::not_to_be_merged(&pending.issuer));
            }
            let matching = upload::matching(&draft.key, &mut certificates);
            let leaf = matching.ok_or_else(refusal::other_key)?;
            pending.status = Status::Completed;
            let issued = CertificateVersion {
                version: draft.version,
                leaf: &leaf,
                certificates: &certificates,
                key: draft.key.expose(),
                enabled: attributes.enabled.unwrap_or(draft.enabled),
                tags: tags.or(draft.tags),
                created: self.now,
            };
            let version = issued.put(tables, self.vault, &mut object, self.settings.style)?;
            Ok(self.created(&self.bundle(&object, &version)))
        })
    }

    /// How far a pending certificate is.
    pub(crate) fn operation<'a>(
        &self,
        name: &str,
        pending: &'a Pending,
        preserve_order: Option<bool>,
    ) -> CertificateOperation<'a> {
        let own = pending
            .draft
            .as_ref()
            .is_some_and(|draft| draft.due.is_some());
        let completed = pending.status == Status::Completed;
        CertificateOperation {
            id: self.id(SHELF, name, Some("pending")),
            issuer: IssuerName {
                name: &pending.issuer,
            },
            csr: base64(&pending.csr),
            cancellation_requested: pending.cancellation_requested,
            status: match pending.status {
                Status::InProgress => "inProgress",
                Status::Completed => "completed",
                Status::Cancelled => "cancelled",
                Status::Failed(_) => "failed",
            },
            status_details: match (&pending.status, own) {
                (Status::InProgress, true) => Some(BEING_ISSUED),
                (Status::InProgress, false) => Some(TO_BE_MERGED),
                _ => None,
            },
            error: match &pending.status {
                Status::Failed(message) => Some(Failure {
                    code: "Certificate issuer error",
                    message,
                }),
                _ => None,
            },
            target: completed.then(|| self.id(SHELF, name, None)),
            request_id: &pending.request_id,
            preserve_order,
        }
    }

    fn object_with_pending(&self, tables: &impl Reading) -> Result<Object, Reply> {
        let found = tables.object(self.vault, SHELF, self.name())?;
        let object = found.ok_or_else(|| refusal::pending_not_found(self.name()))?;
        let (_, pending) = self.pending(&object)?;
        let wanted = self.query.request_id.as_deref();
        if wanted.is_none_or(|id| id.eq_ignore_ascii_case(&pending.request_id)) {
            Ok(object)
        } else {
            Err(refusal::pending_not_found(self.name()))
        }
    }

    fn pending<'a>(&self, object: &'a Object) -> Result<(&'a CertificatePart, &'a Pending), Reply> {
        let part = object.certificate.as_ref();
        part.and_then(|part| Some((part, part.pending.as_ref()?)))
            .ok_or_else(|| refusal::pending_not_found(self.name()))
    }

    fn pending_mut<'a>(&self, object: &'a mut Object) -> Result<&'a mut Pending, Reply> {
        let part = object.certificate.as_mut();
        part.and_then(|part| part.pending.as_mut())
            .ok_or_else(|| refusal::pending_not_found(self.name()))
    }

    fn strike(&self, tables: &mut WriteTables<'_>, object: &Object) -> Result<(), Reply> {
        if let Some(due) = object.draft().and_then(|draft| draft.due) {
            tables.remove_due(due, self.vault, &object.name)?;
        }
        Ok(())
    }
}

/// Issues the certificates that are due.
pub(crate) fn issue_due(store: &Store, settings: &Settings, moment: i64) -> anyhow::Result<()> {
    if !store.is_due(moment) {
        return Ok(());
    }
    let (now, style) = (settings.now(), settings.style);
    store.write(|tables| {
        for (vault, name) in tables.due(moment)? {
            let object = tables.object(&vault, SHELF, &name)?;
            if let Some(object) = object {
                issue_one(tables, &vault, object, now, style)?;
            }
            tables.strike_due(moment, &vault, &name)?;
        }
        Ok(())
    })
}

fn issue_one(
    tables: &mut WriteTables<'_>,
    vault: &str,
    mut object: Object,
    now: i64,
    style: Style,
) -> anyhow::Result<()> {
    let Some(part) = &mut object.certificate else {
        return Ok(());
    };
    let Some(pending) = &mut part.pending else {
        return Ok(());
    };
    let Some(draft) = pending.draft.take() else {
        return Ok(());
    };
    match self_signed(part, &draft, now) {
        Ok(leaf) => {
            if let Some(pending) = &mut part.pending {
                pending.status = Status::Completed;
            }
            let certificates = [leaf.clone()];
            let issued = CertificateVersion {
                version: draft.version,
                leaf: &leaf,
                certificates: &certificates,
                key: draft.key.expose(),
                enabled: draft.enabled,
                tags: draft.tags,
                created: now,
            };
            issued.put(tables, vault, &mut object, style)?;
        }
        Err(error) => {
            if let Some(pending) = &mut part.pending {
                pending.status = Status::Failed(format!("{error}"));
            }
            tables.put_object(vault, SHELF, &object)?;
        }
    }
    Ok(())
}

fn self_signed(part: &CertificatePart, draft: &Draft, now: i64) -> anyhow::Result<Vec<u8>> {
    let key = SigningKey::of(draft.key.expose())?;
    x509::sign(&from_policy::template(&part.policy, now)?, &key, None)
}

/// A certificate as clients send it: DER in base64, or its text once more in base64, with or without
/// the lines of PEM. The service takes them all.
fn certificate(text: &str) -> Option<Vec<u8>> {
    let bytes = from_base64(text)?;
    let Ok(text) = str::from_utf8(&bytes) else {
        return Some(bytes);
    };
    from_base64(text.split("-----").max_by_key(|part| part.len())?)
}

const SHELF: &str = "certificates";
const BEING_ISSUED: &str = "Pending certificate created. Certificate request is in progress. This \
     may take some time based on the issuer provider. Please check again later.";
const TO_BE_MERGED: &str =
    "Pending certificate created. Please Perform Merge to complete the request.";
