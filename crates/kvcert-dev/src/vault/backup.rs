//! Backup and restore: an object with all its versions as one sealed blob.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::handler::Handler;
use super::refusal;
use crate::encoding::{self, base64url, from_base64url};
use crate::http::reply::Reply;
use crate::store::Store;
use crate::store::model::{Collection, Object, Version};
use crate::store::tables::Reading;

/// [BackupSecretResult](https://learn.microsoft.com/rest/api/keyvault/secrets/backup-secret/backup-secret#backupsecretresult)
/// and its kin; also what is restored.
#[derive(Serialize, Deserialize)]
struct Blob {
    value: String,
}

/// What is in a blob: every part of an object. A certificate has its key and its secret with it.
#[derive(Serialize, Deserialize)]
struct Content {
    parts: Vec<Part>,
}

#[derive(Serialize, Deserialize)]
struct Part {
    shelf: String,
    object: Object,
    versions: Vec<Version>,
}

impl Handler<'_> {
    pub(crate) fn backup(&self) -> Result<Reply, Reply> {
        let collection = self.collection();
        let tables = self.store.read()?;
        let object = self.object(&tables)?;
        if object.managed {
            return Err(refusal::managed(collection, "backup"));
        }
        let parts = super::deleted::parts(collection)
            .iter()
            .map(|part| self.part(&tables, *part, &object.name))
            .collect::<Result<Vec<Option<Part>>, Reply>>()?;
        let parts = parts.into_iter().flatten().collect();
        let plain = serde_json::to_vec(&Content { parts }).map_err(anyhow::Error::from)?;
        let value = seal(self.store, collection, Zeroizing::new(plain))?;
        Ok(Reply::ok(&Blob { value }))
    }

    fn part(
        &self,
        tables: &impl Reading,
        collection: Collection,
        name: &str,
    ) -> Result<Option<Part>, Reply> {
        let shelf = collection.plural();
        let Some(mut object) = tables.object(self.vault, shelf, name)? else {
            return Ok(None);
        };
        // What was only asked for is not there yet, and no part of a backup.
        if let Some(part) = &mut object.certificate {
            part.pending = None;
        }
        let versions = tables.versions(self.vault, shelf, name, "", MOST_VERSIONS)?;
        Ok(Some(Part {
            shelf: shelf.to_owned(),
            object,
            versions,
        }))
    }

    pub(crate) fn restore(&self) -> Result<Reply, Reply> {
        let collection = self.collection();
        let blob: Blob = self.read()?;
        let content = open(self.store, collection, &blob.value)?;
        self.store.write(|tables| {
            for part in &content.parts {
                for shelf in [part.shelf.clone(), format!("deleted{}", part.shelf)] {
                    if tables
                        .object(self.vault, &shelf, &part.object.name)?
                        .is_some()
                    {
                        let shelf = collection.plural();
                        let own = &content.parts.first().unwrap_or(part).object;
                        let id = self.id(shelf, &own.name, Some(&own.current));
                        return Err(refusal::not_restored(collection, &id));
                    }
                }
            }
            for part in &content.parts {
                tables.put_object(self.vault, &part.shelf, &part.object)?;
                for version in &part.versions {
                    tables.put_version(self.vault, &part.shelf, &part.object.name, version)?;
                }
            }
            let part = content
                .parts
                .first()
                .ok_or_else(refusal::malformed_backup)?;
            let current = part
                .versions
                .iter()
                .find(|it| it.version == part.object.current);
            let current = current.ok_or_else(refusal::malformed_backup)?;
            Ok(Reply::ok(&self.bundle(&part.object, current)))
        })
    }
}

/// Encrypted and authenticated: a backup is restored by the data folder
/// that made it only, as the service restores into its own subscription only.
fn seal(
    store: &Store,
    collection: Collection,
    mut plain: Zeroizing<Vec<u8>>,
) -> anyhow::Result<String> {
    let key = key(store)?;
    let nonce = encoding::random::<12>()?;
    let mut sealed = MARK.to_vec();
    sealed.extend(nonce);
    let aad = Aad::from(collection.plural());
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut *plain)
        .map_err(|_| anyhow::anyhow!("cannot seal a backup"))?;
    sealed.extend_from_slice(&plain);
    Ok(base64url(sealed))
}

fn open(store: &Store, collection: Collection, value: &str) -> Result<Content, Reply> {
    let sealed = from_base64url(value).unwrap_or_default();
    let parts = sealed
        .strip_prefix(MARK)
        .and_then(<[u8]>::split_first_chunk::<12>);
    let (nonce, rest) = parts.ok_or_else(refusal::malformed_backup)?;
    let mut rest = Zeroizing::new(rest.to_vec());
    let aad = Aad::from(collection.plural());
    let plain = key(store)?
        .open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut rest)
        .map_err(|_| refusal::malformed_backup())?;
    serde_json::from_slice(plain).map_err(|_| refusal::malformed_backup())
}

fn key(store: &Store) -> anyhow::Result<LessSafeKey> {
    let key = UnboundKey::new(&AES_256_GCM, store.sealing_key()?.expose())
        .map_err(|_| anyhow::anyhow!("the key for backups is unusable"))?;
    Ok(LessSafeKey::new(key))
}

/// As many as the service backs up.
const MOST_VERSIONS: usize = 500;
/// The start of every blob.
const MARK: &[u8] = b"KVDEV1";
