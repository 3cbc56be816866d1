//! The tables of objects, versions and settings, in a transaction.

use std::borrow::Cow;

use redb::{
    ReadOnlyTable, ReadTransaction, ReadableTable, Table, TableDefinition, WriteTransaction,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::model::{Object, Version, decode, encode};

/// (vault, shelf, lower-case name)
type ObjectKey = (&'static str, &'static str, &'static str);
/// (vault, collection, lower-case name, version)
type VersionKey = (&'static str, &'static str, &'static str, &'static str);
/// (milliseconds since 1970, vault, lower-case name)
type DueKey = (i64, &'static str, &'static str);
type Bytes = &'static [u8];

/// The tables, to be read.
pub(crate) type ReadTables = Tables<
    ReadOnlyTable<ObjectKey, Bytes>,
    ReadOnlyTable<VersionKey, Bytes>,
    ReadOnlyTable<ObjectKey, Bytes>,
    ReadOnlyTable<DueKey, ()>,
>;

/// The tables, to be changed.
pub(crate) type WriteTables<'t> = Tables<
    Table<'t, ObjectKey, Bytes>,
    Table<'t, VersionKey, Bytes>,
    Table<'t, ObjectKey, Bytes>,
    Table<'t, DueKey, ()>,
>;

/// Objects, versions, settings and what is due.
pub(crate) struct Tables<O, V, S, D> {
    objects: O,
    versions: V,
    settings: S,
    due: D,
}

/// What can be read in a transaction of either kind.
pub(crate) trait Reading {
    /// The object `name` on a shelf.
    fn object(&self, vault: &str, shelf: &str, name: &str) -> anyhow::Result<Option<Object>>;

    /// One version of the object `name`, deleted or not.
    fn version(
        &self,
        vault: &str,
        collection: &str,
        name: &str,
        version: &str,
    ) -> anyhow::Result<Option<Version>>;

    /// Up to `limit` objects of a shelf whose lower-case name comes after `after`, in that order,
    /// and of them those that `wanted` accepts.
    fn objects(
        &self,
        vault: &str,
        shelf: &str,
        after: &str,
        limit: usize,
        wanted: impl Fn(&Object) -> bool,
    ) -> anyhow::Result<Vec<Object>>;

    /// Up to `limit` versions of `name` that come after `after`, in the order of their identifiers.
    fn versions(
        &self,
        vault: &str,
        collection: &str,
        name: &str,
        after: &str,
        limit: usize,
    ) -> anyhow::Result<Vec<Version>>;

    /// A setting of a vault, such as its contacts.
    fn setting<T: DeserializeOwned>(
        &self,
        vault: &str,
        kind: &str,
        name: &str,
    ) -> anyhow::Result<Option<T>>;

    /// Up to `limit` settings of a kind whose lower-case name comes after `after`.
    fn settings<T: DeserializeOwned>(
        &self,
        vault: &str,
        kind: &str,
        after: &str,
        limit: usize,
    ) -> anyhow::Result<Vec<T>>;

    /// The certificates that are due at `now` (milliseconds since 1970): vault and name.
    fn due(&self, now: i64) -> anyhow::Result<Vec<(String, String)>>;

    /// When the first certificate is due, in milliseconds since 1970.
    fn next_due(&self) -> anyhow::Result<i64>;
}

/// Up to `limit` wanted entries of a vault's shelf, or of a kind of setting, that come after the name
/// at the end of the key.
fn page<T: DeserializeOwned>(
    table: &impl ReadableTable<ObjectKey, Bytes>,
    (vault, shelf, after): (&str, &str, &str),
    limit: usize,
    wanted: impl Fn(&T) -> bool,
) -> anyhow::Result<Vec<T>> {
    let mut found = Vec::new();
    for entry in table.range((vault, shelf, after)..)? {
        let (key, value) = entry?;
        let (its_vault, its_shelf, name) = key.value();
        if (its_vault, its_shelf) != (vault, shelf) || found.len() == limit {
            break;
        }
        if name != after {
            found.extend(Some(decode(value.value())?).filter(&wanted));
        }
    }
    Ok(found)
}

impl<O, V, S, D> Reading for Tables<O, V, S, D>
where
    O: ReadableTable<ObjectKey, Bytes>,
    V: ReadableTable<VersionKey, Bytes>,
    S: ReadableTable<ObjectKey, Bytes>,
    D: ReadableTable<DueKey, ()>,
{
    fn object(&self, vault: &str, shelf: &str, name: &str) -> anyhow::Result<Option<Object>> {
        let found = self.objects.get((vault, shelf, &*lower(name)))?;
        found.map(|found| decode(found.value())).transpose()
    }

    fn version(
        &self,
        vault: &str,
        collection: &str,
        name: &str,
        version: &str,
    ) -> anyhow::Result<Option<Version>> {
        let key = (vault, collection, &*lower(name), &*lower(version));
        let found = self.versions.get(key)?;
        found.map(|found| decode(found.value())).transpose()
    }

    fn objects(
        &self,
        vault: &str,
        shelf: &str,
        after: &str,
        limit: usize,
        wanted: impl Fn(&Object) -> bool,
    ) -> anyhow::Result<Vec<Object>> {
        page(&self.objects, (vault, shelf, after), limit, wanted)
    }

    fn versions(
        &self,
        vault: &str,
        collection: &str,
        name: &str,
        after: &str,
        limit: usize,
    ) -> anyhow::Result<Vec<Version>> {
        let name = &*lower(name);
        let mut found = Vec::new();
        for entry in self.versions.range((vault, collection, name, after)..)? {
            let (key, value) = entry?;
            let (its_vault, its_collection, its_name, version) = key.value();
            if (its_vault, its_collection, its_name) != (vault, collection, name)
                || found.len() == limit
            {
                break;
            }
            if version != after {
                found.push(decode(value.value())?);
            }
        }
        Ok(found)
    }

    fn setting<T: DeserializeOwned>(
        &self,
        vault: &str,
        kind: &str,
        name: &str,
    ) -> anyhow::Result<Option<T>> {
        let found = self.settings.get((vault, kind, &*lower(name)))?;
        found.map(|found| decode(found.value())).transpose()
    }

    fn settings<T: DeserializeOwned>(
        &self,
        vault: &str,
        kind: &str,
        after: &str,
        limit: usize,
    ) -> anyhow::Result<Vec<T>> {
        page(&self.settings, (vault, kind, after), limit, |_| true)
    }

    fn due(&self, now: i64) -> anyhow::Result<Vec<(String, String)>> {
        let mut found = Vec::new();
        for entry in self.due.range(..(now + 1, "", ""))? {
            let (key, _) = entry?;
            let (_, vault, name) = key.value();
            found.push((vault.to_owned(), name.to_owned()));
        }
        Ok(found)
    }

    fn next_due(&self) -> anyhow::Result<i64> {
        let first = self.due.first()?;
        Ok(first.map_or(i64::MAX, |(key, _)| key.value().0))
    }
}

impl ReadTables {
    pub(crate) fn open_read(read: &ReadTransaction) -> anyhow::Result<Self> {
        Ok(Self {
            objects: read.open_table(OBJECTS)?,
            versions: read.open_table(VERSIONS)?,
            settings: read.open_table(SETTINGS)?,
            due: read.open_table(DUE)?,
        })
    }
}

impl<'t> WriteTables<'t> {
    pub(crate) fn open_write(write: &'t WriteTransaction) -> anyhow::Result<Self> {
        Ok(Self {
            objects: write.open_table(OBJECTS)?,
            versions: write.open_table(VERSIONS)?,
            settings: write.open_table(SETTINGS)?,
            due: write.open_table(DUE)?,
        })
    }

    /// Puts an object on a shelf, in place of the one of that name.
    pub(crate) fn put_object(
        &mut self,
        vault: &str,
        shelf: &str,
        object: &Object,
    ) -> anyhow::Result<()> {
        let key = (vault, shelf, &*lower(&object.name));
        self.objects.insert(key, encode(object)?.as_slice())?;
        Ok(())
    }

    /// Takes an object off a shelf.
    pub(crate) fn remove_object(
        &mut self,
        vault: &str,
        shelf: &str,
        name: &str,
    ) -> anyhow::Result<()> {
        self.objects.remove((vault, shelf, &*lower(name)))?;
        Ok(())
    }

    /// Puts one version of an object.
    pub(crate) fn put_version(
        &mut self,
        vault: &str,
        collection: &str,
        name: &str,
        version: &Version,
    ) -> anyhow::Result<()> {
        let key = (vault, collection, &*lower(name), &*version.version);
        self.versions.insert(key, encode(version)?.as_slice())?;
        Ok(())
    }

    /// Removes one version of an object.
    pub(crate) fn remove_version(
        &mut self,
        vault: &str,
        collection: &str,
        name: &str,
        version: &str,
    ) -> anyhow::Result<()> {
        self.versions
            .remove((vault, collection, &*lower(name), version))?;
        Ok(())
    }

    /// Removes all versions of an object.
    pub(crate) fn remove_versions(
        &mut self,
        vault: &str,
        collection: &str,
        name: &str,
    ) -> anyhow::Result<()> {
        loop {
            let some = self.versions(vault, collection, name, "", SOME)?;
            for version in &some {
                self.remove_version(vault, collection, name, &version.version)?;
            }
            if some.len() < SOME {
                return Ok(());
            }
        }
    }

    /// Keeps a setting of a vault.
    pub(crate) fn put_setting(
        &mut self,
        vault: &str,
        kind: &str,
        name: &str,
        value: &impl Serialize,
    ) -> anyhow::Result<()> {
        let key = (vault, kind, &*lower(name));
        self.settings.insert(key, encode(value)?.as_slice())?;
        Ok(())
    }

    /// Forgets a setting of a vault.
    pub(crate) fn remove_setting(
        &mut self,
        vault: &str,
        kind: &str,
        name: &str,
    ) -> anyhow::Result<()> {
        self.settings.remove((vault, kind, &*lower(name)))?;
        Ok(())
    }

    /// Notes that the certificate `name` is due at `when`, in milliseconds since 1970.
    pub(crate) fn put_due(&mut self, when: i64, vault: &str, name: &str) -> anyhow::Result<()> {
        self.due.insert((when, vault, &*lower(name)), ())?;
        Ok(())
    }

    /// Strikes out whatever was due for a certificate until `now`.
    pub(crate) fn strike_due(&mut self, now: i64, vault: &str, name: &str) -> anyhow::Result<()> {
        self.due
            .retain_in(..(now + 1, "", ""), |(_, its_vault, its_name), ()| {
                (its_vault, its_name) != (vault, name)
            })?;
        Ok(())
    }

    /// Strikes out what was due for the certificate `name`.
    pub(crate) fn remove_due(&mut self, when: i64, vault: &str, name: &str) -> anyhow::Result<()> {
        self.due.remove((when, vault, &*lower(name)))?;
        Ok(())
    }
}

/// Names and versions are compared without regard to case.
pub(crate) fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// Versions that are read at once where all of them are wanted.
const SOME: usize = 100;
const OBJECTS: TableDefinition<'_, ObjectKey, Bytes> = TableDefinition::new("objects");
const VERSIONS: TableDefinition<'_, VersionKey, Bytes> = TableDefinition::new("object-versions");
const SETTINGS: TableDefinition<'_, ObjectKey, Bytes> = TableDefinition::new("settings");
const DUE: TableDefinition<'_, DueKey, ()> = TableDefinition::new("due");
