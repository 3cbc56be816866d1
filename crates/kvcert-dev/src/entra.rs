//! A small Entra ID: one tenant with its applications, people and permissions.
//!
//! Its token endpoints are those of the
//! [Microsoft identity platform](https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow).

pub(crate) mod assertion;
mod authorize;
pub(crate) mod claims;
pub(crate) mod client;
mod device;
mod discovery;
mod form;
pub(crate) mod known;
mod page;
mod person;
mod refusal;
pub(crate) mod scope;
mod ticket;
mod token;

use axum::http::StatusCode;
use kvcert_pki::sensitive::Sensitive;
use serde::Serialize;

use self::assertion::Used;
pub(crate) use self::claims::Claims;
use self::claims::{Minting, Proof, Subject};
use self::device::Devices;
use self::discovery::{Configuration, Instance, Keys, UserRealm};
use self::form::Form;
use self::refusal::Refusal;
use self::scope::Scope;
use self::ticket::Redeemed;
use self::token::Request;
use crate::directory::Directory;
use crate::directory::initial::{self, DOMAIN, Identity};
use crate::directory::record::ServicePrincipal;
use crate::directory::replication::Replication;
use crate::http::reply::Reply;
use crate::server::Call;
use crate::store::Store;
use crate::tokens::{Signer, TicketKey, TokenSigner};

/// The sign-in.
#[derive(Debug)]
pub(crate) struct Entra {
    identity: Identity,
    /// Access tokens and identities, which anyone can check.
    tokens: TokenSigner,
    /// What is for ourselves only.
    tickets: Signer<TicketKey>,
    pub(crate) directory: Directory,
    used: Used,
    redeemed: Redeemed,
    devices: Devices,
    /// How slowly new objects spread.
    pub(crate) replication: Replication,
}

/// Which of the two generations of endpoints is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `resource=`, numbers as texts.
    V1,
    V2,
}

impl Entra {
    /// The sign-in for this tenant, with what the store knows of it.
    pub(crate) fn open(identity: Identity, store: &Store) -> anyhow::Result<Self> {
        let tickets = Signer::new(TicketKey::new(identity.signing_key.expose())?);
        let directory = Directory::open(store.database())?;
        initial::furnish(&directory, &identity)?;
        Ok(Self {
            identity,
            tokens: TokenSigner::new(store.meta()),
            tickets,
            directory,
            used: Used::default(),
            redeemed: Redeemed::default(),
            devices: Devices::default(),
            replication: Replication::default(),
        })
    }

    /// The tenant and its first application.
    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Registers an application that signs in with these certificates (DER) and may manage Exchange.
    pub(crate) fn register_exchange(&self, certificates: &[&[u8]]) -> anyhow::Result<()> {
        initial::register_exchange(&self.directory, &self.identity, certificates)
    }

    /// The client identifier of that application, unless it was deleted.
    pub(crate) fn exchange_client_id(&self) -> Option<String> {
        let records = self.directory.read();
        let mut all = records.applications.iter();
        all.find(|application| application.display_name == initial::EXCHANGE_APPLICATION)
            .map(|application| application.app_id.clone())
    }

    /// The issuer in our tokens, in the form that Key Vault's tokens have.
    pub(crate) fn issuer(&self) -> String {
        claims::issuer(&self.identity.tenant_id)
    }

    /// The claims of a token of ours, whether or not it still holds.
    pub(crate) fn read_token(&self, token: &str) -> Option<Claims> {
        self.tokens.get().ok()?.verify(token)
    }

    /// Makes what the first token needs, so that it does not have to wait.
    pub(crate) fn prepare(&self) -> anyhow::Result<()> {
        self.tokens.get().map(drop)
    }

    fn sign(&self, claims: &impl Serialize) -> anyhow::Result<Sensitive<String>> {
        self.tokens.get()?.sign(claims)
    }

