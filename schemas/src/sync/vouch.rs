//! Vouching: the server marks what it gives away, so that it recognises it when it has lost it.
//!
//! A [`Mac`] is the first half of an HMAC-SHA-256 under a key that lies outside the store, over the record, its heads, its owner and
//! the reader's own actor. A server that was set back takes changes below such heads without judging them again.

use minicbor::{Decode, Encode};

use crate::feed::Feed;
use crate::id::{Actor, Hash, LogId, PersonId, RecordId};

/// A mark of the server's: only who has its key can make or check it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Mac(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

/// What a device has in the server's own word of a record.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Vouched {
    /// The heads that the server had.
    #[n(0)]
    pub heads: Vec<Hash>,
    /// The mark that came with them.
    #[n(1)]
    pub mac: Mac,
    /// The device's own actor in the record at that time, if it had one: the mark covers it too.
    #[n(2)]
    pub actor: Option<Actor>,
}

/// What the mark of a record is made over.
#[derive(Debug, Clone, Copy)]
pub struct OfRecord<'a> {
    /// The record.
    pub record: RecordId,
    /// Its heads, in any order.
    pub heads: &'a [Hash],
    /// Who made it.
    pub owner: PersonId,
    /// The reader's own actor in it.
    pub actor: Option<Actor>,
}

impl OfRecord<'_> {
    /// The bytes that the mark is made over.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut heads = self.heads.to_vec();
        heads.sort_unstable();
        heads.dedup();
        let mut bytes = b"record\0".to_vec();
        bytes.extend(self.record.bytes());
        bytes.extend((heads.len() as u64).to_be_bytes());
        heads.iter().for_each(|head| bytes.extend(head.0));
        bytes.extend(self.owner.bytes());
        bytes.extend(self.actor.map_or([0; 16], |actor| actor.0));
        bytes
    }
}

/// The bytes of the mark that a feed of a log once stood at a cursor, which this opening of the server's store gave.
#[must_use]
pub fn feed_bytes(log: LogId, feed: &Feed, cursor: u64, life: &[u8; 4]) -> Vec<u8> {
    let mut bytes = b"feed\0".to_vec();
    bytes.extend(log.bytes());
    bytes.extend(cursor.to_be_bytes());
    bytes.extend(life);
    bytes.extend(feed.as_str().as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_made_over_everything_and_the_order_of_heads_does_not_matter() {
        let heads = [Hash([1; 32]), Hash([2; 32])];
        let of = |heads: &[Hash], owner, actor| {
            let record = RecordId([3; 16]);
            OfRecord {
                record,
                heads,
                owner,
                actor,
            }
            .bytes()
        };
        let owner = PersonId([4; 16]);
        let bytes = of(&heads, owner, None);
        let shuffled = [heads[1], heads[0], heads[0]];
        assert_eq!(bytes, of(&shuffled, owner, None));
        for other in [
            of(&heads[..1], owner, None),
            of(&heads, PersonId([5; 16]), None),
            of(&heads, owner, Some(Actor([6; 16]))),
        ] {
            assert_ne!(bytes, other);
        }
        let feed = Feed::shared();
        let at = |log, cursor, life| feed_bytes(LogId([log; 16]), &feed, cursor, &[life; 4]);
        let first = at(1, 5, 7);
        assert!(![at(2, 5, 7), at(1, 6, 7), at(1, 5, 8)].contains(&first));
    }
}
