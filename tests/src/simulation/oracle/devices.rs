//! What devices hold: all of what they may see, as the server has it, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_client_core::replica::Filter;
use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::{Hash, RecordId};

use super::World;
use super::truth::{Held, Truth};
use crate::fault::Told;

/// One in so many records of each device is opened and compared word for word.
const OPENED_ONE_IN: usize = 16;

/// What no device that works is ever refused for, whatever its person does.
const NEVER_REFUSED: [&str; 6] = [
    "actor_reused",
    "actor_foreign",
    "change_invalid",
    "deps_missing",
    "internal",
    "record_invalid",
];

impl World {
    /// Every change that the server acknowledged is there. Where a server was set back and phones were copied, two phones wrote other
    /// changes under one number, and the one that comes back later is written anew: its words are looked for, not its hash.
    pub(super) fn judge_promises(&mut self, truth: &Truth) {
        if self.tally.faults.restore > 0 && self.tally.faults.clone > 0 {
            return;
        }
        for (record, hash) in &self.books.acknowledged {
            if !truth.has(*record, *hash) {
                self.findings.lost(&format!(
                    "{record}: {hash} was acknowledged, and the server has it not"
                ));
            }
        }
    }

    /// One device.
    pub(super) fn judge_device(&mut self, place: usize, truth: &Truth) -> Told<()> {
        let Some(device) = self.devices.get(place).filter(|device| !device.is_revoked) else {
            return Ok(());
        };
        let register = &self.server.room()?.register;
        let person = register.device(device.id).map(|device| device.person);
        let Some(person) = person.and_then(|person| register.person(person)) else {
            return Ok(());
        };
        let readable = truth.readable(&person.standing());
        let may_see = |held: &Held| held.feeds.iter().any(|feed| readable.contains(feed));
        let here: BTreeSet<RecordId> = device.replica.records()?.into_iter().collect();
        let summaries = self.summaries(place)?;
        let mut wrong = Vec::new();
        for (number, (record, held)) in truth.records.iter().enumerate() {
            if !may_see(held) {
                continue;
            }
            if !here.contains(record) {
                self.findings.lost(&format!(
                    "{record}: device {place} may see it and has it not"
                ));
                continue;
            }
            let device_view = match self.differs(place, *record, held, number)? {
                None => continue,
                Some(why) => why,
            };
            wrong.push(format!("{record}: device {place} {device_view}"));
        }
        for record in &here {
            let is_visible = truth.records.get(record).is_some_and(may_see);
            if !is_visible && !self.has_own_work(place, *record)? {
                self.findings.leaked(&format!(
                    "{record}: device {place} has it and may not see it"
                ));
            }
        }
        wrong.extend(self.odd_summaries(place, truth, &summaries)?);
        let refused = device.replica.quarantined()?.into_iter();
        let odd = refused.filter(|each| NEVER_REFUSED.contains(&each.code.as_str()));
        wrong.extend(odd.map(|each| {
            format!(
                "{}: device {place} was refused as {}",
                each.record, each.code
            )
        }));
        wrong
            .into_iter()
            .for_each(|why: String| self.findings.diverged(&why));
        self.judge_feeds(place)
    }

    /// Whether a device has unsent changes of a record, which nobody takes from it.
    pub(super) fn has_own_work(&self, place: usize, record: RecordId) -> Told<bool> {
        let Some(device) = self.devices.get(place) else {
            return Ok(false);
        };
        Ok(device
            .changes(record)?
            .iter()
            .any(|change| change.is_unsent))
    }

