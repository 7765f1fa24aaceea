//! One record, taken out of the store to be changed; [`save`](super) (`replica/save.rs`) puts it back.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::{Actor, Hash, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::{Document, DocumentError};
use fieldwatch_schemas::store::KeyRange;
use fieldwatch_schemas::summary::Summary;

use super::rows::{ChangeRow, RecordRow, decode};
use super::{Group, ReplicaError, keys};

/// One record, taken out of the store to be changed.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) id: RecordId,
    pub(super) row: RecordRow,
    pub(super) changes: Vec<ChangeRow>,
    /// Places in `changes` that are not in the store as they are here.
    pub(super) dirty: BTreeSet<usize>,
    pub(super) labels: BTreeMap<Actor, String>,
}

impl Held {
    pub(super) fn new(id: RecordId, kind: &str) -> Self {
        let row = RecordRow {
            kind: kind.to_owned(),
            actor: None,
            heads: Vec::new(),
            acknowledged: Vec::new(),
            feeds: Vec::new(),
            next: 0,
            outbox: None,
            is_refused: false,
            first: 0,
            vouched: None,
            lacking: None,
        };
        Self {
            id,
            row,
            changes: Vec::new(),
            dirty: BTreeSet::new(),
            labels: BTreeMap::new(),
        }
    }

    pub(super) fn kind(&self) -> Result<Kind, ReplicaError> {
        let kind = self.row.kind.parse();
        kind.map_err(|_| ReplicaError::KindUnknown(self.row.kind.clone()))
    }

    pub(super) fn has_unsent(&self) -> bool {
        self.changes.iter().any(|change| change.is_unsent)
    }

    pub(super) fn chunks(&self) -> Result<Vec<Chunk>, ReplicaError> {
        let read = |change: &ChangeRow| {
            let chunk = Chunk::parse(change.chunk.to_vec());
            chunk.map_err(|source| {
                let hash = Hash([0; 32]);
                DocumentError::Chunk { hash, source }.into()
            })
        };
        self.changes.iter().map(read).collect()
    }

    pub(super) fn document(&self) -> Result<Document, ReplicaError> {
        let document = Document::from_chunks(self.id, self.kind()?, &self.chunks()?)?;
        Ok(document)
    }

    /// Its changes, in their order; in the place of an unreadable one, nothing.
    pub(super) fn readable(&self) -> Vec<Option<Chunk>> {
        let read = |change: &ChangeRow| Chunk::parse(change.chunk.to_vec()).ok();
        self.changes.iter().map(read).collect()
    }

    /// The hashes of its changes, in their order; an unreadable one has none.
    pub(super) fn hashes(&self) -> Vec<Option<Hash>> {
        let read = self.readable();
        read.iter()
            .map(|chunk| chunk.as_ref().map(Chunk::hash))
            .collect()
    }

    pub(super) fn add(&mut self, change: ChangeRow) {
        self.dirty.insert(self.changes.len());
        self.changes.push(change);
        self.count();
    }

    pub(super) fn add_own(&mut self, chunk: &Chunk) {
        self.add(ChangeRow {
            chunk: chunk.bytes().to_vec().into(),
            is_unsent: true,
            received_ms: 0,
        });
    }

    /// Changes what is known about one change.
    pub(super) fn note(&mut self, place: usize, is_unsent: bool, received_ms: Option<i64>) {
        let Some(change) = self.changes.get_mut(place) else {
            return;
        };
        let before = (change.is_unsent, change.received_ms);
        change.is_unsent = is_unsent;
        change.received_ms = received_ms.unwrap_or(change.received_ms);
        if before != (change.is_unsent, change.received_ms) {
            self.dirty.insert(place);
        }
    }

    /// Writes all changes anew, behind those that are there: a crash in between leaves the old ones.
    pub(super) fn write_all_anew(&mut self) {
        self.row.first = self.row.next;
        self.dirty = (0..self.changes.len()).collect();
        self.count();
    }

    fn count(&mut self) {
        let count = u32::try_from(self.changes.len()).unwrap_or(u32::MAX);
        self.row.next = self.row.first.saturating_add(count);
    }

    pub(super) fn label(&mut self, actor: Actor, label: &str) {
        self.labels.insert(actor, label.to_owned());
    }
}

impl Group<'_> {
    /// Reads a record, if it is here.
    pub(super) fn find(&self, id: RecordId) -> Result<Option<Held>, ReplicaError> {
        let Some(bytes) = self.store().get(&keys::of_record(keys::RECORDS, id))? else {
            return Ok(None);
        };
        let row: RecordRow = decode(&bytes, "a record")?;
        let start = keys::change(id, row.first);
        let range = KeyRange::from_to(&start, &keys::change(id, row.next));
        let mut changes = Vec::new();
        for row in self.rows(&range)? {
            changes.push(decode(&row.value, "a change")?);
        }
        if u32::try_from(changes.len()).ok() != row.next.checked_sub(row.first) {
            return Err(ReplicaError::Damaged {
                what: "a record's changes",
            });
        }
        Ok(Some(Held {
            row,
            changes,
            ..Held::new(id, "")
        }))
    }

    /// Reads a record that may be seen.
    pub(super) fn held(&self, id: RecordId) -> Result<Held, ReplicaError> {
        if self.is_parting(id) {
            return Err(ReplicaError::RecordUnknown(id));
        }
        if let Some(held) = self.find(id)? {
            return Ok(held);
        }
        Err(match self.listing(id)? {
            Some(listing) => self.open_listed(id, &listing),
            None => ReplicaError::RecordUnknown(id),
        })
    }

    pub(super) fn summary(&self, id: RecordId) -> Result<Option<Summary>, ReplicaError> {
        let bytes = self.store().get(&keys::of_record(keys::SUMMARIES, id))?;
        bytes.map(|bytes| decode(&bytes, "a summary")).transpose()
    }
}
