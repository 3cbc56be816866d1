//! The refusals that switches give: of the vault, or of a gateway before it.

use axum::http::{Method, StatusCode, header};

use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::tokens::token_key::TokenSigner;

/// Why a request is forbidden: the codes of the service's
/// [403](https://learn.microsoft.com/azure/key-vault/general/rest-error-codes#http-403-insufficient-permissions).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forbidden {
    Rbac,
    AccessPolicy,
    Policy,
    Firewall,
    Connection,
}

/// The codes, and the words for them that are shorter to type.
const KINDS: [(&str, &str, Forbidden); 5] = [
    ("ForbiddenByRbac", "rbac", Forbidden::Rbac),
    ("AccessDenied", "access-policy", Forbidden::AccessPolicy),
    ("ForbiddenByPolicy", "policy", Forbidden::Policy),
    ("ForbiddenByFirewall", "firewall", Forbidden::Firewall),
    ("ForbiddenByConnection", "connection", Forbidden::Connection),
];

impl Forbidden {
    pub(crate) fn read(word: Option<&str>) -> Result<Self, String> {
        let Some(word) = word else {
            return Ok(Self::Rbac);
        };
        let is_it = |name: &str| name.eq_ignore_ascii_case(word);
        let found = KINDS
            .iter()
            .find(|(code, short, _)| is_it(code) || is_it(short));
        found.map(|(_, _, kind)| *kind).ok_or_else(|| {
            let words = KINDS.map(|(code, short, _)| format!("{short} ({code})"));
            format!("`{word}` is not one of {}", words.join(", "))
        })
    }

    /// The answer, in the words of the service.
    pub(crate) fn reply(self, call: &Call, tokens: &TokenSigner) -> Reply {
        let vault = call.host.split('.').next().unwrap_or_default();
        let place = format!("{vault};location=localhost");
        let claims = call.bearer().and_then(|token| tokens.read(token));
        let (caller, issuer) = match &claims {
            Some(claims) => (
                format!("appid={};oid={}", claims.appid, claims.oid),
                format!(";iss={}", claims.iss),
            ),
            None => (String::from("appid=;oid="), String::from(";iss=")),
        };
        let message = match self {
            Self::Rbac => format!(
                "Caller is not authorized to perform action on resource.\r\nIf role assignments, \
                 deny assignments or role definitions were changed recently, please observe \
                 propagation time.\r\nCaller: {caller}{issuer}\r\nAction: \
                 'Microsoft.KeyVault/vaults/{}'\r\nResource: '{RESOURCE}/{vault}{}'\r\n\
                 Assignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: \
                 'DeniedWithNoValidRBAC' \r\nVault: {place}\r\n",
                action(call),
                call.path.trim_end_matches('/')
            ),
            Self::AccessPolicy => {
                let (collection, verb) = permission(call);
                format!(
                    "The user, group or application '{caller}{issuer}' does not have {collection} \
                     {verb} permission on key vault '{place}'. For help resolving this issue, \
                     please see https://go.microsoft.com/fwlink/?linkid=2125287"
                )
            }
            Self::Policy => format!(
                "The caller is not covered by the vault's policy.\r\nCaller: {caller}{issuer}\r\n\
                 Vault: {place}"
            ),
            Self::Firewall => format!(
                "Client address is not authorized and caller is not a trusted service.\r\n\
                 Client address: 203.0.113.10\r\nCaller: {caller}{issuer}\r\nVault: {place}"
            ),
            Self::Connection => format!(
                "Public network access is disabled and request is not from a trusted service nor \
                 via an approved private link.\r\nCaller: {caller}{issuer}\r\nVault: {place}"
            ),
        };
        Reply::forbidden(self.code(), &message)
    }

    fn code(self) -> &'static str {
        let found = KINDS.iter().find(|(_, _, kind)| *kind == self);
        found.map_or("Forbidden", |(code, ..)| code)
    }
}

/// 429, with `Retry-After` if there are seconds for it.
pub(crate) fn throttled(retry_after: Option<u32>) -> Reply {
    let message = "Request was not processed because too many requests were received. Reason: \
                   VaultRequestTypeLimitReached";
    let reply = Reply::error(StatusCode::TOO_MANY_REQUESTS, "Throttled", message);
    with_retry_after(reply, retry_after)
}

/// 500 and above.
pub(crate) fn failed(status: StatusCode, retry_after: Option<u32>) -> Reply {
    let code = match status.as_u16() {
        503 => "ServiceUnavailable",
        504 => "GatewayTimeout",
        _ => "InternalServerError",
    };
    let message = "An unexpected error occurred while processing the request.";
    with_retry_after(Reply::error(status, code, message), retry_after)
}

/// 403 as a page, from a gateway before the vault.
pub(crate) fn page() -> Reply {
    Reply::html(
        StatusCode::FORBIDDEN,
        "<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1></body></html>",
    )
}

/// The refusal for what a disabled object cannot do. `None`: it is still to be looked at.
pub(crate) fn disabled(call: &Call) -> Option<Reply> {
    let segments: Vec<&str> = segments(call).collect();
    let refuse = |code, operation: &str, kind| {
        let message = format!("Operation {operation} is not allowed on a disabled {kind}.");
        Some(Reply::forbidden(code, &message))
    };
    match (&call.method, &segments[..]) {
        (&Method::GET, ["secrets", _, rest @ ..]) if rest != ["versions"] => {
            refuse("SecretDisabled", "get", "secret")
        }
        (&Method::POST, ["keys", _, .., operation]) if OPERATIONS.contains(operation) => {
            refuse("KeyDisabled", operation, "key")
        }
        _ => None,
    }
}

fn with_retry_after(reply: Reply, seconds: Option<u32>) -> Reply {
    match seconds {
        Some(seconds) => reply.with_header(header::RETRY_AFTER, &seconds.to_string()),
        None => reply,
    }
}

fn segments(call: &Call) -> impl Iterator<Item = &str> {
    call.path.split('/').filter(|segment| !segment.is_empty())
}

/// The data action, as roles name it.
fn action(call: &Call) -> String {
    let (collection, verb) = permission(call);
    match (&*collection, &*verb) {
        ("secrets", "get") => String::from("secrets/getSecret/action"),
        ("secrets", "list") => String::from("secrets/readMetadata/action"),
        ("secrets", "set") => String::from("secrets/setSecret/action"),
        (_, "get" | "list") => format!("{collection}/read"),
        _ => format!("{collection}/{verb}/action"),
    }
}

/// What an access policy calls the permission that a request needs.
fn permission(call: &Call) -> (String, String) {
    let mut segments = segments(call);
    let first = segments.next().unwrap_or_default();
    let collection = first.strip_prefix("deleted").unwrap_or(first);
    let rest: Vec<&str> = segments.collect();
    let verb = match (&call.method, &rest[..]) {
        (&Method::GET, [] | [_, "versions"]) => "list",
        (&Method::GET, _) => "get",
        (&Method::DELETE, _) if first != collection => "purge",
        (&Method::DELETE, _) => "delete",
        (&Method::PATCH, _) => "update",
        (&Method::PUT, _) if collection == "secrets" => "set",
        (&Method::PUT, _) => "import",
        (_, [.., last]) => last,
        _ => "get",
    };
    (collection.to_owned(), verb.to_owned())
}

const RESOURCE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/dev/\
                        providers/microsoft.keyvault/vaults";
const OPERATIONS: [&str; 6] = [
    "sign",
    "verify",
    "encrypt",
    "decrypt",
    "wrapkey",
    "unwrapkey",
];
