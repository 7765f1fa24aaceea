//! The store on a disk: sled 0.34.7, used by the rules that keep acknowledged work from power loss.
//!
//! As it comes, sled's `flush` neither writes a file's size and extents nor empties the drive's cache, and the files that it makes for
//! large values are not synced at all. So here, and nowhere else:
//!
//! 1. after every flush the log file is synced through a handle of our own; at open every file and folder is (`sled/folder.rs`);
//! 2. nothing above 4 KiB goes in as one piece, no key is longer than [`KEY_BYTES_MAX`](super::KEY_BYTES_MAX), so that sled never
//!    makes such a file (`sled/pieces.rs`);
//! 3. the log is synced after every 64 KiB put in, asked or not, and nothing is written while it is: sled writes over a segment once
//!    its rows lie elsewhere, and takes written for durable;
//! 4. one batch is one `apply_batch` on the one tree;
//! 5. a value in pieces is read under the lock that a batch is written under, for sled's batches are not isolated from readers;
//! 6. no subscriptions, no compression, no flushing in the background, the cache has a size;
//! 7. sled panics on some damaged files: every call of it is guarded (`sled/guard.rs`), and after a failed write, or a panic, the
//!    handle accepts nothing until it is opened again.
//!
//! Rows of the tree, numbers big-endian:
//!
//! | key | value |
//! |---|---|
//! | `f` | the format of the rows, 4 bytes |
//! | `r` ‖ key | `0` ‖ value, or `1` ‖ length in bytes, 4 ‖ first 8 bytes of the value's SHA-256 |
//! | `p` ‖ key ‖ number of the piece, 4 bytes | at most 4,096 bytes of a value |

mod folder;
mod guard;
mod pieces;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use self::folder::Folder;
use self::guard::Guard;
use self::pieces::{Cut, Stored};
use super::{Batch, KeyRange, Row, Store, StoreError, Visit, VisitKey};

/// The cache of a server: between 64 and 256 MiB. sled's own default is 1 GB.
pub const SERVER_CACHE_BYTES: u64 = 128 << 20;

/// The cache of a device: a phone has little memory.
pub const DEVICE_CACHE_BYTES: u64 = 8 << 20;

/// How much may be put into the log before it is synced without being asked to.
///
/// sled writes over a segment of its log (512 KiB) once what it held has been written anew elsewhere, and takes written for durable. So
/// the log is synced before it can have grown by a segment, at about five bytes written for one put.
const UNSYNCED_BYTES_MAX: usize = 64 << 10;

/// What a row costs in the log besides its key and value.
const ROW_BYTES: usize = 64;

/// The format of the rows above.
const FORMAT: u32 = 1;
const FORMAT_KEY: &[u8] = b"f";

/// How to open a store.
#[derive(Clone, Copy, Debug)]
pub struct SledOptions {
    cache_bytes: u64,
    hint: &'static str,
}

impl SledOptions {
    /// As a server does.
    #[must_use]
    pub const fn server() -> Self {
        Self {
            cache_bytes: SERVER_CACHE_BYTES,
            hint: "stop the server, run `fieldwatch-server check` to see how far it reaches, and `fieldwatch-server restore` a \
                   backup; devices send again what the backup lacks",
        }
    }

    /// As a device does.
    #[must_use]
    pub const fn device() -> Self {
        Self {
            cache_bytes: DEVICE_CACHE_BYTES,
            hint: "keep a copy of this folder, it may hold work that was never sent; then run `fieldwatch enrol` with a new ticket \
                   in an empty folder: what the server acknowledged comes back",
        }
    }

    /// With another size of the cache.
    #[must_use]
    pub const fn cache_bytes(mut self, cache_bytes: u64) -> Self {
        self.cache_bytes = cache_bytes;
        self
    }
}

/// An ordered map on a disk. Any number of threads may use it; one process at a time may have it open.
pub struct SledStore {
    /// `None` only while it is dropped. Before `folder`, whose lock must outlive it.
    db: Option<::sled::Db>,
    folder: Folder,
    guard: Guard,
    /// Held for writing over each batch, for reading over each value in pieces.
    pieces: RwLock<()>,
    /// The bytes put into the log since it was last synced; held over each batch and each sync, so that they do not meet.
    unsynced_bytes: Mutex<usize>,
    /// Batches applied by this handle.
    applied: AtomicU64,
    /// How many of them are known to be durable; held while flushing, so that those who wait share the next flush.
    durable: Mutex<u64>,
}

