//! What became of pushed records, made durable.

use std::collections::BTreeSet;

use fieldwatch_schemas::id::{Hash, RecordId};
use fieldwatch_schemas::store::Batch;
use fieldwatch_schemas::sync::push::{Outcome, Verdict};

use super::erase::says_erased;
use super::feeds::LEFT;
use super::held::Held;
use super::rows::RefusalRow;
use super::{Applied, Group, Page, ReplicaError, keys};

impl Group<'_> {
    /// Notes what became of a pushed record.
    pub(super) fn settle(
        &mut self,
        outcome: &Outcome,
        page: &Page,
        applied: &mut Applied,
    ) -> Result<(), ReplicaError> {
        if says_erased(outcome) {
            return self.erase(outcome.record);
        }
        let Some(mut held) = self.find(outcome.record)? else {
            return Ok(());
        };
        note_durable(&mut held, outcome);
        let mut also = Batch::new();
        if !outcome.durable.is_empty() {
            self.note_told(held.id, &mut also);
        }
        if outcome.verdict == Verdict::Refused && page.rebases.contains(&held.id) {
            if let Some(document) = self.rebase_refused(&mut held, outcome)? {
                applied.rebased += 1;
                return self.save(&mut held, Some(&document), also);
            }
            applied.refused.insert(held.id);
        }
        if outcome.verdict != Verdict::Kept {
            held.row.lacking = None;
        }
        self.await_receipt(&held, outcome, &mut also)?;
        match outcome.verdict {
            // It may lie where this person does not see it: unless a feed brings it, it goes when all have come to their end.
            Verdict::Stored | Verdict::Duplicate
                if self.is_parting(held.id) && !held.has_unsent() =>
            {
                return self.part_for_good(&mut held, None, also);
            }
            Verdict::Stored | Verdict::Duplicate
                if held.row.feeds.is_empty() && !held.has_unsent() =>
            {
                also.put(keys::of_record(keys::GONE, held.id), LEFT);
            }
            Verdict::Stored | Verdict::Duplicate => {}
            Verdict::Missing => {
                self.do_without_mark(&held);
                held.owe_all();
            }
            Verdict::Kept => {
                self.note_kept(&mut held, outcome);
                return self.save(&mut held, None, also);
            }
            Verdict::Refused if self.is_edited_since_offered(&held) => {}
            Verdict::Refused if held.has_unsent() || self.is_parting(held.id) => {
                let refusal = RefusalRow {
                    code: outcome.problem.clone().unwrap_or_default(),
                    reason: outcome.words.clone().unwrap_or_default(),
                };
                if self.is_parting(held.id) {
                    return self.part_for_good(&mut held, Some(&refusal), also);
                }
                return self.quarantine(&mut held, &refusal, also);
            }
            Verdict::Refused => {}
        }
        self.save(&mut held, None, also)
    }

    /// Whether the request that is answered brought something of a record.
    pub(super) fn was_offered(&self, id: RecordId) -> bool {
        self.state.offered.contains_key(&id)
    }

    /// Whether the server judged less than there is now: what came after may correct it, and goes with it in the next request.
    fn is_edited_since_offered(&self, held: &Held) -> bool {
        let offered = self.state.offered.get(&held.id).copied();
        let later = held.changes.iter().skip(offered.unwrap_or(usize::MAX));
        later.into_iter().any(|change| change.is_unsent)
    }
}

/// Notes which changes the server has now.
fn note_durable(held: &mut Held, outcome: &Outcome) {
    let durable: BTreeSet<Hash> = outcome.durable.iter().copied().collect();
    for (place, hash) in held.hashes().into_iter().enumerate() {
        if hash.is_some_and(|hash| durable.contains(&hash)) {
            held.note(place, false, None);
        }
    }
}
