//! Unsent changes that do not apply for the time being, because what they were made upon was damaged: they are kept aside, and taken
//! back when the server has sent the record whole.

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::store::{Batch, KeyRange};

use super::held::Held;
use super::salvage::rebuild::Pool;
use super::{Group, ReplicaError, keys};

impl Group<'_> {
    /// Keeps changes of a record aside, under their hashes.
    pub(super) fn keep_aside(&mut self, id: RecordId, chunks: &[Chunk], also: &mut Batch) {
        for chunk in chunks {
            also.put(keys::aside(id, chunk.hash()), chunk.bytes().to_vec());
        }
        if !chunks.is_empty() {
            self.state.aside.insert(id);
        }
    }

    /// The changes of a record that are kept aside.
    pub(super) fn aside(&self, id: RecordId) -> Result<Vec<Chunk>, ReplicaError> {
        let range = KeyRange::prefix(&keys::of_record(keys::ASIDE, id));
        let rows = self.rows(&range)?;
        let read = rows.into_iter().map(|row| Chunk::parse(row.value));
        Ok(read.filter_map(Result::ok).collect())
    }

    /// Takes back what was kept aside and applies now; what the record has, or cannot be read, is forgotten. Returns the record, if that
    /// changed it.
    pub(super) fn take_back(
        &mut self,
        held: &mut Held,
        document: Option<Box<Document>>,
        also: &mut Batch,
    ) -> Result<Option<Box<Document>>, ReplicaError> {
        if !self.state.aside.contains(&held.id) || held.kind().is_err() {
            return Ok(document);
        }
        let mut whole = match document {
            Some(document) => document,
            None => Box::new(held.document()?),
        };
        let chunks = self.aside(held.id)?;
        let mut pool = Pool::of(chunks.iter().map(|chunk| (chunk.clone(), ())));
        for (chunk, ()) in pool.place(&mut whole) {
            held.add_own(&chunk);
        }
        let left = pool.into_left();
        for key in self.keys(&KeyRange::prefix(&keys::of_record(keys::ASIDE, held.id)))? {
            let stays = |(chunk, ()): &(Chunk, ())| keys::aside(held.id, chunk.hash()) == key;
            if !left.iter().any(stays) {
                also.delete(key);
            }
        }
        if left.is_empty() {
            self.state.aside.remove(&held.id);
        }
        Ok(Some(whole))
    }

    /// Gives up what is kept aside of a record.
    pub(super) fn drop_aside(
        &mut self,
        id: RecordId,
        also: &mut Batch,
    ) -> Result<(), ReplicaError> {
        for key in self.keys(&KeyRange::prefix(&keys::of_record(keys::ASIDE, id)))? {
            also.delete(key);
        }
        self.state.aside.remove(&id);
        Ok(())
    }
}
