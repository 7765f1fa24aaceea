//! What the server said it has, and no feed has shown since.
//!
//! A server that is set back between an outcome and the item that echoes it loses what no digest counts yet, and what no cursor stands
//! beyond. So each record of which something was acknowledged is remembered until a feed shows it, or a whole reply to the same request
//! comes to its end; where neither happened, everything that the feeds do not show is offered again at the next end.

use std::collections::BTreeMap;

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::{Batch, KeyRange};

use super::{Applied, Group, ReplicaError, keys};

/// Which request a record was acknowledged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// The last one: where its reply comes to its end, it is of the same server.
    Now,
    /// An earlier one, whose reply was cut or went on.
    Earlier,
    /// Whatever was acknowledged before, the server has something else now: nothing counts until it has been sent whole.
    Otherwise,
}

/// What is under the key of a record of which the server has something else.
const OTHERWISE: &[u8] = b"o";

impl Group<'_> {
    /// The records that are remembered, when the replica is opened.
    pub(super) fn read_unechoed(&mut self) -> Result<(), ReplicaError> {
        let mut unechoed = BTreeMap::new();
        for key in self.keys(&KeyRange::prefix(&[keys::UNECHOED]))? {
            let told = match self.readable(&key)?.as_deref() {
                Some([]) => Told::Earlier,
                _ => Told::Otherwise,
            };
            unechoed.extend(keys::record_of_row(&key).map(|id| (id, told)));
        }
        self.state.unechoed = unechoed;
        Ok(())
    }

    /// Notes that the server said it has changes of a record.
    pub(super) fn note_told(&mut self, id: RecordId, also: &mut Batch) {
        self.state.unechoed.entry(id).or_insert_with(|| {
            also.put(keys::of_record(keys::UNECHOED, id), Vec::new());
            Told::Now
        });
    }

    /// Notes that the server has something else of a record than this device knows of.
    pub(super) fn note_otherwise(&mut self, id: RecordId, also: &mut Batch) {
        also.put(keys::of_record(keys::UNECHOED, id), OTHERWISE);
        self.state.unechoed.insert(id, Told::Otherwise);
    }

    /// Whether what was acknowledged of a record has not been shown since.
    pub(super) fn is_unechoed(&self, id: RecordId) -> bool {
        self.state.unechoed.contains_key(&id)
    }

    /// Notes that a feed showed what the server has of a record, or that nothing of it counts as acknowledged any more.
    pub(super) fn note_echoed(&mut self, id: RecordId, also: &mut Batch) {
        if self.state.unechoed.remove(&id).is_some() {
            also.delete(keys::of_record(keys::UNECHOED, id));
        }
    }

    /// Another request begins: the reply to the last one is over.
    pub(super) fn age_told(&mut self) {
        let told = self.state.unechoed.values_mut();
        let now = told.filter(|told| **told == Told::Now);
        now.for_each(|told| *told = Told::Earlier);
    }

    /// Decides, when every feed has come to its end, about what no feed has shown.
    pub(super) fn settle_unechoed(&mut self, applied: &mut Applied) -> Result<(), ReplicaError> {
        for (id, told) in self.state.unechoed.clone() {
            if told != Told::Now && self.is_wanted(id)? {
                continue;
            }
            let mut also = Batch::new();
            self.note_echoed(id, &mut also);
            let held = match told {
                // It is on the server, and in no feed of this device's.
                Told::Now => None,
                Told::Earlier | Told::Otherwise => self.find(id)?,
            };
            let Some(mut held) = held else {
                self.store().apply(&also)?;
                continue;
            };
            let heads = match told {
                Told::Otherwise => Vec::new(),
                Told::Now | Told::Earlier => held.row.acknowledged.clone(),
            };
            if told == Told::Otherwise && held.row.feeds.is_empty() {
                applied.owed = applied.owed.saturating_add(1);
                self.part(&mut held, &mut also)?;
            } else if held.owe_what_is_not_below(&heads) {
                applied.owed = applied.owed.saturating_add(1);
                if std::mem::take(&mut held.row.is_refused) {
                    also.delete(keys::of_record(keys::REFUSED, id));
                }
            }
            self.save(&mut held, None, also)?;
        }
        Ok(())
    }
}
