//! One thing that came in a feed, made durable.

use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::Batch;
use fieldwatch_schemas::sync::pull::RecordItem;

use super::feeds::LEFT;
use super::held::Held;
use super::take::{Taken, take};
use super::{Applied, Arrival, Group, ReplicaError, keys};

impl Group<'_> {
    pub(super) fn arrive(
        &mut self,
        feed: &Feed,
        arrival: &Arrival,
        applied: &mut Applied,
    ) -> Result<(), ReplicaError> {
        match arrival {
            // Whoever sends it has forgotten that it was erased; here nobody has.
            Arrival::Record(item) if self.has_erased(item.record) => {
                applied.unsound.push(item.record);
                Ok(())
            }
            Arrival::Record(item) => self.receive(feed, item, applied),
            Arrival::Left(id) => {
                let number = self.feed_number(feed)?;
                match self.find(*id)? {
                    Some(held) => self.leave_feed(held, number),
                    None => self.unlist_from(*id, number),
                }
            }
            Arrival::Stands(stands) => self.stand(feed, stands),
            Arrival::Unknown(id) => self.offer_again(feed, *id),
            Arrival::Erased(id) => self.erase(*id),
        }
    }

    fn leave_feed(&mut self, mut held: Held, number: u8) -> Result<(), ReplicaError> {
        let mut also = Batch::new();
        // Another feed may want it: what is in none of them is wanted no more when all have come to their end.
        self.leave(&mut held, number, LEFT, &mut also);
        self.save(&mut held, None, also)
    }

    /// Takes in one record, or notes that it is wanted whole, or that it is unsound.
    fn receive(
        &mut self,
        feed: &Feed,
        item: &RecordItem,
        applied: &mut Applied,
    ) -> Result<(), ReplicaError> {
        let id = item.record;
        let held = self.find(id)?;
        let mut held = held.unwrap_or_else(|| Held::new(id, &item.kind));
        let sent = held.sent();
        let taken = if held.row.kind == item.kind {
            take(&mut held, item)
        } else {
            Taken::Unsound
        };
        let (document, is_new, heirs) = match taken {
            Taken::Whole {
                document,
                is_new,
                heirs,
            } => (document, is_new, heirs),
            // What this very request brought is not told back, and may be gone from here by the outcome before.
            Taken::Incomplete if !item.is_whole || self.was_offered(id) => {
                let mut batch = Batch::new();
                self.want(id, &mut batch)?;
                return Ok(self.store().apply(&batch)?);
            }
            Taken::Incomplete | Taken::Unsound => {
                // Is it what came, or what is here?
                self.noting(self.prove(id)).or_else(|error| {
                    if error.is_damage() {
                        Ok(())
                    } else {
                        Err(error)
                    }
                })?;
                applied.unsound.push(id);
                return Ok(());
            }
        };
        applied.pulled += u64::from(is_new);
        applied.rebased += u64::from(!heirs.is_empty());
        self.label_heirs(&mut held, &heirs)?;
        let mut also = Batch::new();
        // What was refused is judged again together with what the server had and lost.
        let is_owed = held.owes_any_of(&sent);
        if held.row.is_refused && (is_owed || !held.has_unsent()) {
            held.row.is_refused = false;
            also.delete(keys::of_record(keys::REFUSED, id));
        }
        let document = self.take_back(&mut held, document, &mut also)?;
        self.note_received(feed, item, &mut held, &mut also)?;
        let document = self.show_again(&held, document, &mut also)?;
        self.save(&mut held, document.as_deref(), also)
    }

    /// Notes what the server says of a record: who wrote, what it has, and that it is in this feed.
    pub(super) fn note_received(
        &mut self,
        feed: &Feed,
        item: &RecordItem,
        held: &mut Held,
        also: &mut Batch,
    ) -> Result<(), ReplicaError> {
        for author in &item.authors {
            held.label(author.actor, &author.label);
        }
        let number = self.feed_number(feed)?;
        held.row.acknowledged.clone_from(&item.heads);
        held.vouch(&item.heads, item.mac, item.actor);
        self.join(held, number, &item.heads, also);
        self.note_echoed(item.record, also);
        Ok(())
    }

    /// Whether what is held of a record makes a document.
    fn prove(&self, id: RecordId) -> Result<(), ReplicaError> {
        match self.find(id)? {
            Some(held) if held.kind().is_ok() => held.document().map(drop),
            _ => Ok(()),
        }
    }
}
