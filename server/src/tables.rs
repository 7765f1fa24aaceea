//! The rows of the server's store: keys, and what lies under them.
//!
//! All tables share one tree, so that one batch can touch several; the first byte of a key names its table. Numbers are big-endian,
//! so that keys sort as numbers do. Prefixes from `0x80` on belong to the register of persons, stations, devices and tickets.
//!
//! | table | key | value (CBOR) |
//! |---|---|---|
//! | log | `01 ‖ 00` | [`LogRow`]: id and format; written once in a log's life |
//! | position | `01 ‖ 01` | the last position, 8 bytes; in every batch that takes one |
//! | heard | `01 ‖ 03` | [`tombstone::HeardRow`]: how far the store has heard of erasures |
//! | unfinished | `01 ‖ 02` | [`UnfinishedRow`]: changes that were laid down ahead of their record |
//! | marks | `01 ‖ 04` to `01 ‖ 06`, `01 ‖ 08` | work of more than one batch: [`unfinished`] |
//! | keys | `01 ‖ 07` | which keys the store belongs to (`log/fit.rs`) |
//! | lives | `01 ‖ 08 ‖ position` | the mark of the opening of the store that gave the positions behind it, 4 bytes |
//! | records | `02 ‖ record` | [`RecordRow`] |
//! | changes | `03 ‖ record ‖ position ‖ number, 4` | [`ChangeRow`] |
//! | feed rows | `04 ‖ feed ‖ 00 ‖ position` | [`FeedRow`]: one per record that is, or was, in the feed |
//! | feed heads | `05 ‖ feed` | [`FeedHead`] |
//! | summaries | `06 ‖ record` | [`SummaryRow`] |
//! | tombstones | `07 ‖ record` | [`tombstone::TombstoneRow`] |
//!
//! | quarantine | `08 ‖ record ‖ device ‖ number, 4` | [`quarantine::QuarantineRow`] |
//! | returning | `09 ‖ record ‖ hash` | [`returning::ReturningRow`] |
//!
//! A change row counts only up to the position in its record's row: what lies beyond was never finished.

pub mod tombstone;

pub mod quarantine;
pub mod returning;
pub mod unfinished;

use fieldwatch_schemas::checklist::published::Checklists;
use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::{Actor, DeviceId, Hash, LogId, PersonId, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::view::View;
use fieldwatch_schemas::store::{KeyRange, Store, StoreError};
use fieldwatch_schemas::summary::{Summary, summarise};
use fieldwatch_schemas::sync::pull::Presence;
use fieldwatch_schemas::sync::push::Writer;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

pub use self::tombstone::tombstone_key;

/// The format of the rows below.
pub const FORMAT: u32 = 1;

/// The tables, by the first byte of their keys.
pub(crate) mod prefix {
    pub(crate) const LOG: u8 = 1;
    pub(crate) const RECORD: u8 = 2;
    pub(crate) const CHANGE: u8 = 3;
    pub(crate) const FEED_ROW: u8 = 4;
    pub(crate) const FEED_HEAD: u8 = 5;
    pub(crate) const SUMMARY: u8 = 6;
    pub(crate) const TOMBSTONE: u8 = 7;
    /// Refused work that a coordinator may release.
    pub(crate) const QUARANTINE: u8 = 8;
    /// Parts of records that come back after the server was set back.
    pub(crate) const RETURNING: u8 = 9;
    /// The tables whose rows are sealed under the key of the record that their keys name first.
    pub(crate) const SEALED: [u8; 5] = [RECORD, CHANGE, SUMMARY, QUARANTINE, RETURNING];
    /// From here on keys are the register's.
    pub(crate) const OTHERS: u8 = 0x80;
}

/// The log's identity.
pub const LOG: [u8; 2] = [prefix::LOG, 0];
/// The log's last position.
pub const POSITION: [u8; 2] = [prefix::LOG, 1];
/// Changes laid down ahead of their record.
pub const UNFINISHED: [u8; 2] = [prefix::LOG, 2];
/// Which opening of the store gave which positions.
pub(crate) const LIVES: [u8; 2] = [prefix::LOG, 8];

/// Which keys the store belongs to.
pub(crate) const KEYS: [u8; 2] = [prefix::LOG, 7];

/// One life of the log.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LogRow {
    /// [`FORMAT`] when it was made.
    #[n(0)]
    pub format: u32,
    /// The id that cursors belong to.
    #[n(1)]
    pub id: LogId,
}

/// Changes that one batch could not hold: on opening they are removed, as their record was never written.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct UnfinishedRow {
    /// Whose changes.
    #[n(0)]
    pub record: RecordId,
    /// The position they were to have.
    #[n(1)]
    pub position: u64,
}

