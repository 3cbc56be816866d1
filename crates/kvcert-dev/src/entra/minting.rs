//! What goes into a new access token.

use crate::directory::Records;
use crate::directory::record::User;
use crate::directory::service::{Resource, Service};
use crate::directory::tenant::Tenant;
use crate::encoding;
use crate::tokens::claims::{Claims, TOKEN_LIFETIME};

/// Who a token is about.
pub(crate) enum Subject<'a> {
    /// The application itself, by the identifier of its principal.
    Application(&'a str),
    /// A person, for whom the application acts.
    Person(&'a User),
}

/// What a token is made of.
pub(crate) struct Minting<'a> {
    pub(crate) tenant: &'a Tenant,
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
            iss: self.tenant.issuer(),
            iat: self.now,
            nbf: self.now,
            exp: self.now + TOKEN_LIFETIME,
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
            tid: self.tenant.id.clone(),
            unique_name: upn(),
            upn: upn(),
            uti: encoding::base64url(encoding::random::<16>()?),
            ver: String::from("1.0"),
            wids,
            xms_cc: if self.answers_challenges {
                vec![String::from("CP1")]
            } else {
                Vec::new()
            },
        })
    }
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

/// The role that everyone in a directory has.
const DEFAULT_WID: &str = "0997a1d0-0d1d-4acb-b408-d5ca73121e90";
