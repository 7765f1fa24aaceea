//! The keys of a replica's rows. Numbers are big-endian; `record` is its 16 bytes.
//!
//! | key | value |
//! |---|---|
//! | `a` ‖ record ‖ actor, 16 | the label under which the server shows who wrote with this actor, UTF-8 |
//! | `c` ‖ record ‖ number, 4 | one change: its raw chunk, whether it is unsent, when the server received it |
//! | `d` ‖ record | empty: something of the record was here, and went without its key |
//! | `e` ‖ record | empty: the record is being erased, its key may still be there |
//! | `f` ‖ number, 1 | one feed: its name, cursor, digest, count of records; numbers are never given twice |
//! | `g` ‖ record | a record that no held feed contains: `l` it left, `c` the server must be offered it again |
//! | `i` ‖ record | what the list shows of a record whose body is still on the server |
//! | `k` ‖ segment, 16 ‖ `d` or `t` ‖ number, 2 | a segment of the index: its records by hundreds, its pieces of text by buckets ([`super::search`]) |
//! | `l` ‖ newest first, 8 ‖ record | the kind's name: the order of `list` |
//! | `m` ‖ name | one fact about this device: `account`, `erasures`, `glanced`, `grants`, `identity`, `log`, `nonce`, `segments`, `stations`, `suspect`, `synced` |
//! | `o` ‖ place, 8 | the outbox: records with unsent changes, in the order in which they were made |
//! | `p` ‖ record ‖ position, 8 | one receipt of the record: the position up to which the server's log was durable then |
//! | `q` ‖ record | why the server refused the unsent changes of this record |
//! | `r` ‖ record | the record: kind, this installation's actor, heads, feeds; only changes from its `first` to below its `next` exist |
//! | `s` ‖ record | its summary |
//! | `t` ‖ record | empty: the server said that it has changes of this record, and no feed has shown them yet; `o` it has something else |
//! | `u` ‖ place, 8 | which records have changed since the last segment of the index: their ids |
//! | `v` ‖ record | empty: the record is hidden until the server has answered for it, and goes then |
//! | `w` ‖ record | the record is wanted whole: `o` because somebody opened it, else empty |
//! | `x` ‖ record | empty: nobody has settled its conflicts |
//! | `y` ‖ record | hashes: what the server has of this device's changes and gave no receipt for |
//! | `z` ‖ record ‖ hash, 32 | an unsent change that does not apply until the server has sent the record whole: its raw chunk |
//!
//! Keys are not sealed: they show ids, counts, and when records were changed (of blind kinds, the day), and nothing else. Ids are
//! random, but for those that follow from a natural key: whoever guesses a case's channel and number can see whether it is here.

use fieldwatch_schemas::id::{Actor, Hash, RecordId};
use sha2::{Digest as _, Sha256};

/// The tables whose keys name a record behind their first byte: their rows are sealed under that record's key.
pub(super) const OF_RECORDS: [u8; 15] = [
    LABELS, CHANGES, GONE, INDEX, SEGMENT, RECEIPTS, REFUSED, RECORDS, SUMMARIES, UNECHOED,
    PARTING, WANTED, CONFLICTS, ASIDE, UNPROVEN,
];

pub(super) const LABELS: u8 = b'a';
pub(super) const CHANGES: u8 = b'c';
pub(super) const PAST: u8 = b'd';
pub(super) const ERASING: u8 = b'e';
pub(super) const FEEDS: u8 = b'f';
pub(super) const GONE: u8 = b'g';
pub(super) const INDEX: u8 = b'i';
/// What names a segment here is no record's id, and has a key of its own all the same.
pub(super) const SEGMENT: u8 = b'k';
pub(super) const LIST: u8 = b'l';
const FACTS: u8 = b'm';
pub(super) const OUTBOX: u8 = b'o';
pub(super) const RECEIPTS: u8 = b'p';
pub(super) const REFUSED: u8 = b'q';
pub(super) const RECORDS: u8 = b'r';
pub(super) const SUMMARIES: u8 = b's';
pub(super) const UNECHOED: u8 = b't';
pub(super) const NOTES: u8 = b'u';
pub(super) const PARTING: u8 = b'v';
pub(super) const WANTED: u8 = b'w';
pub(super) const CONFLICTS: u8 = b'x';
pub(super) const UNPROVEN: u8 = b'y';
pub(super) const ASIDE: u8 = b'z';

/// The record that a key names behind its first byte.
pub(super) fn named(key: &[u8]) -> Option<RecordId> {
    let (_, rest) = key.split_first()?;
    rest.first_chunk().copied().map(RecordId)
}

/// The record that a row is about and sealed with, if it is about one alone.
pub(crate) fn record_of_row(key: &[u8]) -> Option<RecordId> {
    let table = key.first()?;
    named(key).filter(|_| OF_RECORDS.contains(table))
}