/// What the server knows of a record without opening it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RecordRow {
    /// The version of this row.
    #[n(0)]
    pub version: u8,
    /// The kind.
    #[n(1)]
    pub kind: Kind,
    /// Who made it.
    #[n(2)]
    pub owner: PersonId,
    /// The heads, sorted.
    #[n(3)]
    pub heads: Vec<Hash>,
    /// Everyone who has written it.
    #[n(4)]
    pub writers: Vec<WriterRow>,
    /// The bytes of its changes.
    #[n(5)]
    pub size_bytes: u64,
    /// The number of its changes.
    #[n(6)]
    pub changes: u64,
    /// The position of its last write.
    #[n(7)]
    pub position: u64,
    /// Its rows in the feeds, in the order of their names; feeds it left included.
    #[n(8)]
    pub places: Vec<Place>,
    /// What a blind record calls its author.
    #[n(9)]
    pub alias: Option<String>,
}

/// A writer of a record.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct WriterRow {
    /// The actor.
    #[n(0)]
    pub actor: Actor,
    /// The device it was bound to at first acceptance.
    #[n(1)]
    pub device: DeviceId,
    /// The person whose device it was.
    #[n(2)]
    pub person: PersonId,
    /// The number of its last change.
    #[n(3)]
    pub seq: u64,
    /// Whether its first change states no time, as only a row of an imported table does.
    #[n(4)]
    pub is_row: bool,
}

/// Where a record is in one feed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Place {
    /// The feed.
    #[n(0)]
    pub feed: Feed,
    /// The position of its row there.
    #[n(1)]
    pub position: u64,
    /// The position at which it entered, the last time it did.
    #[n(2)]
    pub entered: u64,
    /// Whether it is there still.
    #[n(3)]
    pub presence: Presence,
}

/// One change, as it came.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ChangeRow {
    /// When the server received it, in UTC milliseconds.
    #[n(0)]
    pub received_ms: i64,
    /// The raw chunk.
    #[n(1)]
    pub chunk: ByteVec,
}

/// A record in a feed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FeedRow {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// The position at which it entered.
    #[n(1)]
    pub entered: u64,
    /// Whether it is there still.
    #[n(2)]
    pub presence: Presence,
    /// What a record that is there adds to the feed's digest, in short; else 0.
    #[n(3)]
    pub short: u64,
}

/// How a feed stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FeedHead {
    /// The sum over the records in it.
    #[n(0)]
    pub digest: Digest,
    /// Its last position.
    #[n(1)]
    pub position: u64,
    /// How many records are in it.
    #[n(2)]
    pub records: u64,
}

/// What lists and reports need of a record.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SummaryRow {
    /// The summary.
    #[n(0)]
    pub summary: Summary,
    /// The area it counts for: its own, or its station's when it was last written.
    #[n(1)]
    pub region: Option<String>,
    /// The people behind it, who follow it to another station.
    #[n(2)]
    pub people: Vec<RecordId>,
}

impl WriterRow {
    /// The writer as acceptance knows it.
    #[must_use]
    pub fn writer(&self) -> Writer {
        Writer {
            actor: self.actor,
            device: self.device,
            person: self.person,
            seq: self.seq,
        }
    }
}

impl SummaryRow {
    /// The row of a record that says this.
    #[must_use]
    pub fn of(
        view: &View,
        station_region: &dyn Fn(&str) -> Option<String>,
        checklists: &dyn Checklists,
    ) -> Self {
        let own = view.region().map(str::to_owned);
        let of_station = || view.text("station").and_then(station_region);
        let people = ["party", "reporter"].into_iter().filter_map(|path| {
            let field = view.kind.field(path)?;
            view.text(field.path)?.parse().ok()
        });
        Self {
            summary: summarise(view, checklists),
            region: own.or_else(of_station),
            people: people.collect(),
        }
    }
}

impl Place {
    /// The row in the feed that says so; `digest` is the record's.
    #[must_use]
    pub fn row(&self, record: RecordId, digest: Digest) -> FeedRow {
        let short = match self.presence {
            Presence::Present => digest.short(),
            Presence::Left | Presence::Erased => 0,
        };
        FeedRow {
            record,
            entered: self.entered,
            presence: self.presence,
            short,
        }
    }
}

/// The key of the opening of the store behind a position.
pub(crate) fn life_key(position: u64) -> Vec<u8> {
    [LIVES.as_slice(), &position.to_be_bytes()].concat()
}

/// The key of a record's row.
#[must_use]
pub fn record_key(record: RecordId) -> Vec<u8> {
    key(prefix::RECORD, record.bytes())
}

/// The key of a record's summary.
#[must_use]
pub fn summary_key(record: RecordId) -> Vec<u8> {
    key(prefix::SUMMARY, record.bytes())
}

/// The key of one change.
#[must_use]
pub fn change_key(record: RecordId, position: u64, number: u32) -> Vec<u8> {
    let mut key = changes_at(record, position);
    key.extend(number.to_be_bytes());
    key
}

/// The changes of a record after one position, up to and with another.
#[must_use]
pub fn changes_between(record: RecordId, after: u64, until: u64) -> KeyRange {
    let start = changes_at(record, after.saturating_add(1));
    KeyRange::from_to(&start, &changes_at(record, until.saturating_add(1)))
}

/// The key of a record's row in a feed.
#[must_use]
pub fn feed_row_key(feed: &Feed, position: u64) -> Vec<u8> {
    let mut key = feed_rows_of(feed);
    key.extend(position.to_be_bytes());
    key
}

