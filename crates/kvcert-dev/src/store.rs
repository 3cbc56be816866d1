//! Where the vaults and their objects are kept: one embedded, transactional file, or memory.
//!
//! An object is a row of [`Object`] under its vault, its shelf and its lower-case name; the shelf
//! is the collection's plural, or `deleted` and the plural. Its versions are rows of [`Version`]
//! that stay where they are when the object is deleted: a name is on one of the two shelves only.
//! A certificate's key and secret are objects of their own, written in the same transaction.

pub(crate) mod certificate;
pub(crate) mod folder;
pub(crate) mod model;
pub(crate) mod tables;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Context, anyhow};
use kvcert_pki::sensitive::Sensitive;
use redb::backends::{FileBackend, InMemoryBackend};
use redb::{
    Builder, Database, DatabaseError, ReadableDatabase, ReadableTable, ReadableTableMetadata,
    StorageBackend, TableDefinition,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use self::folder::Folder;
use self::model::{VaultRecord, decode, encode};
use self::tables::{ReadTables, Reading, Tables, WriteTables};
use crate::encoding;

/// The store. Every write is on disk before it is acknowledged.
pub(crate) struct Store {
    database: Arc<Database>,
    /// When the next pending certificate is due, in milliseconds since 1970.
    next_due: AtomicI64,
}

impl Store {
    /// Opens the store of a data folder. Only one process at a time may.
    pub(crate) fn open(folder: &Folder) -> anyhow::Result<Self> {
        let path = folder.path(DATABASE_FILE);
        let opened = FileBackend::new(folder.open_database(DATABASE_FILE)?).map(Self::with);
        match opened {
            Ok(Ok(store)) => Ok(store),
            Ok(Err(error)) => Err(error),
            Err(error) => Err(error.into()),
        }
        .map_err(|error| match error.downcast_ref::<DatabaseError>() {
            Some(DatabaseError::DatabaseAlreadyOpen) => InUse(folder.place().to_owned()).into(),
            _ => error.context(format!("cannot open `{}`", path.display())),
        })
    }

    /// A store that ends with the process.
    pub(crate) fn in_memory() -> anyhow::Result<Self> {
        Self::with(InMemoryBackend::new())
    }

    /// The database, for the tables that the sign-in keeps in it.
    pub(crate) fn database(&self) -> Arc<Database> {
        Arc::clone(&self.database)
    }

    /// The values that belong to no vault.
    pub(crate) fn meta(&self) -> Meta {
        Meta(Arc::clone(&self.database))
    }

    /// The key that seals backups: what this data folder backed up is restored here only.
    pub(crate) fn sealing_key(&self) -> anyhow::Result<Sensitive<Vec<u8>>> {
        let key: SealingKey = self
            .meta()
            .get(SEALING_KEY)?
            .context("no key for backups")?;
        Ok(key.bytes)
    }

    /// The vault of this name.
    pub(crate) fn vault(&self, vault: &str) -> anyhow::Result<Option<VaultRecord>> {
        let table = self.database.begin_read()?.open_table(VAULTS)?;
        let found = table.get(vault)?;
        found.map(|found| decode(found.value())).transpose()
    }

    /// Creates a vault and fills it, all in one step. Of one that is there, only the record changes.
    pub(crate) fn create_vault(
        &self,
        vault: &str,
        record: &VaultRecord,
        fill: impl FnOnce(&mut WriteTables<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let write = self.database.begin_write()?;
        write
            .open_table(VAULTS)?
            .insert(vault, encode(record)?.as_slice())?;
        fill(&mut Tables::open_write(&write)?)?;
        Ok(write.commit()?)
    }

    /// One moment of the store, to read from.
    pub(crate) fn read(&self) -> anyhow::Result<ReadTables> {
        Tables::open_read(&self.database.begin_read()?)
    }

    /// Changes the store: all that `change` does, or nothing if it fails. One change at a time.
    pub(crate) fn write<T, E: From<anyhow::Error>>(
        &self,
        change: impl FnOnce(&mut WriteTables<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let begin = || anyhow::Ok(self.database.begin_write()?);
        let write = begin()?;
        let mut tables = Tables::open_write(&write)?;
        let changed = change(&mut tables);
        let next_due = tables.next_due();
        drop(tables);
        match changed {
            Ok(value) => {
                let next_due = next_due?;
                write.commit().map_err(anyhow::Error::from)?;
                self.next_due.store(next_due, Ordering::Release);
                Ok(value)
            }
            Err(error) => {
                write.abort().map_err(anyhow::Error::from)?;
                Err(error)
            }
        }
    }

    /// Is something due at `now` (milliseconds since 1970)? Costs nothing when it is not.
    pub(crate) fn is_due(&self, now: i64) -> bool {
        self.next_due.load(Ordering::Acquire) <= now
    }

    fn with(backend: impl StorageBackend) -> anyhow::Result<Self> {
        let database = Builder::new()
            .set_cache_size(CACHE_BYTES)
            .create_with_backend(backend)?;
        // Make the tables, so that readers always find them.
        let write = database.begin_write()?;
        let next_due = {
            let mut meta = write.open_table(META)?;
            check_layout(meta.get(LAYOUT)?.map(|found| found.value().to_vec()), {
                meta.is_empty()?
            })?;
            meta.insert(LAYOUT, encode(&LAYOUT_NUMBER)?.as_slice())?;
            if meta.get(SEALING_KEY)?.is_none() {
                let bytes = Sensitive::new(encoding::random::<32>()?.to_vec());
                meta.insert(SEALING_KEY, encode(&SealingKey { bytes })?.as_slice())?;
            }
            write.open_table(VAULTS)?;
            Tables::open_write(&write)?.next_due()?
        };
        write.commit()?;
        Ok(Self {
            database: Arc::new(database),
            next_due: AtomicI64::new(next_due),
        })
    }
}

/// The part of the store with values that belong to no vault, such as who may sign in.
#[derive(Clone)]
pub(crate) struct Meta(Arc<Database>);

impl Meta {
    /// The value of this name.
    pub(crate) fn get<T: DeserializeOwned>(&self, key: &str) -> anyhow::Result<Option<T>> {
        let table = self.0.begin_read()?.open_table(META)?;
        let found = table.get(key)?;
        found.map(|found| decode(found.value())).transpose()
    }

    /// Keeps a value.
    pub(crate) fn keep(&self, key: &str, value: &impl Serialize) -> anyhow::Result<()> {
        let write = self.0.begin_write()?;
        write
            .open_table(META)?
            .insert(key, encode(value)?.as_slice())?;
        Ok(write.commit()?)
    }
}

/// Another process has the data folder.
#[derive(Debug)]
pub struct InUse(PathBuf);

impl std::fmt::Display for InUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "`{}` is in use by another running dev vault",
            self.0.display()
        )
    }
}

