//! Backups: a copy of the store at one position, and its way back.
//!
//! ```text
//! DIR/               a backup: without the keys it tells ids, times and the register's names, and nothing that a record says
//!   store/           sled, the live rows as they lie on the disk, sealed
//!   manifest.json    which log, at which position, how many rows, and their hash
//! KEYDIR/            the keys and the ledger, kept apart and always the newest
//! ```
//!
//! Keys and ledger are never part of a backup, so that what is erased later cannot be read in it and who is revoked later stays revoked. A
//! restored store takes a new log id; what it says is older than the ledger is brought up to it; devices bring back the rest.

mod keys;
mod manifest;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fieldwatch_schemas::id::LogId;
use fieldwatch_schemas::store::sled::{SledOptions, SledStore};
use fieldwatch_schemas::store::{Store, StoreError};
use fieldwatch_schemas::time::Moment;

pub use self::manifest::Manifest;
use crate::app::{App, random};
use crate::data::store::RESTORED;
use crate::data::{DataError, DataFolder, LostKeys};
use crate::ledger::{Ledger, LedgerError};
use crate::log::compact::{Copied, copied, copy};
use crate::log::put_id;
use crate::problem::ApiError;
use crate::register::RegisterError;

/// What a store in a backup may keep in memory.
const CACHE_BYTES: u64 = 16 << 20;
const MANIFEST: &str = "manifest.json";

