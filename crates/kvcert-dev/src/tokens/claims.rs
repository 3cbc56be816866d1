//! What an access token says.

use serde::{Deserialize, Serialize};

/// The claims of an access token
/// ([reference](https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference)).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) aud: String,
    pub(crate) iss: String,
    pub(crate) iat: i64,
    pub(crate) nbf: i64,
    pub(crate) exp: i64,
    pub(crate) appid: String,
    pub(crate) appidacr: String,
    pub(crate) idtyp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    pub(crate) oid: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) roles: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scp: Option<String>,
    pub(crate) sub: String,
    pub(crate) tid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unique_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) upn: Option<String>,
    pub(crate) uti: String,
    pub(crate) ver: String,
    /// The templates of the directory roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) wids: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) xms_cc: Vec<String>,
}

/// Seconds a token holds.
pub(crate) const TOKEN_LIFETIME: i64 = 3599;

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
            exp: now + TOKEN_LIFETIME,
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
