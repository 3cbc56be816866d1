//! Where a client finds the sign-in's addresses and keys.

use serde::Serialize;

use super::request::Dialect;
use crate::http::call::Call;
use crate::tokens::token_key::Jwk;

/// The keys that check our tokens.
#[derive(Serialize)]
pub(crate) struct Keys<'a> {
    keys: [PublishedKey<'a>; 1],
}

/// A key, for whose tokens.
#[derive(Serialize)]
struct PublishedKey<'a> {
    #[serde(flatten)]
    key: &'a Jwk,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
}

impl<'a> Keys<'a> {
    /// The key's document; the older of the two does not say whose tokens it checks.
    pub(crate) fn new(key: &'a Jwk, call: &Call, dialect: Dialect, tenant_id: &str) -> Self {
        let issuer = (dialect == Dialect::V2).then(|| issuer(call, tenant_id));
        Self {
            keys: [PublishedKey { key, issuer }],
        }
    }
}

/// The issuer of identities, at the address that the client uses.
pub(crate) fn issuer(call: &Call, tenant_id: &str) -> String {
    format!("{}/{tenant_id}/v2.0", call.origin())
}

/// [OpenID Connect discovery](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata).
#[derive(Serialize)]
pub(crate) struct Configuration {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    device_authorization_endpoint: String,
    jwks_uri: String,
    tenant_region_scope: &'static str,
    cloud_instance_name: String,
    msgraph_host: &'static str,
    token_endpoint_auth_methods_supported: [&'static str; 3],
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 3],
    subject_types_supported: [&'static str; 1],
    scopes_supported: [&'static str; 4],
    id_token_signing_alg_values_supported: [&'static str; 1],
}

impl Configuration {
    /// For this client, at the address it uses; clients read the tenant back from the addresses,
    /// so those have `tenant` as it was asked for.
    pub(crate) fn new(call: &Call, dialect: Dialect, tenant: &str, tenant_id: &str) -> Self {
        let base = format!("{}/{tenant}", call.origin());
        let (version, issuer) = match dialect {
            Dialect::V2 => ("/v2.0", issuer(call, tenant_id)),
            Dialect::V1 => ("", format!("https://sts.windows.net/{tenant_id}/")),
        };
        Self {
            issuer,
            authorization_endpoint: format!("{base}/oauth2{version}/authorize"),
            token_endpoint: format!("{base}/oauth2{version}/token"),
            device_authorization_endpoint: format!("{base}/oauth2{version}/devicecode"),
            jwks_uri: format!("{base}/discovery{version}/keys"),
            tenant_region_scope: "EU",
            cloud_instance_name: call.host.clone(),
            msgraph_host: "graph.microsoft.com",
            token_endpoint_auth_methods_supported: [
                "client_secret_post",
                "private_key_jwt",
                "client_secret_basic",
            ],
            response_types_supported: ["code"],
            response_modes_supported: ["query", "fragment", "form_post"],
            subject_types_supported: ["pairwise"],
            scopes_supported: ["openid", "profile", "email", "offline_access"],
            id_token_signing_alg_values_supported: ["RS256"],
        }
    }
}

/// Whether an authority is one that a client may trust.
#[derive(Serialize)]
pub(crate) struct Instance {
    tenant_discovery_endpoint: String,
    #[serde(rename = "api-version")]
    api_version: &'static str,
    metadata: [Alias; 1],
}

#[derive(Serialize)]
struct Alias {
    preferred_network: String,
    preferred_cache: String,
    aliases: [String; 1],
}

impl Instance {
    /// This host, which stands for itself only.
    pub(crate) fn new(call: &Call, tenant_id: &str) -> Self {
        let host = || call.host.clone();
        Self {
            tenant_discovery_endpoint: format!(
                "{}/{tenant_id}/v2.0/.well-known/openid-configuration",
                call.origin()
            ),
            api_version: "1.1",
            metadata: [Alias {
                preferred_network: host(),
                preferred_cache: host(),
                aliases: [host()],
            }],
        }
    }
}

/// That people of a domain sign in here, not at a server of their own.
#[derive(Serialize)]
pub(crate) struct UserRealm<'a> {
    ver: &'static str,
    account_type: &'static str,
    domain_name: &'a str,
    cloud_instance_name: &'static str,
    cloud_audience_urn: &'static str,
}

impl<'a> UserRealm<'a> {
    /// For a sign-in name.
    pub(crate) fn of(user: &'a str) -> Self {
        Self {
            ver: "1.0",
            account_type: "Managed",
            domain_name: user.split_once('@').map_or(user, |(_, domain)| domain),
            cloud_instance_name: "microsoftonline.com",
            cloud_audience_urn: "urn:federation:MicrosoftOnline",
        }
    }
}
