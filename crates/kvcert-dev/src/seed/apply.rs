//! Makes the tenant what a seed says.

use std::path::Path;

use anyhow::{Context, anyhow, bail, ensure};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{App, Identity, Issuer, Person, Policies, RoleInVault, Seed, Vault};
use crate::directory::record::{
    AccessPolicy, AppRoleAssignment, Application, FederatedCredential, KeyCredential,
    PasswordCredential, RoleAssignment, ServicePrincipal, TrustedIssuer, User, VaultPolicies,
    VaultRole,
};
use crate::directory::service::SERVICES;
use crate::directory::{Directory, role};
use crate::encoding;
use crate::server::app_state::AppState;
use crate::store::Store;
use crate::store::model::is_vault_name;
use crate::vault::authorization::role::is_role;

impl Seed {
    /// Puts everything in its place; `variable` reads the environment.
    pub(crate) fn apply(
        &self,
        state: &AppState,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> anyhow::Result<()> {
        let tenant = TenantSeed {
            seed: self,
            directory: &state.directory,
            variable,
            now: state.settings.now(),
        };
        for vault in &self.vault {
            let made = vault.apply(&state.store);
            made.with_context(|| format!("cannot make the vault `{}`", vault.name))?;
        }
        for app in &self.app {
            let made = tenant.app(app);
            made.with_context(|| format!("cannot make the app `{}`", app.name))?;
        }
        for person in &self.user {
            let made = tenant.person(person);
            made.with_context(|| format!("cannot make the user `{}`", person.name))?;
        }
        for identity in &self.identity {
            let made = tenant.identity(identity);
            made.with_context(|| format!("cannot make the identity `{}`", identity.name))?;
        }
        for issuer in &self.issuer {
            let made = tenant.issuer(issuer);
            made.with_context(|| format!("cannot add the issuer `{}`", issuer.issuer))?;
        }
        tenant.policies()?;
        let delay = std::time::Duration::from_millis(self.graph.replication_milliseconds);
        state.directory.replication.set_delay(delay);
        // Last: from now on the clock may be another.
        for (name, setting) in &self.switches {
            let set = state.switches.set(name, setting.clone());
            set.map_err(|why| anyhow!(why))
                .context("cannot turn a switch")?;
        }
        Ok(())
    }
}

impl Vault {
    fn apply(&self, store: &Store) -> anyhow::Result<()> {
        let name = self.name.to_ascii_lowercase();
        ensure!(
            is_vault_name(&name),
            "a vault name has 3 to 24 letters, digits and single hyphens"
        );
        let mut record = store.vault(&name)?.unwrap_or_default();
        if let Some(days) = self.retention_days {
            ensure!(
                (7..=90).contains(&days),
                "deleted objects are kept for 7 to 90 days, not {days}"
            );
            record.retention_days = days;
        }
        record.purge_protection = self.purge_protection.unwrap_or(record.purge_protection);
        store.create_vault(&name, &record, |_| Ok(()))
    }
}

/// The part of a seed that goes into the directory.
struct TenantSeed<'a> {
    seed: &'a Seed,
    directory: &'a Directory,
    variable: &'a dyn Fn(&str) -> Option<String>,
    now: i64,
}

