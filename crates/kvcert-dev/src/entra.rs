//! A small Entra ID: the sign-in to one tenant, for applications and people.
//!
//! Its token endpoints are those of the
//! [Microsoft identity platform](https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow).

pub(crate) mod assertion;
pub(crate) mod authorize;
pub(crate) mod client;
pub(crate) mod device;
pub(crate) mod discovery;
pub(crate) mod expiring;
pub(crate) mod forced;
pub(crate) mod minting;
pub(crate) mod page;
pub(crate) mod person;
pub(crate) mod refusal;
pub(crate) mod request;
pub(crate) mod scope;
pub(crate) mod session;
pub(crate) mod start_code;
pub(crate) mod state;
pub(crate) mod token;
pub(crate) mod token_reply;

use axum::http::StatusCode;

use self::discovery::{Configuration, Instance, Keys, UserRealm};
use self::refusal::Refusal;
use self::request::{Dialect, Form, TokenRequest};
use self::state::Entra;
use crate::http::call::Call;
use crate::http::reply::Reply;

impl Entra {
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
                return Ok(Reply::ok(&Instance::new(call, &self.directory.tenant.id)));
            }
            ["common", realm, user] if realm.eq_ignore_ascii_case("userrealm") => {
                return Ok(Reply::ok(&UserRealm::of(user)));
            }
            ["devicelogin"] => {
                return device::login(&TokenRequest {
                    entra: self,
                    call,
                    form: Form::parse(call),
                    tenant: &self.directory.tenant.id,
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
        let request = || TokenRequest {
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
                &self.directory.tenant.id,
            ))),
            ["discovery", "keys"] => Ok(Reply::ok(&Keys::new(
                self.tokens.get()?.key().jwk(),
                call,
                dialect,
                &self.directory.tenant.id,
            ))),
            _ => Ok(nothing_here()),
        }
    }
}

fn nothing_here() -> Reply {
    Reply::text(StatusCode::NOT_FOUND, "there is no such page here")
}
