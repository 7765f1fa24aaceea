//! The published checklists of this device, read once and kept.

use std::ops::ControlFlow;
use std::sync::Arc;

use fieldwatch_schemas::checklist::Checklist;
use fieldwatch_schemas::checklist::published::{Checklists, acts, of_view, record_of};
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::store::{Batch, KeyRange};
use fieldwatch_schemas::time::Moment;

use super::{Group, Replica, ReplicaError, keys};
use crate::chance::Chance;

impl Checklists for Replica {
    fn published(&self, id: &str, version: &str) -> Option<Arc<Checklist>> {
        self.group().published(id, version)
    }
}

impl Checklists for Group<'_> {
    /// One that cannot be read counts as not here.
    fn published(&self, id: &str, version: &str) -> Option<Arc<Checklist>> {
        self.checklist(record_of(id, version)).ok().flatten()
    }
}

impl Replica {
    /// Every published checklist that is here, and its record.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`] and [`ReplicaError::Damaged`].
    pub fn checklists(&self) -> Result<Vec<(RecordId, Arc<Checklist>)>, ReplicaError> {
        let group = self.group();
        let mut found = Vec::new();
        for record in group.listed(Kind::Checklist)? {
            found.extend(
                group
                    .checklist(record)?
                    .map(|checklist| (record, checklist)),
            );
        }
        Ok(found)
    }

    /// Publishes a checklist. The same under its id and version makes no second record.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::AlreadyExists`] where another content has this id and version.
    pub fn publish(
        &self,
        checklist: &Checklist,
        now: &Moment,
        chance: &mut dyn Chance,
    ) -> Result<RecordId, ReplicaError> {
        let definition = checklist.definition();
        let record = record_of(&definition.id, &definition.version);
        self.batch(|group| match group.checklist(record)? {
            Some(known) if *known == *checklist => Ok(record),
            Some(_) => Err(ReplicaError::AlreadyExists(record)),
            None => group.new_record(Kind::Checklist, &acts(checklist), now, chance),
        })
    }
}

impl Group<'_> {
    fn checklist(&self, record: RecordId) -> Result<Option<Arc<Checklist>>, ReplicaError> {
        if let Some(kept) = self.state.checklists.borrow().get(&record) {
            return Ok(Some(Arc::clone(kept)));
        }
        let Some(held) = self.find(record)? else {
            return Ok(None);
        };
        if held.kind()? != Kind::Checklist {
            return Ok(None);
        }
        Ok(self.keep(&held.document()?))
    }

    /// Keeps what a record of a checklist says, in the place of what it said before.
    fn keep(&self, document: &Document) -> Option<Arc<Checklist>> {
        let mut kept = self.state.checklists.borrow_mut();
        kept.remove(&document.id());
        let checklist = Arc::new(of_view(&document.view())?);
        kept.insert(document.id(), Arc::clone(&checklist));
        Some(checklist)
    }

    /// Before a checklist is saved, what visits made with it came to is derived again: after a crash in between it arrives once more.
    pub(super) fn judge_again(&self, checklist: &Document) -> Result<(), ReplicaError> {
        let Some(read) = self.keep(checklist) else {
            return Ok(());
        };
        let definition = read.definition();
        for record in self.listed(Kind::Inspection)? {
            let waits = self
                .summary(record)?
                .is_some_and(|summary| summary.submitted_ms.is_some() && summary.result.is_none());
            if !waits {
                continue;
            }
            let document = self.held(record)?.document()?;
            let view = document.view();
            if view.text("checklist.id") == Some(&definition.id)
                && view.text("checklist.version") == Some(&definition.version)
            {
                let mut batch = Batch::new();
                self.place_in_list(&document, &mut batch)?;
                self.store().apply(&batch)?;
            }
        }
        Ok(())
    }

    /// The records of a kind.
    fn listed(&self, kind: Kind) -> Result<Vec<RecordId>, ReplicaError> {
        let mut found = Vec::new();
        let range = KeyRange::prefix(&[keys::LIST]);
        self.scan(&range, &mut |key, name| {
            let is_wanted = name == kind.name().as_bytes();
            found.extend(keys::last_record(key).filter(|_| is_wanted));
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }
}
