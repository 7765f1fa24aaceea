//! Compaction: what is live is copied into a fresh store beside the one in use, the copy is proven, and the two change places.
//!
//! A store's file keeps what was removed; the fresh one never held it. Who reads is not disturbed but for the moment of the change;
//! who writes waits until it is over. Rows as they lie on the disk are copied, sealed and all; rows whose key is gone are not.

use std::ops::ControlFlow;
use std::sync::{Arc, PoisonError};

use fieldwatch_schemas::id::LogId;
use fieldwatch_schemas::store::sealed::SEALED_BATCH_BYTES_MAX;
use fieldwatch_schemas::store::{BATCH_ROWS_MAX, Batch, KeyRange, Store, StoreError};
use sha2::{Digest as _, Sha256};

use super::{Log, seal};
use crate::tables::{self, prefix};

/// A batch of the copy is closed at this size.
const BATCH_BYTES_TARGET: usize = SEALED_BATCH_BYTES_MAX / 8;

/// Where the fresh store comes from, and how it takes the place of the one in use.
pub trait Beside: Send + Sync {
    /// An empty store.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if there is no room for one.
    fn fresh(&self) -> Result<Arc<dyn Store>, StoreError>;

    /// Puts the fresh store in the other's place, now that both are closed: from here on the log's opener opens it. After a crash at
    /// any point the opener opens the one or the other.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; the opener opens the one or the other then, too.
    fn swap(&self) -> Result<(), StoreError>;

    /// Gives the fresh store up.
    fn give_up(&self);
}

/// What a compaction came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compacted {
    /// The rows copied.
    pub rows: u64,
    /// The size of the store before.
    pub bytes_before: u64,
    /// The size of the store after.
    pub bytes_after: u64,
}

/// What a copy holds, and what it is a copy of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// The log's id.
    pub log: LogId,
    /// The position that all of it is of.
    pub position: u64,
    /// The rows copied.
    pub rows: u64,
    /// SHA-256 over them in their order, lengths included.
    pub hash: [u8; 32],
}

/// What a store holds, in order.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    rows: u64,
    hash: [u8; 32],
}

impl Log {
    /// Compacts the store. Only at the committer's desk: nobody else may be writing.
    ///
    /// # Errors
    ///
    /// [`StoreError`]. The store in use is the one from before, or the log has failed until it is opened again.
    pub(crate) fn compact(&self, beside: &dyn Beside) -> Result<Compacted, StoreError> {
        let _still = self.quiet.write().unwrap_or_else(PoisonError::into_inner);
        if !self.is_healthy() {
            return Err(StoreError::Failed);
        }
        let copied = self.copy(beside);
        let (tally, bytes_before) = copied.inspect_err(|_| beside.give_up())?;
        let mut room = self.room_mut();
        (room.store, room.raw) = (None, None);
        let swapped = beside.swap();
        let opened = (self.opener)().inspect_err(|error| self.fail(error));
        let raw = opened?;
        room.store = Some(seal::seal(Arc::clone(&raw), Arc::clone(&self.keys.records)));
        room.raw = Some(Arc::clone(&raw));
        drop(room);
        swapped?;
        Ok(Compacted {
            rows: tally.rows,
            bytes_before,
            bytes_after: raw.size_bytes()?,
        })
    }

    /// Copies what is live into an empty store, durable, all of one position. Only at the committer's desk: nobody else may be writing.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if either store fails.
    pub fn copy_to(&self, fresh: &dyn Store) -> Result<Copied, StoreError> {
        let _still = self.quiet.write().unwrap_or_else(PoisonError::into_inner);
        if !self.is_healthy() {
            return Err(StoreError::Failed);
        }
        let raw = self.raw_store()?;
        raw.flush()?;
        let Tally { rows, hash } = self.copy_rows(&*raw, fresh)?;
        fresh.flush()?;
        Ok(Copied {
            log: self.id(),
            position: self.position(),
            rows,
            hash,
        })
    }

    /// Copies what is live into a fresh store, and proves the copy, durable.
    fn copy(&self, beside: &dyn Beside) -> Result<(Tally, u64), StoreError> {
        let raw = self.raw_store()?;
        raw.flush()?;
        let fresh = beside.fresh()?;
        let copied = self.copy_rows(&*raw, &*fresh)?;
        fresh.flush()?;
        match tally(&*fresh)? == copied {
            true => Ok((copied, raw.size_bytes()?)),
            false => Err(tables::damaged("the copy is not the store".to_owned())),
        }
    }

    fn copy_rows(&self, raw: &dyn Store, fresh: &dyn Store) -> Result<Tally, StoreError> {
        copy(raw, fresh, &|key| self.is_dead(key))
    }

    /// Whether nobody can read a row any more.
    fn is_dead(&self, key: &[u8]) -> bool {
        let is_sealed = key
            .first()
            .is_some_and(|table| prefix::SEALED.contains(table));
        let record = tables::record_of(key).filter(|_| is_sealed);
        record.is_some_and(|record| self.keys.records.has_erased(record))
    }
}

/// Copies a store's rows into an empty one, but for those that are dead.
///
/// # Errors
///
/// [`StoreError`] if either store fails.
pub(crate) fn copy(
    from: &dyn Store,
    fresh: &dyn Store,
    is_dead: &dyn Fn(&[u8]) -> bool,
) -> Result<Tally, StoreError> {
    let (mut proof, mut batch, mut failure) = (Proof::default(), Batch::new(), None);
    from.scan(&KeyRange::all(), &mut |key, value| {
        if is_dead(key) {
            return ControlFlow::Continue(());
        }
        proof.add(key, value);
        let room = BATCH_BYTES_TARGET.saturating_sub(value.len());
        if batch.len() >= BATCH_ROWS_MAX || batch.size_bytes() > room {
            let full = std::mem::take(&mut batch);
            if let Err(error) = fresh.apply(&full) {
                failure = Some(error);
                return ControlFlow::Break(());
            }
        }
        batch.put(key, value);
        ControlFlow::Continue(())
    })?;
    if let Some(error) = failure {
        return Err(error);
    }
    fresh.apply(&batch)?;
    Ok(proof.tally())
}

/// How many rows a store holds, and the hash over them.
///
/// # Errors
///
/// [`StoreError`] if it cannot be read.
pub(crate) fn copied(store: &dyn Store) -> Result<(u64, [u8; 32]), StoreError> {
    let Tally { rows, hash } = tally(store)?;
    Ok((rows, hash))
}

fn tally(store: &dyn Store) -> Result<Tally, StoreError> {
    let mut proof = Proof::default();
    store.scan(&KeyRange::all(), &mut |key, value| {
        proof.add(key, value);
        ControlFlow::Continue(())
    })?;
    Ok(proof.tally())
}

/// A running hash over rows.
#[derive(Default)]
struct Proof {
    rows: u64,
    hash: Sha256,
}

impl Proof {
    fn add(&mut self, key: &[u8], value: &[u8]) {
        self.rows += 1;
        for part in [key, value] {
            self.hash.update((part.len() as u64).to_be_bytes());
            self.hash.update(part);
        }
    }

    fn tally(self) -> Tally {
        Tally {
            rows: self.rows,
            hash: self.hash.finalize().into(),
        }
    }
}
