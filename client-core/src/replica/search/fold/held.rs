//! What a segment holds, read back to be joined with others.

use std::collections::BTreeSet;

use fieldwatch_schemas::id::RecordId;

use crate::replica::search::damaged;
use crate::replica::search::segment::{self, Doc, Entry, Segment};
use crate::replica::{Group, ReplicaError, keys};

impl Group<'_> {
    /// Whether a segment has one of these records.
    pub(super) fn has_any(
        &self,
        segment: &Segment,
        records: &BTreeSet<RecordId>,
    ) -> Result<bool, ReplicaError> {
        if records.is_empty() {
            return Ok(false);
        }
        for row in 0..segment.doc_rows() {
            let docs = self.docs(segment, row)?;
            if docs.iter().any(|doc| records.contains(&doc.record)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What a segment has of records that still stand where it says.
    pub(in crate::replica::search) fn entries(
        &self,
        segment: &Segment,
    ) -> Result<Vec<Entry>, ReplicaError> {
        let mut entries = Vec::new();
        for row in 0..segment.doc_rows() {
            let docs = self.docs(segment, row)?.into_iter();
            entries.extend(docs.map(|doc| Entry {
                doc,
                grams: Vec::new(),
            }));
        }
        for number in 0..segment.buckets() {
            let bucket = self.segment_row(&keys::bucket(segment.number, number))?;
            let mut fits = true;
            segment::read_all(&bucket, |gram, places| {
                for place in places {
                    match entries.get_mut(place as usize) {
                        Some(entry) => entry.grams.push(gram),
                        None => fits = false,
                    }
                }
            })
            .filter(|()| fits)
            .ok_or_else(damaged)?;
        }
        let mut standing = Vec::new();
        for entry in entries {
            if self.stands(entry.doc)? {
                standing.push(entry);
            }
        }
        Ok(standing)
    }

    /// Whether the list has a record there.
    fn stands(&self, doc: Doc) -> Result<bool, ReplicaError> {
        let line = keys::list(doc.updated_ms, doc.record);
        Ok(self.readable(&line)?.is_some())
    }
}
