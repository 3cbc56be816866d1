//! Managed identities: the endpoints that Azure offers to what runs there, over plain HTTP on
//! loopback. One is that of
//! [virtual machines](https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token),
//! the other that of
//! [App Service](https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference).

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use kvcert_pki::sensitive::Sensitive;
use serde::Serialize;

use super::app_state::AppState;
use super::owner::Connection;
use crate::directory::Directory;
use crate::directory::record::{PrincipalKind, ServicePrincipal};
use crate::encoding;
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::tokens::claims::Claims;

/// The endpoint, once the port of the dev vault itself is known.
pub(crate) struct Endpoint {
    pub(crate) state: Arc<AppState>,
    /// What a program in App Service is handed in `IDENTITY_HEADER`.
    pub(crate) header: Sensitive<String>,
    /// The port of the vaults, which are resources to get a token for.
    pub(crate) port: u16,
    /// The port of this endpoint.
    pub(crate) own_port: u16,
    /// Whether every program of this machine is given a token, not only those of our own user.
    pub(crate) for_anyone: bool,
}

/// Every request goes one way, as at the vault's own port.
pub(crate) fn router(endpoint: Endpoint) -> Router {
    Router::new()
        .fallback(handle)
        .with_state(Arc::new(endpoint))
}

async fn handle(
    State(endpoint): State<Arc<Endpoint>>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let port = endpoint.own_port;
    let connection = Connection { client, port };
    let call = match Call::receive(request, endpoint.state.settings.now()).await {
        Ok(call) => call,
        Err(refusal) => return refusal.into_response(None),
    };
    let reply = if LOOPBACK.contains(&&*call.host) {
        endpoint
            .answer(&call, connection)
            .unwrap_or_else(|refusal| refusal)
    } else {
        // A page in a browser, whose name was made to lead here.
        refuse(
            StatusCode::FORBIDDEN,
            "access_denied",
            "Not a loopback host.",
        )
    };
    endpoint.state.log.add(&call, reply.status(), Vec::new());
    reply.into_response(Some(&call.headers))
}

impl Endpoint {
    fn answer(&self, call: &Call, connection: Connection) -> Result<Reply, Reply> {
        match &*call.path {
            MACHINE_PATH => self.machine(call, connection),
            APP_PATH => self.app_service(call),
            _ => Err(Reply::text(StatusCode::NOT_FOUND, "there is nothing here")),
        }
    }

    fn machine(&self, call: &Call, connection: Connection) -> Result<Reply, Reply> {
        let header = |name: &str| call.headers.get(name).map(|value| value.as_bytes());
        if !header("metadata").is_some_and(|value| value.eq_ignore_ascii_case(b"true")) {
            let message = "Required metadata header not specified";
            return Err(bad("bad_request_102", message));
        }
        if header("x-forwarded-for").is_some() {
            let message = "Request contains the X-Forwarded-For header: no proxy may forward it";
            return Err(bad("invalid_request", message));
        }
        if !self.for_anyone && !connection.is_of_own_user() {
            return Err(refuse(
                StatusCode::FORBIDDEN,
                "access_denied",
                NOT_THE_OWNER,
            ));
        }
        let query = Parameters::of(call)?;
        query.expect_version(|version| version >= "2018-02-01")?;
        let (claims, token, principal) = self.token(call, &query)?;
        let lifetime = (claims.exp - call.now).to_string();
        Ok(Reply::ok(&MachineToken {
            access_token: &token,
            client_id: &principal.app_id,
            expires_in: &lifetime,
            expires_on: claims.exp.to_string(),
            ext_expires_in: &lifetime,
            not_before: claims.nbf.to_string(),
            resource: &claims.aud,
            token_type: "Bearer",
        }))
    }

    fn app_service(&self, call: &Call) -> Result<Reply, Reply> {
        let given = call.headers.get("x-identity-header");
        let given = given.map_or(&b""[..], |value| value.as_bytes());
        let expected = self.header.expose().as_bytes();
        if verify_slices_are_equal(given, expected).is_err() {
            let message = "The header X-IDENTITY-HEADER is missing or not that of this process";
            return Err(refuse(
                StatusCode::UNAUTHORIZED,
                "unauthorized_client",
                message,
            ));
        }
        let query = Parameters::of(call)?;
        query.expect_version(|version| version == "2019-08-01")?;
        let (claims, token, principal) = self.token(call, &query)?;
        Ok(Reply::ok(&AppToken {
            access_token: &token,
            client_id: &principal.app_id,
            expires_on: claims.exp.to_string(),
            resource: &claims.aud,
            token_type: "Bearer",
        }))
    }

