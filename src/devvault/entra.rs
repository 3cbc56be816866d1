//! A small Entra ID: one tenant, one application, client credentials.
//!
//! Its token endpoint is that of the
//! [client credentials flow](https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow).

mod discovery;
mod form;
mod refusal;

use axum::http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use self::discovery::{Configuration, Keys};
use self::form::Form;
use self::refusal::Refusal;
use super::encoding;
use super::http::Call;
use super::jwt::Signer;
use super::reply::Reply;
use crate::sensitive::Sensitive;

/// Who may sign in, and the key that signs tokens. Kept in the store.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) tenant_id: String,
    pub(super) client_id: String,
    #[serde(with = "encoding::secret_text")]
    pub(super) client_secret: Sensitive<String>,
    object_id: String,
    #[serde(with = "encoding::secret_bytes")]
    signing_key: Sensitive<Vec<u8>>,
}

impl Identity {
    /// A new tenant with a new application.
    pub(super) fn generate() -> anyhow::Result<Self> {
        Ok(Self {
            tenant_id: encoding::guid()?,
            client_id: encoding::guid()?,
            client_secret: Sensitive::new(encoding::base64url(encoding::random::<30>()?)),
            object_id: encoding::guid()?,
            signing_key: Signer::generate_key()?,
        })
    }
}

/// The sign-in.
#[derive(Debug)]
pub(super) struct Entra {
    identity: Identity,
    signer: Signer,
}

/// What a token says ([access token claims](https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference)).
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) aud: String,
    pub(super) iss: String,
    iat: i64,
    pub(super) nbf: i64,
    pub(super) exp: i64,
    appid: String,
    appidacr: String,
    idtyp: String,
    oid: String,
    sub: String,
    tid: String,
    uti: String,
    ver: String,
}

impl Entra {
    /// The sign-in for this tenant.
    pub(super) fn new(identity: Identity) -> anyhow::Result<Self> {
        let signer = Signer::new(identity.signing_key.expose())?;
        Ok(Self { identity, signer })
    }

    /// The tenant and the application.
    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The issuer in our tokens, in the form that Key Vault's tokens have.
    pub(super) fn issuer(&self) -> String {
        format!("https://sts.windows.net/{}/", self.identity.tenant_id)
    }

    /// The claims of a token of ours, whether or not it still holds.
    pub(super) fn read_token(&self, token: &str) -> Option<Claims> {
        self.signer.verify(token)
    }

    /// The claims of a new token.
    pub(super) fn claims(&self, audience: &str, now: i64) -> anyhow::Result<Claims> {
        let identity = &self.identity;
        Ok(Claims {
            aud: audience.to_owned(),
            iss: self.issuer(),
            iat: now,
            nbf: now,
            exp: now + LIFETIME,
            appid: identity.client_id.clone(),
            appidacr: String::from("1"),
            idtyp: String::from("app"),
            oid: identity.object_id.clone(),
            sub: identity.object_id.clone(),
            tid: identity.tenant_id.clone(),
            uti: encoding::base64url(encoding::random::<16>()?),
            ver: String::from("1.0"),
        })
    }

    /// Answers a request to the login host.
    pub(super) fn answer(&self, call: &Call, form: &[u8]) -> Reply {
        let segments: Vec<&str> = call
            .path
            .split('/')
            .filter(|part| !part.is_empty())
            .collect();
        let (tenant, rest) = segments.split_first().unwrap_or((&"", &[]));
        let answer = match rest {
            ["oauth2", "v2.0", "token"] => self
                .expect_tenant(tenant)
                .and_then(|()| self.token(call, form)),
            ["v2.0", ".well-known", "openid-configuration"] => self
                .expect_tenant(tenant)
                .map(|()| Reply::ok(&Configuration::new(call, &self.identity.tenant_id))),
            ["discovery", "v2.0", "keys"] => self.expect_tenant(tenant).map(|()| {
                Reply::ok(&Keys {
                    keys: [self.signer.jwk()],
                })
            }),
            _ => return Reply::text(StatusCode::NOT_FOUND, "there is no such page here"),
        };
        answer.unwrap_or_else(|refusal| refusal.reply(call))
    }

    fn expect_tenant(&self, tenant: &str) -> Result<(), Refusal> {
        if tenant.eq_ignore_ascii_case(&self.identity.tenant_id) {
            return Ok(());
        }
        Err(Refusal {
            status: StatusCode::BAD_REQUEST,
            error: "invalid_request",
            number: 90002,
            message: format!("Tenant '{tenant}' not found."),
        })
    }

    fn token(&self, call: &Call, form: &[u8]) -> Result<Reply, Refusal> {
        if call.method != Method::POST {
            let message = format!("The endpoint only accepts POST, not {}.", call.method);
            return Err(Refusal::request(900561, &message));
        }
        let form = Form::parse(call, form);
        match form.get("grant_type")? {
            "client_credentials" => {}
            other => {
                return Err(Refusal {
                    error: "unsupported_grant_type",
                    ..Refusal::request(70003, &format!("Unsupported grant type '{other}'."))
                });
            }
        }
        let audience = audience(form.get("scope")?)?;
        self.expect_client(&form)?;
        self.mint(audience, call.now).map_err(|error| Refusal {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            error: "server_error",
            number: 90033,
            message: error.to_string(),
        })
    }

    fn expect_client(&self, form: &Form) -> Result<(), Refusal> {
        let client_id = form.get("client_id")?;
        if !client_id.eq_ignore_ascii_case(&self.identity.client_id) {
            let tenant = &self.identity.tenant_id;
            return Err(Refusal {
                error: "unauthorized_client",
                ..Refusal::request(
                    700016,
                    &format!(
                        "Application '{client_id}' was not found in the directory '{tenant}'."
                    ),
                )
            });
        }
        let invalid = |number, message: &str| Refusal {
            status: StatusCode::UNAUTHORIZED,
            error: "invalid_client",
            ..Refusal::request(number, message)
        };
        let secret = form.get("client_secret").map_err(|_| {
            let names = "'client_assertion' or 'client_secret'";
            invalid(7000218, &format!("The request body must contain {names}."))
        })?;
        let expected = self.identity.client_secret.expose().as_bytes();
        aws_lc_rs::constant_time::verify_slices_are_equal(secret.as_bytes(), expected)
            .map_err(|_| invalid(7000215, "Invalid client secret provided."))
    }

    fn mint(&self, audience: &str, now: i64) -> anyhow::Result<Reply> {
        let claims = self.claims(audience, now)?;
        let access_token = self.signer.sign(&claims)?;
        Ok(Reply::ok(&Token {
            token_type: "Bearer",
            expires_in: LIFETIME,
            ext_expires_in: LIFETIME,
            access_token: &access_token,
        }))
    }
}

/// The audience is the one scope without `/.default`; a slash before it belongs to the resource.
fn audience(scope: &str) -> Result<&str, Refusal> {
    scope
        .strip_suffix("/.default")
        .filter(|resource| !resource.is_empty() && !resource.contains(char::is_whitespace))
        .ok_or_else(|| Refusal {
            error: "invalid_scope",
            ..Refusal::request(
                70011,
                &format!(
                    "The scope '{scope}' is not valid: it must be one resource and '/.default'."
                ),
            )
        })
}

#[derive(Serialize)]
struct Token<'a> {
    token_type: &'static str,
    expires_in: i64,
    ext_expires_in: i64,
    #[serde(with = "encoding::secret_text")]
    access_token: &'a Sensitive<String>,
}

/// Seconds a token holds.
const LIFETIME: i64 = 3599;
