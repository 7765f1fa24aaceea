//! Which opening of the store gave which positions: two stores that were one until a copy was made tell apart what each went on with.
//!
//! Every opening has a random mark of its own. The proof that a feed once stood at a position names the mark of the opening that gave it,
//! so that a log which was set back is found out by whoever has seen more of it, however far others have pushed it on since.

use std::collections::BTreeMap;

use fieldwatch_schemas::store::{Batch, KeyRange, Store, StoreError};
use sha2::{Digest as _, Sha256};

use super::all_rows;
use crate::tables::{self, LIVES};

/// The mark of one opening of the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Life(pub [u8; 4]);

/// The openings of a store, by the last position before each.
#[derive(Debug, Clone, Default)]
pub struct Lives(BTreeMap<u64, Life>);

impl Lives {
    /// Reads the openings of a store, and adds one behind this position; durable when this returns.
    pub(super) fn begin(store: &dyn Store, position: u64, life: Life) -> Result<Self, StoreError> {
        let mut lives = BTreeMap::new();
        for row in all_rows(store, &KeyRange::prefix(&LIVES))? {
            let from = row.key.last_chunk().copied().map(u64::from_be_bytes);
            let life = row.value.first_chunk().copied().map(Life);
            lives.extend(from.zip(life));
        }
        // An opening that gave no position has left no trace.
        lives.insert(position, life);
        let mut batch = Batch::new();
        batch.put(tables::life_key(position), life.0);
        store.apply(&batch)?;
        store.flush()?;
        Ok(Self(lives))
    }

    /// Which opening gave a position.
    #[must_use]
    pub fn at(&self, position: u64) -> Life {
        let before = self.0.range(..position).next_back();
        before.map_or_else(Life::default, |(_, life)| *life)
    }
}

/// The mark of an opening, from what the process was given by chance.
pub(super) fn fresh(random: &[u8; 16], count: u64, now_ms: i64) -> Life {
    let hash = Sha256::new()
        .chain_update(b"life\0")
        .chain_update(random)
        .chain_update(count.to_be_bytes())
        .chain_update(now_ms.to_be_bytes());
    let hash: [u8; 32] = hash.finalize().into();
    Life(hash.first_chunk().copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldwatch_schemas::store::memory::MemoryStore;

    #[test]
    fn a_position_is_of_the_opening_that_gave_it_and_one_that_gave_none_is_forgotten() {
        let store = MemoryStore::new();
        Lives::begin(&store, 0, Life([1; 4])).unwrap();
        Lives::begin(&store, 5, Life([2; 4])).unwrap();
        let lives = Lives::begin(&store, 5, Life([3; 4])).unwrap();
        let marks = [0, 1, 5, 6, 9].map(|position| lives.at(position).0[0]);
        assert_eq!(marks, [0, 1, 1, 3, 3]);
    }

    #[test]
    fn openings_differ_by_chance_by_number_and_by_time() {
        let marks = [
            fresh(&[1; 16], 0, 0),
            fresh(&[2; 16], 0, 0),
            fresh(&[1; 16], 1, 0),
            fresh(&[1; 16], 0, 1),
        ];
        let differ = |(place, mark): (usize, &Life)| !marks[..place].contains(mark);
        assert!(marks.iter().enumerate().all(differ));
    }
}
