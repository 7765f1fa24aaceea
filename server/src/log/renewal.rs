//! A log that was set back takes another id: positions of the old one stand for other records now.

use std::sync::atomic::Ordering;

use fieldwatch_schemas::id::LogId;
use fieldwatch_schemas::store::StoreError;
use sha2::{Digest as _, Sha256};

use super::{Log, recovery};

impl Log {
    /// Gives the log a new id, for good when this returns, if it is still `known`: positions of the old one are not to be trusted.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; the log has failed then, and has the old id.
    pub fn renew(&self, known: LogId) -> Result<LogId, StoreError> {
        let mut room = self.room_mut();
        if room.id != known {
            return Ok(room.id);
        }
        let fresh = self.fresh_id(known);
        let store = room.store.as_deref().ok_or(StoreError::Failed)?;
        if let Err(error) = recovery::put_id(store, fresh) {
            drop(room);
            self.fail(&error);
            return Err(error);
        }
        room.id = fresh;
        tracing::warn!(%known, %fresh, position = room.position, "the log takes a new id: it was set back");
        Ok(fresh)
    }

    fn fresh_id(&self, known: LogId) -> LogId {
        let (random, count) = &self.seed;
        let count = count.fetch_add(1, Ordering::SeqCst);
        let hash = Sha256::new()
            .chain_update(random)
            .chain_update(known.bytes())
            .chain_update(count.to_be_bytes());
        let hash: [u8; 32] = hash.finalize().into();
        LogId::random(hash.first_chunk().copied().unwrap_or_default())
    }
}
