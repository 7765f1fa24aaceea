//! One of everything that travels or is stored, the same on every run.

use fieldwatch_schemas::checklist::published::Shipped;
use fieldwatch_schemas::deadline::Authority;
use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::feed::{Feed, Grant, Standing};
use fieldwatch_schemas::id::{Actor, DeviceId, Hash, LogId, PersonId, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::summary::summarise;
use fieldwatch_schemas::sync::erasures::Erasures;
use fieldwatch_schemas::sync::exchange::{Hello, Item, Request, grants_tag};
use fieldwatch_schemas::sync::index::{Index, IndexFrom, IndexRow};
use fieldwatch_schemas::sync::pull::{
    AuthorLabel, ChangeItem, Commit, FeedCursor, FeedEnd, Gone, RecordItem, Unchanged,
};
use fieldwatch_schemas::sync::push::{Outcome, Pushed, Verdict, Writer};
use fieldwatch_schemas::sync::receipt::{Receipt, SignedReceipt, Statement, tree};
use fieldwatch_schemas::sync::repair::{
    Asked, BucketList, Differs, Line, RepairAsk, RepairItem, Settled, Stands, Sums, Unknown,
};
use fieldwatch_schemas::sync::station::{StationCard, stations_tag};
use fieldwatch_schemas::sync::vouch::Mac;

pub(crate) use sample::NOW;

fn feed(name: &str) -> Feed {
    name.parse().unwrap()
}

pub(crate) fn station() -> StationCard {
    StationCard {
        id: "330106-0012".to_owned(),
        name: "文三路站".to_owned(),
        region: "330106".to_owned(),
        authority: Authority::Council,
    }
}

pub(crate) fn grants() -> Vec<Grant> {
    vec![
        Grant {
            feed: feed("shared"),
            write: false,
        },
        Grant {
            feed: feed("station/330106-0012"),
            write: true,
        },
    ]
}

#[path = "../samples/record.rs"]
mod sample;
pub(crate) use sample::record;

/// Every message of the sync protocol: its name, its CDDL rule, its bytes. Stored shapes have their rule too.
fn standing() -> Standing {
    Standing {
        person: PersonId([3; 16]),
        role: Role::StationStaff,
        station: Some("330106-0012".to_owned()),
        region: None,
        further_stations: vec!["330106-0013".to_owned()],
    }
}

pub(crate) fn messages() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let items = [items(), repair_items()].concat();
    let mut messages = vec![
        ("request", "request", minicbor::to_vec(request()).unwrap()),
        (
            "request-repair",
            "request",
            minicbor::to_vec(repairing()).unwrap(),
        ),
    ];
    messages.extend(
        items
            .iter()
            .map(|(name, item)| (*name, "item", minicbor::to_vec(item).unwrap())),
    );
    let writer = Writer {
        actor: Actor([1; 16]),
        device: DeviceId([2; 16]),
        person: PersonId([3; 16]),
        seq: 4,
    };
    messages.push(("stored-writer", "writer", minicbor::to_vec(writer).unwrap()));
    let summary = summarise(&record(Kind::Case).view(), &Shipped);
    messages.push((
        "stored-summary",
        "summary",
        minicbor::to_vec(summary).unwrap(),
    ));
    messages.push((
        "stored-receipt",
        "receipt",
        minicbor::to_vec(receipt()).unwrap(),
    ));
    messages
}

fn statement() -> Vec<u8> {
    let statement = Statement {
        version: 1,
        server: "council.example".to_owned(),
        log: LogId([7; 16]),
        device: DeviceId([2; 16]),
        position: 301,
        at_ms: NOW,
        records: 2,
        root: tree::leaf(&[b"root"]),
    };
    minicbor::to_vec(statement).unwrap()
}

fn receipt() -> Receipt {
    Receipt {
        statement: statement().into(),
        signature: [4; 64],
        key: [5; 32],
        record: RecordId([2; 16]),
        heads: vec![Hash([4; 32])],
        salt: [6; 16],
        index: 1,
        path: vec![tree::leaf(&[b"neighbour"])],
    }
}

fn request() -> Request {
    let chunk = record(Kind::Party).chunks().unwrap().remove(0).into_bytes();
    Request {
        version: 1,
        log: Some(LogId([7; 16])),
        feeds: vec![FeedCursor {
            feed: feed("station/330106-0012"),
            cursor: 300,
            mark: Some(Digest([8; 32]).mark(42)),
            complete: 300,
            proof: None,
        }],
        outbox: vec![Pushed {
            record: RecordId([2; 16]),
            kind: "party".to_owned(),
            changes: vec![chunk.into()],
            vouched: None,
        }],
        budget_bytes: Some(300_000),
        grants: Some(grants_tag(&grants())),
        wants: vec![RecordId([5; 16])],
        stations: Some(stations_tag(&[station()])),
        repair: None,
        index: vec![IndexFrom {
            feed: 0,
            before: u64::MAX,
        }],
        whole_budget_bytes: Some(300_000),
        erasures: Some(3),
    }
}

