//! Where the vault's objects are kept: one embedded, transactional file, or memory.

use std::sync::Arc;

use anyhow::{Context, anyhow};
use redb::backends::{FileBackend, InMemoryBackend};
use redb::{Builder, Database, DatabaseError, ReadableDatabase, StorageBackend, TableDefinition};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::entra::Identity;
use super::folder::Folder;
use super::model::{Certificate, Version};

/// The store. Names are looked up without regard to case.
pub(super) struct Store {
    database: Arc<Database>,
}

impl Store {
    /// Opens the store of a data folder. Only one process at a time may.
    pub(super) fn open(folder: &Folder) -> anyhow::Result<Self> {
        let path = folder.path(DATABASE_FILE);
        let opened = FileBackend::new(folder.open_database(DATABASE_FILE)?).map(Self::with);
        match opened {
            Ok(Ok(store)) => Ok(store),
            Ok(Err(error)) => Err(error),
            Err(error) => Err(error.into()),
        }
        .map_err(|error| match error.downcast_ref::<DatabaseError>() {
            Some(DatabaseError::DatabaseAlreadyOpen) => {
                anyhow!("`{}` is in use by another dev vault", path.display())
            }
            _ => error.context(format!("cannot open `{}`", path.display())),
        })
    }

    /// A store that ends with the process.
    pub(super) fn in_memory() -> anyhow::Result<Self> {
        Self::with(InMemoryBackend::new())
    }

    /// The database, for the tables that the sign-in keeps in it.
    pub(super) fn database(&self) -> Arc<Database> {
        Arc::clone(&self.database)
    }

    /// Who may sign in, if that was settled before.
    pub(super) fn identity(&self) -> anyhow::Result<Option<Identity>> {
        let table = self.database.begin_read()?.open_table(META)?;
        decode(table.get(IDENTITY)?.map(|found| found.value().to_vec()))
    }

    /// Settles who may sign in.
    pub(super) fn keep_identity(&self, identity: Identity) -> anyhow::Result<Identity> {
        let write = self.database.begin_write()?;
        write
            .open_table(META)?
            .insert(IDENTITY, encode(&identity)?.as_slice())?;
        write.commit()?;
        Ok(identity)
    }

    /// Is there a vault of this name?
    pub(super) fn has_vault(&self, vault: &str) -> anyhow::Result<bool> {
        let table = self.database.begin_read()?.open_table(VAULTS)?;
        Ok(table.get(vault)?.is_some())
    }

    /// Creates a vault with its first certificates, all in one step.
    pub(super) fn create_vault(&self, vault: &str, planted: &[Planted]) -> anyhow::Result<()> {
        let write = self.database.begin_write()?;
        {
            write.open_table(VAULTS)?.insert(vault, [].as_slice())?;
            let mut certificates = write.open_table(CERTIFICATES)?;
            let mut versions = write.open_table(VERSIONS)?;
            for (certificate, its_versions) in planted {
                let key = certificate.name.to_ascii_lowercase();
                certificates.insert((vault, &*key), encode(certificate)?.as_slice())?;
                for version in its_versions {
                    let key = (vault, &*key, &*version.version);
                    versions.insert(key, encode(version)?.as_slice())?;
                }
            }
        }
        Ok(write.commit()?)
    }

    /// The certificate `name`.
    pub(super) fn certificate(
        &self,
        vault: &str,
        name: &str,
    ) -> anyhow::Result<Option<Certificate>> {
        let table = self.database.begin_read()?.open_table(CERTIFICATES)?;
        let key = name.to_ascii_lowercase();
        decode(
            table
                .get((vault, &*key))?
                .map(|found| found.value().to_vec()),
        )
    }

    /// One version of the certificate `name`.
    pub(super) fn version(
        &self,
        vault: &str,
        name: &str,
        version: &str,
    ) -> anyhow::Result<Option<Version>> {
        let table = self.database.begin_read()?.open_table(VERSIONS)?;
        let (name, version) = (name.to_ascii_lowercase(), version.to_ascii_lowercase());
        let found = table.get((vault, &*name, &*version))?;
        decode(found.map(|found| found.value().to_vec()))
    }

    /// Up to `limit` certificates whose lower-case name comes after `after`, in that order.
    pub(super) fn certificates(
        &self,
        vault: &str,
        after: &str,
        limit: usize,
    ) -> anyhow::Result<Vec<Certificate>> {
        let table = self.database.begin_read()?.open_table(CERTIFICATES)?;
        let mut found = Vec::new();
        for entry in table.range((vault, after)..)? {
            let (key, value) = entry?;
            let (its_vault, name) = key.value();
            if its_vault != vault || found.len() == limit {
                break;
            }
            if name != after {
                found.extend(decode(Some(value.value().to_vec()))?);
            }
        }
        Ok(found)
    }

    /// Up to `limit` versions of `name` that come after `after`, in the order of their identifiers.
    pub(super) fn versions(
        &self,
        vault: &str,
        name: &str,
        after: &str,
        limit: usize,
    ) -> anyhow::Result<Vec<Version>> {
        let table = self.database.begin_read()?.open_table(VERSIONS)?;
        let name = name.to_ascii_lowercase();
        let mut found = Vec::new();
        for entry in table.range((vault, &*name, after)..)? {
            let (key, value) = entry?;
            let (its_vault, its_name, version) = key.value();
            if (its_vault, its_name) != (vault, &*name) || found.len() == limit {
                break;
            }
            if version != after {
                found.extend(decode(Some(value.value().to_vec()))?);
            }
        }
        Ok(found)
    }

    fn with(backend: impl StorageBackend) -> anyhow::Result<Self> {
        let database = Builder::new()
            .set_cache_size(CACHE_BYTES)
            .create_with_backend(backend)?;
        // Make the tables, so that readers always find them.
        let write = database.begin_write()?;
        write.open_table(META)?;
        write.open_table(VAULTS)?;
        write.open_table(CERTIFICATES)?;
        write.open_table(VERSIONS)?;
        write.commit()?;
        Ok(Self {
            database: Arc::new(database),
        })
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

/// A certificate with all its versions.
pub(super) type Planted = (Certificate, Vec<Version>);

fn encode(value: &impl Serialize) -> anyhow::Result<Vec<u8>> {
    serde_json::to_vec(value).context("cannot encode an object for the store")
}

/// The parser's own words may quote a value, so they are left out.
fn decode<T: DeserializeOwned>(bytes: Option<Vec<u8>>) -> anyhow::Result<Option<T>> {
    bytes
        .map(|bytes| serde_json::from_slice(&bytes))
        .transpose()
        .map_err(|_| anyhow!("the store holds something unreadable"))
}

const DATABASE_FILE: &str = "vault.redb";
const CACHE_BYTES: usize = 16 << 20;
const IDENTITY: &str = "identity";
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
const VAULTS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("vaults");
/// (vault, lower-case name)
const CERTIFICATES: TableDefinition<'_, (&str, &str), &[u8]> = TableDefinition::new("certificates");
/// (vault, lower-case name, version)
const VERSIONS: TableDefinition<'_, (&str, &str, &str), &[u8]> = TableDefinition::new("versions");
