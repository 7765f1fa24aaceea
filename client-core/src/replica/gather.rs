//! What came in a page, taken in: records that are not here yet are opened, proven and summed up on every core, and written several in
//! one batch; everything else one by one. All in the order in which it came.

use std::collections::BTreeSet;
use std::sync::Arc;

use fieldwatch_schemas::checklist::Checklist;
use fieldwatch_schemas::checklist::published::Checklists;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::store::Batch;
use fieldwatch_schemas::sync::pull::RecordItem;

use super::cores::in_order;
use super::held::Held;
use super::line::Line;
use super::take::{Taken, take};
use super::{Applied, Arrival, Group, ReplicaError, keys};

/// A record that is not here, ready to be written.
struct Ready {
    held: Held,
    is_new: bool,
    line: Line,
}

/// No record that is made ready rests on another.
struct NoChecklists;

impl Checklists for NoChecklists {
    fn published(&self, _: &str, _: &str) -> Option<Arc<Checklist>> {
        None
    }
}

/// Nothing but the item decides: any thread may do it. `None` if somebody has to look closer.
fn ready(item: &RecordItem) -> Option<Ready> {
    let mut held = Held::new(item.record, &item.kind);
    match held.kind().ok()? {
        // What one came to follows from the other.
        Kind::Checklist | Kind::Inspection => return None,
        _ => {}
    }
    match take(&mut held, item) {
        Taken::Whole {
            document: Some(document),
            is_new,
            heirs,
        } if heirs.is_empty() => Some(Ready {
            line: Line::of(&document, &NoChecklists),
            held,
            is_new,
        }),
        _ => None,
    }
}

/// Something that came, and the item if it is a record that nothing is here of.
struct Coming<'a> {
    feed: &'a Feed,
    arrival: &'a Arrival,
    fresh: Option<&'a RecordItem>,
}

impl Group<'_> {
    /// Takes in what came.
    pub(super) fn arrive_all(
        &mut self,
        arrivals: &[(Feed, Arrival)],
        applied: &mut Applied,
    ) -> Result<(), ReplicaError> {
        let coming = self.coming(arrivals)?;
        let mut batch = Batch::new();
        let make = |coming: &Coming<'_>| coming.fresh.and_then(ready);
        in_order(&coming, make, |coming, made| match (coming.fresh, made) {
            (Some(item), Some(made)) => self.gather(coming.feed, item, made, applied, &mut batch),
            _ => {
                self.store().apply(&std::mem::take(&mut batch))?;
                self.arrive(coming.feed, coming.arrival, applied)
            }
        })?;
        Ok(self.store().apply(&batch)?)
    }

    fn coming<'a>(&self, arrivals: &'a [(Feed, Arrival)]) -> Result<Vec<Coming<'a>>, ReplicaError> {
        let mut named = BTreeSet::new();
        let mut all = Vec::with_capacity(arrivals.len());
        for (feed, arrival) in arrivals {
            // Of two that concern one record the second meets what the first has left.
            let is_first = named.insert(arrival.record());
            let fresh = match arrival {
                Arrival::Record(item) if is_first && self.is_unknown(item.record)? => Some(item),
                _ => None,
            };
            all.push(Coming {
                feed,
                arrival,
                fresh,
            });
        }
        Ok(all)
    }

    /// Whether nothing of a record is here but what the index shows of it.
    fn is_unknown(&self, id: RecordId) -> Result<bool, ReplicaError> {
        let row = keys::of_record(keys::RECORDS, id);
        Ok(!self.has_erased(id)
            && !self.state.aside.contains(&id)
            && !self.is_unechoed(id)
            && !self.is_parting(id)
            && self.store().get(&row)?.is_none())
    }

    fn gather(
        &mut self,
        feed: &Feed,
        item: &RecordItem,
        ready: Ready,
        applied: &mut Applied,
        batch: &mut Batch,
    ) -> Result<(), ReplicaError> {
        let Ready {
            mut held,
            is_new,
            line,
        } = ready;
        applied.pulled += u64::from(is_new);
        let mut also = Batch::new();
        self.note_received(feed, item, &mut held, &mut also)?;
        self.put_record(&mut held, Some(line), also, batch)?;
        self.apply_if_large(batch)
    }
}