fn repairing() -> Request {
    let line = Line::new(RecordId([2; 16]), Digest([8; 32]));
    let asks = [
        Asked::Sums(Sums::of([line])),
        Asked::Lists(vec![BucketList::new(0, &[line])]),
    ];
    let asks = (0..)
        .zip(asks)
        .map(|(feed, asked)| RepairAsk { feed, asked });
    Request {
        repair: Some(asks.collect()),
        ..request()
    }
}

fn repair_items() -> Vec<(&'static str, Item)> {
    let stands = Stands {
        feed: 0,
        record: RecordId([2; 16]),
        heads: vec![Hash([4; 32])],
        mac: Some(Mac([5; 16])),
        actor: Some(Actor([6; 16])),
    };
    let differs = Differs {
        feed: 0,
        position: 301,
        buckets: vec![3, 200].into(),
    };
    let unknown = Unknown {
        feed: 0,
        record: RecordId([2; 16]),
    };
    let settled = Settled {
        feed: 0,
        buckets: vec![3].into(),
    };
    vec![
        ("repair-differs", Item::Repair(RepairItem::Differs(differs))),
        ("repair-stands", Item::Repair(RepairItem::Stands(stands))),
        ("repair-unknown", Item::Repair(RepairItem::Unknown(unknown))),
        ("repair-settled", Item::Repair(RepairItem::Settled(settled))),
    ]
}

fn items() -> Vec<(&'static str, Item)> {
    let gone = Gone {
        feed: 1,
        record: RecordId([6; 16]),
        position: 12,
        replaced_by: None,
    };
    let end = FeedEnd {
        feed: 0,
        cursor: 301,
        digest: Digest([8; 32]),
        records: 42,
        has_more: false,
        proof: None,
        withheld: None,
    };
    let unchanged = Unchanged {
        feeds: vec![0, 2].into(),
    };
    let hello = Hello {
        log: LogId([7; 16]),
        now_ms: NOW,
        grants: Some(grants()),
        stations: Some(vec![station()]),
        standing: Some(standing()),
    };
    let commit = Commit {
        feed: 0,
        cursor: 301,
    };
    let (stored, refused) = outcomes();
    let signed = SignedReceipt {
        statement: statement().into(),
        signature: [4; 64],
        seed: [8; 32],
    };
    let erased = [RecordId([6; 16]), RecordId([5; 16])];
    let erasures = Erasures::behind(Some(0), &erased, 1).unwrap();
    vec![
        ("hello", Item::Hello(hello)),
        ("outcome-stored", Item::Outcome(stored)),
        ("outcome-refused", Item::Outcome(refused)),
        ("record", Item::Record(record_item())),
        ("left", Item::Left(gone.clone())),
        ("erased", Item::Erased(gone)),
        ("commit", Item::Commit(commit)),
        ("feed-end", Item::FeedEnd(end)),
        ("end", Item::End),
        ("index", Item::Index(index())),
        ("receipt", Item::Receipt(signed)),
        ("erasures", Item::Erasures(erasures)),
        ("unchanged", Item::Unchanged(unchanged)),
    ]
}

fn index() -> Index {
    let summary = summarise(&record(Kind::Case).view(), &Shipped);
    Index {
        feed: 0,
        rows: vec![IndexRow::of(RecordId([2; 16]), &summary)],
        before: Some(301),
    }
}

fn outcomes() -> (Outcome, Outcome) {
    let refused = Outcome {
        record: RecordId([2; 16]),
        verdict: Verdict::Refused,
        durable: vec![],
        missing: vec![],
        problem: Some("not_permitted".to_owned()),
        words: Some("this person may not write this record".to_owned()),
        refused: None,
    };
    let stored = Outcome {
        verdict: Verdict::Stored,
        durable: vec![Hash([4; 32])],
        problem: None,
        words: None,
        ..refused.clone()
    };
    (stored, refused)
}

fn record_item() -> RecordItem {
    let chunk = record(Kind::Party).chunks().unwrap().remove(0).into_bytes();
    let sent = ChangeItem {
        chunk: Some(chunk.into()),
        known: None,
        received_ms: NOW,
    };
    let echoed = ChangeItem {
        chunk: None,
        known: Some(Hash([9; 32])),
        received_ms: NOW,
    };
    RecordItem {
        feed: 0,
        record: RecordId([2; 16]),
        kind: "party".to_owned(),
        position: 301,
        is_whole: true,
        changes: vec![sent, echoed],
        heads: vec![Hash([9; 32])],
        authors: vec![AuthorLabel {
            actor: Actor([0x11; 16]),
            label: "李".to_owned(),
        }],
        mac: None,
        actor: None,
    }
}
