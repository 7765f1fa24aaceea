//! Writing segments, turning to them, and letting go of those that they replace.

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::{Batch, KeyRange};

use crate::replica::search::Directory;
use crate::replica::search::segment::{self, DOCS_MAX, Entry, Segment, Written};
use crate::replica::{Group, ReplicaError, keys};

impl Group<'_> {
    /// Writes segments of these records, which nobody reads until the directory is written.
    pub(super) fn write_segments(
        &self,
        mut entries: Vec<Entry>,
        directory: &mut Directory,
    ) -> Result<(), ReplicaError> {
        while !entries.is_empty() {
            let rest = entries.split_off(entries.len().min(DOCS_MAX));
            while self.has_erased(keys::segment(directory.next)) {
                directory.next += 1;
            }
            let number = directory.next;
            directory.next += 1;
            let written = segment::write(entries);
            directory.segments.push(Segment {
                number,
                docs: written.docs,
                bits: written.bits,
            });
            self.write_segment(number, written)?;
            entries = rest;
        }
        Ok(())
    }

    fn write_segment(&self, number: u64, written: Written) -> Result<(), ReplicaError> {
        let mut batch = Batch::new();
        for (place, row) in written.doc_rows.into_iter().enumerate() {
            batch.put(keys::docs(number, place), row);
            self.apply_if_large(&mut batch)?;
        }
        for (place, row) in written.buckets.into_iter().enumerate() {
            batch.put(keys::bucket(number, place), row);
            self.apply_if_large(&mut batch)?;
        }
        Ok(self.store().apply(&batch)?)
    }

    /// Turns to a new directory, and lets go of what it replaces.
    pub(super) fn turn(
        &mut self,
        mut directory: Directory,
        notes: Vec<Vec<u8>>,
    ) -> Result<(), ReplicaError> {
        if !notes.is_empty() {
            self.state.index.borrow_mut().noted.clear();
        }
        let replaced: Vec<RecordId> = directory
            .replaced
            .iter()
            .copied()
            .map(keys::segment)
            .collect();
        let mut batch = Batch::new();
        self.put_directory(directory.clone(), &mut batch);
        for note in notes {
            batch.delete(note);
            self.apply_if_large(&mut batch)?;
        }
        self.store().apply(&batch)?;
        if replaced.is_empty() {
            return Ok(());
        }
        self.destroy(&replaced)?;
        directory.replaced.clear();
        let mut batch = Batch::new();
        self.put_directory(directory, &mut batch);
        Ok(self.store().apply(&batch)?)
    }

    /// Removes the rows of segments, durably, and then their keys.
    pub(super) fn destroy(&self, segments: &[RecordId]) -> Result<(), ReplicaError> {
        if segments.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::new();
        for id in segments {
            for key in self.keys(&KeyRange::prefix(&keys::of_record(keys::SEGMENT, *id)))? {
                batch.delete(key);
                self.apply_if_large(&mut batch)?;
            }
        }
        self.store().apply(&batch)?;
        self.replica.flush()?;
        Ok(self.replica.record_keys.erase(segments)?)
    }
}
