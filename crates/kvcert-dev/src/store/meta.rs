//! Values that belong to no vault.

use std::sync::Arc;

use redb::{Database, ReadableDatabase, TableDefinition};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{decode, encode};

/// The part of the store with values that belong to no vault, such as who may sign in.
#[derive(Clone)]
pub(crate) struct Meta(pub(crate) Arc<Database>);

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

pub(crate) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
