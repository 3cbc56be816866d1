//! Requests to a vault that have passed the token check.

use axum::http::{Method, StatusCode};
use serde::Serialize;

use super::http::Call;
use super::model::{Certificate, Version};
use super::paging::Query;
use super::reply::Reply;
use super::route::{Collection, Route, route};
use super::store::Store;
use super::wire::{CertificateBundle, Item, KeyBundle, List, PolicyBundle, SecretBundle};

/// Answers from the store.
pub(super) fn answer(store: &Store, vault: &str, call: &Call) -> Result<Reply, Reply> {
    let query = Query::parse(&call.query)?;
    let Some(route) = route(&call.path)? else {
        let message = format!("there is no operation at `{}`", call.path);
        return Err(Reply::error(StatusCode::NOT_FOUND, "NotFound", &message));
    };
    if call.method != Method::GET {
        let message = format!("HTTP {} not allowed", call.method);
        let status = StatusCode::METHOD_NOT_ALLOWED;
        return Err(Reply::error(status, "MethodNotAllowed", &message));
    }
    let shelf = Shelf { store, vault, call };
    match route {
        Route::List(collection) => shelf.list(collection, &query),
        Route::Versions(collection, name) => shelf.versions(collection, &name, &query),
        Route::Current(collection, name) => shelf.bundle(collection, &name, None, &query),
        Route::Version(collection, name, version) => {
            shelf.bundle(collection, &name, Some(&version), &query)
        }
        Route::Policy(name) => shelf.policy(&name),
        Route::Issuers | Route::DeletedList => Ok(Reply::ok(&List {
            value: Vec::new(),
            next_link: None,
        })),
        Route::Pending(name) => Err(missing(
            "PendingCertificateNotFound",
            &format!("Pending certificate not found: {name}"),
        )),
        Route::Contacts => Err(missing("ContactsNotFound", "Contacts not found")),
        Route::Issuer(name) => Err(missing(
            "CertificateIssuerNotFound",
            &format!("Issuer {name} not found"),
        )),
        Route::Deleted(collection, name) => Err(missing(
            &format!("{}NotFound", collection.capital()),
            &format!("Deleted {} not found: {name}", collection.capital()),
        )),
    }
}

/// One vault, looked at for one request.
struct Shelf<'a> {
    store: &'a Store,
    vault: &'a str,
    call: &'a Call,
}

impl Shelf<'_> {
    fn list(&self, collection: Collection, query: &Query) -> Result<Reply, Reply> {
        let mut found = self
            .store
            .certificates(self.vault, &query.after, query.lookup())?;
        let next_link = query.cut(self.call, &mut found, |certificate: &Certificate| {
            certificate.name.to_ascii_lowercase()
        });
        let value = found
            .iter()
            .map(|certificate| {
                let version = self.current(certificate)?;
                self.item(collection, certificate, &version, false)
            })
            .collect::<Result<Vec<Item>, Reply>>()?;
        Ok(Reply::ok(&List { value, next_link }))
    }

    /// Ordered by the identifier of the version, not by its age.
    fn versions(&self, collection: Collection, name: &str, query: &Query) -> Result<Reply, Reply> {
        let certificate = self.certificate(collection, name)?;
        let mut found = self
            .store
            .versions(self.vault, name, &query.after, query.lookup())?;
        let next_link = query.cut(self.call, &mut found, |version| version.version.clone());
        let value = found
            .iter()
            .map(|version| self.item(collection, &certificate, version, true))
            .collect::<Result<Vec<Item>, Reply>>()?;
        Ok(Reply::ok(&List { value, next_link }))
    }

    fn bundle(
        &self,
        collection: Collection,
        name: &str,
        version: Option<&str>,
        query: &Query,
    ) -> Result<Reply, Reply> {
        let certificate = self.certificate(collection, name)?;
        let found = match version {
            None => self.current(&certificate)?,
            Some(version) => self
                .store
                .version(self.vault, name, version)?
                .ok_or_else(|| not_found(collection, &format!("{name}/{version}")))?,
        };
        let origin = self.call.origin();
        let name = &certificate.name;
        match collection {
            Collection::Certificates => {
                let policy = version
                    .is_none()
                    .then(|| PolicyBundle::new(&origin, &certificate));
                encode(CertificateBundle::new(&origin, name, &found, policy))
            }
            Collection::Keys => encode(KeyBundle::new(&origin, &certificate, &found)),
            Collection::Secrets if !found.enabled => Err(Reply::forbidden(
                "SecretDisabled",
                "Operation get is not allowed on a disabled secret.",
            )),
            Collection::Secrets if query.converted => Err(Reply::bad(
                "The dev vault does not convert secrets: leave outContentType out.",
            )),
            Collection::Secrets => encode(SecretBundle::new(&origin, name, &found)),
        }
    }

    fn policy(&self, name: &str) -> Result<Reply, Reply> {
        let certificate = self.certificate(Collection::Certificates, name)?;
        Ok(Reply::ok(&PolicyBundle::new(
            &self.call.origin(),
            &certificate,
        )))
    }

    fn certificate(&self, collection: Collection, name: &str) -> Result<Certificate, Reply> {
        self.store
            .certificate(self.vault, name)?
            .ok_or_else(|| not_found(collection, name))
    }

    fn current(&self, certificate: &Certificate) -> Result<Version, Reply> {
        let name = &certificate.name;
        let found = self.store.version(self.vault, name, &certificate.current)?;
        found.ok_or_else(|| anyhow::anyhow!("the current version of `{name}` is missing").into())
    }

    fn item(
        &self,
        collection: Collection,
        certificate: &Certificate,
        version: &Version,
        with_version: bool,
    ) -> Result<Item, Reply> {
        let origin = self.call.origin();
        Ok(Item::new(
            &origin,
            collection,
            &certificate.name,
            version,
            with_version,
        )?)
    }
}

fn encode<T: Serialize>(bundle: anyhow::Result<T>) -> Result<Reply, Reply> {
    Ok(Reply::ok(&bundle?))
}

fn not_found(collection: Collection, name: &str) -> Reply {
    let kind = collection.singular();
    let message = format!(
        "A {kind} with (name/id) {name} was not found in this key vault. If you recently deleted \
         this {kind} you may be able to recover it using the correct recovery command. For help \
         resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"
    );
    missing(&format!("{}NotFound", collection.capital()), &message)
}

fn missing(code: &str, message: &str) -> Reply {
    Reply::error(StatusCode::NOT_FOUND, code, message)
}
