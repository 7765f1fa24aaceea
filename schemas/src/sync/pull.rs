//! Pulling: what is new in the feeds that a device asks for.
//!
//! A feed has one row per record, moved to the newest position on every write. Server half: [`what_to_send`]. Device half:
//! [`absorb`].

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use super::vouch::Mac;
use crate::chunk::Chunk;
use crate::digest::Digest;
use crate::feed::Feed;
use crate::id::{Actor, Hash, RecordId};
use crate::record::{Document, DocumentError};

/// A feed that is asked for, and how far the device has it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FeedCursor {
    /// The feed.
    #[n(0)]
    pub feed: Feed,
    /// The last position that the device has durably applied; 0 at first.
    #[n(1)]
    pub cursor: u64,
    /// How the device has the feed at `complete`, if that is where its cursor is and it has the proof of it ([`Digest::mark`]): where
    /// the server has it so too, the feed's end is not told ([`Unchanged`]). Also at cursor 0, where it has anything of the feed, or was told
    /// that there is nothing.
    #[n(2)]
    pub mark: Option<u64>,
    /// The last cursor at which nothing of the feed was left. Behind `cursor` while a reply that was cut, or ended by its budget,
    /// has not been finished: a record may have moved past `cursor` unseen then.
    #[n(3)]
    pub complete: u64,
    /// What the server gave with the feed's end at `complete` ([`FeedEnd::proof`]): that it once stood there itself. Needed of the
    /// feed with the furthest such end alone, for it says the most.
    #[n(4)]
    pub proof: Option<Mac>,
}

/// The mark of a feed without records ([`Digest::mark`]).
pub const EMPTY_MARK: u64 = 0;

impl FeedCursor {
    /// Whether the device has nothing of the feed. A cursor of 0 does not say so by itself: a device that was cut off in its first page
    /// has records of a feed, and has not moved the cursor yet.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.cursor == 0 && self.mark.is_none_or(|mark| mark == EMPTY_MARK)
    }
}

/// One record of one feed, as far as the device lacks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordItem {
    /// The feed, by its place in the request.
    pub feed: u8,
    /// The record.
    pub record: RecordId,
    /// The kind, by name: a newer one must not make the reply unreadable.
    pub kind: String,
    /// The position of the record's row in the feed.
    pub position: u64,
    /// Whether `changes` are all there are.
    pub is_whole: bool,
    /// Changes in causal order. Empty where another item of the same reply brought them.
    pub changes: Vec<ChangeItem>,
    /// The record's heads on the server after them.
    pub heads: Vec<Hash>,
    /// Who wrote, as this reader may see it.
    pub authors: Vec<AuthorLabel>,
    /// The server's mark that it had the record with these heads ([`super::vouch`]).
    pub mac: Option<Mac>,
    /// The reader's own actor that the mark covers, if they have written it.
    pub actor: Option<Actor>,
}

/// One change of a record.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ChangeItem {
    /// The raw chunk.
    #[n(0)]
    pub chunk: Option<ByteVec>,
    /// In place of the chunk, where the same request brought it: its hash.
    #[n(1)]
    pub known: Option<Hash>,
    /// When the server received it, in UTC milliseconds.
    #[n(2)]
    pub received_ms: i64,
}

/// Who wrote with an actor, as a reader may see it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AuthorLabel {
    /// The writer within this record.
    #[n(0)]
    pub actor: Actor,
    /// A name, or an alias.
    #[n(1)]
    pub label: String,
}

/// A record that is no longer in a feed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Gone {
    /// The feed, by its place in the request.
    #[n(0)]
    pub feed: u8,
    /// The record.
    #[n(1)]
    pub record: RecordId,
    /// The position of its row.
    #[n(2)]
    pub position: u64,
    /// Of an erased record: the one that stands in its place, if there is one.
    #[n(3)]
    pub replaced_by: Option<RecordId>,
}

/// A commit point.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Commit {
    /// The feed, by its place in the request.
    #[n(0)]
    pub feed: u8,
    /// Its new cursor.
    #[n(1)]
    pub cursor: u64,
}

