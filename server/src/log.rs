//! The log: every accepted change at a position, in the order in which it was accepted.
//!
//! Positions grow and are never used twice within one log id, but for those that a crash forgot before anyone saw them: **nothing that
//! was read may leave the server before [`Log::wait_until_durable`] says that its position is on the disk.** One lock is held over
//! each batch and over each read of several rows, because a store's batches are not isolated.
//!
//! A failed store stays failed until it is opened again ([`Log::reopen`]). Each opening begins another *life*, so that nobody waits for
//! a position of a life that ended.

pub mod compact;
mod feeds;
pub(crate) mod fit;
mod lives;
mod recovery;
mod renewal;
mod seal;

use std::sync::atomic::AtomicU64;
use std::sync::{
    Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};

use fieldwatch_schemas::id::LogId;
use fieldwatch_schemas::keyring::RecordKeys;
use fieldwatch_schemas::store::{Batch, KeyRange, Store, StoreError};

use crate::vouch::MacKey;

pub use self::feeds::FeedLine;
pub use self::lives::{Life, Lives};
pub(crate) use self::recovery::put_id;

/// Tells the time, in UTC milliseconds.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now_ms(&self) -> i64;
}

impl<F: Fn() -> i64 + Send + Sync> Clock for F {
    fn now_ms(&self) -> i64 {
        self()
    }
}

/// Opens the store, at first and after a failure.
pub type Opener = dyn Fn() -> Result<Arc<dyn Store>, StoreError> + Send + Sync;

/// The keys of a log, which lie beside its store.
#[derive(Debug, Clone)]
pub struct Keys {
    /// What each record is sealed under.
    pub records: Arc<RecordKeys>,
    /// What marks the records and feeds that leave the log.
    pub marks: MacKey,
}

impl Keys {
    /// Keys that are kept nowhere, as in tests; marks are made under zeros.
    #[must_use]
    pub fn in_memory() -> Self {
        Self {
            records: Arc::new(RecordKeys::in_memory()),
            marks: MacKey::new(&[0; 32]),
        }
    }
}

/// The server's log, over one store.
pub struct Log {
    opener: Box<Opener>,
    keys: Keys,
    clock: Arc<dyn Clock>,
    /// What new ids are made from, and how many have been.
    seed: ([u8; 16], AtomicU64),
    room: RwLock<Room>,
    durable: Mutex<Durable>,
    changed: Condvar,
    /// Held for reading by who writes aside, for writing while the store is compacted.
    quiet: RwLock<()>,
}

/// What the lock guards.
struct Room {
    /// Absent while it could not be opened again. What is sealed in it is opened.
    store: Option<Arc<dyn Store>>,
    /// As it lies on the disk.
    raw: Option<Arc<dyn Store>>,
    id: LogId,
    position: u64,
    lives: Lives,
    life: u64,
}

#[derive(Debug, Clone, Copy)]
struct Durable {
    position: u64,
    life: u64,
    failed: bool,
}

/// A consistent look at the log: no batch is applied while it lasts.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The store.
    pub store: &'a dyn Store,
    /// The store as it lies on the disk: what is sealed is sealed, what cannot be read any more is there.
    pub raw: &'a dyn Store,
    /// The log's id.
    pub log: LogId,
    /// The log's last position.
    pub position: u64,
    /// Which opening of the store gave which of them.
    pub lives: &'a Lives,
    /// Up to where the disk must have come before anything read leaves the server.
    pub seen: Seen,
}

/// The store, for who writes beside the log.
pub struct Aside<'a> {
    store: Arc<dyn Store>,
    _quiet: RwLockReadGuard<'a, ()>,
}

impl std::ops::Deref for Aside<'_> {
    type Target = dyn Store;
    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

/// How far a look at the log saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    position: u64,
    life: u64,
}