/// Why a backup could not be made, or not be restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is something there already.
    #[error("{0} is not empty")]
    Occupied(PathBuf),
    /// Backup, keys and data folder must not lie within each other.
    #[error(
        "{0} does not lie apart: a backup holds no keys, and neither is kept in the data folder"
    )]
    NotApart(PathBuf),
    /// There is no backup, or not a whole one.
    #[error("{0} holds no whole backup")]
    NotWhole(PathBuf),
    /// The copy does not hold what was copied.
    #[error("the backup is damaged: its rows do not come to the hash in its manifest")]
    Damaged,
    /// The data folder holds a store.
    #[error(
        "the data folder holds a store: --replace puts the backup in its place and keeps it beside"
    )]
    Held,
    /// A key that the backup belongs to is neither in the data folder nor among the copies.
    #[error("{0} is missing, and the backup belongs to it: name the folder of its copy with --keys{rest}", rest = unless_renewed(.0))]
    KeyMissing(PathBuf),
    /// A key that the backup would be used with is not the one it belongs to.
    #[error("{0} is not the key that the backup belongs to: put back the one that does{rest}", rest = unless_renewed(.0))]
    KeyUnfit(PathBuf),
    /// The ledger is older than the backup.
    #[error("the ledger cannot be used with this backup")]
    Ledger(#[source] LedgerError),
    /// The register's rows in the backup.
    #[error("the backup's register cannot be read")]
    Register(#[source] RegisterError),
    /// A file.
    #[error("{0} could not be read or written")]
    File(PathBuf, #[source] io::Error),
    /// The store.
    #[error("the store could not be read or written")]
    Store(#[from] StoreError),
    /// The data folder.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The running server.
    #[error(transparent)]
    App(#[from] ApiError),
}

/// What a restore came to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Restored {
    /// The restored log's new id.
    pub log: LogId,
    /// Where it stands.
    pub position: u64,
    /// How many rows came back.
    pub rows: u64,
    /// How many of them nobody can open: they were damaged when the backup was made.
    #[serde(skip_serializing_if = "is_none")]
    pub unreadable: u64,
    /// The keys that were lost and made anew.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub renewed: Vec<&'static str>,
    /// Where the store that was there is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<PathBuf>,
}

/// Copies the store of an opened server into a folder, and its keys into another. Pushes wait meanwhile; pulls do not.
///
/// # Errors
///
/// [`BackupError::Occupied`] and [`BackupError::NotApart`], nothing done; otherwise as the disks fail: what is there then is no whole backup, for want of a manifest.
pub fn backup(
    app: &Arc<App>,
    folder: &DataFolder,
    dir: &Path,
    keys: Option<&Path>,
) -> Result<Manifest, BackupError> {
    let failed = |error| BackupError::File(dir.to_owned(), error);
    if !is_empty(dir).map_err(failed)? {
        return Err(BackupError::Occupied(dir.to_owned()));
    }
    keys::lie_apart(&folder.file(""), dir, keys)?;
    keys::make_folder(dir)?;
    // The folder may have been there, for everybody to enter.
    keys::make_folder(&dir.join("store"))?;
    let store = open(&dir.join("store"))?;
    let (log, into) = (Arc::clone(app.log()), Arc::clone(&store));
    let copied = app.pushes().at_desk(move |_| log.copy_to(&*into));
    let copied = copied.map_err(ApiError::Refused)??;
    prove(&*store, copied.rows, &copied.hash)?;
    drop(store);
    if let Some(keys) = keys {
        keys::copy_out(folder, keys)?;
    }
    let manifest = manifest_of(app, &copied);
    manifest.write(&dir.join(MANIFEST))?;
    Ok(manifest)
}

fn manifest_of(app: &App, copied: &Copied) -> Manifest {
    Manifest {
        format: manifest::FORMAT,
        server: app.name().to_owned(),
        log: copied.log,
        position: copied.position,
        at: Moment::china(app.now_ms()).rfc3339(),
        rows: copied.rows,
        hash: manifest::hexadecimal(&copied.hash),
    }
}

/// Puts a backup in the place of a data folder's store, while no server runs. Nothing is touched before the backup is proven, and that
/// the keys which it will lie beside open it. Of the keys come back those alone that the data folder lacks: what is there is newer.
///
/// # Errors
///
/// [`BackupError`]; the data folder's store is as it was, unless the last step failed: then it is the restored one.
pub fn restore(
    folder: &DataFolder,
    dir: &Path,
    keys: Option<&Path>,
    replace: Replace,
    lost: LostKeys,
) -> Result<Restored, BackupError> {
    let manifest = Manifest::read(&dir.join(MANIFEST))?;
    let source = open(&dir.join("store"))?;
    let hash = manifest.hash_bytes().ok_or(BackupError::Damaged)?;
    prove(&*source, manifest.rows, &hash)?;
    let unreadable = keys::prove(&*source, folder, keys, lost)?;
    if let Some(keys) = keys {
        keys::fill_in(folder, keys)?;
    }
    let lock = folder.lock()?;
    folder.end_swap(&lock)?;
    let current = folder.file("store");
    let failed = |error| BackupError::File(current.clone(), error);
    if replace == Replace::No && !is_empty(&current).map_err(failed)? {
        return Err(BackupError::Held);
    }
    let ledger = folder.ledger()?;
    follows(&ledger, &*source)?;
    let log = fresh_store(folder, &*source)?;
    drop(source);
    let replaced = put_in_place(folder, &current)?;
    let renewed = match lost {
        LostKeys::Missed => Vec::new(),
        LostKeys::Renewed => folder.renew_lost_keys(&lock)?,
    };
    let app = folder.open(&lock)?;
    let restored = Restored {
        log,
        position: app.log().durable_position(),
        rows: manifest.rows,
        unreadable,
        renewed,
        replaced,
    };
    app.close();
    tracing::warn!(%log, at = manifest.at, "a backup was restored");
    Ok(restored)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_none(count: &u64) -> bool {
    *count == 0
}

/// What is said of a key that can be made anew.
fn unless_renewed(path: &Path) -> &'static str {
    match path.ends_with(crate::data::keys::RECORD_KEYS) {
        true => "; without it nothing in the backup can be read",
        false => ", or --renew-lost-keys gives up what it vouched for",
    }
}

/// Proves that a copy holds what was copied.
///
/// # Errors
///
/// [`BackupError::Damaged`] if its rows come to anything else, [`BackupError::Store`] if it cannot be read.
pub fn prove(copy: &dyn Store, rows: u64, hash: &[u8; 32]) -> Result<(), BackupError> {
    match copied(copy)? == (rows, *hash) {
        true => Ok(()),
        false => Err(BackupError::Damaged),
    }
}

/// Whether a ledger knows everything that a backup's store has heard of it.
///
/// # Errors
///
/// [`BackupError::Ledger`] if it is an older or another one, [`BackupError::Register`] if the store cannot say.
pub fn follows(ledger: &Ledger, source: &dyn Store) -> Result<(), BackupError> {
    let mark = crate::register::mark_of(source).map_err(BackupError::Register)?;
    ledger.after(&mark).map_err(BackupError::Ledger)?;
    Ok(())
}

/// Copies a backup's rows into an empty store, under a new log id, durable.
///
/// # Errors
///
/// [`StoreError`] if either store fails.
pub fn copy_back(source: &dyn Store, fresh: &dyn Store, log: LogId) -> Result<(), StoreError> {
    copy(source, fresh, &|_| false)?;
    put_id(fresh, log)?;
    fresh.flush()
}

/// Whether a store that is there may be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replace {
    /// It is kept beside.
    Yes,
    /// Then nothing is done.
    No,
}

/// Copies a backup's rows into a store beside, under a new log id. It has its name only when it is whole.
fn fresh_store(folder: &DataFolder, source: &dyn Store) -> Result<LogId, BackupError> {
    let (path, whole) = (folder.file("store.restoring"), folder.file(RESTORED));
    for left_over in [&path, &whole] {
        match fs::remove_dir_all(left_over) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(BackupError::File(left_over.clone(), error));
            }
            _ => {}
        }
    }
    let fresh = open(&path)?;
    let log = LogId::random(random()?);
    copy_back(source, &*fresh, log)?;
    drop(fresh);
    let named = fs::rename(&path, &whole).and_then(|()| sync(folder));
    named.map_err(|error| BackupError::File(whole, error))?;
    Ok(log)
}

fn sync(folder: &DataFolder) -> io::Result<()> {
    File::open(folder.file(""))?.sync_all()
}

/// The restored store takes the place of the one that is there, which is kept. A crash in between leaves no `store`: whoever opens the
/// folder next then ends this.
fn put_in_place(folder: &DataFolder, current: &Path) -> Result<Option<PathBuf>, BackupError> {
    let failed = |error| BackupError::File(current.to_owned(), error);
    let mut replaced = None;
    if current.exists() {
        let mut places = (1_u32..).map(|n| folder.file(&format!("store.before-restore-{n}")));
        let place = places.find(|place| !place.exists()).unwrap_or_default();
        let moved = fs::rename(current, &place).and_then(|()| sync(folder));
        moved.map_err(failed)?;
        replaced = Some(place);
    }
    let placed = fs::rename(folder.file(RESTORED), current).and_then(|()| sync(folder));
    placed.map_err(failed)?;
    Ok(replaced)
}

fn open(path: &Path) -> Result<Arc<dyn Store>, BackupError> {
    let options = SledOptions::server().cache_bytes(CACHE_BYTES);
    Ok(Arc::new(SledStore::open(path, options)?))
}

fn is_empty(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
