//! The tenant's records: read from memory, written through to the store.

pub(crate) mod initial;
pub(crate) mod record;
pub(crate) mod role;
pub(crate) mod service;
pub(crate) mod tenant;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde::Serialize;
use serde::de::DeserializeOwned;

use self::record::{
    AppRoleAssignment, Application, Consent, RoleAssignment, ServicePrincipal, TrustedIssuer, User,
    VaultPolicies, VaultRole,
};
use self::tenant::Tenant;

/// All records. A change is on disk before anyone can read it.
pub(crate) struct Directory {
    pub(crate) tenant: Tenant,
    /// How slowly new objects spread.
    pub(crate) replication: Replication,
    database: Arc<Database>,
    records: RwLock<Records>,
}

impl Directory {
    /// Reads the records of a database.
    pub(crate) fn open(tenant: Tenant, database: Arc<Database>) -> anyhow::Result<Self> {
        let write = database.begin_write()?;
        write.open_table(DIRECTORY)?;
        write.commit()?;
        let mut records = Records::default();
        for entry in database.begin_read()?.open_table(DIRECTORY)?.iter()? {
            let (key, value) = entry?;
            records.load(key.value().0, value.value())?;
        }
        Ok(Self {
            tenant,
            replication: Replication::default(),
            database,
            records: RwLock::new(records),
        })
    }

    /// The records as they are now.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Records> {
        self.records.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a record, or replaces the one with its identifier.
    pub(crate) fn put<R: Record>(&self, record: R) -> anyhow::Result<()> {
        self.put_all(vec![record])
    }

    /// Adds or replaces several in one step.
    pub(crate) fn put_all<R: Record>(&self, added: Vec<R>) -> anyhow::Result<()> {
        let mut records = self.write();
        self.keep(&added)?;
        for record in added {
            records.replace(record);
        }
        Ok(())
    }

    /// Changes one record as a whole: nobody else can change it in between. `None` if there is no
    /// such record; a change that fails leaves it as it was.
    pub(crate) fn update<R: Record, E: From<anyhow::Error>>(
        &self,
        id: &str,
        change: impl FnOnce(&mut R) -> Result<(), E>,
    ) -> Result<Option<R>, E> {
        let mut records = self.write();
        let Some(mut record) = R::all(&records).iter().find(|r| r.id() == id).cloned() else {
            return Ok(None);
        };
        change(&mut record)?;
        self.keep(std::slice::from_ref(&record))?;
        records.replace(record.clone());
        Ok(Some(record))
    }

    /// Removes a record.
    pub(crate) fn remove<R: Record>(&self, id: &str) -> anyhow::Result<()> {
        let mut records = self.write();
        let write = self.database.begin_write()?;
        write.open_table(DIRECTORY)?.remove((R::KIND, id))?;
        write.commit()?;
        R::all_mut(&mut records).retain(|record| record.id() != id);
        Ok(())
    }

    fn write(&self) -> RwLockWriteGuard<'_, Records> {
        self.records.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep<R: Record>(&self, records: &[R]) -> anyhow::Result<()> {
        let write = self.database.begin_write()?;
        {
            let mut table = write.open_table(DIRECTORY)?;
            for record in records {
                let bytes = serde_json::to_vec(record)?;
                table.insert((R::KIND, record.id()), bytes.as_slice())?;
            }
        }
        Ok(write.commit()?)
    }
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Directory").finish_non_exhaustive()
    }
}

/// Something the directory keeps.
pub(crate) trait Record: Clone + Serialize + DeserializeOwned {
    /// The first half of its key in the store.
    const KIND: &'static str;
    /// The second half.
    fn id(&self) -> &str;
    fn all(records: &Records) -> &Vec<Self>;
    fn all_mut(records: &mut Records) -> &mut Vec<Self>;
}

