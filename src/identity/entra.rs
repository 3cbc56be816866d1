//! Requests to Microsoft Entra ID's token endpoint.
//! See "OAuth 2.0 and OpenID Connect protocols on the Microsoft identity platform".

use std::time::{Duration, SystemTime};

use kvcert_pki::sensitive::Sensitive;
use kvcert_pki::validity;
use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::access_token::{AccessToken, BearerToken, NotBearer, Number};
use super::authority::Authority;
use super::token_error::TokenError;
use crate::transport::exchange::Service;
use crate::transport::retry::RetryPolicy;
use crate::transport::{self, Reply, Transport, Unreachable};

/// A request for a token.
pub(crate) struct Request<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) grant: Grant<'a>,
    /// None for a public client.
    pub(crate) authentication: Option<ClientAuthentication<'a>>,
    /// What a claims challenge asked for.
    pub(crate) claims: Option<&'a str>,
}

/// By what right a token is asked for.
#[derive(Debug, Clone, Copy)]
pub enum Grant<'a> {
    /// The application's own (RFC 6749 section 4.4).
    ClientCredentials,
    /// A person's, who has a token for this application.
    /// See "OAuth 2.0 On-Behalf-Of flow".
    OnBehalfOf(&'a BearerToken),
    /// A person's, who signed in before (RFC 6749 section 6).
    RefreshToken(&'a RefreshToken),
    /// A person's, who signed in with a browser (RFC 6749 section 4.1, RFC 7636).
    Code {
        /// What the browser brought back.
        code: &'a Sensitive<String>,
        /// Where the browser was sent back to.
        redirect: &'a str,
        /// What the challenge in the browser's request was made from.
        verifier: &'a Sensitive<String>,
    },
    /// A person's, who typed in a code elsewhere (RFC 8628).
    DeviceCode(&'a Sensitive<String>),
}

/// Client authentication (RFC 6749 section 2.3).
#[derive(Debug, Clone, Copy)]
pub(crate) enum ClientAuthentication<'a> {
    Secret(&'a Sensitive<String>),
    /// A signed assertion (RFC 7523): the application's own, or that of an issuer it trusts.
    Assertion(&'a Sensitive<String>),
}

/// What Entra gave.
#[derive(Debug)]
pub struct Granted {
    /// The token.
    pub token: AccessToken,
    /// What gets the next one without anyone signing in, if `offline_access` was asked for.
    pub refresh_token: Option<RefreshToken>,
}

/// A refresh token: visible ASCII. Those of personal accounts have characters such as `!` and `*`, which
/// no [`BearerToken`] has; it goes only into forms and files.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct RefreshToken(Sensitive<String>);

impl TryFrom<String> for RefreshToken {
    type Error = NotBearer;

    fn try_from(text: String) -> Result<Self, NotBearer> {
        let text = Sensitive::new(text);
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        match !text.expose().is_empty() && is_plain(text.expose()) {
            true => Ok(Self(text)),
            false => Err(NotBearer),
        }
    }
}

impl RefreshToken {
    /// The token itself.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

type Field<'a> = (&'static str, &'a str);

impl<'a> Grant<'a> {
    fn fields(self) -> Vec<Field<'a>> {
        match self {
            Self::ClientCredentials => vec![("grant_type", "client_credentials")],
            Self::OnBehalfOf(assertion) => vec![
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("requested_token_use", "on_behalf_of"),
                ("assertion", assertion.expose()),
            ],
            Self::RefreshToken(token) => vec![
                ("grant_type", "refresh_token"),
                ("refresh_token", token.expose()),
            ],
            Self::Code {
                code,
                redirect,
                verifier,
            } => vec![
                ("grant_type", "authorization_code"),
                ("code", code.expose()),
                ("redirect_uri", redirect),
                ("code_verifier", verifier.expose()),
            ],
            Self::DeviceCode(code) => vec![
                ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
                ("device_code", code.expose()),
            ],
        }
    }
}

impl<'a> ClientAuthentication<'a> {
    fn fields(self) -> Vec<Field<'a>> {
        match self {
            Self::Secret(secret) => vec![("client_secret", secret.expose())],
            Self::Assertion(assertion) => vec![
                ("client_assertion_type", ASSERTION_TYPE),
                ("client_assertion", assertion.expose()),
            ],
        }
    }
}

/// Asks for a token.
pub(crate) async fn request(
    transport: &Transport,
    authority: &Authority,
    request: &Request<'_>,
) -> Result<Granted, TokenError> {
    let mut form = vec![("client_id", request.client_id)];
    // A device code is for the scope that it was asked with.
    if !matches!(request.grant, Grant::DeviceCode(_)) {
        form.push(("scope", request.scope));
    }
    form.extend(request.grant.fields());
    let authentication = request.authentication.map(ClientAuthentication::fields);
    form.extend(authentication.unwrap_or_default());
    let claims = request.claims.map(with_capabilities);
    form.extend(claims.as_deref().map(|claims| ("claims", claims)));
    let now = validity::clock();
    let url = authority.token_endpoint(request.tenant);
    let reply: TokenReply = post(transport, authority, url, &form).await?;
    Ok(reply.into_granted(now))
}

/// Asks for a code that a person types in at a page of the authority (RFC 8628).
pub(crate) async fn device_code(
    transport: &Transport,
    authority: &Authority,
    tenant: &str,
    form: [(&'static str, &str); 2],
) -> Result<DeviceCode, TokenError> {
    let url = authority.endpoint(tenant, "devicecode");
    post(transport, authority, url, &form).await
}

/// What a person is to type in, and how long that is good for.
#[derive(Deserialize)]
pub(crate) struct DeviceCode {
    #[serde(deserialize_with = "sensitive")]
    pub(crate) device_code: Sensitive<String>,
    pub(crate) message: String,
    /// Seconds.
    pub(crate) expires_in: u64,
    /// Seconds between two questions; five if left out.
    pub(crate) interval: Option<u64>,
}

fn sensitive<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Sensitive<String>, D::Error> {
    String::deserialize(from).map(Sensitive::new)
}

/// Posts a form to the authority and reads the answer.
async fn post<T: DeserializeOwned>(
    transport: &Transport,
    authority: &Authority,
    url: Url,
    form: &[Field<'_>],
) -> Result<T, TokenError> {
    // It changes nothing that cannot be asked for again: a code that was redeemed is refused.
    let request = transport::Request::post_form(url, form, &SECRET)
        .with_max_reply(MAX_REPLY)
        .with_policy(RetryPolicy::READ);
    let reply = transport.exchange(&request, &mut Entra(authority)).await?;
    let status = reply.status.as_u16();
    serde_json::from_slice(&reply.body).map_err(|_| TokenError::Nonsense { status })
}

/// Entra's endpoints, at the authority of the settings: what proves who asks is in the form.
struct Entra<'a>(&'a Authority);

impl Service for Entra<'_> {
    type Error = TokenError;

    const TAKES_BODY_WITHOUT_TOKEN: bool = true;

    fn unreachable(&self, source: Unreachable) -> TokenError {
        TokenError::Unreachable {
            authority: self.0.to_string(),
            source,
        }
    }

    fn refusal(&self, reply: &Reply) -> TokenError {
        TokenError::refused(reply)
    }
}

/// The claims of a challenge, and that this client answers such challenges (`CP1`). Without a
/// challenge that is not said: a token that can be revoked at once lives for a day instead of an
/// hour, which is no gain for a short run.
fn with_capabilities(challenge: &str) -> String {
    let mut claims: serde_json::Value = serde_json::from_str(challenge).unwrap_or_default();
    if !claims["access_token"].is_object() {
        claims = serde_json::json!({"access_token": {}});
    }
    claims["access_token"]["xms_cc"] = serde_json::json!({"values": ["CP1"]});
    claims.to_string()
}

#[derive(Deserialize)]
struct TokenReply {
    access_token: BearerToken,
    expires_in: Option<Number>,
    refresh_token: Option<RefreshToken>,
}

impl TokenReply {
    fn into_granted(self, now: SystemTime) -> Granted {
        let lifetime = self.expires_in.and_then(|seconds| seconds.value());
        let token = match lifetime.map(|seconds| Duration::from_secs(seconds.min(MAX_LIFETIME))) {
            Some(lifetime) => AccessToken::expiring(self.access_token, now + lifetime),
            None => AccessToken::given(self.access_token),
        };
        Granted {
            token,
            refresh_token: self.refresh_token,
        }
    }
}

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The fields of a form that are nobody's business.
const SECRET: [&str; 7] = [
    "client_secret",
    "client_assertion",
    "assertion",
    "refresh_token",
    "code",
    "code_verifier",
    "device_code",
];
/// A token with many groups in it has some 20 kB.
const MAX_REPLY: usize = 256 * 1024;
/// A day; Entra gives an hour, or a day at most.
const MAX_LIFETIME: u64 = 86_400;