    /// A token for a managed identity; `local` gives the address of a host of this server.
    pub(crate) fn token_of_identity(
        &self,
        principal: &ServicePrincipal,
        resource: &str,
        local: &dyn Fn(&str) -> String,
        now: i64,
    ) -> Result<(Claims, Sensitive<String>), Refusal> {
        let scope = Scope::of_audience(self, resource, local)?;
        let minting = Minting {
            tenant_id: &self.identity.tenant_id,
            subject: Subject::Application(&principal.id),
            client_id: &principal.app_id,
            proof: Proof::Assertion,
            audience: &scope.audience,
            resource: &scope.resource,
            answers_challenges: false,
            now,
        };
        let claims = minting.claims(&self.directory.read())?;
        let token = self.sign(&claims)?;
        Ok((claims, token))
    }

    /// Answers a request to the login host.
    pub(crate) fn answer(&self, call: &Call) -> Reply {
        let segments: Vec<&str> = call
            .path
            .split('/')
            .filter(|part| !part.is_empty())
            .collect();
        let answer = self.page(call, &segments);
        answer.unwrap_or_else(|refusal| refusal.reply(call))
    }

    fn page(&self, call: &Call, segments: &[&str]) -> Result<Reply, Refusal> {
        let (tenant, rest) = match segments {
            ["common", "discovery", "instance"] => {
                return Ok(Reply::ok(&Instance::new(call, &self.identity.tenant_id)));
            }
            ["common", realm, user] if realm.eq_ignore_ascii_case("userrealm") => {
                return Ok(Reply::ok(&UserRealm::of(user)));
            }
            ["devicelogin"] => {
                return device::login(&Request {
                    entra: self,
                    call,
                    form: Form::parse(call),
                    tenant: &self.identity.tenant_id,
                    dialect: Dialect::V2,
                });
            }
            [tenant, rest @ ..] => (*tenant, rest),
            [] => ("", &[][..]),
        };
        let (dialect, rest) = match rest {
            ["oauth2", "v2.0", name] => (Dialect::V2, ["oauth2", name]),
            ["oauth2", name] => (Dialect::V1, ["oauth2", name]),
            ["v2.0", ".well-known", name] => (Dialect::V2, [".well-known", name]),
            [".well-known", name] => (Dialect::V1, [".well-known", name]),
            ["discovery", "v2.0", name] => (Dialect::V2, ["discovery", name]),
            ["discovery", name] => (Dialect::V1, ["discovery", name]),
            _ => return Ok(nothing_here()),
        };
        self.expect_tenant(tenant)?;
        let request = || Request {
            entra: self,
            call,
            form: Form::parse(call),
            tenant,
            dialect,
        };
        match rest {
            ["oauth2", "token"] => token::answer(&request()),
            ["oauth2", "devicecode"] => device::begin(&request()),
            ["oauth2", "authorize"] => authorize::answer(&request()),
            [".well-known", "openid-configuration"] => Ok(Reply::ok(&Configuration::new(
                call,
                dialect,
                tenant,
                &self.identity.tenant_id,
            ))),
            ["discovery", "keys"] => Ok(Reply::ok(&Keys::new(
                self.tokens.get()?.key().jwk(),
                call,
                dialect,
                &self.identity.tenant_id,
            ))),
            _ => Ok(nothing_here()),
        }
    }

    /// Is this a tenant that people can sign in to?
    fn expect_tenant(&self, tenant: &str) -> Result<(), Refusal> {
        if ANY_TENANT.contains(&tenant) || self.is_own(tenant) {
            return Ok(());
        }
        let message = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and \
             are signing into the correct cloud. Check with your subscription administrator, this \
             may happen if there are no active subscriptions for the tenant."
        );
        Err(Refusal::request(90002, &message))
    }

    /// Is it ours by name? An application belongs to a tenant, and signs in there only.
    fn expect_own_tenant(&self, tenant: &str) -> Result<(), Refusal> {
        if self.is_own(tenant) {
            return Ok(());
        }
        let message = "The grant type is not supported over the /common or /consumers endpoints. \
                       Please use the /organizations or tenant-specific endpoint.";
        Err(Refusal::request(9001023, message))
    }

    fn is_own(&self, tenant: &str) -> bool {
        [&*self.identity.tenant_id, DOMAIN]
            .iter()
            .any(|own| own.eq_ignore_ascii_case(tenant))
    }
}

fn nothing_here() -> Reply {
    Reply::text(StatusCode::NOT_FOUND, "there is no such page here")
}

/// Stand for whatever tenant a person is in.
const ANY_TENANT: [&str; 2] = ["common", "organizations"];
