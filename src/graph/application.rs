//! What Graph gives, as far as kvcert needs it.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::KeyCredential;

/// A registered application.
/// See [`application`](https://learn.microsoft.com/graph/api/resources/application).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Application {
    /// The object id, which names it in Graph.
    pub id: String,
    /// The client id, which names it at sign-in.
    pub app_id: String,
    /// What people call it; need not be the only one of that name.
    #[serde(default, deserialize_with = "or_default")]
    pub display_name: String,
    /// Words that tools left on it.
    #[serde(default, deserialize_with = "or_default")]
    pub tags: Vec<String>,
    /// Its certificates, where they were asked for.
    #[serde(default, deserialize_with = "or_default")]
    pub key_credentials: Vec<KeyCredential>,
    /// The permissions that it says it needs.
    #[serde(default, deserialize_with = "or_default")]
    pub required_resource_access: Vec<Value>,
}

/// An application's, or a service's, presence in the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePrincipal {
    /// The object id.
    pub id: String,
}

/// An application permission that was granted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assignment {
    /// Whose permission.
    pub resource_id: String,
    /// Which.
    pub app_role_id: String,
}

/// A directory role that was assigned.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleAssignment {
    /// Which role.
    pub role_definition_id: String,
    /// For what part of the directory; `/` is all of it.
    #[serde(default, deserialize_with = "or_default")]
    pub directory_scope_id: String,
}

/// `null` is as good as nothing.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    from: D,
) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}