impl SledStore {
    /// Opens the store in a folder of its own, which is made if it is missing.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if it is open elsewhere, [`StoreError::UnknownFormat`] if a later program wrote it,
    /// [`StoreError::Damaged`] if sled cannot read its files, [`StoreError::DiskFull`] and [`StoreError::Io`] from the disk.
    pub fn open(path: &Path, options: SledOptions) -> Result<Self, StoreError> {
        let folder = Folder::prepare(path)?;
        let guard = Guard::new(options.hint);
        let config = ::sled::Config::new()
            .path(path)
            .cache_capacity(options.cache_bytes)
            .flush_every_ms(None);
        let db = folder.when_released(|| guard.read(|| config.open()))?;
        let store = Self {
            db: Some(db),
            folder: folder.with_log()?,
            guard,
            pieces: RwLock::new(()),
            unsynced_bytes: Mutex::new(0),
            applied: AtomicU64::new(0),
            durable: Mutex::new(0),
        };
        store.check_format()?;
        store.folder.sync()?;
        Ok(store)
    }

    /// Writes the format into a new store, and refuses a store of another.
    fn check_format(&self) -> Result<(), StoreError> {
        let db = self.db()?;
        let Some(found) = self.guard.read(|| db.get(FORMAT_KEY))? else {
            if self.guard.read(|| db.iter().next().transpose())?.is_some() {
                return Err(self.guard.damaged("rows without a format"));
            }
            self.guard
                .write(|| db.insert(FORMAT_KEY, &FORMAT.to_be_bytes()))?;
            return self.guard.write(|| db.flush()).map(drop);
        };
        match <[u8; 4]>::try_from(&*found).map(u32::from_be_bytes) {
            Ok(FORMAT) => Ok(()),
            Ok(found) => Err(StoreError::UnknownFormat {
                found,
                known: FORMAT,
            }),
            Err(_) => Err(self.guard.damaged("its format cannot be read")),
        }
    }

    fn db(&self) -> Result<&::sled::Db, StoreError> {
        self.db.as_ref().ok_or(StoreError::Failed)
    }

    fn stored(&self, key: &[u8]) -> Result<Option<Stored>, StoreError> {
        let db = self.db()?;
        let row = self.guard.read(|| db.get(pieces::row_key(key)))?;
        row.map(|row| self.parse(&row)).transpose()
    }

    fn parse(&self, row: &::sled::IVec) -> Result<Stored, StoreError> {
        Stored::parse(row).ok_or_else(|| self.guard.damaged("a row that no version wrote"))
    }

    /// The value of a row that was seen in pieces. It is looked up again: without the lock it may have changed since.
    fn whole(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let _unchanged = self.pieces.read().unwrap_or_else(PoisonError::into_inner);
        match self.stored(key)? {
            None => Ok(None),
            Some(Stored::Inline(value)) => Ok(Some(value.to_vec())),
            Some(Stored::Cut(cut)) => self.join(key, cut).map(Some),
        }
    }

    fn join(&self, key: &[u8], cut: Cut) -> Result<Vec<u8>, StoreError> {
        let db = self.db()?;
        let mut value = Vec::with_capacity(cut.value_bytes());
        for number in cut.pieces() {
            let piece = self
                .guard
                .read(|| db.get(pieces::piece_key(key, number)))?
                .ok_or_else(|| self.guard.damaged("a piece of a value is missing"))?;
            value.extend_from_slice(&piece);
        }
        if cut.is_of(&value) {
            Ok(value)
        } else {
            Err(self
                .guard
                .damaged("a value is not the one that was written"))
        }
    }

