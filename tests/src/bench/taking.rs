//! What a cold start costs the device alone, in this process, as time on a processor: pages of whole records are taken into a sealed
//! home, against loading the same records with automerge and writing them, unsealed, in batches of 64.
//!
//! Nothing waits for a disk or a network here, so a busy machine does not hide what the work is.

use std::path::Path;
use std::time::Instant;

use automerge::Automerge;
use fieldwatch_client_core::replica::{Account, Arrival, Page, Replica};
use fieldwatch_client_core::store::{KeySource, open_home};
use fieldwatch_schemas::feed::{Feed, Grant, Standing};
use fieldwatch_schemas::id::{DeviceId, LogId, PersonId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::store::sled::{SledOptions, SledStore};
use fieldwatch_schemas::store::{Batch, Store as _};
use fieldwatch_schemas::sync::pull::{ChangeItem, RecordItem};
use tempfile::TempDir;

use super::case::Case;
use super::cold::{BATCH_RECORDS, CHANGES};
use super::line::Line;
use super::process::spent_us;
use super::round::{figure, median};
use super::source::Source;
use super::{Bench, STATION, plain};
use crate::fault::{Fault, Told};

/// Records of one page: some 64 KiB of items.
const PAGE_RECORDS: usize = 50;
/// Records that are made before they are taken in.
const GROUP: usize = 4_096;
/// When the server received them.
const RECEIVED_MS: i64 = 1_790_000_000_000;

pub(super) fn measure(bench: &Bench) -> Told<()> {
    for source in &bench.sources {
        measure_with(bench, source)?;
    }
    Ok(())
}

fn measure_with(bench: &Bench, source: &Source) -> Told<()> {
    let count = source.count(bench.scale.cold);
    let cases = source.cases(STATION, 0..count, CHANGES)?;
    let saves = plain::saves(&cases)?;
    let feed: Feed = format!("station/{STATION}").parse()?;
    let pages = pages(&cases, &feed, 0);
    let (mut ours, mut ours_ms, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.scale.rounds {
        let folder = TempDir::new()?;
        let replica = enrolled(folder.path(), &feed)?;
        let begun = Instant::now();
        ours.push(spent(|| take(&replica, &pages, count))?);
        ours_ms.push(begun.elapsed().as_secs_f64() * 1_000.0);
        let folder = TempDir::new()?;
        theirs.push(spent(|| load(folder.path(), &saves))?);
    }
    let each = |spent: f64| spent / figure(count);
    let line = Line::new(
        "taking_in_a_record",
        source.name(),
        "us",
        each(median(ours)?),
    );
    bench.tell(&line.beside(each(median(theirs)?)))?;
    let line = Line::new("taking_in_all", source.name(), "ms", median(ours_ms)?);
    bench.tell(&line)
}

/// The time on a processor that some work takes, in microseconds, on whatever threads.
fn spent(work: impl FnOnce() -> Told<()>) -> Told<f64> {
    let before = spent_us()?;
    work()?;
    Ok(spent_us()? - before)
}

/// A home that holds so many records of a source, as a sync leaves it.
pub(super) fn fill(home: &Path, source: &Source, count: usize) -> Told<()> {
    let feed: Feed = format!("station/{STATION}").parse()?;
    let replica = enrolled(home, &feed)?;
    let mut from = 0;
    while from < count {
        let until = count.min(from + GROUP);
        let cases = source.cases(STATION, from..until, CHANGES)?;
        take(&replica, &pages(&cases, &feed, from), until - from)?;
        from = until;
    }
    Ok(replica.note_synced(RECEIVED_MS)?)
}

fn enrolled(home: &Path, feed: &Feed) -> Told<Replica> {
    let replica = Replica::open(open_home(home, &KeySource::Device)?)?;
    let account = Account {
        device: DeviceId([1; 16]),
        standing: Standing {
            person: PersonId([2; 16]),
            role: Role::StationStaff,
            station: Some(STATION.to_owned()),
            region: None,
            further_stations: Vec::new(),
        },
        person_name: "王".to_owned(),
        server: "bench".to_owned(),
        url: "https://localhost:1".to_owned(),
        pin: String::new(),
        receipt_key: None,
    };
    let grant = Grant {
        feed: feed.clone(),
        write: true,
    };
    replica.enrolled(&account, &[grant])?;
    replica.offer()?;
    Ok(replica)
}

fn pages(cases: &[Case], feed: &Feed, held: usize) -> Vec<Page> {
    let mut position = held as u64;
    let mut page = |cases: &[Case]| {
        let mut page = Page::default();
        for case in cases {
            position += 1;
            let item = Arrival::Record(item(case, position));
            page.arrivals.push((feed.clone(), item));
        }
        page.cursors.push((feed.clone(), position));
        page
    };
    let mut pages: Vec<Page> = cases.chunks(PAGE_RECORDS).map(&mut page).collect();
    if let Some(first) = pages.first_mut().filter(|_| held == 0) {
        first.log = Some(LogId([7; 16]));
    }
    pages
}

fn item(case: &Case, position: u64) -> RecordItem {
    let change = |chunk: &fieldwatch_schemas::chunk::Chunk| ChangeItem {
        chunk: Some(chunk.bytes().to_vec().into()),
        known: None,
        received_ms: RECEIVED_MS,
    };
    RecordItem {
        feed: 0,
        record: case.id(),
        kind: Kind::Case.name().to_owned(),
        position,
        is_whole: true,
        changes: case.chunks.iter().map(change).collect(),
        heads: case.heads(),
        authors: Vec::new(),
        mac: None,
        actor: None,
    }
}

fn take(replica: &Replica, pages: &[Page], count: usize) -> Told<()> {
    let mut pulled = 0;
    for page in pages {
        pulled += replica.apply(page)?.pulled;
    }
    match pulled == u64::try_from(count)? {
        true => Ok(()),
        false => Err(Fault::new(format!("{pulled} of {count} were taken in"))),
    }
}

fn load(folder: &Path, saves: &[Vec<u8>]) -> Told<()> {
    write_loaded(&SledStore::open(folder, SledOptions::device())?, saves)
}

/// The reference: loads every record and writes what was loaded, durably, without a seal.
pub(super) fn write_loaded(store: &SledStore, saves: &[Vec<u8>]) -> Told<()> {
    for (group, batched) in (0_u64..).zip(saves.chunks(BATCH_RECORDS)) {
        let mut batch = Batch::new();
        for (place, save) in (0_u8..).zip(batched) {
            let document = Automerge::load(save)?;
            let mut key = group.to_be_bytes().to_vec();
            key.push(place);
            std::hint::black_box(document);
            batch.put(key, save.clone());
        }
        store.apply(&batch)?;
    }
    Ok(store.flush()?)
}