/// How a feed stands on the server.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FeedEnd {
    /// The feed, by its place in the request.
    #[n(0)]
    pub feed: u8,
    /// The cursor after this reply.
    #[n(1)]
    pub cursor: u64,
    /// The digest of the feed at that cursor; to be compared only where nothing is left.
    #[n(2)]
    pub digest: Digest,
    /// How many records the feed has.
    #[n(3)]
    pub records: u64,
    /// Whether the budget ended the reply before the feed did.
    #[n(4)]
    pub has_more: bool,
    /// Where nothing is left: the server's mark that this feed of this log once stood at `cursor`.
    #[n(5)]
    pub proof: Option<Mac>,
    /// How many bodies of the feed are larger than the budget, and were told by index row and heads; absent for none.
    #[n(6)]
    pub withheld: Option<u64>,
}

/// The feeds that stand where the request says, with what it says, and of which nothing is left; they have no other end.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Unchanged {
    /// By their places in the request.
    #[n(0)]
    pub feeds: ByteVec,
}

/// Whether a record is in a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Presence {
    /// It is.
    #[n(0)]
    Present,
    /// It was, and moved away.
    #[n(1)]
    Left,
    /// It was, and is erased everywhere.
    #[n(2)]
    Erased,
}

/// What a feed's row calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// Nothing: the device cannot have heard of it.
    Nothing,
    /// The whole record: it entered the feed after the device's cursor.
    Whole,
    /// The changes after the device's cursor.
    After(u64),
    /// That it left.
    Left,
    /// That it is erased.
    Erased,
}

/// The server's half: what a row that lies after the cursor calls for. `complete` is [`FeedCursor::complete`], `is_blank`
/// [`FeedCursor::is_blank`].
#[must_use]
pub fn what_to_send(presence: Presence, entered: u64, is_blank: bool, complete: u64) -> Sending {
    match presence {
        Presence::Left | Presence::Erased if is_blank => Sending::Nothing,
        Presence::Left => Sending::Left,
        Presence::Erased => Sending::Erased,
        Presence::Present if entered > complete => Sending::Whole,
        Presence::Present => Sending::After(complete),
    }
}

/// What a record item came to on the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absorbed {
    /// The document now holds the heads that the server has; these changes are new.
    Complete(Vec<Chunk>),
    /// Changes are missing: the record is wanted whole. Nothing was applied.
    Incomplete,
}

/// The device's half: merges an item into what the device holds. Its own unsent work stays.
///
/// # Errors
///
/// [`DocumentError`] if a change is unsound; the document is as it was.
pub fn absorb(document: &mut Document, item: &RecordItem) -> Result<Absorbed, DocumentError> {
    let mut chunks = Vec::new();
    for change in item
        .changes
        .iter()
        .filter_map(|change| change.chunk.as_ref())
    {
        let hash = Hash([0; 32]);
        let chunk = Chunk::parse(change.to_vec())
            .map_err(|source| DocumentError::Chunk { hash, source })?;
        chunks.push(chunk);
    }
    let mut merged = document.clone();
    let fresh = match merged.apply(&chunks) {
        Ok(fresh) => fresh,
        Err(DocumentError::Missing(_)) => return Ok(Absorbed::Incomplete),
        Err(other) => return Err(other),
    };
    if !item.heads.iter().all(|head| merged.has(*head)) {
        return Ok(Absorbed::Incomplete);
    }
    *document = merged;
    chunks.retain(|chunk| fresh.contains(&chunk.hash()));
    Ok(Absorbed::Complete(chunks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_entered_after_the_cursor_is_sent_whole_and_one_before_by_its_changes() {
        assert_eq!(what_to_send(Presence::Present, 5, false, 4), Sending::Whole);
        assert_eq!(
            what_to_send(Presence::Present, 5, false, 5),
            Sending::After(5)
        );
        assert_eq!(what_to_send(Presence::Left, 5, true, 0), Sending::Nothing);
        assert_eq!(what_to_send(Presence::Left, 9, false, 4), Sending::Left);
        assert_eq!(what_to_send(Presence::Left, 5, false, 0), Sending::Left);
        assert_eq!(what_to_send(Presence::Erased, 1, false, 1), Sending::Erased);
    }

    #[test]
    fn a_record_that_moved_past_an_unfinished_cursor_is_sent_whole() {
        // It entered at 5 and was edited at 50, after a first reply was cut at 10: the device never had it.
        assert_eq!(what_to_send(Presence::Present, 5, false, 0), Sending::Whole);
        assert_eq!(
            what_to_send(Presence::Present, 5, false, 7),
            Sending::After(7)
        );
    }
}
