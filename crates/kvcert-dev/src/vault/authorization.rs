//! Who may do what in a vault: roles of Azure RBAC, or the vault's own access policies.

mod permission;
mod role;

use serde::{Deserialize, Serialize};

use self::permission::Permission;
pub(crate) use self::role::is_role;
use super::route::Route;
use crate::entra::Entra;
use crate::entra::claims::Claims;
use crate::http::reply::Reply;

/// A role that a principal has in a vault, or at one object of it
/// ([guide](https://learn.microsoft.com/azure/key-vault/general/rbac-guide)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VaultRole {
    pub(crate) id: String,
    pub(crate) principal_id: String,
    /// The name of a built-in role.
    pub(crate) role: String,
    /// The vault; `None` for all of them.
    pub(crate) vault: Option<String>,
    /// One object, such as `secrets/web`, instead of the whole vault.
    pub(crate) object: Option<String>,
}

/// The access policies of a vault that does without roles
/// ([legacy model](https://learn.microsoft.com/azure/key-vault/general/assign-access-policy)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VaultPolicies {
    /// The vault.
    pub(crate) id: String,
    pub(crate) policies: Vec<AccessPolicy>,
}

/// What one principal may do: the verbs for each kind of object, or `all`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessPolicy {
    pub(crate) principal_id: String,
    pub(crate) secrets: Vec<String>,
    pub(crate) keys: Vec<String>,
    pub(crate) certificates: Vec<String>,
}

/// Lets a request through if its caller may make it.
pub(crate) fn check(
    entra: &Entra,
    vault: &str,
    route: &Route,
    claims: &Claims,
) -> Result<(), Reply> {
    let needed = Permission::for_route(route);
    let records = entra.directory.read();
    if let Some(settings) = records.policies.iter().find(|one| one.id == vault) {
        return match settings.allow(&claims.oid, &needed) {
            true => Ok(()),
            false => Err(denied_by_policies(claims, vault, &needed)),
        };
    }
    let mut held = records.vault_roles.iter().filter(|held| {
        held.principal_id == claims.oid
            && held.vault.as_ref().is_none_or(|its| its == vault)
            && held
                .object
                .as_ref()
                .is_none_or(|its| Some(its) == needed.object.as_ref())
    });
    match held.any(|held| role::allows(&held.role, needed.action)) {
        true => Ok(()),
        false => Err(denied_by_rbac(entra, claims, vault, &needed)),
    }
}

impl VaultPolicies {
    fn allow(&self, principal: &str, needed: &Permission) -> bool {
        let mut its = self
            .policies
            .iter()
            .filter(|one| one.principal_id == principal);
        its.any(|policy| {
            let verbs = match needed.collection {
                "secrets" => &policy.secrets,
                "keys" => &policy.keys,
                _ => &policy.certificates,
            };
            verbs.iter().any(|verb| {
                verb.eq_ignore_ascii_case("all") || verb.eq_ignore_ascii_case(needed.verb)
            })
        })
    }
}

fn caller(claims: &Claims) -> String {
    format!(
        "appid={};oid={};iss={}",
        claims.appid, claims.oid, claims.iss
    )
}

fn denied_by_policies(claims: &Claims, vault: &str, needed: &Permission) -> Reply {
    let message = format!(
        "The user, group or application '{}' does not have {} {} permission on key vault \
         '{vault};location={LOCATION}'. For help resolving this issue, please see \
         https://go.microsoft.com/fwlink/?linkid=2125287",
        caller(claims),
        needed.collection,
        needed.verb
    );
    Reply::forbidden("AccessDenied", &message)
}

fn denied_by_rbac(entra: &Entra, claims: &Claims, vault: &str, needed: &Permission) -> Reply {
    // There are no subscriptions here; the tenant stands for one.
    let subscription = &entra.identity().tenant_id;
    let object = needed.object.as_ref().map(|object| format!("/{object}"));
    let message = format!(
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny \
         assignments or role definitions were changed recently, please observe propagation \
         time.\r\nCaller: {}\r\nAction: '{PROVIDER}{}'\r\nResource: \
         '/subscriptions/{subscription}/resourcegroups/kvcert/providers/microsoft.keyvault/vaults/\
         {vault}{}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: \
         'DeniedWithNoValidRBAC'\r\nVault: {vault};location={LOCATION}\r\n",
        caller(claims),
        needed.action,
        object.unwrap_or_default()
    );
    Reply::forbidden("ForbiddenByRbac", &message)
}

const PROVIDER: &str = "Microsoft.KeyVault/vaults/";
const LOCATION: &str = "localhost";
