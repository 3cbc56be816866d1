//! Soft delete: delete, recover, purge, and what can be seen in between.

use axum::http::StatusCode;

use super::handler::Handler;
use super::refusal;
use crate::http::reply::Reply;
use crate::store::model::{Collection, Deletion, Object};
use crate::store::tables::{Reading, WriteTables};

impl Handler<'_> {
    /// Deletes all versions. The answer can be seen at once, the deleted object a moment later.
    pub(crate) fn delete(&self) -> Result<Reply, Reply> {
        let collection = self.collection();
        let deletion = Deletion {
            at: self.now,
            purge_at: self
                .now
                .saturating_add(i64::from(self.record.retention_days) * DAY),
            settled: self.moment() + self.settings.deletion_delay(),
        };
        self.store.write(|tables| {
            let mut object = self.object(tables)?;
            if object.managed {
                return Err(refusal::managed(collection, "delete"));
            }
            let version = self.current(tables, &object)?;
            for part in parts(collection) {
                self.shelve(tables, *part, &object.name, Some(&deletion))?;
            }
            object.deleted = Some(deletion.clone());
            Ok(Reply::ok(
                &self.deleted(&object, self.bundle(&object, &version)),
            ))
        })
    }

    pub(crate) fn get_deleted(&self) -> Result<Reply, Reply> {
        let tables = self.store.read()?;
        let object = self.deleted_object(&tables)?;
        if self.is_settled(&object) {
            let version = self.current(&tables, &object)?;
            Ok(Reply::ok(
                &self.deleted(&object, self.bundle(&object, &version)),
            ))
        } else {
            Err(refusal::deleted_not_found(self.collection(), self.name()))
        }
    }

    pub(crate) fn list_deleted(&self) -> Result<Reply, Reply> {
        self.list_shelf(self.collection().deleted(), |object| {
            self.is_settled(object)
        })
    }

    /// Brings a deleted object back with all its versions.
    pub(crate) fn recover(&self) -> Result<Reply, Reply> {
        let collection = self.collection();
        self.store.write(|tables| {
            if tables
                .object(self.vault, collection.plural(), self.name())?
                .is_some()
            {
                return Err(refusal::exists_already(collection, self.name()));
            }
            let mut object = self.deleted_object(tables)?;
            if object.managed {
                return Err(refusal::managed(collection, "recover"));
            }
            if !self.is_settled(&object) {
                return Err(refusal::still_being_deleted(collection, &object.name));
            }
            for part in parts(collection) {
                self.shelve(tables, *part, &object.name, None)?;
            }
            object.deleted = None;
            let version = self.current(tables, &object)?;
            Ok(Reply::ok(&self.bundle(&object, &version)))
        })
    }

    /// Removes a deleted object for good.
    pub(crate) fn purge(&self) -> Result<Reply, Reply> {
        let collection = self.collection();
        self.store.write(|tables| {
            if tables
                .object(self.vault, collection.plural(), self.name())?
                .is_some()
            {
                return Err(refusal::purge_needs_deletion(collection));
            }
            let object = self.deleted_object(tables)?;
            if object.managed {
                return Err(refusal::managed(collection, "purge"));
            }
            if !self.is_settled(&object) {
                return Err(refusal::not_purged_yet(collection));
            }
            if self.record.purge_protection {
                return Err(refusal::purge_protected());
            }
            for part in parts(collection) {
                tables.remove_object(self.vault, part.deleted(), &object.name)?;
                tables.remove_versions(self.vault, part.plural(), &object.name)?;
            }
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        })
    }

    /// Refuses a name that something deleted still has.
    pub(crate) fn is_free(
        &self,
        tables: &impl Reading,
        collection: Collection,
    ) -> Result<(), Reply> {
        match tables.object(self.vault, collection.deleted(), self.name())? {
            None => Ok(()),
            Some(object) if self.is_settled(&object) => {
                Err(refusal::deleted_but_recoverable(collection, &object.name))
            }
            Some(object) => Err(refusal::being_deleted(collection, &object.name)),
        }
    }

    fn deleted_object(&self, tables: &impl Reading) -> Result<Object, Reply> {
        let collection = self.collection();
        tables
            .object(self.vault, collection.deleted(), self.name())?
            .ok_or_else(|| refusal::deleted_not_found(collection, self.name()))
    }

    fn is_settled(&self, object: &Object) -> bool {
        let deletion = object.deleted.as_ref();
        deletion.is_none_or(|deletion| deletion.settled <= self.moment())
    }

    /// Moves one part of an object to the shelf of the deleted, or back.
    fn shelve(
        &self,
        tables: &mut WriteTables<'_>,
        part: Collection,
        name: &str,
        deletion: Option<&Deletion>,
    ) -> Result<(), Reply> {
        let (from, to) = match deletion {
            Some(_) => (part.plural(), part.deleted()),
            None => (part.deleted(), part.plural()),
        };
        if let Some(mut object) = tables.object(self.vault, from, name)? {
            object.deleted = deletion.cloned();
            tables.remove_object(self.vault, from, name)?;
            tables.put_object(self.vault, to, &object)?;
        }
        Ok(())
    }
}

/// What goes together: a certificate takes its key and its secret along.
pub(crate) fn parts(collection: Collection) -> &'static [Collection] {
    match collection {
        Collection::Certificates => &[
            Collection::Certificates,
            Collection::Keys,
            Collection::Secrets,
        ],
        Collection::Keys => &[Collection::Keys],
        Collection::Secrets => &[Collection::Secrets],
    }
}

const DAY: i64 = 24 * 3600;
