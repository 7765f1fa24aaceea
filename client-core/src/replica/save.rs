//! Saving and removing one record.
//!
//! The last batch of a save holds the record's row: changes that a crash left behind without it lie above its `next` and do not
//! exist. Changes that take the place of others are written behind them, and the row turns to them; the old ones go after it. Most
//! saves are one batch.

use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::store::{Batch, KeyRange};

use super::held::Held;
use super::line::Line;
use super::rows::{RecordRow, RefusalRow, encode};
use super::{Group, ReplicaError, keys};

/// A batch is closed before it has more rows than this; the final rows of a record fit in what is left.
const ROWS_TARGET: usize = 200;
/// A batch is closed before it has more bytes than this, but for one large row.
const BYTES_TARGET: usize = 2 << 20;

impl Group<'_> {
    /// Writes a record: its changes, then in one batch its row, its place in list and outbox, and the feeds it is in. `document` is
    /// what it says now, where that may have changed; `also` are rows that must come and go with it.
    pub(super) fn save(
        &mut self,
        held: &mut Held,
        document: Option<&Document>,
        also: Batch,
    ) -> Result<(), ReplicaError> {
        if let Some(document) = document.filter(|document| document.kind() == Kind::Checklist) {
            self.judge_again(document)?;
        }
        let line = document.map(|document| Line::of(document, self));
        let mut batch = Batch::new();
        self.put_record(held, line, also, &mut batch)?;
        self.store().apply(&batch)?;
        self.drop_old(held)
    }

    /// As [`Self::save`], into a batch that others may go with. Nothing old is dropped.
    pub(super) fn put_record(
        &mut self,
        held: &mut Held,
        line: Option<Line>,
        also: Batch,
        batch: &mut Batch,
    ) -> Result<(), ReplicaError> {
        for place in std::mem::take(&mut held.dirty) {
            let Some(change) = held.changes.get(place) else {
                continue;
            };
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            let number = held.row.first.saturating_add(place);
            batch.put(keys::change(held.id, number), encode(change));
            self.apply_if_large(batch)?;
        }
        for (actor, label) in std::mem::take(&mut held.labels) {
            batch.put(keys::label(held.id, actor), label);
            self.apply_if_large(batch)?;
        }
        batch.append(also);
        self.place_in_outbox(held, batch);
        if let Some(line) = line {
            held.row.heads.clone_from(&line.heads);
            if !self.is_parting(held.id) {
                self.place_line(line, batch)?;
            }
        }
        batch.put(keys::of_record(keys::RECORDS, held.id), encode(&held.row));
        for (number, feed) in (0..=u8::MAX).zip(&self.state.feeds) {
            if held.row.feeds.iter().any(|each| each.feed == number) {
                batch.put(keys::feed(number), encode(feed));
            }
        }
        Ok(())
    }

    /// Removes the changes that others have taken the place of.
    fn drop_old(&self, held: &Held) -> Result<(), ReplicaError> {
        if held.row.first == 0 {
            return Ok(());
        }
        let (start, end) = (
            keys::change(held.id, 0),
            keys::change(held.id, held.row.first),
        );
        let mut batch = Batch::new();
        for row in self.rows(&KeyRange::from_to(&start, &end))? {
            batch.delete(row.key);
            self.apply_if_large(&mut batch)?;
        }
        Ok(self.store().apply(&batch)?)
    }

    pub(super) fn apply_if_large(&self, batch: &mut Batch) -> Result<(), ReplicaError> {
        if batch.len() >= ROWS_TARGET || batch.size_bytes() >= BYTES_TARGET {
            self.store().apply(&std::mem::take(batch))?;
        }
        Ok(())
    }

    /// Whether the server is to be told something of a record.
    pub(super) fn belongs_in_outbox(&self, held: &Held) -> bool {
        (held.has_unsent() || self.is_parting(held.id)) && !held.row.is_refused
    }

    fn place_in_outbox(&mut self, held: &mut Held, batch: &mut Batch) {
        let belongs = self.belongs_in_outbox(held);
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
        self.place_line(Line::of(document, self), batch)
    }

    fn place_line(&self, line: Line, batch: &mut Batch) -> Result<(), ReplicaError> {
        let Line {
            record: id,
            summary,
            entry,
            ..
        } = line;
        match self.summary(id)? {
            Some(before) => batch.delete(keys::list(before.updated_ms, id)),
            None => self.unlist(id, batch)?,
        }
        batch.put(
            keys::list(summary.updated_ms, id),
            summary.kind.name().as_bytes(),
        );
        self.note_changed(id, Some(entry), batch)?;
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
        self.remove_but_wanted(held)?;
        let mut batch = Batch::new();
        batch.delete(keys::of_record(keys::WANTED, held.id));
        Ok(self.store().apply(&batch)?)
    }

    /// As [`Self::remove`]; whether it is wanted whole stays noted.
    pub(super) fn remove_but_wanted(&mut self, held: &Held) -> Result<(), ReplicaError> {
        let id = held.id;
        let mut batch = Batch::new();
        let emptied = RecordRow {
            first: 0,
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
        self.note_changed(id, None, &mut batch)?;
        if let Some(place) = held.row.outbox {
            batch.delete(keys::outbox(place));
        }
        let tables = [
            keys::RECORDS,
            keys::SUMMARIES,
            keys::CONFLICTS,
            keys::REFUSED,
            keys::GONE,
        ];
        self.note_echoed(id, &mut batch);
        self.stay(id, &mut batch);
        for table in tables {
            batch.delete(keys::of_record(table, id));
        }
        self.note_past(id, &mut batch);
        self.store().apply(&batch)?;
        Ok(())
    }

    /// Takes a record's unsent changes out of the outbox, with the reason.
    pub(super) fn quarantine(
        &mut self,
        held: &mut Held,
        refusal: &RefusalRow,
        mut also: Batch,
    ) -> Result<(), ReplicaError> {
        held.row.is_refused = true;
        also.put(keys::of_record(keys::REFUSED, held.id), encode(refusal));
        self.save(held, None, also)
    }
}