    /// The caller's key of a row of the tree.
    fn key<'a>(&self, row_key: &'a [u8]) -> Result<&'a [u8], StoreError> {
        pieces::key_of_row(row_key).ok_or_else(|| self.guard.damaged("a row outside its table"))
    }

    /// The value of a row that was met under `key`; `None` if it has been removed since.
    fn value(&self, key: &[u8], row: &::sled::IVec) -> Result<Option<::sled::IVec>, StoreError> {
        match self.parse(row)? {
            Stored::Inline(value) => Ok(Some(value)),
            Stored::Cut(_) => Ok(self.whole(key)?.map(::sled::IVec::from)),
        }
    }

    /// Makes everything durable that is in the tree.
    fn sync(&self, unsynced_bytes: &mut usize) -> Result<(), StoreError> {
        let db = self.db()?;
        self.guard.write(|| db.flush())?;
        self.guard.write_file(|| self.folder.sync_log())?;
        *unsynced_bytes = 0;
        Ok(())
    }

    /// What sled is to do for a batch: rows, pieces, and the removal of pieces that nothing names any more.
    fn cut(&self, batch: &Batch) -> Result<::sled::Batch, StoreError> {
        let mut cut = ::sled::Batch::default();
        for (key, value) in batch.iter() {
            let before = match self.stored(key)? {
                Some(Stored::Cut(cut)) => cut.pieces().end,
                _ => 0,
            };
            let now = pieces::put(&mut cut, key, value);
            for stale in now..before {
                cut.remove(pieces::piece_key(key, stale));
            }
        }
        Ok(cut)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store for SledStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.stored(key)? {
            None => Ok(None),
            Some(Stored::Inline(value)) => Ok(Some(value.to_vec())),
            Some(Stored::Cut(_)) => self.whole(key),
        }
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        if range.is_empty() {
            return Ok(());
        }
        let db = self.db()?;
        let mut rows = self.guard.read(|| Ok(db.range(pieces::row_keys(range))))?;
        while let Some((row_key, row)) = self.guard.read(|| rows.next().transpose())? {
            let key = self.key(&row_key)?;
            // No lock is held while the visitor runs, for it may use the store.
            if let Some(value) = self.value(key, &row)?
                && visit(key, &value).is_break()
            {
                break;
            }
        }
        Ok(())
    }

    fn keys(&self, range: &KeyRange, visit: &mut VisitKey<'_>) -> Result<(), StoreError> {
        if range.is_empty() {
            return Ok(());
        }
        let db = self.db()?;
        let mut rows = self.guard.read(|| Ok(db.range(pieces::row_keys(range))))?;
        while let Some((row_key, _)) = self.guard.read(|| rows.next().transpose())? {
            if visit(self.key(&row_key)?).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn last(&self, range: &KeyRange) -> Result<Option<Row>, StoreError> {
        if range.is_empty() {
            return Ok(None);
        }
        let db = self.db()?;
        let mut rows = self.guard.read(|| Ok(db.range(pieces::row_keys(range))))?;
        while let Some((row_key, row)) = self.guard.read(|| rows.next_back().transpose())? {
            let key = self.key(&row_key)?;
            if let Some(value) = self.value(key, &row)? {
                return Ok(Some(Row {
                    key: key.to_vec(),
                    value: value.to_vec(),
                }));
            }
        }
        Ok(None)
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        batch.check()?;
        let db = self.db()?;
        let mut unsynced_bytes = lock(&self.unsynced_bytes);
        self.guard.refuse_if_failed()?;
        let cut = self
            .cut(batch)
            .inspect_err(|error| self.guard.fail_if_disk(error))?;
        let batch_bytes = batch.size_bytes() + batch.len() * ROW_BYTES;
        if *unsynced_bytes + batch_bytes > UNSYNCED_BYTES_MAX && *unsynced_bytes > 0 {
            self.sync(&mut unsynced_bytes)?;
        }
        let alone = self.pieces.write().unwrap_or_else(PoisonError::into_inner);
        self.guard.write(|| db.apply_batch(cut))?;
        drop(alone);
        *unsynced_bytes += batch_bytes;
        self.applied.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        let wanted = self.applied.load(Ordering::SeqCst);
        let mut durable = lock(&self.durable);
        self.guard.refuse_if_failed()?;
        if *durable >= wanted {
            return Ok(());
        }
        let mut unsynced_bytes = lock(&self.unsynced_bytes);
        let covered = self.applied.load(Ordering::SeqCst);
        self.sync(&mut unsynced_bytes)?;
        *durable = covered;
        Ok(())
    }

    fn size_bytes(&self) -> Result<u64, StoreError> {
        Ok(self.folder.size_bytes()?)
    }
}

/// sled flushes when it is dropped, and may panic at that on a damaged file.
impl Drop for SledStore {
    fn drop(&mut self) {
        if let Some(db) = self.db.take() {
            // Whoever needed durability has flushed; there is nobody left to tell.
            drop(self.guard.write(|| {
                drop(db);
                Ok(())
            }));
        }
    }
}

impl std::fmt::Debug for SledStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SledStore")
            .field("folder", &self.folder.path())
            .field("failed", &self.guard.has_failed())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
