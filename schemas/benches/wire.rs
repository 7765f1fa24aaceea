//! What a thousand records cost on their way from a reply into a store, step by step, and what plain automerge needs for the same.
//!
//! `frame` writes the items, `read` takes them out of the bytes, `parse` proves the raw chunks, `absorb` makes documents of them,
//! `load` is `Automerge::load` of what `save_nocompress` gave of the same records, `batch` writes their changes into sled, 64 records a
//! batch. `cargo bench --bench wire`; `docs/performance.md` says what they add up to.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop")]

use std::hint::black_box;
use std::time::Duration;

use automerge::{Automerge, ReadDoc as _};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::{Actor, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::edit::{Act, Author};
use fieldwatch_schemas::record::{Document, frozen};
use fieldwatch_schemas::store::sled::{SledOptions, SledStore};
use fieldwatch_schemas::store::{Batch, Store as _};
use fieldwatch_schemas::sync::exchange::Item;
use fieldwatch_schemas::sync::frame::{Frames, encode};
use fieldwatch_schemas::sync::pull::{ChangeItem, RecordItem, absorb};
use fieldwatch_schemas::time::Moment;

const RECORDS: u64 = 1_000;
const BATCH_RECORDS: usize = 64;
const RECEIVED_MS: i64 = 1_792_000_000_000;

/// A case of three changes: its intake, and two edits.
fn case(number: u64) -> (RecordId, Vec<Chunk>) {
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(number.to_be_bytes()) {
        *to = from;
    }
    let mut document = Document::begin(RecordId::random(id), Kind::Case).unwrap();
    let narrative = format!(
        "消费者于{}日在店内购买洗衣机，使用不到一周就出现异响，商家以已拆封为由拒绝退货，要求退还全部货款。",
        number % 28
    );
    let edits: [&[(&str, &str)]; 3] = [
        &[
            ("nature", "complaint"),
            ("received_at", "2026-10-14T09:30:00+08:00"),
            ("station", "330106-0012"),
            ("problem", "quality"),
            ("respondent.name", "杭州西湖区恒远电器商行"),
            ("narrative", &narrative),
            ("claimed_fen", "12800"),
        ],
        &[("keywords", "回访")],
        &[("respondent.phone", "0571-00012345")],
    ];
    let chunks = edits.iter().map(|fields| {
        let acts: Vec<Act> = fields.iter().map(|(path, text)| set(path, text)).collect();
        let author = Author {
            actor: Actor(id),
            now: Moment::china(RECEIVED_MS),
            role: None,
        };
        document.edit(&author, &acts).unwrap().unwrap()
    });
    let chunks = chunks.collect();
    (document.id(), chunks)
}

fn set(path: &str, text: &str) -> Act {
    let field = Kind::Case.field(path).unwrap();
    Act::Set {
        path: path.to_owned(),
        value: field.read_text(path, text).unwrap(),
    }
}

fn item((record, chunks): &(RecordId, Vec<Chunk>)) -> RecordItem {
    let changes = chunks.iter().map(|chunk| ChangeItem {
        chunk: Some(chunk.bytes().to_vec().into()),
        known: None,
        received_ms: RECEIVED_MS,
    });
    RecordItem {
        feed: 0,
        record: *record,
        kind: Kind::Case.name().to_owned(),
        position: 1,
        is_whole: true,
        changes: changes.collect(),
        heads: chunks.last().map(Chunk::hash).into_iter().collect(),
        authors: Vec::new(),
        mac: None,
        actor: None,
    }
}

/// As a peer that keeps whole documents would save it.
fn save((_, chunks): &(RecordId, Vec<Chunk>)) -> Vec<u8> {
    let mut document = Automerge::new();
    let frozen = [
        Some(frozen::bytes(Kind::Case)),
        frozen::further_bytes(Kind::Case),
    ];
    let chunks = chunks.iter().map(Chunk::bytes);
    for bytes in frozen.into_iter().flatten().chain(chunks) {
        document.load_incremental(bytes).unwrap();
    }
    assert!(document.get_missing_deps(&[]).is_empty());
    document.save_nocompress()
}

fn take_out(bytes: &[u8]) -> usize {
    let mut frames = Frames::default();
    frames.push(bytes);
    let mut count = 0;
    while let Some(item) = frames.next_item().unwrap() {
        black_box(item);
        count += 1;
    }
    count
}

fn write(store: &SledStore, cases: &[(RecordId, Vec<Chunk>)]) {
    for group in cases.chunks(BATCH_RECORDS) {
        let mut batch = Batch::new();
        for (record, chunks) in group {
            for (number, chunk) in (0_u8..).zip(chunks) {
                let mut key = record.bytes().to_vec();
                key.push(number);
                batch.put(key, chunk.bytes());
            }
        }
        store.apply(&batch).unwrap();
    }
    store.flush().unwrap();
}

fn wire(criterion: &mut Criterion) {
    let cases: Vec<(RecordId, Vec<Chunk>)> = (0..RECORDS).map(case).collect();
    let items: Vec<RecordItem> = cases.iter().map(item).collect();
    let framed: Vec<u8> = items
        .iter()
        .flat_map(|item| encode(&Item::Record(item.clone())))
        .collect();
    let saves: Vec<Vec<u8>> = cases.iter().map(save).collect();
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(folder.path(), SledOptions::device()).unwrap();

    let mut group = criterion.benchmark_group("wire");
    group.throughput(Throughput::Elements(RECORDS));
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(2));
    group.bench_function("frame", |bench| {
        bench.iter(|| {
            let frames = items
                .iter()
                .map(|item| encode(&Item::Record(item.clone())).len());
            frames.sum::<usize>()
        });
    });
    group.bench_function("read", |bench| bench.iter(|| take_out(&framed)));
    group.bench_function("parse", |bench| {
        bench.iter(|| {
            for chunk in cases.iter().flat_map(|(_, chunks)| chunks) {
                black_box(Chunk::parse(chunk.bytes().to_vec()).unwrap());
            }
        });
    });
    group.bench_function("absorb", |bench| {
        bench.iter(|| {
            for item in &items {
                let mut document = Document::begin(item.record, Kind::Case).unwrap();
                black_box(absorb(&mut document, item).unwrap());
            }
        });
    });
    group.bench_function("load", |bench| {
        bench.iter(|| {
            for save in &saves {
                black_box(Automerge::load(save).unwrap());
            }
        });
    });
    group.bench_function("batch", |bench| bench.iter(|| write(&store, &cases)));
    group.finish();
}

criterion_group!(benches, wire);
criterion_main!(benches);
