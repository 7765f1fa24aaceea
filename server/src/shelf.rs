//! The published checklists of this log, read once and kept: a version never changes, so that none here can grow old.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use fieldwatch_schemas::checklist::Checklist;
use fieldwatch_schemas::checklist::published::{Checklists, of_view, record_of};
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::store::Store;

use crate::committer::rebuild;
use crate::tables::{self, RecordRow};

/// The most checklists kept in memory; the others are read anew.
const SHELF_MAX: usize = 64;

/// Checklists in memory.
#[derive(Debug, Default)]
pub(crate) struct Shelf(Mutex<BTreeMap<RecordId, Arc<Checklist>>>);

/// A shelf, and the store that what is not on it is read from.
pub(crate) struct Library<'a> {
    pub(crate) shelf: &'a Shelf,
    pub(crate) store: &'a dyn Store,
}

impl Shelf {
    pub(crate) fn put(&self, record: RecordId, checklist: Arc<Checklist>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= SHELF_MAX {
            kept.pop_first();
        }
        kept.insert(record, checklist);
    }

    pub(crate) fn clear(&self) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clear();
    }

    fn get(&self, record: RecordId) -> Option<Arc<Checklist>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&record).cloned()
    }
}

impl Checklists for Library<'_> {
    /// One whose record cannot be read counts as not here: the check of the log tells of it.
    fn published(&self, id: &str, version: &str) -> Option<Arc<Checklist>> {
        let record = record_of(id, version);
        if let Some(kept) = self.shelf.get(record) {
            return Some(kept);
        }
        let key = tables::record_key(record);
        let row: RecordRow = tables::read(self.store, "a checklist", &key).ok()??;
        let opened = (row.kind == Kind::Checklist)
            .then(|| rebuild(self.store, record, &row).ok())
            .flatten()?;
        let checklist = Arc::new(of_view(&opened.document.view())?);
        self.shelf.put(record, Arc::clone(&checklist));
        Some(checklist)
    }
}
