//! One record as it lies in the store: its row, its changes, and the saving of both.
//!
//! The last batch of a save holds the record's row: changes that a crash left behind without it lie above its `next` and do not
//! exist. Most saves are one batch.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::{Actor, Hash, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::{Document, DocumentError};
use fieldwatch_schemas::store::{Batch, KeyRange};
use fieldwatch_schemas::summary::{Summary, summarise};

use super::rows::{ChangeRow, RecordRow, RefusalRow, decode, encode};
use super::{Group, ReplicaError, keys};

/// A batch is closed before it has more rows than this; the final rows of a record fit in what is left.
const ROWS_TARGET: usize = 200;
/// A batch is closed before it has more bytes than this, but for one large row.
const BYTES_TARGET: usize = 2 << 20;

/// One record, taken out of the store to be changed.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) id: RecordId,
    pub(super) row: RecordRow,
    pub(super) changes: Vec<ChangeRow>,
    /// Places in `changes` that are not in the store as they are here.
    dirty: BTreeSet<usize>,
    labels: BTreeMap<Actor, String>,
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

    /// The hashes of its changes, in their order; an unreadable one has none.
    pub(super) fn hashes(&self) -> Vec<Option<Hash>> {
        let hash = |change: &ChangeRow| Chunk::parse(change.chunk.to_vec()).ok();
        self.changes
            .iter()
            .map(|change| hash(change).map(|chunk| chunk.hash()))
            .collect()
    }

    pub(super) fn add(&mut self, change: ChangeRow) {
        self.dirty.insert(self.changes.len());
        self.changes.push(change);
        self.row.next = u32::try_from(self.changes.len()).unwrap_or(u32::MAX);
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

    /// Keeps only the changes for which `keep` holds, and writes all of them anew.
    pub(super) fn retain(&mut self, keep: impl Fn(&ChangeRow) -> bool) {
        self.changes.retain(keep);
        self.dirty = (0..self.changes.len()).collect();
        self.row.next = u32::try_from(self.changes.len()).unwrap_or(u32::MAX);
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
        let start = keys::change(id, 0);
        let range = KeyRange::from_to(&start, &keys::change(id, row.next));
        let mut changes = Vec::new();
        for row in self.rows(&range)? {
            changes.push(decode(&row.value, "a change")?);
        }
        if u32::try_from(changes.len()) != Ok(row.next) {
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

    /// Reads a record.
    pub(super) fn held(&self, id: RecordId) -> Result<Held, ReplicaError> {
        self.find(id)?.ok_or(ReplicaError::RecordUnknown(id))
    }

    pub(super) fn summary(&self, id: RecordId) -> Result<Option<Summary>, ReplicaError> {
        let bytes = self.store().get(&keys::of_record(keys::SUMMARIES, id))?;
        bytes.map(|bytes| decode(&bytes, "a summary")).transpose()
    }

    /// Writes a record: its changes, then in one batch its row, its place in list and outbox, and the feeds it is in. `document` is
    /// what it says now, where that may have changed; `also` are rows that must come and go with it.
    pub(super) fn save(
        &mut self,
        held: &mut Held,
        document: Option<&Document>,
        also: Batch,
    ) -> Result<(), ReplicaError> {
        let mut batch = Batch::new();
        for place in std::mem::take(&mut held.dirty) {
            let Some(change) = held.changes.get(place) else {
                continue;
            };
            let number = u32::try_from(place).unwrap_or(u32::MAX);
            batch.put(keys::change(held.id, number), encode(change));
            self.apply_if_large(&mut batch)?;
        }
        for (actor, label) in std::mem::take(&mut held.labels) {
            batch.put(keys::label(held.id, actor), label);
            self.apply_if_large(&mut batch)?;
        }
        batch.append(also);
        self.place_in_outbox(held, &mut batch);
        if let Some(document) = document {
            held.row.heads = document.heads();
            if document.kind() == Kind::Checklist {
                self.judge_again(document)?;
            }
            self.place_in_list(document, &mut batch)?;
        }
        batch.put(keys::of_record(keys::RECORDS, held.id), encode(&held.row));
        for (number, feed) in (0..=u8::MAX).zip(&self.state.feeds) {
            if held.row.feeds.iter().any(|each| each.feed == number) {
                batch.put(keys::feed(number), encode(feed));
            }
        }
        self.store().apply(&batch)?;
        Ok(())
    }

    fn apply_if_large(&self, batch: &mut Batch) -> Result<(), ReplicaError> {
        if batch.len() >= ROWS_TARGET || batch.size_bytes() >= BYTES_TARGET {
            self.store().apply(&std::mem::take(batch))?;
        }
        Ok(())
    }

    fn place_in_outbox(&mut self, held: &mut Held, batch: &mut Batch) {
        let belongs = held.has_unsent() && !held.row.is_refused;
        match held.row.outbox {
            None if belongs => {
                let place = self.state.next_place;
                self.state.next_place += 1;
                batch.put(keys::outbox(place), held.id.bytes().to_vec());
                held.row.outbox = Some(place);
            }
            Some(place) if !belongs => {
                batch.delete(keys::outbox(place));
                held.row.outbox = None;
            }
            _ => {}
        }
    }

    pub(super) fn place_in_list(
        &self,
        document: &Document,
        batch: &mut Batch,
    ) -> Result<(), ReplicaError> {
        let id = document.id();
        if let Some(before) = self.summary(id)? {
            batch.delete(keys::list(before.updated_ms, id));
        }
        let summary = summarise(&document.view(), self);
        batch.put(
            keys::list(summary.updated_ms, id),
            summary.kind.name().as_bytes(),
        );
        let conflicts = keys::of_record(keys::CONFLICTS, id);
        if summary.conflicts > 0 {
            batch.put(conflicts, Vec::new());
        } else {
            batch.delete(conflicts);
        }
        batch.put(keys::of_record(keys::SUMMARIES, id), encode(&summary));
        Ok(())
    }

    /// Removes a record and everything about it. The row goes last, and first it says that there are no changes, so that what a
    /// crash leaves in between can be read and is removed again.
    pub(super) fn remove(&mut self, held: &Held) -> Result<(), ReplicaError> {
        let id = held.id;
        let mut batch = Batch::new();
        let emptied = RecordRow {
            next: 0,
            ..held.row.clone()
        };
        batch.put(keys::of_record(keys::RECORDS, id), encode(&emptied));
        let labels = KeyRange::prefix(&keys::of_record(keys::LABELS, id));
        let changes = KeyRange::prefix(&keys::of_record(keys::CHANGES, id));
        for range in [labels, changes] {
            for row in self.rows(&range)? {
                batch.delete(row.key);
                self.apply_if_large(&mut batch)?;
            }
        }
        if let Some(summary) = self.summary(id)? {
            batch.delete(keys::list(summary.updated_ms, id));
        }
        if let Some(place) = held.row.outbox {
            batch.delete(keys::outbox(place));
        }
        let tables = [
            keys::RECORDS,
            keys::SUMMARIES,
            keys::CONFLICTS,
            keys::REFUSED,
            keys::WANTED,
            keys::GONE,
        ];
        for table in tables {
            batch.delete(keys::of_record(table, id));
        }
        self.store().apply(&batch)?;
        Ok(())
    }

    /// Takes a record's unsent changes out of the outbox, with the reason.
    pub(super) fn quarantine(
        &mut self,
        held: &mut Held,
        refusal: &RefusalRow,
    ) -> Result<(), ReplicaError> {
        held.row.is_refused = true;
        let mut also = Batch::new();
        also.put(keys::of_record(keys::REFUSED, held.id), encode(refusal));
        self.save(held, None, also)
    }
}
