//! What people wrote: every word is on the server, or in quarantine where it was written, or excused; and every value that nobody
//! overwrote knowingly is shown.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::id::{Hash, RecordId};

use super::World;
use super::devices::newest;
use super::truth::{Held, Truth};
use crate::fault::Told;
use crate::simulation::books::{Word, is_in, stands_in};

impl World {
    /// Every word.
    pub(super) fn judge_words(&mut self, truth: &Truth) -> Told<()> {
        let words = std::mem::take(&mut self.books.words);
        for (record, words) in &words {
            if let Some(held) = truth.records.get(record) {
                self.judge_values(*record, held, words);
            }
            for word in words.iter().filter(|word| word.excuse.is_none()) {
                self.judge_word(*record, truth.records.get(record), word)?;
            }
        }
        Ok(())
    }

    fn judge_word(&mut self, record: RecordId, held: Option<&Held>, word: &Word) -> Told<()> {
        let has_it = |held: &Held| {
            held.chunks
                .iter()
                .any(|chunk| stands_in(&word.text, chunk.bytes()))
        };
        if held.is_some_and(has_it) {
            return Ok(());
        }
        let Some(written_on) = self.devices.get(word.device) else {
            return Ok(());
        };
        let (mut is_kept, mut is_refused) = (false, false);
        for device in self
            .devices
            .iter()
            .filter(|device| device.id == written_on.id)
        {
            let changes = device.changes(record)?.into_iter();
            let unsent = changes.filter(|change| change.is_unsent);
            let unsent: Vec<Vec<u8>> = unsent.map(|change| change.chunk).collect();
            if is_in(&word.text, &unsent) {
                let refused = device.replica.quarantined()?;
                is_kept = true;
                is_refused |= refused.iter().any(|each| each.record == record);
            }
        }
        let (text, place, is_revoked) = (&word.text, word.device, written_on.is_revoked);
        if !is_kept {
            self.findings.lost(&format!(
                "{record}: {text} was written on device {place}, and is nowhere"
            ));
        } else if !is_refused && !is_revoked {
            self.findings.lost(&format!(
                "{record}: {text} waits on device {place}, and was not refused"
            ));
        }
        Ok(())
    }

    /// The values of each field are those that were written and that nobody overwrote having seen them.
    fn judge_values(&mut self, record: RecordId, held: &Held, words: &[Word]) {
        let mut written: BTreeMap<&str, BTreeMap<Hash, &str>> = BTreeMap::new();
        for word in words {
            let Some(path) = word.path else { continue };
            let writes = held
                .chunks
                .iter()
                .filter(|chunk| stands_in(&word.text, chunk.bytes()));
            written
                .entry(path)
                .or_default()
                .extend(writes.map(|chunk| (chunk.hash(), word.text.as_str())));
        }
        for (path, writes) in written {
            if writes.is_empty() {
                // Whoever wrote it was told that the disk had failed, and it was kept all the same.
                continue;
            }
            let among: BTreeSet<Hash> = writes.keys().copied().collect();
            let alive = newest(&among, &held.chunks);
            let expected: BTreeSet<&str> = alive
                .iter()
                .filter_map(|hash| writes.get(hash).copied())
                .collect();
            let conflict = held
                .view
                .conflicts
                .iter()
                .find(|conflict| conflict.path == path);
            let shown: BTreeSet<&str> = match conflict {
                Some(conflict) => conflict
                    .values
                    .iter()
                    .filter_map(|value| value.value.as_str())
                    .collect(),
                None => held.view.text(path).into_iter().collect(),
            };
            if shown != expected {
                self.findings.lost(&format!(
                    "{record}: {path} shows {shown:?}, and {expected:?} were written last"
                ));
            }
        }
    }
}