    /// Why what a device holds of a record is not what the server holds, if it is not.
    fn differs(
        &self,
        place: usize,
        record: RecordId,
        held: &Held,
        number: usize,
    ) -> Told<Option<&'static str>> {
        let Some(device) = self.devices.get(place) else {
            return Ok(None);
        };
        let changes = device.changes(record)?;
        let mut hashes = BTreeSet::new();
        for change in &changes {
            let hash = Chunk::parse(change.chunk.clone())?.hash();
            if !hashes.insert(hash) {
                return Ok(Some("holds a change twice"));
            }
        }
        let all_there = held
            .chunks
            .iter()
            .all(|chunk| hashes.contains(&chunk.hash()));
        if !all_there {
            return Ok(Some("lacks a change that the server has"));
        }
        let unsent = changes.iter().filter(|change| change.is_unsent).count();
        if changes.len() - unsent != held.chunks.len() {
            return Ok(Some("takes for sent what the server has not"));
        }
        if unsent > 0 {
            return Ok(None);
        }
        if device.heads(record)?.as_ref() != Some(&held.view.heads) {
            return Ok(Some("has other heads"));
        }
        let is_opened =
            number % OPENED_ONE_IN == place % OPENED_ONE_IN || !held.view.conflicts.is_empty();
        if is_opened && device.replica.view(record)?.view != held.view {
            return Ok(Some("shows something else"));
        }
        Ok(None)
    }

    fn summaries(&self, place: usize) -> Told<BTreeMap<RecordId, (String, u32)>> {
        let Some(device) = self.devices.get(place) else {
            return Ok(BTreeMap::new());
        };
        let filter = Filter {
            limit: usize::MAX,
            ..Filter::default()
        };
        let lines = device.replica.list(&filter)?;
        Ok(lines
            .into_iter()
            .map(|line| (line.record, (line.summary.status, line.summary.conflicts)))
            .collect())
    }

    /// The lists of devices say what the server's summaries say.
    fn odd_summaries(
        &self,
        place: usize,
        truth: &Truth,
        summaries: &BTreeMap<RecordId, (String, u32)>,
    ) -> Told<Vec<String>> {
        let mut odd = Vec::new();
        for (record, (status, conflicts)) in summaries {
            let Some(held) = truth.records.get(record) else {
                continue;
            };
            let derived = (held.view.status(), held.view.conflicts.len());
            let ours = held
                .summary
                .as_ref()
                .map(|row| (row.summary.status.as_str(), row.summary.conflicts as usize));
            if ours != Some(derived) {
                odd.push(format!(
                    "{record}: the server's summary is not what follows from the record"
                ));
            }
            let theirs = (status.as_str(), *conflicts as usize);
            if theirs != derived && !self.has_own_work(place, *record)? {
                odd.push(format!(
                    "{record}: device {place} lists {theirs:?} where {derived:?} follows"
                ));
            }
        }
        Ok(odd)
    }

    /// The digests of the feeds are those of the server.
    fn judge_feeds(&mut self, place: usize) -> Told<()> {
        let lines = self.server.room()?.log.feeds()?;
        let Some(device) = self.devices.get(place) else {
            return Ok(());
        };
        for status in device.replica.status()?.feeds {
            let line = lines.iter().find(|line| line.feed == status.feed.as_str());
            let ours =
                line.map_or_else(Default::default, |line| (line.digest.clone(), line.records));
            let is_empty = line.is_none() && status.records == 0;
            if !is_empty && ours != (status.digest.to_string(), status.records) {
                self.findings.diverged(&format!(
                    "{}: device {place} has another digest",
                    status.feed
                ));
            }
        }
        Ok(())
    }
}

/// The changes among these that no other of a set descends from.
pub(super) fn newest(among: &BTreeSet<Hash>, chunks: &[Chunk]) -> BTreeSet<Hash> {
    let behind = among.iter().flat_map(|start| ancestors(*start, chunks));
    let behind: BTreeSet<Hash> = behind.collect();
    among.difference(&behind).copied().collect()
}

/// The changes that a change rests on, itself left out.
pub(super) fn ancestors(start: Hash, chunks: &[Chunk]) -> BTreeSet<Hash> {
    let by_hash: BTreeMap<Hash, &Chunk> =
        chunks.iter().map(|chunk| (chunk.hash(), chunk)).collect();
    let deps = |hash: &Hash| {
        let chunk = by_hash.get(hash);
        chunk.map(|chunk| chunk.deps().to_vec()).unwrap_or_default()
    };
    let (mut behind, mut open) = (BTreeSet::new(), deps(&start));
    while let Some(hash) = open.pop() {
        if behind.insert(hash) {
            open.extend(deps(&hash));
        }
    }
    behind
}
