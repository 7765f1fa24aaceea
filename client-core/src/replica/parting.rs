//! Records of a feed that was given up while nobody knew whether the server still has them: it may have been set back, and this device
//! be the last that holds what was acknowledged since.
//!
//! Such a record is hidden from its reader at once, and stays until the server has answered for it. First it is asked about with the
//! server's own mark and without a change; where the server lacks something, all of it is brought under that mark. Whoever may not see
//! the record may bring it, and hears no more than that. Work that was never sent hides nothing and waits as always.

use std::collections::BTreeSet;

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::store::{Batch, KeyRange};
use fieldwatch_schemas::sync::push::Pushed;

use super::held::Held;
use super::rows::{RefusalRow, encode, is_a_row};
use super::{Group, ReplicaError, keys};

impl Group<'_> {
    /// The records that are parted with, when the replica is opened.
    pub(super) fn records_parting(&self) -> Result<BTreeSet<RecordId>, ReplicaError> {
        let keys = self.keys(&KeyRange::prefix(&[keys::PARTING]))?;
        let records = keys.iter().filter_map(|key| keys::record_of_row(key));
        Ok(records.collect())
    }

    /// Whether a record is hidden until the server has answered for it.
    pub(super) fn is_parting(&self, id: RecordId) -> bool {
        self.state.parting.contains(&id)
    }

    /// Begins to part with a record that no feed contains any more: the server is asked whether it has what it once said to have.
    pub(super) fn part(&mut self, held: &mut Held, also: &mut Batch) -> Result<(), ReplicaError> {
        for table in [keys::GONE, keys::WANTED] {
            also.delete(keys::of_record(table, held.id));
        }
        self.note_echoed(held.id, also);
        if held.has_unsent() {
            // It is judged with the rest, and stays if it is refused.
            if std::mem::take(&mut held.row.is_refused) {
                also.delete(keys::of_record(keys::REFUSED, held.id));
            }
            held.owe_all();
            return Ok(());
        }
        if !held.is_vouched_whole() {
            held.owe_all();
        }
        if let Some(summary) = self.summary(held.id)? {
            also.delete(keys::list(summary.updated_ms, held.id));
        }
        for table in [keys::SUMMARIES, keys::CONFLICTS] {
            also.delete(keys::of_record(table, held.id));
        }
        also.put(keys::of_record(keys::PARTING, held.id), Vec::new());
        self.state.parting.insert(held.id);
        self.note_changed(held.id, None, also)
    }

    /// A record is shown again: a feed contains it, or somebody has written it.
    pub(super) fn stay(&mut self, id: RecordId, also: &mut Batch) -> bool {
        let was_parting = self.state.parting.remove(&id);
        if was_parting {
            also.delete(keys::of_record(keys::PARTING, id));
        }
        was_parting
    }

    /// What a record that a feed contains says, where it may have to be listed anew.
    pub(super) fn show_again(
        &mut self,
        held: &Held,
        document: Option<Box<Document>>,
        also: &mut Batch,
    ) -> Result<Option<Box<Document>>, ReplicaError> {
        if !self.stay(held.id, also) || document.is_some() || held.kind().is_err() {
            return Ok(document);
        }
        Ok(Some(Box::new(held.document()?)))
    }

    /// The question whether the server still has a record as its mark says.
    pub(super) fn question(&self, held: &Held) -> Option<Pushed> {
        let vouched = held.row.vouched.clone();
        let vouched = vouched.filter(|_| self.is_parting(held.id) && !held.has_unsent())?;
        Some(Pushed {
            record: held.id,
            kind: held.row.kind.clone(),
            changes: Vec::new(),
            vouched: Some(vouched),
        })
    }

    /// The server has all of a record that is parted with, or never takes the rest: it goes. What was written here and is refused stays,
    /// for a person to decide.
    pub(super) fn part_for_good(
        &mut self,
        held: &mut Held,
        refusal: Option<&RefusalRow>,
        mut also: Batch,
    ) -> Result<(), ReplicaError> {
        let Some(refusal) = refusal.filter(|_| held.has_own_unsent()) else {
            return self.remove(held);
        };
        self.stay(held.id, &mut also);
        held.row.is_refused = true;
        also.put(keys::of_record(keys::REFUSED, held.id), encode(refusal));
        let document = held.document()?;
        self.save(held, Some(&document), also)
    }
}

impl Held {
    /// Whether the server ever said that it has something of it.
    pub(super) fn was_acknowledged(&self) -> bool {
        self.row.vouched.is_some() || self.changes.iter().any(|change| !change.is_unsent)
    }

    /// Whether the server's mark covers all of it.
    fn is_vouched_whole(&self) -> bool {
        let vouched = self.row.vouched.as_ref();
        let below = vouched.and_then(|vouched| self.graph()?.below(&vouched.heads));
        let Some(below) = below else { return false };
        let mut hashes = self.hashes().into_iter();
        hashes.all(|hash| hash.is_some_and(|hash| below.contains(&hash)))
    }

    /// Whether the server lacks something that may have been written or imported here.
    fn has_own_unsent(&self) -> bool {
        let mut changes = self.changes.iter().zip(self.readable());
        changes.any(|(change, chunk)| {
            let is_own = |chunk: Chunk| self.row.actor == Some(chunk.actor()) || is_a_row(&chunk);
            change.is_unsent && chunk.is_some_and(is_own)
        })
    }
}
