//! The second half of the check: feeds against the records in them, without opening a document.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::{KeyRange, Store, StoreError};
use fieldwatch_schemas::sync::pull::Presence;

use super::{Findings, shown};
use crate::log::{Log, Reading};
use crate::tables::returning::{ReturningRow, returned};
use crate::tables::tombstone::TombstoneRow;
use crate::tables::{self, FeedHead, FeedRow, Place, RecordRow, prefix};

/// What the records come to, by feed.
type Expected = BTreeMap<Feed, Tally>;

/// What a table shows each of its rows to, key and value.
type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> Result<(), StoreError> + 'a;

#[derive(Debug, Default)]
struct Tally {
    head: FeedHead,
    /// The rows that records say they have, those they left included.
    rows: u64,
    /// The rows that are there.
    found: u64,
}

pub(super) fn check(log: &Log, findings: &mut Findings) -> Result<(), StoreError> {
    log.read(|reading| {
        let mut expected = Expected::new();
        let records = check_places(reading, &mut expected, findings);
        findings.sound(records)?;
        let tombstones = check_tombstones(reading, &mut expected, findings);
        findings.sound(tombstones)?;
        let rows = check_rows(reading.store, &mut expected, findings);
        findings.sound(rows)?;
        let heads = check_heads(reading.store, &expected, findings);
        findings.sound(heads)?;
        check_tables(reading.store, findings)?;
        check_returning(reading.store, findings)
    })
}

/// Every place that a record's row names is a row of that feed, and no position lies beyond the log's.
fn check_places(
    reading: Reading<'_>,
    expected: &mut Expected,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    each(reading.raw, prefix::RECORD, &mut |key, _| {
        // What cannot be read was told by the first half.
        let Ok(Some(row)) = tables::read::<RecordRow>(reading.store, "a record", key) else {
            return Ok(());
        };
        let Some(record) = tables::record_of(key) else {
            return Ok(());
        };
        if row.position > reading.position {
            let (at, last) = (row.position, reading.position);
            findings.problem(format!("record {record}: written at {at}, beyond {last}"));
        }
        let part = Digest::of(record, &row.heads);
        for place in &row.places {
            let tally = expected.entry(place.feed.clone()).or_default();
            tally.rows += 1;
            tally.head.position = tally.head.position.max(place.position);
            if place.presence == Presence::Present {
                tally.head.records += 1;
                tally.head.digest = tally.head.digest.plus(part);
            }
            let is_late = place.presence == Presence::Present && place.position != row.position;
            check_place(reading, record, (place, part), is_late, findings)?;
        }
        Ok(())
    })
}

/// The rows that erased records left in the feeds.
fn check_tombstones(
    reading: Reading<'_>,
    expected: &mut Expected,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    each(reading.store, prefix::TOMBSTONE, &mut |key, value| {
        let row = findings.sound(tables::decode::<TombstoneRow>("a tombstone", value))?;
        let (Some(row), Some(record)) = (row, tables::record_of(key)) else {
            return Ok(());
        };
        for place in &row.places {
            let tally = expected.entry(place.feed.clone()).or_default();
            tally.rows += 1;
            tally.head.position = tally.head.position.max(place.position);
            let is_wrong = place.presence != Presence::Erased;
            check_place(
                reading,
                record,
                (place, Digest::default()),
                is_wrong,
                findings,
            )?;
        }
        Ok(())
    })
}

fn check_place(
    reading: Reading<'_>,
    record: RecordId,
    (place, part): (&Place, Digest),
    is_wrong: bool,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let key = tables::feed_row_key(&place.feed, place.position);
    let found = tables::read::<FeedRow>(reading.store, "a row of a feed", &key);
    let found = findings.sound(found)?.flatten();
    if is_wrong || found.as_ref() != Some(&place.row(record, part)) {
        findings.problem(format!(
            "record {record}: its row in feed {} at {} is not as it should be",
            place.feed, place.position
        ));
    }
    Ok(())
}

/// There are as many rows in each feed as records say, so none is without its record.
fn check_rows(
    store: &dyn Store,
    expected: &mut Expected,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    each(store, prefix::FEED_ROW, &mut |key, _| {
        match tables::feed_row_of(key) {
            Some((feed, _)) => expected.entry(feed).or_default().found += 1,
            None => findings.problem(format!("a feed row's key is malformed: {}", shown(key))),
        }
        Ok(())
    })?;
    for (feed, tally) in expected {
        if tally.rows != tally.found {
            findings.problem(format!(
                "feed {feed}: it has {} rows, its records have {}",
                tally.found, tally.rows
            ));
        }
    }
    Ok(())
}

fn check_heads(
    store: &dyn Store,
    expected: &Expected,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let mut known = BTreeSet::new();
    each(store, prefix::FEED_HEAD, &mut |key, value| {
        let Some(feed) = tables::feed_head_of(key) else {
            findings.problem(format!("a feed's key is malformed: {}", shown(key)));
            return Ok(());
        };
        let what = format!("the head of feed {feed}");
        let head = findings.sound(tables::decode::<FeedHead>(&what, value))?;
        let should = expected.get(&feed).map(|tally| &tally.head);
        if let Some(head) = head
            && should != Some(&head)
        {
            findings.problem(format!(
                "feed {feed}: its head is {head:?}, its records come to {should:?}"
            ));
        }
        known.insert(feed);
        Ok(())
    })?;
    for feed in expected.keys().filter(|feed| !known.contains(feed)) {
        findings.problem(format!("feed {feed} has no head"));
    }
    Ok(())
}

/// No key lies outside the tables.
fn check_tables(store: &dyn Store, findings: &mut Findings) -> Result<(), StoreError> {
    let gaps = [
        KeyRange::from_to(&[], &[prefix::LOG]),
        KeyRange::from_to(&[prefix::RETURNING + 1], &[prefix::OTHERS]),
    ];
    for gap in gaps {
        store.scan(&gap, &mut |key, _| {
            findings.problem(format!("a key of no table: {}", shown(key)));
            ControlFlow::Continue(())
        })?;
    }
    Ok(())
}

/// Changes on their way back are whole, and lie under their own hashes.
fn check_returning(store: &dyn Store, findings: &mut Findings) -> Result<(), StoreError> {
    each(store, prefix::RETURNING, &mut |key, value| {
        let Some((record, hash)) = returned(key) else {
            findings.problem(format!("a key of no table: {}", shown(key)));
            return Ok(());
        };
        let what = format!("a change of record {record} on its way back");
        let row = findings.sound(tables::decode::<ReturningRow>(&what, value))?;
        let chunk = row.and_then(|row| Chunk::parse(row.chunk.to_vec()).ok());
        if chunk.is_none_or(|chunk| chunk.hash() != hash) {
            findings.problem(format!("{what} is not the one that its key names"));
        }
        Ok(())
    })
}

/// Shows every row of a table to a visitor that can fail.
fn each(store: &dyn Store, prefix: u8, visit: &mut Visit<'_>) -> Result<(), StoreError> {
    let mut error = None;
    store.scan(
        &tables::table(prefix),
        &mut |key, value| match visit(key, value) {
            Ok(()) => ControlFlow::Continue(()),
            Err(failure) => {
                error = Some(failure);
                ControlFlow::Break(())
            }
        },
    )?;
    error.map_or(Ok(()), Err)
}