/// The key of a table that has one row per record, and the prefix of those that have several.
pub(super) fn of_record(table: u8, record: RecordId) -> Vec<u8> {
    let mut key = vec![table];
    key.extend_from_slice(record.bytes());
    key
}

pub(super) fn change(record: RecordId, number: u32) -> Vec<u8> {
    let mut key = of_record(CHANGES, record);
    key.extend_from_slice(&number.to_be_bytes());
    key
}

pub(super) fn label(record: RecordId, actor: Actor) -> Vec<u8> {
    let mut key = of_record(LABELS, record);
    key.extend_from_slice(actor.bytes());
    key
}

pub(super) fn feed(number: u8) -> Vec<u8> {
    vec![FEEDS, number]
}

pub(super) fn fact(name: &str) -> Vec<u8> {
    let mut key = vec![FACTS];
    key.extend_from_slice(name.as_bytes());
    key
}

pub(super) fn outbox(place: u64) -> Vec<u8> {
    let mut key = vec![OUTBOX];
    key.extend_from_slice(&place.to_be_bytes());
    key
}

pub(super) fn receipt(record: RecordId, position: u64) -> Vec<u8> {
    let mut key = of_record(RECEIPTS, record);
    key.extend_from_slice(&position.to_be_bytes());
    key
}

/// The newest record has the least key.
pub(super) fn list(updated_ms: i64, record: RecordId) -> Vec<u8> {
    let ascending = updated_ms.cast_unsigned() ^ (1 << 63);
    let mut key = vec![LIST];
    key.extend_from_slice(&(!ascending).to_be_bytes());
    key.extend_from_slice(record.bytes());
    key
}

/// The sixteen bytes that a key ends with.
pub(super) fn last_record(key: &[u8]) -> Option<RecordId> {
    key.last_chunk().copied().map(RecordId)
}

/// The actor that a label's key ends with.
pub(super) fn last_actor(key: &[u8]) -> Option<Actor> {
    key.last_chunk().copied().map(Actor)
}

/// Set while something was found damaged and not salvaged yet.
pub(super) const SUSPECT: &str = "suspect";
/// When everything was last glanced over, in UTC milliseconds.
pub(super) const GLANCED: &str = "glanced";

/// The segments of the index.
pub(super) const SEGMENTS: &str = "segments";

/// What names a segment of the index: as a record's id it names a key that can be destroyed.
pub(super) fn segment(number: u64) -> RecordId {
    let hash: [u8; 32] = Sha256::new()
        .chain_update(b"fieldwatch segment")
        .chain_update(number.to_be_bytes())
        .finalize()
        .into();
    RecordId(hash.first_chunk().copied().unwrap_or_default())
}

/// A row of a segment's records.
pub(super) fn docs(number: u64, row: usize) -> Vec<u8> {
    of_segment(number, b'd', row)
}

/// A row of a segment's pieces of text.
pub(super) fn bucket(number: u64, row: usize) -> Vec<u8> {
    of_segment(number, b't', row)
}

fn of_segment(number: u64, part: u8, row: usize) -> Vec<u8> {
    let mut key = of_record(SEGMENT, segment(number));
    key.push(part);
    key.extend_from_slice(&u16::try_from(row).unwrap_or(u16::MAX).to_be_bytes());
    key
}

/// A note of which records have changed.
pub(super) fn note(place: u64) -> Vec<u8> {
    let mut key = vec![NOTES];
    key.extend_from_slice(&place.to_be_bytes());
    key
}

/// A change that is kept aside.
pub(super) fn aside(record: RecordId, change: Hash) -> Vec<u8> {
    let mut key = of_record(ASIDE, record);
    key.extend_from_slice(&change.0);
    key
}

/// The number of a feed's row.
pub(super) fn feed_number(key: &[u8]) -> Option<u8> {
    match key {
        [FEEDS, number] => Some(*number),
        _ => None,
    }
}

/// The number of a change's row.
pub(super) fn change_number(key: &[u8]) -> Option<u32> {
    let number = key.get(17..)?;
    number.try_into().map(u32::from_be_bytes).ok()
}

/// The place that an outbox row's key, or the position that a receipt's key ends with.
pub(super) fn last_place(key: &[u8]) -> Option<u64> {
    key.last_chunk().copied().map(u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_record_comes_first_whatever_the_sign_of_its_time() {
        let record = RecordId([1; 16]);
        let times = [i64::MAX, 1_700_000_000_000, 1, 0, -1, i64::MIN];
        let keys: Vec<_> = times.iter().map(|ms| list(*ms, record)).collect();
        assert!(keys.is_sorted());
        assert_eq!(last_record(&keys[0]), Some(record));
    }
}
