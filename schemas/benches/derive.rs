//! What ten thousand records cost: reading each (`view`), its line in a list (`summarise`), and its deadlines.
//!
//! A thousand different cases in every stage of their lives are visited ten times. `cargo bench --bench derive` prints each step
//! alone and all together; `open` is reading the changes into a document first, as after a restart.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fieldwatch_schemas::checklist::published::Shipped;
use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::deadline::{Authority, CaseFacts, Happened, Packs};
use fieldwatch_schemas::id::{Actor, EventId, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::edit::{Act, Author};
use fieldwatch_schemas::record::event::NewEvent;
use fieldwatch_schemas::record::view::View;
use fieldwatch_schemas::summary::summarise;
use fieldwatch_schemas::time::Moment;
use serde_json::json;

const CASES: u64 = 1_000;
const VISITS: u64 = 10;
const RECEIVED_MS: i64 = 1_792_000_000_000;
const HOUR_MS: i64 = 3_600_000;

/// The events of a case, longest life first.
const LIFE: [&str; 6] = [
    "first_action",
    "accepted",
    "mediation_started",
    "agreed",
    "performed",
    "closed",
];

fn set(path: &str, text: &str) -> Act {
    let value = Kind::Case
        .field(path)
        .unwrap()
        .read_text(path, text)
        .unwrap();
    Act::Set {
        path: path.to_owned(),
        value,
    }
}

fn case(number: u64) -> Document {
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(number.to_be_bytes()) {
        *to = from;
    }
    let mut document = Document::begin(RecordId::random(id), Kind::Case).unwrap();
    let author = Author {
        actor: Actor(id),
        now: Moment::china(RECEIVED_MS),
        role: None,
    };
    let fields = [
        ("nature", "complaint"),
        ("channel", "12315"),
        ("received_at", "2026-10-14T09:30:00+08:00"),
        ("station", "330106-0012"),
        ("category", "food"),
        ("problem", "quality"),
        ("respondent.name", "西湖区某面馆"),
        (
            "narrative",
            "面里有异物，店家拒绝退款，要求退还货款并赔偿损失。",
        ),
        ("claims", "refund,compensate"),
        ("claimed_fen", "12800"),
    ];
    let mut acts: Vec<Act> = fields.iter().map(|(path, text)| set(path, text)).collect();
    acts.push(set("external_no", &format!("A-{number}")));
    document.edit(&author, &acts).unwrap();
    for (place, kind) in (1u8..).zip(LIFE.into_iter().take(usize::try_from(number % 7).unwrap())) {
        let mut event = id;
        event[15] = place;
        let at = Moment::china(RECEIVED_MS + i64::from(place) * 20 * HOUR_MS);
        let data = match kind {
            "agreed" => json!({ "refund_fen": 12800 }).as_object().cloned().unwrap(),
            _ => serde_json::Map::new(),
        };
        let event = NewEvent {
            id: EventId::random(event),
            kind: kind.to_owned(),
            at,
            data,
        };
        document.edit(&author, &[Act::Happen(event)]).unwrap();
    }
    document
}

fn deadlines(view: &View) -> usize {
    let events: Vec<Happened<'_>> = view
        .settled_events()
        .map(|event| Happened {
            event_type: &event.kind,
            at_ms: event.at.ms,
            provisional: false,
            data: &event.data,
        })
        .collect();
    let facts = CaseFacts {
        received_at_ms: view.time_ms("received_at").unwrap(),
        received_provisional: false,
        nature: view.text("nature"),
        region: Some("330106"),
        authority: Authority::Council,
        events: &events,
    };
    Packs::shipped()
        .evaluate(&facts, RECEIVED_MS + 100 * HOUR_MS)
        .len()
}

fn derive(criterion: &mut Criterion) {
    let documents: Vec<Document> = (0..CASES).map(case).collect();
    let chunks: Vec<(RecordId, Vec<Chunk>)> = documents
        .iter()
        .map(|document| (document.id(), document.chunks().unwrap()))
        .collect();
    let views: Vec<View> = documents.iter().map(Document::view).collect();
    let mut group = criterion.benchmark_group("derive");
    group.throughput(Throughput::Elements(CASES * VISITS));
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(5));
    let visits = || (0..VISITS).flat_map(|_| documents.iter());
    let seen = || (0..VISITS).flat_map(|_| views.iter());
    group.bench_function("open, 10,000 records", |bench| {
        let open = |(id, chunks): &(RecordId, Vec<Chunk>)| {
            Document::from_chunks(*id, Kind::Case, chunks).unwrap()
        };
        bench.iter(|| {
            let all = || chunks.iter().for_each(|each| drop(black_box(open(each))));
            (0..VISITS).for_each(|_| all());
        });
    });
    group.bench_function("view, 10,000 records", |bench| {
        bench.iter(|| visits().for_each(|document| drop(black_box(document.view()))));
    });
    group.bench_function("summary, 10,000 records", |bench| {
        bench.iter(|| seen().for_each(|view| drop(black_box(summarise(view, &Shipped)))));
    });
    group.bench_function("deadlines, 10,000 records", |bench| {
        bench.iter(|| seen().map(deadlines).sum::<usize>());
    });
    group.bench_function("view, summary and deadlines, 10,000 records", |bench| {
        let all = |document: &Document| {
            let view = document.view();
            (summarise(&view, &Shipped), deadlines(&view))
        };
        bench.iter(|| visits().for_each(|document| drop(black_box(all(document)))));
    });
    group.finish();
}

criterion_group!(benches, derive);
criterion_main!(benches);
