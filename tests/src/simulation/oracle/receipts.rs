//! Receipts: every one that a device keeps proves itself offline, under the server's key, for changes that are there; and of everything that
//! was given out with a sync that ended well, one is kept.

use std::collections::BTreeSet;

use fieldwatch_client_core::receipt::{key_from_text, verify};
use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::{Hash, RecordId};
use fieldwatch_schemas::sync::receipt::Receipt;

use super::World;
use super::truth::Truth;
use crate::fault::Told;
use crate::simulation::clock::BEGIN_MS;

impl World {
    /// The receipts of one device.
    pub(super) fn judge_receipts(&mut self, place: usize, truth: &Truth) -> Told<()> {
        let Some(device) = self.devices.get(place).filter(|device| !device.is_revoked) else {
            return Ok(());
        };
        let receipts = device.replica.receipts(None)?;
        let kept: BTreeSet<RecordId> = receipts.iter().map(|receipt| receipt.record).collect();
        let given = device.receipted.iter().flatten();
        let erased = |record: &RecordId| self.books.was_erased(*record);
        let gone: Vec<RecordId> = given
            .filter(|record| !kept.contains(record) && !erased(record))
            .copied()
            .collect();
        for record in gone {
            self.findings.lost(&format!(
                "{record}: device {place} was given a receipt and has none"
            ));
        }
        for receipt in receipts {
            if let Some(why) = self.doubts(place, &receipt, truth)? {
                self.findings.diverged(&format!(
                    "{}: a receipt on device {place} {why}",
                    receipt.record
                ));
            }
        }
        Ok(())
    }

    /// Why a receipt proves nothing, if it does not.
    fn doubts(&self, place: usize, receipt: &Receipt, truth: &Truth) -> Told<Option<&'static str>> {
        let Some(device) = self.devices.get(place) else {
            return Ok(None);
        };
        let Ok(statement) = verify(receipt) else {
            return Ok(Some("does not prove itself"));
        };
        if key_from_text(&self.server.receipt_key()?) != Some(receipt.key) {
            return Ok(Some("is by another key than the server's"));
        }
        if statement.device != device.id {
            return Ok(Some("is another device's"));
        }
        if !(BEGIN_MS..=self.queue.now_ms()).contains(&statement.at_ms) {
            return Ok(Some("is of a time that never was"));
        }
        if self.books.was_erased(receipt.record) {
            return Ok(Some("outlasts its record, which was erased"));
        }
        // Where two phones wrote under one number, the one that came back later was written anew.
        let was_rewritten = self.tally.faults.restore > 0 && self.tally.faults.clone > 0;
        if receipt.heads.is_empty() {
            return Ok(Some("is for nothing"));
        }
        let here = device.chunks(receipt.record)?.into_iter();
        let here: BTreeSet<Hash> = here
            .map(|bytes| Ok(Chunk::parse(bytes)?.hash()))
            .collect::<Told<_>>()?;
        let is_nowhere = |head: &Hash| {
            let change = (receipt.record, *head);
            let was_promised = self.books.ever_acknowledged.contains(&change);
            // What was promised and excused is gone with a disk, and the receipt says that it was there.
            let is_excused = was_promised && !self.books.acknowledged.contains(&change);
            let is_there = here.contains(head) || truth.has(receipt.record, *head);
            !is_there && !was_rewritten && !is_excused
        };
        let is_owed = receipt.heads.iter().any(is_nowhere);
        Ok(is_owed.then_some("is for a change that is nowhere"))
    }
}