impl std::error::Error for InUse {}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct SealingKey {
    #[serde(with = "encoding::secret_bytes")]
    bytes: Sensitive<Vec<u8>>,
}

/// A folder of another layout is left as it is: what it holds is for the kvcert that made it.
fn check_layout(found: Option<Vec<u8>>, new: bool) -> anyhow::Result<()> {
    let found: Option<u32> = found.map(|found| decode(&found)).transpose()?;
    match found {
        Some(LAYOUT_NUMBER) => Ok(()),
        None if new => Ok(()),
        found => Err(anyhow!(
            "data folder format {} is not supported (this version supports {LAYOUT_NUMBER}): \
             choose another folder, or use the version that made it",
            found.unwrap_or(1)
        )),
    }
}

const DATABASE_FILE: &str = "vault.redb";
const CACHE_BYTES: usize = 16 << 20;
/// Raised whenever an older kvcert could not read what this one writes, or the other way round.
const LAYOUT_NUMBER: u32 = 2;
const SEALING_KEY: &str = "sealing-key";
const LAYOUT: &str = "layout";
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
const VAULTS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("vaults");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_layout_is_refused_and_named() {
        assert!(check_layout(None, true).is_ok());
        assert!(check_layout(Some(b"2".to_vec()), false).is_ok());
        for (found, number) in [(None, 1), (Some(b"3".to_vec()), 3)] {
            let error = check_layout(found, false).unwrap_err().to_string();
            assert!(error.contains(&format!("format {number} is")), "{error}");
        }
    }
}
