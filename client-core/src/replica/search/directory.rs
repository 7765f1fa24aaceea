//! The directory: which segments are in use. Without it nothing is known of the index, and it is made anew.

use fieldwatch_schemas::store::{Batch, KeyRange};
use minicbor::{Decode, Encode};

use super::damaged;
use super::segment::Segment;
use crate::replica::rows::encode;
use crate::replica::{Group, ReplicaError, keys};

/// The segments in use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Directory {
    #[n(0)]
    pub(super) segments: Vec<Segment>,
    /// The number of the next one.
    #[n(1)]
    pub(super) next: u64,
    /// Segments that were replaced, and whose rows and keys may still be there.
    #[n(2)]
    pub(super) replaced: Vec<u64>,
    /// How many records there were when that was last counted.
    #[n(3)]
    pub(super) counted: u64,
}

impl Group<'_> {
    /// Forgets that there are segments: the next search makes all of them anew.
    pub(in crate::replica) fn forget_segments(&mut self) -> Result<(), ReplicaError> {
        self.state.index.borrow_mut().directory = None;
        let mut batch = Batch::new();
        batch.delete(keys::fact(keys::SEGMENTS));
        Ok(self.store().apply(&batch)?)
    }

    /// Forgets the segments if one of their rows or a note cannot be read, or if what they were made from was put in order.
    pub(in crate::replica) fn salvage_index(
        &mut self,
        is_mended: bool,
    ) -> Result<(), ReplicaError> {
        let is_there = |key: &Vec<u8>| *key == keys::fact(keys::SEGMENTS);
        let directory = self.keys(&KeyRange::prefix(&keys::fact(keys::SEGMENTS)))?;
        if directory.iter().any(is_there) && (is_mended || !self.can_read_index()?) {
            self.forget_segments()?;
        }
        Ok(())
    }

    fn can_read_index(&self) -> Result<bool, ReplicaError> {
        let Some(directory) = self.directory()? else {
            return Ok(false);
        };
        let read = || {
            self.notes()?;
            let segments = directory.segments.iter();
            segments
                .map(|segment| self.entries(segment))
                .try_for_each(|read| read.map(drop))
        };
        match read() {
            Err(error) if error.is_damage() => Ok(false),
            read => read.map(|()| true),
        }
    }

    /// The segments in use; `None` if that is not known.
    pub(super) fn directory(&self) -> Result<Option<Directory>, ReplicaError> {
        if let Some(directory) = &self.state.index.borrow().directory {
            return Ok(Some(directory.clone()));
        }
        self.sound(&keys::fact(keys::SEGMENTS))
    }

    pub(super) fn put_directory(&self, directory: Directory, batch: &mut Batch) {
        batch.put(keys::fact(keys::SEGMENTS), encode(&directory));
        self.state.index.borrow_mut().directory = Some(directory);
    }

    /// A row of a segment, which must be there.
    pub(super) fn segment_row(&self, key: &[u8]) -> Result<Vec<u8>, ReplicaError> {
        let row = self.store().get(key)?;
        row.ok_or_else(damaged)
    }
}
