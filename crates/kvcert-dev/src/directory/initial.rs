//! What a new tenant starts with.

use kvcert_pki::sensitive::Sensitive;
use serde::{Deserialize, Serialize};

use super::Directory;
use super::record::{
    AppRoleAssignment, Application, KeyCredential, RoleAssignment, ServicePrincipal, User,
};
use super::service::{EXCHANGE, GRAPH, Service};
use crate::encoding;
use crate::entra::client;
use crate::tokens::TicketKey;
use crate::vault::authorization::VaultRole;

/// The tenant, its first application, and the key that signs its tickets. Kept in the store.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) tenant_id: String,
    pub(crate) client_id: String,
    #[serde(with = "encoding::secret_text")]
    pub(crate) client_secret: Sensitive<String>,
    pub(crate) object_id: String,
    #[serde(with = "encoding::secret_bytes")]
    pub(crate) signing_key: Sensitive<Vec<u8>>,
}

impl Identity {
    /// A new tenant with a new application.
    pub(crate) fn generate() -> anyhow::Result<Self> {
        Ok(Self {
            tenant_id: encoding::guid()?,
            client_id: encoding::guid()?,
            client_secret: Sensitive::new(encoding::base64url(encoding::random::<30>()?)),
            object_id: encoding::guid()?,
            signing_key: TicketKey::generate()?,
        })
    }
}

/// Puts the first application and the first person into an empty directory.
pub(crate) fn furnish(directory: &Directory, identity: &Identity) -> anyhow::Result<()> {
    if !directory.read().applications.is_empty() {
        return Ok(());
    }
    let now = encoding::now();
    let person = User {
        id: encoding::guid()?,
        upn: format!("dev@{DOMAIN}"),
        display_name: String::from("Dev"),
    };
    let secret = identity.client_secret.expose();
    directory.put(RoleAssignment {
        id: encoding::guid()?,
        principal_id: person.id.clone(),
        role_definition_id: String::from(GLOBAL_ADMINISTRATOR),
        directory_scope_id: String::from("/"),
    })?;
    let application = Application {
        app_id: identity.client_id.clone(),
        secrets: vec![client::password(secret, None, now, now + TEN_YEARS)?],
        ..Application::new("kvcert dev", now)?
    };
    let principal = ServicePrincipal {
        id: identity.object_id.clone(),
        ..ServicePrincipal::of(&application, now)?
    };
    let machine = ServicePrincipal::managed("kvcert dev machine", None, now)?;
    for principal in [&person.id, &principal.id, &machine.id] {
        directory.put(VaultRole {
            id: encoding::guid()?,
            principal_id: principal.clone(),
            role: String::from("Key Vault Administrator"),
            vault: None,
            object: None,
        })?;
    }
    directory.put(person)?;
    directory.put(machine)?;
    grant(
        directory,
        identity,
        &principal.id,
        GRAPH,
        &ADMINISTRATION,
        now,
    )?;
    directory.put(principal)?;
    // The application last: without it, all this is done again.
    directory.put(application)
}

/// Registers an application that signs in with these certificates and may manage Exchange.
pub(crate) fn register_exchange(
    directory: &Directory,
    identity: &Identity,
    certificates: &[&[u8]],
) -> anyhow::Result<()> {
    let now = encoding::now();
    let mut credentials = Vec::new();
    for certificate in certificates {
        credentials.extend(KeyCredential::of(certificate)?);
    }
    let application = Application {
        certificates: credentials,
        ..Application::new(EXCHANGE_APPLICATION, now)?
    };
    let principal = ServicePrincipal::of(&application, now)?;
    grant(
        directory,
        identity,
        &principal.id,
        EXCHANGE,
        &["Exchange.ManageAsApp"],
        now,
    )?;
    directory.put(RoleAssignment {
        id: encoding::guid()?,
        principal_id: principal.id.clone(),
        role_definition_id: String::from(EXCHANGE_ADMINISTRATOR),
        directory_scope_id: String::from("/"),
    })?;
    directory.put(principal)?;
    directory.put(application)
}

/// Grants permissions of a service to a principal.
pub(crate) fn grant(
    directory: &Directory,
    identity: &Identity,
    principal: &str,
    service: &str,
    values: &[&str],
    now: i64,
) -> anyhow::Result<()> {
    let Some(service) = Service::by_app_id(service) else {
        anyhow::bail!("there is no service `{service}`");
    };
    let mut grants = Vec::new();
    for value in values {
        let role = service.role(value);
        let role = role.ok_or_else(|| anyhow::anyhow!("{} has no `{value}`", service.name))?;
        grants.push(AppRoleAssignment {
            id: encoding::guid()?,
            principal_id: principal.to_owned(),
            resource_id: service.object_id(&identity.tenant_id),
            app_role_id: role.id.to_owned(),
            created: now,
        });
    }
    directory.put_all(grants)
}

/// The tenant's domain.
pub(crate) const DOMAIN: &str = "kvcert.onmicrosoft.com";
/// The application of [`register_exchange`].
pub(crate) const EXCHANGE_APPLICATION: &str = "kvcert exchange";
/// The directory role that may do everything.
pub(crate) const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const EXCHANGE_ADMINISTRATOR: &str = "29232cdf-9323-42fd-ade2-1d097af3e4de";
const TEN_YEARS: i64 = 10 * 365 * 86_400;
/// What the first application may do at Graph: register applications, grant and assign.
const ADMINISTRATION: [&str; 3] = [
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
];
