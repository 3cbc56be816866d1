//! What a new tenant starts with.

use super::record::{
    AppRoleAssignment, Application, KeyCredential, PasswordCredential, RoleAssignment,
    ServicePrincipal, User, VaultRole,
};
use super::service::{EXCHANGE, GRAPH, Service};
use super::tenant::{DOMAIN, Tenant};
use super::{Directory, role};
use crate::encoding;
use crate::store::Store;

/// Opens the directory of a store. An empty one gets its first application and its first person.
pub(crate) fn open(store: &Store) -> anyhow::Result<Directory> {
    let directory = Directory::open(Tenant::open(&store.meta())?, store.database())?;
    if directory.read().applications.is_empty() {
        fill(&directory)?;
    }
    Ok(directory)
}

fn fill(directory: &Directory) -> anyhow::Result<()> {
    let tenant = &directory.tenant;
    let now = encoding::now();
    let person = User {
        id: encoding::guid()?,
        upn: format!("dev@{DOMAIN}"),
        display_name: String::from("Dev"),
    };
    let secret = tenant.client_secret.expose();
    directory.put(RoleAssignment {
        id: encoding::guid()?,
        principal_id: person.id.clone(),
        role_definition_id: String::from(role::GLOBAL_ADMINISTRATOR),
        directory_scope_id: String::from("/"),
    })?;
    let application = Application {
        app_id: tenant.client_id.clone(),
        secrets: vec![PasswordCredential::new(secret, None, now, now + TEN_YEARS)?],
        ..Application::new("kvcert dev", now)?
    };
    let principal = ServicePrincipal {
        id: tenant.object_id.clone(),
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
    grant(directory, &principal.id, GRAPH, &ADMINISTRATION, now)?;
    directory.put(principal)?;
    // The application last: without it, all this is done again.
    directory.put(application)
}

/// Registers an application that signs in with these certificates and may manage Exchange.
pub(crate) fn register_exchange(
    directory: &Directory,
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
        &principal.id,
        EXCHANGE,
        &["Exchange.ManageAsApp"],
        now,
    )?;
    directory.put(RoleAssignment {
        id: encoding::guid()?,
        principal_id: principal.id.clone(),
        role_definition_id: String::from(role::EXCHANGE_ADMINISTRATOR),
        directory_scope_id: String::from("/"),
    })?;
    directory.put(principal)?;
    directory.put(application)
}

/// The client identifier of that application, unless it was deleted.
pub(crate) fn exchange_client_id(directory: &Directory) -> Option<String> {
    let records = directory.read();
    let mut all = records.applications.iter();
    all.find(|application| application.display_name == EXCHANGE_APPLICATION)
        .map(|application| application.app_id.clone())
}

/// Grants permissions of a service to a principal.
fn grant(
    directory: &Directory,
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
            resource_id: service.object_id(&directory.tenant.id),
            app_role_id: role.id.to_owned(),
            created: now,
        });
    }
    directory.put_all(grants)
}

/// The application of [`register_exchange`].
const EXCHANGE_APPLICATION: &str = "kvcert exchange";
const TEN_YEARS: i64 = 10 * 365 * 86_400;
/// What the first application may do at Graph: register applications, grant and assign.
const ADMINISTRATION: [&str; 3] = [
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
];