/// The rows of a feed after a position.
#[must_use]
pub fn feed_rows_after(feed: &Feed, cursor: u64) -> KeyRange {
    KeyRange::prefix(&feed_rows_of(feed)).after(&feed_row_key(feed, cursor))
}

/// The key of a feed's head.
#[must_use]
pub fn feed_head_key(feed: &Feed) -> Vec<u8> {
    key(prefix::FEED_HEAD, feed.as_str().as_bytes())
}

/// Every row of a table.
pub(crate) fn table(prefix: u8) -> KeyRange {
    KeyRange::prefix(&[prefix])
}

/// Every row of a table whose key names a record first.
pub(crate) fn of_record(prefix: u8, record: RecordId) -> KeyRange {
    KeyRange::prefix(&key(prefix, record.bytes()))
}

/// What a key says behind its table's prefix.
pub(crate) fn record_of(key: &[u8]) -> Option<RecordId> {
    key.get(1..17)?.try_into().ok().map(RecordId)
}

/// Whose change a key names, at which position, and which of those.
pub(crate) fn change_of(key: &[u8]) -> Option<(RecordId, u64, u32)> {
    let position = key.get(17..25)?.try_into().ok()?;
    let number = key.get(25..29)?.try_into().ok()?;
    let is_whole = key.len() == 29;
    is_whole.then_some((
        record_of(key)?,
        u64::from_be_bytes(position),
        u32::from_be_bytes(number),
    ))
}

/// Which feed's row a key names, and its position.
pub(crate) fn feed_row_of(key: &[u8]) -> Option<(Feed, u64)> {
    let (rest, position) = key.get(1..)?.split_last_chunk::<8>()?;
    let (0, name) = rest.split_last().map(|(end, name)| (*end, name))? else {
        return None;
    };
    Some((feed_named(name)?, u64::from_be_bytes(*position)))
}

/// The feed whose head a key names.
pub(crate) fn feed_head_of(key: &[u8]) -> Option<Feed> {
    feed_named(key.get(1..)?)
}

/// A row's value.
pub(crate) fn encode<T: Encode<()>>(row: &T) -> Vec<u8> {
    minicbor::to_vec(row).unwrap_or_default()
}

/// Reads a row's value.
///
/// # Errors
///
/// [`StoreError::Damaged`] if no version of this program wrote it.
pub fn decode<'a, T: Decode<'a, ()>>(what: &str, value: &'a [u8]) -> Result<T, StoreError> {
    minicbor::decode(value).map_err(|error| damaged(format!("{what}: {error}")))
}

/// Reads one row.
///
/// # Errors
///
/// [`StoreError`] if the disk cannot be read, or the row is damaged.
pub fn read<T: for<'a> Decode<'a, ()>>(
    store: &dyn Store,
    what: &str,
    key: &[u8],
) -> Result<Option<T>, StoreError> {
    let value = store.get(key)?;
    value.map(|value| decode(what, &value)).transpose()
}

/// A store that does not hold what it should.
pub(crate) fn damaged(what: String) -> StoreError {
    StoreError::Damaged {
        what,
        hint: "run `fieldwatch-server check` to see how far it reaches; devices send again what a backup lacks",
    }
}

fn key(prefix: u8, rest: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + rest.len());
    key.push(prefix);
    key.extend(rest);
    key
}

fn changes_at(record: RecordId, position: u64) -> Vec<u8> {
    let mut key = key(prefix::CHANGE, record.bytes());
    key.extend(position.to_be_bytes());
    key
}

fn feed_rows_of(feed: &Feed) -> Vec<u8> {
    let mut key = key(prefix::FEED_ROW, feed.as_str().as_bytes());
    key.push(0);
    key
}

fn feed_named(name: &[u8]) -> Option<Feed> {
    std::str::from_utf8(name).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_positions_do_and_read_back() {
        let (feed, record) = (Feed::shared(), RecordId::random([7; 16]));
        assert!(feed_row_key(&feed, 255) < feed_row_key(&feed, 256));
        assert!(change_key(record, 9, u32::MAX) < change_key(record, 10, 0));
        assert_eq!(feed_row_of(&feed_row_key(&feed, 300)), Some((feed, 300)));
        assert_eq!(change_of(&change_key(record, 3, 4)), Some((record, 3, 4)));
    }

    #[test]
    fn a_range_of_rows_begins_after_the_cursor_and_stays_in_its_feed() {
        let station: Feed = "station/1".parse().unwrap();
        let longer: Feed = "station/1/personal".parse().unwrap();
        let range = feed_rows_after(&station, 5);
        assert!(!range.contains(&feed_row_key(&station, 5)));
        assert!(range.contains(&feed_row_key(&station, 6)));
        assert!(!range.contains(&feed_row_key(&longer, 6)));
        let changes = changes_between(RecordId::random([1; 16]), 5, 8);
        let at = |position| change_key(RecordId::random([1; 16]), position, 9);
        assert!(!changes.contains(&at(5)) && changes.contains(&at(6)));
        assert!(changes.contains(&at(8)) && !changes.contains(&at(9)));
    }
}
