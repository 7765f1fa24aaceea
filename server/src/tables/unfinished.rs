//! Work of more than one batch: a mark that stands until all of it is done, so that a crash in between is made good.
//!
//! | key | value |
//! |---|---|
//! | `01 ‖ 05 ‖ station` | nothing: the station's region has changed, and its records are being placed again |
//! | `01 ‖ 04 ‖ record` | [`FollowRow`]: a case has gone to another station, and the people behind it are to follow |
//! | `01 ‖ 08 ‖ record` | [`FollowRow`]: whom a case names that has moved, and who has not come yet: from where to where they are to follow |
//! | `01 ‖ 06 ‖ record` | the successor's id: it is made, and the record is to be erased for it |

use fieldwatch_schemas::id::{PersonId, RecordId};
use fieldwatch_schemas::store::KeyRange;
use minicbor::{Decode, Encode};

use super::prefix;

const PLACING: [u8; 2] = [prefix::LOG, 5];
const FOLLOWING: [u8; 2] = [prefix::LOG, 4];
const REDACTING: [u8; 2] = [prefix::LOG, 6];
const AWAITING: [u8; 2] = [prefix::LOG, 8];

/// What is to follow a case, and where.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FollowRow {
    /// The station that it left.
    #[n(0)]
    pub from: String,
    /// The station that it went to.
    #[n(1)]
    pub to: String,
    /// Who sent it there.
    #[n(2)]
    pub by: PersonId,
    /// The records of the people behind it.
    #[n(3)]
    pub people: Vec<RecordId>,
}

/// The mark of a station whose records are being placed again.
#[must_use]
pub fn placing_key(station: &str) -> Vec<u8> {
    [PLACING.as_slice(), station.as_bytes()].concat()
}

/// The mark of a case that people are to follow.
#[must_use]
pub fn following_key(case: RecordId) -> Vec<u8> {
    [FOLLOWING.as_slice(), case.bytes().as_slice()].concat()
}

/// The mark of somebody who is to follow a case when they come.
#[must_use]
pub fn awaiting_key(person: RecordId) -> Vec<u8> {
    [AWAITING.as_slice(), person.bytes().as_slice()].concat()
}

/// The mark of a record whose successor is made.
#[must_use]
pub fn redacting_key(record: RecordId) -> Vec<u8> {
    [REDACTING.as_slice(), record.bytes().as_slice()].concat()
}

/// All stations whose records are being placed again.
#[must_use]
pub fn placings() -> KeyRange {
    KeyRange::prefix(&PLACING)
}

/// All cases that people are to follow.
#[must_use]
pub fn followings() -> KeyRange {
    KeyRange::prefix(&FOLLOWING)
}

/// Everybody who is to follow a case when they come.
#[must_use]
pub fn awaitings() -> KeyRange {
    KeyRange::prefix(&AWAITING)
}

/// All records whose successors are made.
#[must_use]
pub fn redactings() -> KeyRange {
    KeyRange::prefix(&REDACTING)
}

/// The station that a mark names.
pub(crate) fn placing_of(key: &[u8]) -> Option<String> {
    let id = key.strip_prefix(&PLACING)?;
    std::str::from_utf8(id).ok().map(str::to_owned)
}

/// The case that a mark names.
pub(crate) fn following_of(key: &[u8]) -> Option<RecordId> {
    let id = key.strip_prefix(&FOLLOWING)?;
    id.try_into().ok().map(RecordId)
}

/// Whom a mark of a case that moved awaits.
pub(crate) fn awaiting_of(key: &[u8]) -> Option<RecordId> {
    let id = key.strip_prefix(&AWAITING)?;
    id.try_into().ok().map(RecordId)
}

/// The record that a mark says is to be erased for its successor.
pub(crate) fn redacting_of(key: &[u8]) -> Option<RecordId> {
    let id = key.strip_prefix(&REDACTING)?;
    id.try_into().ok().map(RecordId)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::tombstone::HEARD;
    use crate::tables::{KEYS, LOG, POSITION, UNFINISHED};

    #[test]
    fn a_row_of_the_log_is_not_taken_for_a_mark_and_removed_with_it() {
        for row in [LOG, POSITION, UNFINISHED, HEARD, KEYS] {
            assert!(!placings().contains(&row) && !followings().contains(&row));
            assert!(!redactings().contains(&row) && !awaitings().contains(&row));
            assert_eq!((placing_of(&row), following_of(&row)), (None, None));
            assert_eq!((redacting_of(&row), awaiting_of(&row)), (None, None));
        }
        let mark = placing_key("330106-0012");
        assert!(placings().contains(&mark));
        assert_eq!(placing_of(&mark).as_deref(), Some("330106-0012"));
    }
}
