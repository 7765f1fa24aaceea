//! The records of one segment that have every piece that is looked for, taken out one by one.

use crate::replica::search::damaged;
use crate::replica::search::grams::Gram;
use crate::replica::search::segment::{self, DOCS_OF_ROW, Doc, Segment};
use crate::replica::{Group, ReplicaError, keys};

/// The records of one segment that may fit, the newest first.
pub(super) struct Places {
    segment: Segment,
    /// In descending order: the next one comes last.
    left: Vec<u32>,
    /// The last row of records that was read, and its number.
    row: (usize, Vec<Doc>),
}

impl Group<'_> {
    /// Where in a segment the records are that have every piece.
    pub(super) fn places_in(
        &self,
        segment: Segment,
        grams: &[Gram],
    ) -> Result<Places, ReplicaError> {
        let mut common: Option<Vec<u32>> = None;
        for gram in grams {
            let key = keys::bucket(segment.number, segment.bucket_of(*gram));
            let bucket = self.segment_row(&key)?;
            let found = segment::find(&bucket, *gram).ok_or_else(damaged)?;
            let both = match common {
                Some(mut common) => {
                    common.retain(|place| found.binary_search(place).is_ok());
                    common
                }
                None => found,
            };
            let is_over = both.is_empty();
            common = Some(both);
            if is_over {
                break;
            }
        }
        let mut left = common.unwrap_or_default();
        left.reverse();
        Ok(Places {
            segment,
            left,
            row: (usize::MAX, Vec::new()),
        })
    }

    pub(super) fn next_doc(&self, places: &mut Places) -> Result<Option<Doc>, ReplicaError> {
        let Some(place) = places.left.pop() else {
            return Ok(None);
        };
        let place = place as usize;
        let number = place / DOCS_OF_ROW;
        if places.row.0 != number {
            places.row = (number, self.docs(&places.segment, number)?);
        }
        let doc = places.row.1.get(place % DOCS_OF_ROW);
        doc.copied().map(Some).ok_or_else(damaged)
    }

    /// A row of a segment's records.
    pub(in crate::replica::search) fn docs(
        &self,
        segment: &Segment,
        row: usize,
    ) -> Result<Vec<Doc>, ReplicaError> {
        let row = self.segment_row(&keys::docs(segment.number, row))?;
        segment::read_docs(&row).ok_or_else(damaged)
    }
}
