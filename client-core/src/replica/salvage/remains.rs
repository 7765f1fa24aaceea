//! What the store has of a record, and the record that can be made of it.

use std::collections::BTreeMap;

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::Document;

use super::rebuild::Pool;
use crate::replica::ReplicaError;
use crate::replica::held::Held;
use crate::replica::rows::{ChangeRow, RecordRow};

/// What the store has of a record; `None` for what cannot be read.
pub(super) struct Remains {
    pub(super) row: Option<RecordRow>,
    pub(super) changes: BTreeMap<u32, Option<(Chunk, ChangeRow)>>,
}

/// A record made of its remains.
pub(super) struct Rebuilt {
    pub(super) document: Document,
    pub(super) kept: Vec<(Chunk, ChangeRow)>,
    pub(super) left: Vec<(Chunk, ChangeRow)>,
}

impl Remains {
    /// The changes that exist: all of them where the record's row cannot say.
    fn existing(&self) -> Vec<(Chunk, ChangeRow)> {
        let exists = |number: u32| {
            let row = self.row.as_ref();
            row.is_none_or(|row| (row.first..row.next).contains(&number))
        };
        let existing = self.changes.iter().filter(|(number, _)| exists(**number));
        existing.filter_map(|(_, change)| change.clone()).collect()
    }

    /// All changes, those too that a record's row does not count.
    pub(super) fn all(&self) -> Vec<(Chunk, ChangeRow)> {
        self.changes.values().flatten().cloned().collect()
    }

    /// Whether a change that exists cannot be read.
    pub(super) fn has_holes(&self) -> bool {
        let Some(row) = &self.row else {
            return self.changes.values().any(Option::is_none);
        };
        (row.first..row.next).any(|number| !matches!(self.changes.get(&number), Some(Some(_))))
    }

    /// The record as it stands, if nothing is wrong with it; without a document, if it is of a kind that this program cannot read.
    pub(super) fn sound(&self, id: RecordId) -> Option<(Held, Option<Document>)> {
        let row = self.row.clone().filter(|_| !self.has_holes())?;
        let changes = self.existing().into_iter().map(|(_, change)| change);
        let held = Held {
            changes: changes.collect(),
            row,
            ..Held::new(id, "")
        };
        if held.kind().is_err() {
            return Some((held, None));
        }
        let document = held.document().ok()?;
        let is_whole = document.heads() == held.row.heads
            && held.row.acknowledged.iter().all(|head| document.has(*head));
        is_whole.then_some((held, Some(document)))
    }

    /// The record made of what can be read: of the changes that exist, or if its heads tell otherwise, of all.
    pub(super) fn rebuild(&self, id: RecordId, kind: Kind) -> Result<Rebuilt, ReplicaError> {
        let exactly = rebuild(id, kind, self.existing())?;
        let heads = self.row.as_ref().map(|row| &row.heads);
        if heads == Some(&exactly.document.heads()) {
            return Ok(exactly);
        }
        rebuild(id, kind, self.all())
    }
}

fn rebuild(
    id: RecordId,
    kind: Kind,
    changes: Vec<(Chunk, ChangeRow)>,
) -> Result<Rebuilt, ReplicaError> {
    let mut document = Document::begin(id, kind)?;
    let mut pool = Pool::of(changes);
    let kept = pool.place(&mut document);
    Ok(Rebuilt {
        document,
        kept,
        left: pool.into_left(),
    })
}
