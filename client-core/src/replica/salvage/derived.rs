//! What follows from one sound record: its line of the list, its summary, its marks, its place in outbox and quarantine.

use std::collections::BTreeSet;

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::store::{Batch, KeyRange};
use fieldwatch_schemas::summary::{Summary, summarise};

use super::{Salvaged, What};
use crate::replica::feeds::{LEFT, UNSEEN};
use crate::replica::held::Held;
use crate::replica::rows::{RefusalRow, encode};
use crate::replica::{Group, ReplicaError, keys};

impl Group<'_> {
    /// Puts in order what other rows say of a sound record.
    pub(super) fn tidy(
        &mut self,
        mut held: Held,
        document: Option<&Document>,
        told: &mut Salvaged,
    ) -> Result<(), ReplicaError> {
        let id = held.id;
        let mut harms = Vec::new();
        let mut also = Batch::new();
        if !self.memberships_fit(&mut held) {
            harms.push(What::Membership);
        }
        self.tidy_refusal(&mut held, &mut also, &mut harms)?;
        self.tidy_outbox(&mut held, &mut harms)?;
        self.tidy_labels(&held, &mut also, &mut harms)?;
        let is_nowhere = held.row.feeds.is_empty() && !self.belongs_in_outbox(&held);
        if is_nowhere && !held.has_unsent() && !held.changes.is_empty() {
            // Nobody counts it: the server is asked what it knows of it.
            let gone = keys::of_record(keys::GONE, id);
            let marked = self.readable(&gone)?;
            let wanted = self.keys(&KeyRange::prefix(&keys::of_record(keys::WANTED, id)))?;
            if wanted.is_empty() && marked.is_none_or(|mark| mark != LEFT && mark != UNSEEN) {
                also.put(gone, UNSEEN);
                harms.push(What::Mark);
            }
        }
        if let Some(document) = document
            && !self.is_parting(id)
            && !self.line_fits(document)?
        {
            harms.push(What::Line);
            self.clear_line(id)?;
        }
        if !harms.is_empty() {
            self.save(&mut held, document, also)?;
        }
        for what in harms {
            told.note(Some(id), what);
        }
        Ok(())
    }

    fn tidy_refusal(
        &self,
        held: &mut Held,
        also: &mut Batch,
        harms: &mut Vec<What>,
    ) -> Result<(), ReplicaError> {
        let key = keys::of_record(keys::REFUSED, held.id);
        let is_there = !self.keys(&KeyRange::prefix(&key))?.is_empty();
        let reason: Option<RefusalRow> = self.sound(&key)?;
        let belongs = held.row.is_refused && held.has_unsent() && reason.is_some();
        if is_there != belongs || held.row.is_refused != belongs {
            // Without its reason it is sent again, and the server says it again.
            held.row.is_refused = belongs;
            if !belongs {
                also.delete(key);
            }
            harms.push(What::Refusal);
        }
        Ok(())
    }

    fn tidy_outbox(&self, held: &mut Held, harms: &mut Vec<What>) -> Result<(), ReplicaError> {
        let belongs = self.belongs_in_outbox(held);
        let fits = match held.row.outbox {
            Some(place) => {
                belongs
                    && self.readable(&keys::outbox(place))?.as_deref()
                        == Some(held.id.bytes().as_slice())
            }
            None => !belongs,
        };
        if !fits {
            // Another record may stand at this place; what stands there without reason is swept.
            held.row.outbox = None;
            harms.push(What::Outbox);
        }
        Ok(())
    }

    /// A server that says who wrote says it of every change it has; of a record for which that is not here, it says it with the whole.
    fn tidy_labels(
        &self,
        held: &Held,
        also: &mut Batch,
        harms: &mut Vec<What>,
    ) -> Result<(), ReplicaError> {
        let mut labelled = BTreeSet::new();
        for key in self.keys(&KeyRange::prefix(&keys::of_record(keys::LABELS, held.id)))? {
            let label = self.readable(&key)?.map(String::from_utf8);
            if matches!(label, Some(Ok(_))) {
                labelled.extend(keys::last_actor(&key));
            } else {
                also.delete(key);
                harms.push(What::Label);
            }
        }
        let sent = held.changes.iter().zip(held.readable());
        let mut sent = sent.filter(|(change, _)| !change.is_unsent && !held.row.feeds.is_empty());
        let is_unlabelled = |chunk: &Chunk| {
            held.row.actor != Some(chunk.actor()) && !labelled.contains(&chunk.actor())
        };
        let lacks = sent.any(|(_, chunk)| chunk.is_some_and(|chunk| is_unlabelled(&chunk)));
        if harms.contains(&What::Label) || (lacks && self.count(keys::LABELS)? > 0) {
            also.put(keys::of_record(keys::WANTED, held.id), Vec::new());
            if !harms.contains(&What::Label) {
                harms.push(What::Label);
            }
        }
        Ok(())
    }

    /// Whether summary, line and mark of conflicts are what the record says.
    fn line_fits(&self, document: &Document) -> Result<bool, ReplicaError> {
        let id = document.id();
        let summary = summarise(&document.view(), self);
        let line = self.readable(&keys::list(summary.updated_ms, id))?;
        let mark = keys::of_record(keys::CONFLICTS, id);
        let is_there = self.count_in(&KeyRange::prefix(&mark))? > 0;
        let marked = self.readable(&mark)?.is_some();
        let kept = self.readable(&keys::of_record(keys::SUMMARIES, id))?;
        Ok(kept == Some(encode(&summary))
            && line.as_deref() == Some(summary.kind.name().as_bytes())
            && (is_there, marked) == (summary.conflicts > 0, summary.conflicts > 0))
    }

    fn clear_line(&self, id: RecordId) -> Result<(), ReplicaError> {
        let mut batch = Batch::new();
        let key = keys::of_record(keys::SUMMARIES, id);
        if let Some(summary) = self.sound::<Summary>(&key)? {
            batch.delete(keys::list(summary.updated_ms, id));
        }
        batch.delete(key);
        Ok(self.store().apply(&batch)?)
    }
}
