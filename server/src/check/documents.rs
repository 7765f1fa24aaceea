//! The first half of the check: each record against its changes, and nothing without a record.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::feed::{Feed, feeds_of};
use fieldwatch_schemas::id::{Actor, RecordId};
use fieldwatch_schemas::record::check::check_whole;
use fieldwatch_schemas::store::{KeyRange, Store, StoreError};
use fieldwatch_schemas::sync::pull::Presence;

use super::{Findings, shown};
use crate::committer::{Opened, StationRegion, rebuild};
use crate::log::{Log, Reading};
use crate::shelf::{Library, Shelf};
use crate::tables::{self, RecordRow, SummaryRow, UnfinishedRow, prefix};

/// How many records are checked while the log's lock is held.
const RECORDS_AT_ONCE: usize = 64;

pub(super) fn check(
    log: &Log,
    station_region: &StationRegion,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let shelf = Shelf::default();
    let mut rest = Some(tables::table(prefix::RECORD));
    while let Some(range) = rest {
        rest = log.read(|reading| {
            let keys = some_keys(reading.raw, &range)?;
            for key in &keys {
                let library = Library {
                    shelf: &shelf,
                    store: reading.store,
                };
                check_record(&library, key, station_region, findings)?;
            }
            Ok(keys.last().map(|key| range.after(key)))
        })?;
    }
    for prefix in [prefix::CHANGE, prefix::SUMMARY] {
        let mut rest = Some(tables::table(prefix));
        while let Some(range) = rest {
            rest = log.read(|reading| find_orphans(reading, &range, findings))?;
        }
    }
    Ok(())
}

fn some_keys(raw: &dyn Store, range: &KeyRange) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut keys = Vec::new();
    raw.scan(range, &mut |key, _| {
        keys.push(key.to_vec());
        if keys.len() < RECORDS_AT_ONCE {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    Ok(keys)
}

fn check_record(
    library: &Library<'_>,
    key: &[u8],
    station_region: &StationRegion,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let store = library.store;
    findings.records += 1;
    let Some(record) = tables::record_of(key).filter(|_| key.len() == 17) else {
        findings.problem(format!("a record's key is malformed: {}", shown(key)));
        return Ok(());
    };
    let what = format!("the row of record {record}");
    let Some(row) = findings.sound(tables::read::<RecordRow>(store, &what, key))? else {
        return Ok(());
    };
    let Some(row) = row else {
        findings.problem(format!("record {record} was erased; its row is there"));
        return Ok(());
    };
    let Some(opened) = findings.sound(rebuild(store, record, &row))? else {
        return Ok(());
    };
    findings.changes += opened.chunks.len() as u64;
    check_sizes(store, record, &row, &opened.chunks, findings)?;
    check_writers(record, &row, &opened.chunks, findings);
    check_meaning(library, record, &row, &opened, station_region, findings)
}

fn check_sizes(
    store: &dyn Store,
    record: RecordId,
    row: &RecordRow,
    chunks: &[Chunk],
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let size_bytes: usize = chunks.iter().map(|chunk| chunk.bytes().len()).sum();
    if (row.changes, row.size_bytes) != (chunks.len() as u64, size_bytes as u64) {
        findings.problem(format!(
            "record {record}: its row counts {} changes of {} bytes, there are {} of {size_bytes}",
            row.changes,
            row.size_bytes,
            chunks.len()
        ));
    }
    let last = findings.sound(store.last(&tables::changes_between(record, 0, u64::MAX - 1)))?;
    let last = last.flatten().and_then(|row| tables::change_of(&row.key));
    let last = last.map_or(0, |(_, position, _)| position);
    let is_being_written = unfinished(store)?.is_some_and(|mark| mark.record == record);
    // A record that was placed again was written without a change.
    if last > row.position && !is_being_written {
        findings.problem(format!(
            "record {record}: its last change is at {last}, its row says {}",
            row.position
        ));
    }
    Ok(())
}

fn check_writers(record: RecordId, row: &RecordRow, chunks: &[Chunk], findings: &mut Findings) {
    let mut numbers: BTreeMap<Actor, u64> = BTreeMap::new();
    for chunk in chunks {
        let last = numbers.entry(chunk.actor()).or_default();
        if chunk.seq() != *last + 1 {
            findings.problem(format!(
                "record {record}: writer {} has change {} after {last}",
                chunk.actor(),
                chunk.seq()
            ));
        }
        *last = chunk.seq();
    }
    let known: BTreeMap<Actor, u64> = row
        .writers
        .iter()
        .map(|writer| (writer.actor, writer.seq))
        .collect();
    if known != numbers {
        findings.problem(format!(
            "record {record}: its row does not name the writers of its changes"
        ));
    }
}

fn check_meaning(
    library: &Library<'_>,
    record: RecordId,
    row: &RecordRow,
    opened: &Opened,
    station_region: &StationRegion,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    if let Err(error) = check_whole(&opened.document) {
        findings.problem(format!("record {record}: {}: {}", error.path, error.why));
    }
    let view = opened.document.view();
    let present = row
        .places
        .iter()
        .filter(|place| place.presence == Presence::Present);
    let present: BTreeSet<Feed> = present.map(|place| place.feed.clone()).collect();
    let feeds = feeds_of(&view, row.owner, station_region);
    if present != feeds {
        findings.problem(format!(
            "record {record}: it is in {present:?} and belongs into {feeds:?}"
        ));
    }
    let key = tables::summary_key(record);
    let what = format!("the summary of record {record}");
    let Some(stored) = findings.sound(tables::read::<SummaryRow>(library.store, &what, &key))?
    else {
        return Ok(());
    };
    if stored.as_ref() != Some(&SummaryRow::of(&view, station_region, library)) {
        findings.problem(format!("record {record}: its summary is not what it says"));
    }
    Ok(())
}

/// Looks at the records that some rows of a table are named by, one row each, and says where to go on.
fn find_orphans(
    reading: Reading<'_>,
    range: &KeyRange,
    findings: &mut Findings,
) -> Result<Option<KeyRange>, StoreError> {
    let store = reading.store;
    let mut range = range.clone();
    for _ in 0..RECORDS_AT_ONCE {
        let Some(key) = first_key(reading.raw, &range)? else {
            return Ok(None);
        };
        let Some(record) = tables::record_of(&key) else {
            findings.problem(format!("a key is malformed: {}", shown(&key)));
            range = range.after(&key);
            continue;
        };
        let is_known = reading.raw.get(&tables::record_key(record))?.is_some();
        let is_being_written = unfinished(store)?.is_some_and(|mark| mark.record == record);
        if !is_known && !is_being_written {
            findings.problem(format!("record {record} is missing; parts of it are there"));
        }
        range = behind(&range, &key);
    }
    Ok(Some(range))
}

fn first_key(raw: &dyn Store, range: &KeyRange) -> Result<Option<Vec<u8>>, StoreError> {
    let mut first = None;
    raw.scan(range, &mut |key, _| {
        first = Some(key.to_vec());
        ControlFlow::Break(())
    })?;
    Ok(first)
}

/// The part of a range behind all keys of the record that one of them names.
fn behind(range: &KeyRange, key: &[u8]) -> KeyRange {
    let mut last: Vec<u8> = key.iter().take(17).copied().collect();
    last.extend([u8::MAX; 12]);
    range.after(&last)
}

fn unfinished(store: &dyn Store) -> Result<Option<UnfinishedRow>, StoreError> {
    tables::read(store, "the mark of unfinished changes", &tables::UNFINISHED)
}