impl TenantSeed<'_> {
    fn app(&self, app: &App) -> anyhow::Result<()> {
        let records = self.directory.read();
        let named = |one: &&Application| one.display_name == app.name;
        let known = records.applications.iter().find(named).cloned();
        let principal = known
            .as_ref()
            .and_then(|one| records.principal(&one.app_id).cloned());
        drop(records);
        let mut application = match known {
            Some(known) => known,
            None => Application::new(&app.name, self.now)?,
        };
        if let Some(client_id) = &app.client_id {
            application.app_id = client_id.to_ascii_lowercase();
        }
        application.certificates = self.certificates(app)?;
        application.secrets = match self.secret(app)? {
            Some(secret) => {
                vec![PasswordCredential::new(
                    &secret,
                    None,
                    self.now - DAY,
                    self.now + TEN_YEARS,
                )?]
            }
            None => Vec::new(),
        };
        application.federated = self.federated(app)?;
        application.redirect_uris.clone_from(&app.redirect_uris);
        application.public_client = app.public;
        let mut principal = match principal {
            Some(principal) => principal,
            None => ServicePrincipal::of(&application, self.now)?,
        };
        principal.app_id.clone_from(&application.app_id);
        self.grant(&principal.id, &app.permissions)?;
        self.directory_roles(&principal.id, &app.directory_roles)?;
        self.vault_roles(&principal.id, &app.vault_roles)?;
        self.directory.put(principal)?;
        self.directory.put(application)
    }

    fn certificates(&self, app: &App) -> anyhow::Result<Vec<KeyCredential>> {
        let mut all = Vec::new();
        for path in &app.certificates {
            let text = self.read(path)?;
            let of_kind = |block: &pem::Pem| block.tag() == "CERTIFICATE";
            let found = pem::parse_many(&text)
                .ok()
                .and_then(|all| all.into_iter().find(of_kind));
            let credential = found
                .map(|block| KeyCredential::of(block.contents()))
                .transpose()?;
            let credential = credential.flatten();
            all.push(credential.ok_or_else(|| anyhow!("`{}` has no certificate", path.display()))?);
        }
        Ok(all)
    }

    fn secret(&self, app: &App) -> anyhow::Result<Option<Zeroizing<String>>> {
        let secret = match (&app.secret_file, &app.secret_env) {
            (Some(_), Some(_)) => bail!("it has both `secret_file` and `secret_env`"),
            (Some(path), None) => {
                let text = Zeroizing::new(self.read(path)?);
                Zeroizing::new(text.lines().next().unwrap_or_default().to_owned())
            }
            (None, Some(name)) => {
                let value = (self.variable)(name);
                Zeroizing::new(value.with_context(|| format!("the variable `{name}` is not set"))?)
            }
            (None, None) => return Ok(None),
        };
        ensure!(!secret.is_empty(), "its secret is empty");
        Ok(Some(secret))
    }

    fn federated(&self, app: &App) -> anyhow::Result<Vec<FederatedCredential>> {
        let all = app.federated.iter().map(|one| {
            Ok(FederatedCredential {
                id: encoding::guid()?,
                name: one.subject.clone(),
                issuer: one.issuer.clone(),
                subject: one.subject.clone(),
                audiences: vec![one.audience.clone()],
            })
        });
        all.collect()
    }

    fn person(&self, person: &Person) -> anyhow::Result<()> {
        let records = self.directory.read();
        let known = records
            .users
            .iter()
            .find(|user| user.upn == person.name)
            .cloned();
        drop(records);
        let user = match known {
            Some(known) => known,
            None => User {
                id: encoding::guid()?,
                upn: person.name.clone(),
                display_name: person.name.clone(),
            },
        };
        self.directory_roles(&user.id, &person.directory_roles)?;
        self.vault_roles(&user.id, &person.vault_roles)?;
        self.directory.put(user)
    }

    fn identity(&self, identity: &Identity) -> anyhow::Result<()> {
        let records = self.directory.read();
        let named = |one: &&ServicePrincipal| one.display_name == identity.name;
        let known = records.principals.iter().find(named).cloned();
        drop(records);
        let mut principal = match known {
            Some(known) => known,
            None => ServicePrincipal::managed(&identity.name, None, self.now)?,
        };
        let resource_id = identity.resource_id.clone();
        principal.resource_id = Some(resource_id.unwrap_or_else(|| {
            let kind = "Microsoft.ManagedIdentity/userAssignedIdentities";
            format!(
                "/subscriptions/kvcert/resourceGroups/dev/providers/{kind}/{}",
                identity.name
            )
        }));
        if let Some(client_id) = &identity.client_id {
            principal.app_id = client_id.to_ascii_lowercase();
        }
        self.grant(&principal.id, &identity.permissions)?;
        self.vault_roles(&principal.id, &identity.vault_roles)?;
        self.directory.put(principal)
    }

    fn issuer(&self, issuer: &Issuer) -> anyhow::Result<()> {
        let keys: Value = serde_json::from_str(&self.read(&issuer.jwks_file)?)?;
        let keys = keys["keys"].as_array().context("its file has no `keys`")?;
        self.directory.put(TrustedIssuer {
            id: issuer.issuer.clone(),
            keys: keys.clone(),
        })
    }

    fn grant(&self, principal: &str, permissions: &[String]) -> anyhow::Result<()> {
        let tenant = &self.directory.tenant.id;
        for permission in permissions {
            let found = SERVICES
                .iter()
                .find_map(|service| Some((service, service.role(permission)?)));
            let (service, role) =
                found.with_context(|| format!("there is no permission `{permission}`"))?;
            let resource_id = service.object_id(tenant);
            self.directory.put(AppRoleAssignment {
                id: format!("{principal}_{}", role.id),
                principal_id: principal.to_owned(),
                resource_id,
                app_role_id: role.id.to_owned(),
                created: self.now,
            })?;
        }
        Ok(())
    }

    fn directory_roles(&self, principal: &str, roles: &[String]) -> anyhow::Result<()> {
        for name in roles {
            let id = role::by_name(name)
                .with_context(|| format!("there is no directory role `{name}`"))?;
            self.directory.put(RoleAssignment {
                id: format!("{principal}_{id}"),
                principal_id: principal.to_owned(),
                role_definition_id: id.to_owned(),
                directory_scope_id: String::from("/"),
            })?;
        }
        Ok(())
    }

    fn vault_roles(&self, principal: &str, roles: &[RoleInVault]) -> anyhow::Result<()> {
        for (at, one) in roles.iter().enumerate() {
            ensure!(is_role(&one.role), "there is no vault role `{}`", one.role);
            self.directory.put(VaultRole {
                id: format!("{principal}/{at}"),
                principal_id: principal.to_owned(),
                role: one.role.clone(),
                vault: one.vault.as_ref().map(|name| name.to_ascii_lowercase()),
                object: one.object.as_ref().map(|name| name.to_ascii_lowercase()),
            })?;
        }
        Ok(())
    }

    fn policies(&self) -> anyhow::Result<()> {
        let mut all: Vec<VaultPolicies> = Vec::new();
        for policy in &self.seed.policies {
            let added = self.policy(policy)?;
            let vault = policy.vault.to_ascii_lowercase();
            match all.iter_mut().find(|one| one.id == vault) {
                Some(one) => one.policies.push(added),
                None => all.push(VaultPolicies {
                    id: vault,
                    policies: vec![added],
                }),
            }
        }
        self.directory.put_all(all)
    }

    fn policy(&self, policy: &Policies) -> anyhow::Result<AccessPolicy> {
        let name = &policy.principal;
        let records = self.directory.read();
        let principal = records
            .principals
            .iter()
            .find(|one| one.display_name == *name);
        let person = records.users.iter().find(|user| user.upn == *name);
        let id = principal
            .map(|one| &one.id)
            .or_else(|| person.map(|user| &user.id));
        Ok(AccessPolicy {
            principal_id: id
                .with_context(|| format!("nobody is named `{name}`"))?
                .clone(),
            secrets: policy.secrets.clone(),
            keys: policy.keys.clone(),
            certificates: policy.certificates.clone(),
        })
    }

    fn read(&self, path: &Path) -> anyhow::Result<String> {
        let path = self.seed.folder.join(path);
        std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))
    }
}

const DAY: i64 = 86_400;
const TEN_YEARS: i64 = 3650 * DAY;
