//! What is gone for good when a disk is set back or thrown away, so that nobody can be blamed for its loss: what nobody had a moment
//! before is not excused.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::{Hash, RecordId};

use super::World;
use super::books::is_in;
use super::fates::records_of;
use super::oracle::chunks_of;
use crate::fault::Told;

/// The changes that the server and all devices hold together.
type Holdings = BTreeMap<RecordId, BTreeMap<Hash, Vec<u8>>>;

/// What was promised or written, and is nowhere.
#[derive(Debug, Default)]
pub(super) struct Missing {
    acknowledged: BTreeSet<(RecordId, Hash)>,
    words: BTreeSet<(RecordId, usize)>,
}

impl World {
    /// What is nowhere now.
    pub(super) fn missing(&self) -> Told<Missing> {
        let holdings = self.holdings()?;
        let held = |record: &RecordId, hash: &Hash| {
            let changes = holdings.get(record);
            changes.is_some_and(|changes| changes.contains_key(hash))
        };
        let acknowledged = self.books.acknowledged.iter();
        let acknowledged = acknowledged
            .filter(|(record, hash)| !held(record, hash))
            .copied();
        let mut words = BTreeSet::new();
        for (record, written) in &self.books.words {
            let changes = holdings.get(record).into_iter().flatten();
            let chunks: Vec<&Vec<u8>> = changes.map(|(_, chunk)| chunk).collect();
            let places = written.iter().enumerate();
            let gone = places.filter(|(_, word)| !is_in(&word.text, &chunks));
            words.extend(gone.map(|(place, _)| (*record, place)));
        }
        Ok(Missing {
            acknowledged: acknowledged.collect(),
            words,
        })
    }

    /// Excuses what was there before and is nowhere now.
    pub(super) fn excuse_since(&mut self, before: &Missing, why: &'static str) -> Told<()> {
        let now = self.missing()?;
        for gone in now.acknowledged.difference(&before.acknowledged) {
            self.books.acknowledged.remove(gone);
        }
        for (record, place) in now.words.difference(&before.words) {
            let words = self.books.words.get_mut(record);
            if let Some(word) = words.and_then(|words| words.get_mut(*place)) {
                word.excuse.get_or_insert(why);
            }
        }
        Ok(())
    }

    /// Devices that are let in no more do not count: what they alone hold never comes back.
    fn holdings(&self) -> Told<Holdings> {
        let mut holdings = Holdings::new();
        let store = self.server.room()?.log.store()?;
        let mut note = |record: RecordId, chunks: Vec<Vec<u8>>| {
            let changes = holdings.entry(record).or_default();
            for bytes in chunks {
                let hash = Chunk::parse(bytes.clone())?.hash();
                changes.entry(hash).or_insert(bytes);
            }
            Told::Ok(())
        };
        for record in records_of(&*store)? {
            note(record, chunks_of(&*store, record)?)?;
        }
        for device in self.devices.iter().filter(|device| !device.is_revoked) {
            for record in device.replica.records()? {
                note(record, device.chunks(record)?)?;
            }
        }
        Ok(holdings)
    }
}
