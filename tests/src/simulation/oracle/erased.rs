//! What was erased stays erased: in the ledger, on the server, and on every device that has synced since; in what can be read there, and in
//! what lies in the files of their stores although it was removed.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::Row;
use fieldwatch_server::ledger::Entry;

use super::World;
use super::truth::Truth;
use crate::fault::Told;
use crate::simulation::books::{Word, is_in};

impl World {
    /// Nothing of what was erased is anywhere.
    pub(super) fn judge_erased(&mut self, truth: &Truth) -> Told<()> {
        let entries = self.server.ledger.entries()?;
        let ledger: BTreeSet<RecordId> = entries.iter().filter_map(erased).collect();
        self.books.in_ledger.clone_from(&ledger);
        for record in self.books.erased.difference(&ledger) {
            self.findings.leaked(&format!(
                "{record}: was erased, and the ledger knows nothing of it"
            ));
        }
        if ledger.is_empty() {
            return Ok(());
        }
        let room = self.server.room()?;
        for record in &ledger {
            let is_there =
                truth.records.contains_key(record) || !room.log.keys().has_erased(*record);
            if is_there {
                self.findings
                    .leaked(&format!("{record}: was erased, and the server has it"));
            }
        }
        self.search(&ledger, "the server", &rows_of_server(self)?);
        for place in 0..self.devices.len() {
            let Some(device) = self.devices.get(place).filter(|device| !device.is_revoked) else {
                continue;
            };
            let rows = device.readable_rows()?;
            let here: BTreeSet<RecordId> = device.replica.records()?.into_iter().collect();
            for record in ledger.intersection(&here) {
                self.findings
                    .leaked(&format!("{record}: was erased, and device {place} has it"));
            }
            let past = self.readable_past(place, &ledger)?;
            self.search(&ledger, &format!("device {place}"), &rows);
            self.dig(place, &past);
        }
        self.books
            .acknowledged
            .retain(|(record, _)| !ledger.contains(record));
        self.books
            .words
            .retain(|record, _| !ledger.contains(record));
        Ok(())
    }

    /// Of what was ever written on a device about erased records, what its keys still open.
    fn readable_past(
        &self,
        place: usize,
        erased: &BTreeSet<RecordId>,
    ) -> Told<BTreeMap<RecordId, Vec<Vec<u8>>>> {
        let mut past = BTreeMap::new();
        if let Some(device) = self.devices.get(place) {
            for record in erased {
                past.insert(*record, device.readable_past(*record)?);
            }
        }
        Ok(past)
    }

    /// No word of an erased record can be opened in what was removed from a device's store.
    fn dig(&mut self, place: usize, past: &BTreeMap<RecordId, Vec<Vec<u8>>>) {
        for (record, values) in past {
            let words = self.books.words.get(record).into_iter().flatten();
            let found = words
                .map(|word| word.text.as_str())
                .find(|word| is_in(word, values));
            if let Some(word) = found {
                let what = format!(
                    "{record}: was erased, and device {place} has the key of what it removed: {word}"
                );
                self.findings.leaked(&what);
            }
        }
    }

    /// No word of an erased record can be read in any of these rows.
    fn search(&mut self, erased: &BTreeSet<RecordId>, whose: &str, rows: &[Row]) {
        let values: Vec<&[u8]> = rows.iter().map(|row| row.value.as_slice()).collect();
        for record in erased {
            let words = self.books.words.get(record).into_iter().flatten();
            let found = words
                .map(|word: &Word| word.text.as_str())
                .find(|word| is_in(word, &values));
            if let Some(word) = found {
                self.findings.leaked(&format!(
                    "{record}: was erased, and {word} can be read on {whose}"
                ));
            }
        }
    }
}

fn erased(entry: &Entry) -> Option<RecordId> {
    match entry {
        Entry::Erased(erasure) => Some(erasure.record),
        Entry::Rows(_) => None,
    }
}

fn rows_of_server(world: &World) -> Told<Vec<Row>> {
    let store = world.server.room()?.log.store()?;
    let mut rows = Vec::new();
    store.scan(
        &fieldwatch_schemas::store::KeyRange::prefix(&[]),
        &mut |key, value| {
            rows.push(Row {
                key: key.to_vec(),
                value: value.to_vec(),
            });
            std::ops::ControlFlow::Continue(())
        },
    )?;
    Ok(rows)
}
