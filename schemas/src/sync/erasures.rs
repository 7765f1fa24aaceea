//! What was erased, told to every device whatever feeds it reads: a record that left a device lies in the file of its store until the
//! record's key is destroyed, and no feed of the device's tells of it any more.
//!
//! ```text
//! device                                            server
//!   | -- how many erasures it has heard of -----------> |
//!   | <- Erasures: the marks of those behind, in order  |  nothing where it has heard of all of them
//! ```
//!
//! Erasures are counted by the server's ledger, which never goes back: no log id, no cursor and no repair concerns them. A mark is a hash
//! of the record's id, so that nobody learns of a record that they never had; whoever can guess an id may ask for that record and hears
//! as much. Server half: [`Erasures::behind`]. Device half: [`Erasures::names`].

use std::collections::BTreeSet;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use crate::id::RecordId;
use crate::limits::ERASURES_TOLD_MAX;

/// The length of a mark.
const MARK_BYTES: usize = 16;

/// Some erasures, in the order of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Erasures {
    /// Up to which the device has heard of them now, these included.
    #[n(0)]
    pub heard: u64,
    /// Their marks, 16 bytes each.
    #[n(1)]
    marks: ByteVec,
    /// Whether there are more, for which this reply has no room.
    #[n(2)]
    pub has_more: bool,
}

impl Erasures {
    /// What to tell a device that has heard of so many, or never of any; `None` where it knows all. Of a device that has had nothing of this
    /// server yet, nothing needs to be destroyed. No more than `count_max` and [`ERASURES_TOLD_MAX`] are told at once.
    #[must_use]
    pub fn behind(heard: Option<u64>, erased: &[RecordId], count_max: usize) -> Option<Self> {
        let all = erased.len() as u64;
        if heard.unwrap_or(0) == all {
            return None;
        }
        let from = match heard {
            // More than there are: that was another ledger.
            Some(heard) if heard > all => 0,
            Some(heard) => heard,
            None => all,
        };
        let place = usize::try_from(from).unwrap_or(usize::MAX);
        let told: Vec<&RecordId> = erased
            .iter()
            .skip(place)
            .take(count_max.min(ERASURES_TOLD_MAX))
            .collect();
        let heard = from + told.len() as u64;
        let marks: Vec<u8> = told.into_iter().flat_map(|record| mark(*record)).collect();
        Some(Self {
            heard,
            marks: marks.into(),
            has_more: heard < all,
        })
    }

    /// Whether nothing is told but how many there are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// How many are told.
    #[must_use]
    pub fn count(&self) -> usize {
        self.marks.len() / MARK_BYTES
    }

    /// What it takes, about.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.marks.len() + MARK_BYTES
    }

    /// Those of some records that were erased.
    pub fn names(
        &self,
        records: impl IntoIterator<Item = RecordId>,
    ) -> impl Iterator<Item = RecordId> {
        let marks: BTreeSet<&[u8]> = self.marks.chunks_exact(MARK_BYTES).collect();
        let is_named = move |record: &RecordId| marks.contains(&mark(*record)[..]);
        records.into_iter().filter(is_named)
    }
}

fn mark(record: RecordId) -> [u8; MARK_BYTES] {
    let hash = Sha256::new()
        .chain_update(b"fieldwatch erasure")
        .chain_update(record.bytes());
    let hash: [u8; 32] = hash.finalize().into();
    hash.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(count: u8) -> Vec<RecordId> {
        (0..count).map(|number| RecordId([number; 16])).collect()
    }

    #[test]
    fn what_was_erased_since_is_named_once_and_nothing_else() {
        let erased = records(5);
        assert_eq!(Erasures::behind(Some(5), &erased, 9), None);
        let told = Erasures::behind(Some(3), &erased, 9).unwrap();
        let named: Vec<RecordId> = told.names(records(9)).collect();
        assert_eq!(named, &erased[3..]);
        assert_eq!((told.heard, told.has_more), (5, false));
    }

    #[test]
    fn who_never_had_anything_hears_only_how_many_and_who_heard_of_another_ledger_hears_all() {
        let erased = records(5);
        let told = Erasures::behind(None, &erased, 9).unwrap();
        assert!(told.is_empty() && told.heard == 5);
        let told = Erasures::behind(Some(7), &erased, 9).unwrap();
        assert_eq!(told.names(records(9)).count(), 5);
    }

    #[test]
    fn what_has_no_room_is_told_the_next_time() {
        let erased = records(5);
        let mut heard = 0;
        for expected in [2, 4, 5] {
            let told = Erasures::behind(Some(heard), &erased, 2).unwrap();
            heard = told.heard;
            assert_eq!((heard, told.has_more), (expected, expected < 5));
        }
        assert_eq!(Erasures::behind(Some(heard), &erased, 0), None);
    }
}