    fn token(
        &self,
        call: &Call,
        query: &Parameters,
    ) -> Result<(Claims, Sensitive<String>, ServicePrincipal), Reply> {
        if call.method != Method::GET {
            let message = "HTTP method is not supported: use GET";
            return Err(refuse(
                StatusCode::METHOD_NOT_ALLOWED,
                "invalid_request",
                message,
            ));
        }
        let resource = query.get("resource").ok_or_else(|| {
            bad(
                "invalid_request",
                "Required query variable 'resource' is missing",
            )
        })?;
        let principal = query
            .identity(&self.state.directory)
            .ok_or_else(|| bad("invalid_request", "Identity not found"))?;
        let local = |host: &str| format!("https://{host}:{}", self.port);
        let (claims, token) = self
            .state
            .entra
            .token_of_identity(&principal, resource, &local, call.now)
            .map_err(|refusal| bad("invalid_resource", &refusal.message))?;
        Ok((claims, token, principal))
    }
}

/// The parameters of a request.
struct Parameters(HashMap<String, String>);

impl Parameters {
    fn of(call: &Call) -> Result<Self, Reply> {
        let parameters = Self(
            form_urlencoded::parse(call.query.as_bytes())
                .map(|(name, value)| (name.to_ascii_lowercase(), value.into_owned()))
                .collect(),
        );
        let named = NAMES.iter().filter(|name| parameters.get(name).is_some());
        if named.count() > 1 {
            let message = "Only one of client_id, object_id and msi_res_id may be given";
            return Err(bad("invalid_request", message));
        }
        Ok(parameters)
    }

    fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?;
        (!value.is_empty()).then_some(value)
    }

    fn expect_version(&self, known: impl Fn(&str) -> bool) -> Result<(), Reply> {
        match self.get("api-version") {
            Some(version) if known(version) => Ok(()),
            Some(_) => Err(bad("invalid_request", "The api-version is not supported")),
            None => Err(bad(
                "invalid_request",
                "Required query variable 'api-version' is missing",
            )),
        }
    }

    /// The identity that was asked for; that of the machine itself, if none was.
    fn identity(&self, directory: &Directory) -> Option<ServicePrincipal> {
        let named = |name: &str| self.get(name);
        let client_id = named("client_id");
        let object_id = named("object_id").or_else(|| named("principal_id"));
        let resource_id = named("msi_res_id").or_else(|| named("mi_res_id"));
        let records = directory.read();
        let mut identities = records
            .principals
            .iter()
            .filter(|principal| principal.kind == PrincipalKind::ManagedIdentity);
        let is =
            |given: Option<&str>, own: &str| given.is_some_and(|id| id.eq_ignore_ascii_case(own));
        let found = match (client_id, object_id, resource_id) {
            (None, None, None) => identities.find(|one| one.resource_id.is_none()),
            _ => identities.find(|one| {
                is(client_id, &one.app_id)
                    || is(object_id, &one.id)
                    || one
                        .resource_id
                        .as_ref()
                        .is_some_and(|own| is(resource_id, own))
            }),
        };
        found.cloned()
    }
}

fn bad(error: &str, description: &str) -> Reply {
    refuse(StatusCode::BAD_REQUEST, error, description)
}

fn refuse(status: StatusCode, error: &str, error_description: &str) -> Reply {
    Reply::json(
        status,
        &ErrorBody {
            error,
            error_description,
        },
    )
}

/// All numbers are texts: clients in Rust and Go insist.
#[derive(Serialize)]
struct MachineToken<'a> {
    #[serde(with = "encoding::secret_text")]
    access_token: &'a Sensitive<String>,
    client_id: &'a str,
    expires_in: &'a str,
    expires_on: String,
    ext_expires_in: &'a str,
    not_before: String,
    resource: &'a str,
    token_type: &'static str,
}

#[derive(Serialize)]
struct AppToken<'a> {
    #[serde(with = "encoding::secret_text")]
    access_token: &'a Sensitive<String>,
    client_id: &'a str,
    expires_on: String,
    resource: &'a str,
    token_type: &'static str,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
    error_description: &'a str,
}

/// Where virtual machines ask, below any host.
const MACHINE_PATH: &str = "/metadata/identity/oauth2/token";
/// Where programs in App Service ask.
pub(crate) const APP_PATH: &str = "/msi/token";
/// A virtual machine gives a token to anyone who asks there; here that is every user of a shared machine.
const NOT_THE_OWNER: &str = "This identity is for programs of the user who started the dev vault. Use \
    IDENTITY_ENDPOINT and IDENTITY_HEADER (`kvcert dev --print-env`), or start it with \
    `--managed-identity anyone`.";
const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];
/// The ways to name an identity.
const NAMES: [&str; 5] = [
    "client_id",
    "object_id",
    "principal_id",
    "msi_res_id",
    "mi_res_id",
];