impl Log {
    /// Opens the log of a store that is never opened again, under keys that are kept nowhere, as in tests; an empty store takes a new log
    /// id from the random bytes.
    ///
    /// # Errors
    ///
    /// As [`Log::open`].
    pub fn new(
        store: Arc<dyn Store>,
        random: [u8; 16],
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, StoreError> {
        let opener = Box::new(move || Ok(Arc::clone(&store)));
        Self::open(opener, Keys::in_memory(), random, clock)
    }

    /// Opens the log of the store that `opener` opens, under `keys`; an empty store takes a new log id from the random bytes.
    ///
    /// What the store holds is durable when this returns, and what was left unfinished is gone.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot be opened, read or written, has another format, or belongs to other keys.
    pub fn open(
        opener: Box<Opener>,
        keys: Keys,
        random: [u8; 16],
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, StoreError> {
        let raw = opener()?;
        let store = seal::seal(Arc::clone(&raw), Arc::clone(&keys.records));
        fit::prove(&*store, &keys)?;
        let found = recovery::recover(&*store, LogId::random(random))?;
        let life = lives::fresh(&random, 0, clock.now_ms());
        let room = Room {
            raw: Some(raw),
            id: found.id,
            position: found.position,
            lives: Lives::begin(&*store, found.position, life)?,
            life: 1,
            store: Some(store),
        };
        let durable = Durable {
            position: found.position,
            life: 1,
            failed: false,
        };
        Ok(Arc::new(Self {
            opener,
            keys,
            clock,
            seed: (random, AtomicU64::new(0)),
            room: RwLock::new(room),
            durable: Mutex::new(durable),
            changed: Condvar::new(),
            quiet: RwLock::new(()),
        }))
    }

    /// Opens the store again after a failure. What was acknowledged is there; what was not may be.
    ///
    /// # Errors
    ///
    /// [`StoreError`] as [`Log::open`]; the log stays failed. [`StoreError::Locked`] if somebody still holds the store that
    /// [`Log::store`] gave: try again.
    pub fn reopen(&self) -> Result<(), StoreError> {
        let mut room = self.room_mut();
        self.durable().failed = true;
        self.changed.notify_all();
        (room.store, room.raw) = (None, None);
        let raw = (self.opener)()?;
        let store = seal::seal(Arc::clone(&raw), Arc::clone(&self.keys.records));
        let found = recovery::recover(&*store, room.id)?;
        let life = lives::fresh(&self.seed.0, room.life, self.now_ms());
        room.lives = Lives::begin(&*store, found.position, life)?;
        (room.store, room.raw) = (Some(store), Some(raw));
        room.id = found.id;
        room.position = found.position;
        room.life += 1;
        *self.durable() = Durable {
            position: found.position,
            life: room.life,
            failed: false,
        };
        tracing::info!(position = found.position, "the store was opened again");
        Ok(())
    }

    /// The keys of the records.
    #[must_use]
    pub fn keys(&self) -> &Arc<RecordKeys> {
        &self.keys.records
    }

    /// The id that cursors belong to.
    #[must_use]
    pub fn id(&self) -> LogId {
        self.room.read().unwrap_or_else(PoisonError::into_inner).id
    }

    /// The key of the marks on what leaves the log.
    #[must_use]
    pub fn mac_key(&self) -> &MacKey {
        &self.keys.marks
    }

    /// The time now, in UTC milliseconds.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Whether it can take writes.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        !self.durable().failed
    }

    /// The last position that the disk has for good.
    #[must_use]
    pub fn durable_position(&self) -> u64 {
        self.durable().position
    }

    /// The store, for tables that are not the log's. Give it back soon: while anybody holds it, it cannot be opened again.
    ///
    /// # Errors
    ///
    /// [`StoreError::Failed`] while the store is not open.
    pub fn store(&self) -> Result<Arc<dyn Store>, StoreError> {
        let room = self.room.read().unwrap_or_else(PoisonError::into_inner);
        room.store.clone().ok_or(StoreError::Failed)
    }

    /// The store as it lies on the disk, sealed rows and all. The same holds for it as for [`Log::store`].
    pub(crate) fn raw_store(&self) -> Result<Arc<dyn Store>, StoreError> {
        let room = self.room.read().unwrap_or_else(PoisonError::into_inner);
        room.raw.clone().ok_or(StoreError::Failed)
    }

    /// The store, for who writes rows that are not the log's. No compaction begins before it is given back.
    ///
    /// # Errors
    ///
    /// [`StoreError::Failed`] while the store is not open.
    pub fn aside(&self) -> Result<Aside<'_>, StoreError> {
        let quiet = self.quiet.read().unwrap_or_else(PoisonError::into_inner);
        Ok(Aside {
            store: self.store()?,
            _quiet: quiet,
        })
    }

