//! What a record is listed, found and counted by: derived from its document once, and the document is needed no more.

use fieldwatch_schemas::checklist::published::Checklists;
use fieldwatch_schemas::id::{Hash, RecordId};
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::summary::{Summary, summarise};

use super::search::{Entry, entry_of};

/// What follows from a record's document.
pub(super) struct Line {
    pub(super) record: RecordId,
    pub(super) heads: Vec<Hash>,
    pub(super) summary: Summary,
    pub(super) entry: Entry,
}

impl Line {
    pub(super) fn of(document: &Document, checklists: &dyn Checklists) -> Self {
        let view = document.view();
        let summary = summarise(&view, checklists);
        Self {
            record: document.id(),
            entry: entry_of(document.id(), &summary),
            heads: view.heads,
            summary,
        }
    }
}
