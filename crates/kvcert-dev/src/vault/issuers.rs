//! What belongs to a vault and to no certificate: contacts and issuers.

use kvcert_pki::sensitive::Sensitive;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bundle::List;
use super::handler::Handler;
use super::refusal;
use crate::encoding;
use crate::http::reply::Reply;
use crate::store::tables::Reading;

/// [Contacts](https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificate-contacts/get-certificate-contacts#contacts).
#[derive(Serialize, Deserialize)]
struct Contacts {
    contacts: Vec<Contact>,
}

#[derive(Serialize, Deserialize)]
struct Contact {
    email: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

/// An issuer, as it is kept.
#[derive(Serialize, Deserialize)]
struct Issuer {
    name: String,
    provider: String,
    account_id: Option<String>,
    /// Never shown again.
    password: Option<Password>,
    organisation: Option<Value>,
    enabled: bool,
    created: i64,
    updated: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Password {
    #[serde(with = "encoding::secret_text")]
    text: Sensitive<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct IssuerChange {
    provider: Option<String>,
    credentials: Option<Credentials>,
    org_details: Option<Organisation>,
    attributes: Option<super::body::AttributesChange>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Credentials {
    account_id: Option<String>,
    pwd: Option<Password>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Organisation {
    id: Option<String>,
    admin_details: Option<Vec<Value>>,
}

#[derive(Serialize)]
struct WithId<T> {
    id: String,
    #[serde(flatten)]
    what: T,
}

/// [IssuerBundle](https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificate-issuer/get-certificate-issuer#issuerbundle).
#[derive(Serialize)]
struct IssuerBundle<'a> {
    provider: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    credentials: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_details: Option<&'a Value>,
    attributes: IssuerAttributes,
}

#[derive(Serialize)]
struct IssuerAttributes {
    enabled: bool,
    created: i64,
    updated: i64,
}

#[derive(Serialize)]
struct IssuerItem<'a> {
    id: String,
    provider: &'a str,
}

impl Handler<'_> {
    pub(crate) fn get_contacts(&self) -> Result<Reply, Reply> {
        let found = self.store.read()?.setting(self.vault, CONTACTS, "")?;
        Ok(self.told(found.ok_or_else(no_contacts)?))
    }

    pub(crate) fn set_contacts(&self) -> Result<Reply, Reply> {
        let contacts: Contacts = self.read()?;
        if contacts.contacts.is_empty() {
            return Err(refusal::invalid("contacts", ""));
        }
        self.store.write(|tables| {
            tables.put_setting(self.vault, CONTACTS, "", &contacts)?;
            Ok(self.told(contacts))
        })
    }

    pub(crate) fn delete_contacts(&self) -> Result<Reply, Reply> {
        self.store.write(|tables| {
            let found = tables.setting(self.vault, CONTACTS, "")?;
            tables.remove_setting(self.vault, CONTACTS, "")?;
            Ok(self.told(found.ok_or_else(no_contacts)?))
        })
    }

    fn told(&self, what: Contacts) -> Reply {
        let id = self.id("certificates", CONTACTS, None);
        Reply::ok(&WithId { id, what })
    }

    pub(crate) fn list_issuers(&self) -> Result<Reply, Reply> {
        let tables = self.store.read()?;
        let (after, limit) = (&self.query.after, self.query.lookup());
        let mut found: Vec<Issuer> = tables.settings(self.vault, ISSUERS, after, limit)?;
        let next_link = self.query.cut(self.call, &mut found, |issuer| {
            issuer.name.to_ascii_lowercase()
        });
        let value = found
            .iter()
            .map(|issuer| IssuerItem {
                id: self.issuer_id(issuer),
                provider: &issuer.provider,
            })
            .collect();
        Ok(Reply::ok(&List { value, next_link }))
    }

    pub(crate) fn get_issuer(&self) -> Result<Reply, Reply> {
        let found = self
            .store
            .read()?
            .setting(self.vault, ISSUERS, self.name())?;
        // The reply names the issuer only where it was to be changed.
        let issuer = found.ok_or_else(|| no_issuer("Issuer not found"))?;
        Ok(self.issuer_bundle(&issuer))
    }

    /// Creates an issuer, or replaces it.
    pub(crate) fn set_issuer(&self) -> Result<Reply, Reply> {
        let change: IssuerChange = self.read()?;
        let provider = change.provider.as_deref().unwrap_or_default();
        if provider.is_empty() {
            return Err(refusal::invalid("provider", ""));
        }
        let new = Issuer {
            name: self.name().to_owned(),
            provider: provider.to_owned(),
            account_id: None,
            password: None,
            organisation: None,
            enabled: true,
            created: self.now,
            updated: self.now,
        };
        self.store.write(|tables| {
            let before: Option<Issuer> = tables.setting(self.vault, ISSUERS, self.name())?;
            let created = before.map_or(self.now, |before| before.created);
            let issuer = Issuer { created, ..new }.with(change, self.now);
            tables.put_setting(self.vault, ISSUERS, self.name(), &issuer)?;
            Ok(self.issuer_bundle(&issuer))
        })
    }

    pub(crate) fn update_issuer(&self) -> Result<Reply, Reply> {
        let change: IssuerChange = self.read()?;
        self.store.write(|tables| {
            let issuer = self.issuer(tables)?.with(change, self.now);
            tables.put_setting(self.vault, ISSUERS, self.name(), &issuer)?;
            Ok(self.issuer_bundle(&issuer))
        })
    }

    pub(crate) fn delete_issuer(&self) -> Result<Reply, Reply> {
        self.store.write(|tables| {
            let issuer = self.issuer(tables)?;
            tables.remove_setting(self.vault, ISSUERS, self.name())?;
            Ok(self.issuer_bundle(&issuer))
        })
    }

    fn issuer(&self, tables: &impl Reading) -> Result<Issuer, Reply> {
        let found = tables.setting(self.vault, ISSUERS, self.name())?;
        found.ok_or_else(|| no_issuer(&format!("Issuer {} not found", self.name())))
    }

    /// Is this issuer registered? `Self` and `Unknown` always are.
    pub(crate) fn knows_issuer(&self, tables: &impl Reading, name: &str) -> Result<bool, Reply> {
        let built_in = ["self", "unknown"].contains(&&*name.to_ascii_lowercase());
        let found: Option<Issuer> = tables.setting(self.vault, ISSUERS, name)?;
        Ok(built_in || found.is_some())
    }

    fn issuer_id(&self, issuer: &Issuer) -> String {
        self.id("certificates/issuers", &issuer.name, None)
    }

    fn issuer_bundle(&self, issuer: &Issuer) -> Reply {
        let account = issuer.account_id.as_ref();
        let what = IssuerBundle {
            provider: &issuer.provider,
            credentials: account.map(|id| serde_json::json!({"account_id": id})),
            org_details: issuer.organisation.as_ref(),
            attributes: IssuerAttributes {
                enabled: issuer.enabled,
                created: issuer.created,
                updated: issuer.updated,
            },
        };
        let id = self.issuer_id(issuer);
        Reply::ok(&WithId { id, what })
    }
}

impl Issuer {
    fn with(mut self, change: IssuerChange, now: i64) -> Self {
        self.provider = change.provider.unwrap_or(self.provider);
        if let Some(credentials) = change.credentials {
            self.account_id = credentials.account_id.or(self.account_id);
            self.password = credentials.pwd.or(self.password);
        }
        if let Some(organisation) = change.org_details {
            let mut told = serde_json::Map::new();
            told.extend(organisation.id.map(|id| (String::from("id"), id.into())));
            // The service keeps a field that its documentation does not know.
            told.insert(String::from("zip"), 0.into());
            let admins = organisation.admin_details;
            told.extend(admins.map(|admins| (String::from("admin_details"), admins.into())));
            self.organisation = Some(Value::Object(told));
        }
        let attributes = change.attributes.unwrap_or_default();
        self.enabled = attributes.enabled.unwrap_or(self.enabled);
        self.updated = now;
        self
    }
}

fn no_issuer(message: &str) -> Reply {
    refusal::missing("CertificateIssuerNotFound", message)
}

fn no_contacts() -> Reply {
    refusal::missing("ContactsNotFound", "Contacts not found")
}

const CONTACTS: &str = "contacts";
const ISSUERS: &str = "issuers";