    /// Looks at the log while no batch is applied. `look` must not come back to the log: it holds its lock.
    ///
    /// # Errors
    ///
    /// What `look` says, or [`StoreError::Failed`] while the store is not open.
    pub fn read<T>(
        &self,
        look: impl FnOnce(Reading<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let room = self.room.read().unwrap_or_else(PoisonError::into_inner);
        let store = room.store.as_deref().ok_or(StoreError::Failed)?;
        let raw = room.raw.as_deref().ok_or(StoreError::Failed)?;
        look(Reading {
            store,
            raw,
            log: room.id,
            position: room.position,
            lives: &room.lives,
            seen: Seen {
                position: room.position,
                life: room.life,
            },
        })
    }

    /// Waits until the disk has everything that was seen.
    ///
    /// # Errors
    ///
    /// [`StoreError::Failed`] if the store failed before it had: what was seen must not leave the server.
    pub fn wait_until_durable(&self, seen: Seen) -> Result<(), StoreError> {
        let mut durable = self.durable();
        loop {
            if durable.life != seen.life {
                return Err(StoreError::Failed);
            }
            if durable.position >= seen.position {
                return Ok(());
            }
            if durable.failed {
                return Err(StoreError::Failed);
            }
            durable = self
                .changed
                .wait(durable)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Applies a batch that takes no position, or the next one, in the life that it was planned in.
    pub(crate) fn apply(
        &self,
        batch: &Batch,
        position: Option<u64>,
        life: u64,
    ) -> Result<(), StoreError> {
        let mut room = self.room_mut();
        let store = room.store_in(life)?;
        store.apply(batch)?;
        room.position = position.unwrap_or(room.position);
        Ok(())
    }

    /// The last position, durable or not.
    pub(crate) fn position(&self) -> u64 {
        let room = self.room.read().unwrap_or_else(PoisonError::into_inner);
        room.position
    }

    /// Which opening of the store this is.
    pub(crate) fn life(&self) -> u64 {
        self.room
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .life
    }

    /// Makes everything applied so far in this life durable, and wakes who waits for it.
    pub(crate) fn flush(&self, life: u64) -> Result<(), StoreError> {
        let (store, position) = {
            let room = self.room.read().unwrap_or_else(PoisonError::into_inner);
            (Arc::clone(room.store_in(life)?), room.position)
        };
        store.flush()?;
        let mut durable = self.durable();
        if durable.life != life {
            return Err(StoreError::Failed);
        }
        durable.position = durable.position.max(position);
        drop(durable);
        self.changed.notify_all();
        Ok(())
    }

    /// Stops taking writes until the store is opened again: what it holds is not known any more.
    pub fn fail(&self, error: &StoreError) {
        tracing::error!(%error, cause = ?std::error::Error::source(error), "the store failed: no writes until it is opened again");
        self.durable().failed = true;
        self.changed.notify_all();
    }

    fn durable(&self) -> MutexGuard<'_, Durable> {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn room_mut(&self) -> RwLockWriteGuard<'_, Room> {
        self.room.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    /// The store, unless it was opened again since that life: what was written in another may be gone.
    fn store_in(&self, life: u64) -> Result<&Arc<dyn Store>, StoreError> {
        let store = self.store.as_ref().filter(|_| self.life == life);
        store.ok_or(StoreError::Failed)
    }
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log")
            .field("id", &self.id())
            .field("durable", &*self.durable())
            .finish_non_exhaustive()
    }
}

/// All rows of a range that is known to be small.
pub(crate) fn all_rows(
    store: &dyn Store,
    range: &KeyRange,
) -> Result<Vec<fieldwatch_schemas::store::Row>, StoreError> {
    let mut rows = Vec::new();
    store.scan(range, &mut |key, value| {
        rows.push(fieldwatch_schemas::store::Row {
            key: key.to_vec(),
            value: value.to_vec(),
        });
        std::ops::ControlFlow::Continue(())
    })?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldwatch_schemas::store::memory::MemoryStore;

    #[test]
    fn what_was_planned_before_the_store_was_opened_again_is_neither_written_nor_acknowledged() {
        let store = Arc::new(MemoryStore::new());
        let log = Log::new(store, [7; 16], Arc::new(|| 0)).unwrap();
        let mut batch = Batch::new();
        batch.put([crate::tables::prefix::OTHERS], "row");
        let life = log.life();
        log.apply(&batch, Some(1), life).unwrap();
        let seen = log.read(|reading| Ok(reading.seen)).unwrap();
        log.reopen().unwrap();
        assert!(matches!(
            log.wait_until_durable(seen),
            Err(StoreError::Failed)
        ));
        assert!(matches!(
            log.apply(&batch, Some(2), life),
            Err(StoreError::Failed)
        ));
        assert!(matches!(log.flush(life), Err(StoreError::Failed)));
        assert!(log.is_healthy());
        log.apply(&batch, Some(1), log.life()).unwrap();
        log.flush(log.life()).unwrap();
        assert_eq!(log.durable_position(), 1);
    }

    #[test]
    fn an_empty_store_takes_an_id_once() {
        let store = Arc::new(MemoryStore::new());
        let id = |random| {
            let store = Arc::clone(&store) as Arc<dyn Store>;
            Log::new(store, random, Arc::new(|| 0)).unwrap().id()
        };
        assert_eq!(id([1; 16]), id([2; 16]));
    }
}
