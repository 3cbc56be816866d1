//! What a token says.

use serde::{Deserialize, Serialize};

use crate::directory::Records;
use crate::directory::record::User;
use crate::directory::service::{Resource, Service};
use crate::encoding;

/// The claims of an access token
/// ([reference](https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference)).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) aud: String,
    pub(crate) iss: String,
    iat: i64,
    pub(crate) nbf: i64,
    pub(crate) exp: i64,
    pub(crate) appid: String,
    appidacr: String,
    pub(crate) idtyp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    pub(crate) oid: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) roles: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scp: Option<String>,
    sub: String,
    tid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    unique_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upn: Option<String>,
    uti: String,
    ver: String,
    /// The templates of the directory roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    wids: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    xms_cc: Vec<String>,
}

/// Who a token is about.
pub(crate) enum Subject<'a> {
    /// The application itself, by the identifier of its principal.
    Application(&'a str),
    /// A person, for whom the application acts.
    Person(&'a User),
}

/// What a token is made of.
pub(crate) struct Minting<'a> {
    pub(crate) tenant_id: &'a str,
    pub(crate) subject: Subject<'a>,
    pub(crate) client_id: &'a str,
    pub(crate) proof: Proof,
    pub(crate) audience: &'a str,
    pub(crate) resource: &'a Resource,
    /// The client said that it answers claims challenges (`CP1`).
    pub(crate) answers_challenges: bool,
    pub(crate) now: i64,
}

/// How an application proved who it is: the claim `appidacr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Not at all: a public client.
    Public,
    Secret,
    Assertion,
}

impl Minting<'_> {
    /// The claims, with the roles that are granted now.
    pub(crate) fn claims(&self, records: &Records) -> anyhow::Result<Claims> {
        let (oid, user) = match self.subject {
            Subject::Application(oid) => (oid, None),
            Subject::Person(user) => (&*user.id, Some(user)),
        };
        let upn = || user.map(|user| user.upn.clone());
        let directory_roles = records.roles.iter();
        let mut wids: Vec<String> = directory_roles
            .filter(|role| role.principal_id == oid)
            .map(|role| role.role_definition_id.clone())
            .collect();
        wids.push(String::from(DEFAULT_WID));
        Ok(Claims {
            aud: self.audience.to_owned(),
            iss: issuer(self.tenant_id),
            iat: self.now,
            nbf: self.now,
            exp: self.now + LIFETIME,
            appid: self.client_id.to_owned(),
            appidacr: String::from(match self.proof {
                Proof::Public => "0",
                Proof::Secret => "1",
                Proof::Assertion => "2",
            }),
            idtyp: String::from(if user.is_some() { "user" } else { "app" }),
            name: user.map(|user| user.display_name.clone()),
            oid: oid.to_owned(),
            roles: match user {
                Some(_) => Vec::new(),
                None => roles(records, oid, self.resource),
            },
            scp: user.map(|_| self.resource.delegated.clone()),
            sub: oid.to_owned(),
            tid: self.tenant_id.to_owned(),
            unique_name: upn(),
            upn: upn(),
            uti: encoding::base64url(encoding::random::<16>()?),
            ver: String::from("1.0"),
            wids,
            xms_cc: match self.answers_challenges {
                true => vec![String::from("CP1")],
                false => Vec::new(),
            },
        })
    }
}

/// The issuer in our tokens, in the form that Key Vault's tokens have.
pub(crate) fn issuer(tenant_id: &str) -> String {
    format!("https://sts.windows.net/{tenant_id}/")
}

/// The names of the permissions that `principal` has at `resource`.
fn roles(records: &Records, principal: &str, resource: &Resource) -> Vec<String> {
    let Some(service) = Service::by_app_id(&resource.app_id) else {
        return Vec::new();
    };
    records
        .granted(principal, &resource.object_id)
        .filter_map(|id| service.roles.iter().find(|role| role.id == id))
        .map(|role| role.value.to_owned())
        .collect()
}

/// Seconds a token holds.
pub(crate) const LIFETIME: i64 = 3599;
/// The role that everyone in a directory has.
const DEFAULT_WID: &str = "0997a1d0-0d1d-4acb-b408-d5ca73121e90";

#[cfg(test)]
impl Claims {
    /// Claims of an application.
    pub(crate) fn sample(issuer: &str, audience: &str, now: i64) -> Self {
        let text = |text: &str| text.to_owned();
        Self {
            aud: text(audience),
            iss: text(issuer),
            iat: now,
            nbf: now,
            exp: now + LIFETIME,
            appid: text("client"),
            appidacr: text("1"),
            idtyp: text("app"),
            name: None,
            oid: text("principal"),
            roles: Vec::new(),
            scp: None,
            sub: text("principal"),
            tid: text("tenant"),
            unique_name: None,
            upn: None,
            uti: text("id"),
            ver: text("1.0"),
            wids: Vec::new(),
            xms_cc: Vec::new(),
        }
    }
}