/// Each kind of record: its name in the store and its list.
macro_rules! records {
    ($($type:ty, $kind:literal, $list:ident;)*) => {
        /// Everything in the tenant, each kind in the order of its identifiers at the start and of
        /// its making since.
        #[derive(Debug, Default)]
        pub(crate) struct Records {
            $(pub(crate) $list: Vec<$type>,)*
        }

        impl Records {
            /// The parser's own words may quote a value, so they are left out.
            fn load(&mut self, kind: &str, bytes: &[u8]) -> anyhow::Result<()> {
                let unreadable = || anyhow!("the store holds an unreadable {kind}");
                match kind {
                    $($kind => {
                        let record = serde_json::from_slice(bytes).map_err(|_| unreadable())?;
                        self.$list.push(record);
                    })*
                    _ => return Err(unreadable()),
                }
                Ok(())
            }

            fn replace<R: Record>(&mut self, record: R) {
                let all = R::all_mut(self);
                match all.iter_mut().find(|other| other.id() == record.id()) {
                    Some(other) => *other = record,
                    None => all.push(record),
                }
            }
        }

        $(impl Record for $type {
            const KIND: &'static str = $kind;
            fn id(&self) -> &str {
                &self.id
            }
            fn all(records: &Records) -> &Vec<Self> {
                &records.$list
            }
            fn all_mut(records: &mut Records) -> &mut Vec<Self> {
                &mut records.$list
            }
        })*
    };
}

records! {
    Application, "application", applications;
    ServicePrincipal, "service principal", principals;
    User, "user", users;
    AppRoleAssignment, "granted permission", grants;
    RoleAssignment, "directory role", roles;
    Consent, "consent", consents;
    TrustedIssuer, "trusted issuer", issuers;
    VaultRole, "vault role", vault_roles;
    VaultPolicies, "vault policies", policies;
}

impl Records {
    /// The application with this client identifier.
    pub(crate) fn application(&self, app_id: &str) -> Option<&Application> {
        let mut all = self.applications.iter();
        all.find(|application| application.app_id.eq_ignore_ascii_case(app_id))
    }

    /// The principal of this client identifier.
    pub(crate) fn principal(&self, app_id: &str) -> Option<&ServicePrincipal> {
        let mut all = self.principals.iter();
        all.find(|principal| principal.app_id.eq_ignore_ascii_case(app_id))
    }

    /// The identifiers of the roles that `principal` has at `resource`.
    pub(crate) fn granted<'a>(
        &'a self,
        principal: &'a str,
        resource: &'a str,
    ) -> impl Iterator<Item = &'a str> {
        self.grants
            .iter()
            .filter(move |grant| grant.principal_id == principal && grant.resource_id == resource)
            .map(|grant| &*grant.app_role_id)
    }
}

/// How long a new object is hidden, as it is at the service while it is copied from replica to
/// replica. No time at all, unless it is switched on.
#[derive(Debug, Default)]
pub(crate) struct Replication {
    milliseconds: AtomicU64,
    hidden: Mutex<HashMap<String, Instant>>,
}

impl Replication {
    /// Sets the delay for objects that are made from now on.
    pub(crate) fn set_delay(&self, delay: Duration) {
        let milliseconds = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.milliseconds.store(milliseconds, Ordering::Relaxed);
    }

    /// A new object starts on its way.
    pub(crate) fn begin(&self, id: &str) {
        let delay = Duration::from_millis(self.milliseconds.load(Ordering::Relaxed));
        if delay.is_zero() {
            return;
        }
        let now = Instant::now();
        let mut hidden = self.hidden.lock().unwrap_or_else(PoisonError::into_inner);
        hidden.retain(|_, until| *until > now);
        if let Some(until) = now.checked_add(delay) {
            hidden.insert(id.to_owned(), until);
        }
    }

    /// Is the object still on its way?
    pub(crate) fn hides(&self, id: &str) -> bool {
        let hidden = self.hidden.lock().unwrap_or_else(PoisonError::into_inner);
        hidden.get(id).is_some_and(|until| *until > Instant::now())
    }
}

/// (kind, identifier) to JSON
const DIRECTORY: TableDefinition<'_, (&str, &str), &[u8]> = TableDefinition::new("directory");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_object_is_hidden_for_a_while_if_that_is_switched_on() {
        let replication = Replication::default();
        replication.begin("at once");
        assert!(!replication.hides("at once"));
        replication.set_delay(Duration::from_secs(3600));
        replication.begin("later");
        assert!(replication.hides("later"));
        assert!(!replication.hides("at once"));
    }
}
