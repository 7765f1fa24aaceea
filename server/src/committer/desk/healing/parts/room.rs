//! How much is kept of records that come back, in memory: sizes, and which change rests on which.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::{DeviceId, Hash, RecordId};
use fieldwatch_schemas::limits::{
    RECORD_BYTES_MAX, RECORD_CHANGES_MAX, RETURNING_BYTES_MAX, RETURNING_DEVICE_BYTES_MAX,
    RETURNING_IDLE_MS_MAX,
};

/// The parts that are kept, by their records.
#[derive(Debug, Default)]
pub(in crate::committer::desk) struct Returning(BTreeMap<RecordId, Parts>);

/// What is kept of one record.
#[derive(Debug)]
struct Parts {
    /// Which device brought something of it last, and when.
    device: DeviceId,
    newest_ms: i64,
    size_bytes: usize,
    changes: BTreeMap<Hash, Kept>,
}

#[derive(Debug)]
struct Kept {
    deps: Vec<Hash>,
    size_bytes: usize,
}

impl Returning {
    pub(super) fn note(&mut self, record: RecordId, device: DeviceId, at_ms: i64, chunk: &Chunk) {
        let parts = self.0.entry(record).or_insert_with(|| Parts {
            device,
            newest_ms: at_ms,
            size_bytes: 0,
            changes: BTreeMap::new(),
        });
        if at_ms >= parts.newest_ms {
            (parts.device, parts.newest_ms) = (device, at_ms);
        }
        let size_bytes = chunk.bytes().len();
        let kept = Kept {
            deps: chunk.deps().to_vec(),
            size_bytes,
        };
        if parts.changes.insert(chunk.hash(), kept).is_none() {
            parts.size_bytes += size_bytes;
        }
    }

    /// What a change that is kept rests on.
    pub(super) fn deps(&self, record: RecordId, hash: &Hash) -> Option<&[Hash]> {
        let kept = self.0.get(&record)?.changes.get(hash)?;
        Some(&kept.deps)
    }

    /// Forgets what wait no longer; returns what of it was kept.
    pub(super) fn forget(&mut self, record: RecordId, below: &BTreeSet<Hash>) -> Vec<Hash> {
        let Some(parts) = self.0.get_mut(&record) else {
            return Vec::new();
        };
        let mut gone = Vec::new();
        parts.changes.retain(|hash, kept| {
            let goes = below.contains(hash);
            if goes {
                gone.push(*hash);
                parts.size_bytes = parts.size_bytes.saturating_sub(kept.size_bytes);
            }
            !goes
        });
        if parts.changes.is_empty() {
            self.0.remove(&record);
        }
        gone
    }

    /// Makes room for changes of a device's record: what nobody has brought more of for long goes, and the device's own oldest records.
    /// Returns whose parts go; `None` if there is no room all the same, and nothing goes.
    pub(super) fn make_room(
        &mut self,
        record: RecordId,
        device: DeviceId,
        fresh: &[&Chunk],
        now_ms: i64,
    ) -> Option<Vec<RecordId>> {
        let kept = self.0.get(&record);
        let (changes, size_bytes) =
            kept.map_or((0, 0), |parts| (parts.changes.len(), parts.size_bytes));
        let added_bytes: usize = fresh.iter().map(|chunk| chunk.bytes().len()).sum();
        let this = size_bytes + added_bytes;
        if this > RECORD_BYTES_MAX || changes + fresh.len() > RECORD_CHANGES_MAX {
            return None;
        }
        let mut others: Vec<(RecordId, &Parts)> = self
            .0
            .iter()
            .filter(|(id, _)| **id != record)
            .map(|(id, parts)| (*id, parts))
            .collect();
        others.sort_by_key(|(_, parts)| parts.newest_ms);
        let own = others.iter().filter(|(_, parts)| parts.device == device);
        let mut of_device: usize = own.map(|(_, parts)| parts.size_bytes).sum();
        let (mut gone, mut of_all) = (Vec::new(), 0);
        for (id, parts) in others {
            let is_own = parts.device == device;
            let is_idle = now_ms.saturating_sub(parts.newest_ms) > RETURNING_IDLE_MS_MAX;
            if is_idle || is_own && of_device + this > RETURNING_DEVICE_BYTES_MAX {
                of_device -= if is_own { parts.size_bytes } else { 0 };
                gone.push(id);
            } else {
                of_all += parts.size_bytes;
            }
        }
        if of_all + this > RETURNING_BYTES_MAX {
            return None;
        }
        gone.iter().for_each(|id| drop(self.0.remove(id)));
        Some(gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: Hash = Hash([9; 32]);

    fn device(number: u8) -> DeviceId {
        DeviceId([number; 16])
    }

    fn record(number: u8) -> RecordId {
        RecordId([number; 16])
    }

    /// As if so many bytes of a record had come from the device of the second number.
    fn keep(returning: &mut Returning, (of, from): (u8, u8), at_ms: i64, size_bytes: usize) {
        let kept = Kept {
            deps: Vec::new(),
            size_bytes,
        };
        let parts = Parts {
            device: device(from),
            newest_ms: at_ms,
            size_bytes,
            changes: BTreeMap::from([(SOME, kept)]),
        };
        returning.0.insert(record(of), parts);
    }

    fn room(returning: &mut Returning, (of, from): (u8, u8), now_ms: i64) -> Option<Vec<RecordId>> {
        returning.make_room(record(of), device(from), &[], now_ms)
    }

    #[test]
    fn a_device_keeps_two_of_the_largest_records_and_a_third_takes_the_place_of_its_oldest() {
        let mut returning = Returning::default();
        keep(&mut returning, (1, 1), 10, RECORD_BYTES_MAX);
        keep(&mut returning, (2, 1), 20, RECORD_BYTES_MAX);
        keep(&mut returning, (3, 2), 5, RECORD_BYTES_MAX);
        assert_eq!(room(&mut returning, (2, 1), 30), Some(vec![]));
        keep(&mut returning, (4, 1), 30, RECORD_BYTES_MAX);
        let gone = room(&mut returning, (4, 1), 30);
        assert_eq!(gone, Some(vec![record(1)]), "not another's, though older");
        assert!(returning.deps(record(1), &SOME).is_none());
        assert!(returning.deps(record(2), &SOME).is_some());
    }

    #[test]
    fn what_nobody_brought_more_of_for_long_goes_whoever_brought_it() {
        let mut returning = Returning::default();
        keep(&mut returning, (1, 1), 0, 100);
        keep(&mut returning, (2, 2), 1, 100);
        let gone = room(&mut returning, (3, 3), RETURNING_IDLE_MS_MAX + 1);
        assert_eq!(gone, Some(vec![record(1)]));
    }

    #[test]
    fn many_devices_together_get_no_more_than_all_there_is_and_nobody_loses_by_it() {
        let mut returning = Returning::default();
        let most = RETURNING_BYTES_MAX / RECORD_BYTES_MAX;
        for number in 0..u8::try_from(most).unwrap() {
            let of = (number, number);
            assert!(room(&mut returning, of, 1).is_some());
            keep(&mut returning, of, 1, RECORD_BYTES_MAX);
        }
        keep(&mut returning, (200, 200), 1, 1);
        assert_eq!(room(&mut returning, (200, 200), 1), None);
        assert!(returning.deps(record(0), &SOME).is_some());
    }

    #[test]
    fn of_one_record_no_more_is_kept_than_a_record_may_have() {
        let mut returning = Returning::default();
        keep(&mut returning, (1, 1), 1, RECORD_BYTES_MAX + 1);
        assert_eq!(room(&mut returning, (1, 1), 1), None);
    }
}
