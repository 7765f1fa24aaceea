//! One segment of the index: some records, the newest first, and for each piece of text those that have it. Once written it never
//! changes: it is replaced.
//!
//! | row | value |
//! |---|---|
//! | docs, by hundreds | for each record when it was last changed, 8 bytes, and its id, 16: as the list sorts them |
//! | bucket | pieces in ascending order: how much greater each is than the one before, how many bytes follow, and the places of its records, each as how much greater it is than the one before |
//!
//! The numbers of a bucket are LEB128. A piece lies in the bucket that its first bits name, and every bucket is there: which rows there
//! are says nothing about what is in them.

mod read;

use fieldwatch_schemas::id::RecordId;
use minicbor::{Decode, Encode};

pub(super) use self::read::{find, read_all, read_docs};
use super::grams::Gram;

/// The most records of a segment.
pub(super) const DOCS_MAX: usize = 4_096;
/// Records of one row.
pub(super) const DOCS_OF_ROW: usize = 128;
/// A bucket for so many records.
const DOCS_OF_BUCKET: usize = 16;
const DOC_BYTES: usize = 24;

/// A segment that is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Segment {
    /// Its number; none is given twice.
    #[n(0)]
    pub(super) number: u64,
    /// How many records it has.
    #[n(1)]
    pub(super) docs: u32,
    /// How many bits name a bucket.
    #[n(2)]
    pub(super) bits: u8,
}

/// A record in a segment. The order is the list's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::replica) struct Doc {
    pub(in crate::replica) updated_ms: i64,
    pub(in crate::replica) record: RecordId,
}

/// A record, and what it is found by, sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::replica) struct Entry {
    pub(in crate::replica) doc: Doc,
    pub(in crate::replica) grams: Vec<Gram>,
}

/// What is written of a segment.
pub(super) struct Written {
    pub(super) docs: u32,
    pub(super) bits: u8,
    pub(super) doc_rows: Vec<Vec<u8>>,
    pub(super) buckets: Vec<Vec<u8>>,
}

impl Ord for Doc {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let newest = other.updated_ms.cmp(&self.updated_ms);
        newest.then_with(|| self.record.cmp(&other.record))
    }
}

impl PartialOrd for Doc {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Segment {
    /// How many rows its records take.
    pub(super) fn doc_rows(&self) -> usize {
        (self.docs as usize).div_ceil(DOCS_OF_ROW)
    }

    /// How many buckets it has.
    pub(super) fn buckets(&self) -> usize {
        1 << self.bits
    }

    /// Where a piece lies.
    pub(super) fn bucket_of(&self, gram: Gram) -> usize {
        bucket_of(self.bits, gram)
    }
}

fn bucket_of(bits: u8, gram: Gram) -> usize {
    gram.checked_shr(Gram::BITS - u32::from(bits)).unwrap_or(0) as usize
}

/// Writes down records, at most [`DOCS_MAX`] of them.
pub(super) fn write(mut entries: Vec<Entry>) -> Written {
    entries.sort_by_key(|entry| entry.doc);
    let bits = (entries.len() / DOCS_OF_BUCKET).max(1).ilog2();
    let bits = u8::try_from(bits).unwrap_or(0);
    let mut pairs: Vec<u64> = Vec::new();
    for (place, entry) in (0_u64..).zip(&entries) {
        let pair = |gram: &Gram| (u64::from(*gram) << 32) | place;
        pairs.extend(entry.grams.iter().map(pair));
    }
    pairs.sort_unstable();
    let mut buckets = vec![Vec::new(); 1 << bits];
    let mut last: Vec<Gram> = vec![0; 1 << bits];
    for same in pairs.chunk_by(|one, other| one >> 32 == other >> 32) {
        let gram = same.first().map_or(0, |pair| pair >> 32);
        let gram = u32::try_from(gram).unwrap_or_default();
        let number = bucket_of(bits, gram);
        if let Some((bucket, last)) = buckets.get_mut(number).zip(last.get_mut(number)) {
            put(bucket, gram - std::mem::replace(last, gram));
            let places = same.iter().map(|pair| (pair & 0xffff_ffff) as u32);
            let places = differences(places);
            put(bucket, u32::try_from(places.len()).unwrap_or(u32::MAX));
            bucket.extend(places);
        }
    }
    let rows = entries.chunks(DOCS_OF_ROW);
    Written {
        docs: u32::try_from(entries.len()).unwrap_or(u32::MAX),
        bits,
        doc_rows: rows.map(docs_row).collect(),
        buckets,
    }
}

fn docs_row(entries: &[Entry]) -> Vec<u8> {
    let mut row = Vec::with_capacity(entries.len() * DOC_BYTES);
    for Entry { doc, .. } in entries {
        row.extend(doc.updated_ms.to_be_bytes());
        row.extend(doc.record.bytes());
    }
    row
}

fn differences(places: impl Iterator<Item = u32>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut last = 0;
    for place in places {
        put(&mut bytes, place - std::mem::replace(&mut last, place));
    }
    bytes
}

fn put(bytes: &mut Vec<u8>, mut number: u32) {
    loop {
        let low = (number & 0x7f).to_le_bytes()[0];
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests;
