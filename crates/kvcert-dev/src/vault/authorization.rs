//! Who may do what in a vault: roles of Azure RBAC, or the vault's own access policies.

pub(crate) mod role;

use anyhow::Context;

use super::route::{Operation, Right, Route};
use crate::directory::Directory;
use crate::directory::record::VaultPolicies;
use crate::directory::tenant::Tenant;
use crate::http::reply::Reply;
use crate::store::model::Collection;
use crate::tokens::claims::Claims;

/// What one must be allowed to do.
struct Permission {
    collection: Collection,
    /// The object in the form that scopes have, `secrets/web`; none where it is about all of them.
    object: Option<String>,
    right: Right,
}

impl Permission {
    /// The permission that a request needs.
    fn of(route: &Route) -> anyhow::Result<Self> {
        let Operation { collection, verb } = route.operation;
        let right = route.operation.right();
        let is_object = !route.name.is_empty() && !verb.is_of_the_vault();
        let name = || route.name.to_ascii_lowercase();
        Ok(Self {
            collection,
            object: is_object.then(|| format!("{}/{}", collection.plural(), name())),
            right: right.context("an operation that nobody has a right to")?,
        })
    }
}

/// Lets a request through if its caller may make it.
pub(crate) fn check(
    directory: &Directory,
    vault: &str,
    route: &Route,
    claims: &Claims,
) -> Result<(), Reply> {
    let needed = Permission::of(route)?;
    let records = directory.read();
    if let Some(settings) = records.policies.iter().find(|one| one.id == vault) {
        return if settings.allow(&claims.oid, &needed) {
            Ok(())
        } else {
            Err(denied_by_policies(claims, vault, &needed))
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
    if held.any(|held| role::allows(&held.role, needed.right.action)) {
        Ok(())
    } else {
        Err(denied_by_rbac(&directory.tenant, claims, vault, &needed))
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
                Collection::Secrets => &policy.secrets,
                Collection::Keys => &policy.keys,
                Collection::Certificates => &policy.certificates,
            };
            verbs.iter().any(|verb| {
                verb.eq_ignore_ascii_case("all") || verb.eq_ignore_ascii_case(needed.right.verb)
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
        needed.collection.plural(),
        needed.right.verb
    );
    Reply::forbidden("AccessDenied", &message)
}

fn denied_by_rbac(tenant: &Tenant, claims: &Claims, vault: &str, needed: &Permission) -> Reply {
    // There are no subscriptions here; the tenant stands for one.
    let subscription = &tenant.id;
    let object = needed.object.as_ref().map(|object| format!("/{object}"));
    let message = format!(
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny \
         assignments or role definitions were changed recently, please observe propagation \
         time.\r\nCaller: {}\r\nAction: '{PROVIDER}{}'\r\nResource: \
         '/subscriptions/{subscription}/resourcegroups/kvcert/providers/microsoft.keyvault/vaults/\
         {vault}{}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: \
         'DeniedWithNoValidRBAC'\r\nVault: {vault};location={LOCATION}\r\n",
        caller(claims),
        needed.right.action,
        object.unwrap_or_default()
    );
    Reply::forbidden("ForbiddenByRbac", &message)
}

const PROVIDER: &str = "Microsoft.KeyVault/vaults/";
const LOCATION: &str = "localhost";

#[cfg(test)]
mod tests {
    use super::super::route::route;
    use super::*;

    #[track_caller]
    fn check(request: &str, verb: &str, object: Option<&str>, action: &str) {
        let (method, path) = request.split_once(' ').unwrap();
        let route = route(&method.parse().unwrap(), path).ok().unwrap();
        let needed = Permission::of(&route).ok().unwrap();
        let got = (
            needed.right.verb,
            needed.object.as_deref(),
            needed.right.action,
        );
        assert_eq!(got, (verb, object, action), "{request}");
    }

    #[test]
    fn requests_are_named_as_permissions_name_them() {
        let web = Some("secrets/web");
        check("GET /secrets", "list", None, "secrets/readMetadata/action");
        for path in ["//Secrets/Web/", "/secrets/web/0a", "/secret%73/we%62"] {
            let request = format!("GET {path}");
            check(&request, "get", web, "secrets/getSecret/action");
        }
        let metadata = "secrets/readMetadata/action";
        check("GET /secrets/web/versions", "list", web, metadata);
        check("GET /deletedsecrets/web", "get", web, metadata);
        let restore = "secrets/restore/action";
        check("POST /secrets/restore", "restore", None, restore);
        let key = Some("keys/web");
        check("POST /keys/web//sign", "sign", key, "keys/sign/action");
        let wrap = "keys/wrap/action";
        check("POST /keys/web/0a/wrapkey", "wrapKey", key, wrap);
        let certificate = Some("certificates/web");
        check(
            "POST /certificates/web/pending/merge",
            "create",
            certificate,
            "certificates/create/action",
        );
        check(
            "DELETE /deletedcertificates/web",
            "purge",
            certificate,
            "certificates/purge/action",
        );
        let contacts = "certificatecontacts/write";
        check(
            "PUT /certificates/contacts",
            "managecontacts",
            None,
            contacts,
        );
        let issuers = "certificatecas/read";
        check("GET /certificates/issuers/ca", "getissuers", None, issuers);
    }
}
