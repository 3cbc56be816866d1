//! Where a client finds the sign-in's addresses and keys.

use serde::Serialize;

use crate::devvault::http::Call;
use crate::devvault::jwt::Jwk;

/// The keys that check our tokens.
#[derive(Serialize)]
pub(super) struct Keys {
    pub(super) keys: [Jwk; 1],
}

/// [OpenID Connect discovery](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata).
#[derive(Serialize)]
pub(super) struct Configuration {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: [&'static str; 2],
    response_types_supported: [&'static str; 1],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 1],
}

impl Configuration {
    /// For this client, at the address it uses.
    pub(super) fn new(call: &Call, tenant: &str) -> Self {
        let base = format!("{}/{tenant}", call.origin());
        Self {
            issuer: format!("{base}/v2.0"),
            authorization_endpoint: format!("{base}/oauth2/v2.0/authorize"),
            token_endpoint: format!("{base}/oauth2/v2.0/token"),
            jwks_uri: format!("{base}/discovery/v2.0/keys"),
            token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
            response_types_supported: ["code"],
            subject_types_supported: ["pairwise"],
            id_token_signing_alg_values_supported: ["ES256"],
        }
    }
}
