//! One of everything that travels or is stored, the same on every run.

use std::collections::BTreeSet;

use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::feed::{Feed, Grant};
use fieldwatch_schemas::field::{FieldValue, Scalar};
use fieldwatch_schemas::id::{Actor, DeviceId, EventId, Hash, LogId, PersonId, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::edit::{Act, Author};
use fieldwatch_schemas::record::event::NewEvent;
use fieldwatch_schemas::summary::summarise;
use fieldwatch_schemas::sync::exchange::{Hello, Item, Request, grants_tag};
use fieldwatch_schemas::sync::pull::{
    AuthorLabel, ChangeItem, Commit, FeedCursor, FeedEnd, Gone, RecordItem,
};
use fieldwatch_schemas::sync::push::{Outcome, Pushed, Verdict, Writer};
use fieldwatch_schemas::time::Moment;
use serde_json::{Value as Json, json};

pub(crate) const NOW: i64 = 1_792_000_000_000;

fn feed(name: &str) -> Feed {
    name.parse().unwrap()
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

fn set(path: &str, value: &str, kind: Kind) -> Act {
    let value = kind.field(path).unwrap().read_text(path, value).unwrap();
    Act::Set {
        path: path.to_owned(),
        value,
    }
}

fn happen(kind: &str, id: u8, data: &Json) -> Act {
    let data = data.as_object().cloned().unwrap_or_default();
    let at = Moment::china(NOW + i64::from(id) * 1000);
    Act::Happen(NewEvent {
        id: EventId::random([id; 16]),
        kind: kind.to_owned(),
        at,
        data,
    })
}

/// A record of a kind, with two changes.
pub(crate) fn record(kind: Kind) -> Document {
    let mut document = Document::begin(RecordId::random([kind as u8 + 1; 16]), kind).unwrap();
    let author = Author {
        actor: Actor([0x11; 16]),
        now: Moment::china(NOW),
        role: None,
    };
    let (first, second) = match kind {
        Kind::Case => (
            case_fields(),
            vec![
                happen("first_action", 2, &json!({})),
                happen("not_accepted", 3, &json!({ "reason": "5" })),
            ],
        ),
        Kind::Party => (
            vec![
                set("station", "330106-0012", kind),
                set("name", "王小明", kind),
                set("age_band", "60_74", kind),
            ],
            vec![set("phone", "10000000000", kind)],
        ),
        Kind::Inspection => (
            vec![
                set("alias", "松鼠-17", kind),
                set("region", "330106", kind),
                set("site.lat", "30.25", kind),
                set("answers.items[2].price", "12.5", kind),
                set("notes", "门口没有明码标价。", kind),
            ],
            vec![happen("submitted", 4, &json!({}))],
        ),
    };
    document.edit(&author, &first).unwrap();
    document.edit(&author, &second).unwrap();
    document
}

fn case_fields() -> Vec<Act> {
    let kind = Kind::Case;
    let mut acts: Vec<Act> = [
        ("nature", "complaint"),
        ("channel", "12315"),
        ("external_no", "A-1"),
        ("received_at", "2026-10-14T09:30:00+08:00"),
        ("station", "330106-0012"),
        ("category", "food"),
        ("problem", "quality"),
        ("respondent.name", "西湖区某面馆"),
        ("narrative", "面里有异物。"),
        ("claimed_fen", "12800"),
        ("consents.publish", "true"),
    ]
    .into_iter()
    .map(|(path, value)| set(path, value, kind))
    .collect();
    let claims = BTreeSet::from(["refund".to_owned(), "apologise".to_owned()]);
    acts.push(Act::Set {
        path: "claims".to_owned(),
        value: FieldValue::Codes(claims),
    });
    acts.push(Act::Set {
        path: "respondent.address".to_owned(),
        value: FieldValue::Scalar(Scalar::Text("杭州市西湖区".to_owned())),
    });
    acts
}

/// Every message of the sync protocol: its name, its CDDL rule, its bytes. Stored shapes have their rule too.
pub(crate) fn messages() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let items = items();
    let mut messages = vec![("request", "request", minicbor::to_vec(request()).unwrap())];
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
    let summary = summarise(&record(Kind::Case).view());
    messages.push((
        "stored-summary",
        "summary",
        minicbor::to_vec(summary).unwrap(),
    ));
    messages
}

fn request() -> Request {
    let chunk = record(Kind::Party).chunks().unwrap().remove(0).into_bytes();
    Request {
        version: 1,
        log: Some(LogId([7; 16])),
        feeds: vec![FeedCursor {
            feed: feed("station/330106-0012"),
            cursor: 300,
            digest: Digest([8; 32]),
            complete: 300,
        }],
        outbox: vec![Pushed {
            record: RecordId([2; 16]),
            kind: "party".to_owned(),
            changes: vec![chunk.into()],
        }],
        budget_bytes: Some(300_000),
        grants: Some(grants_tag(&grants())),
        wants: vec![RecordId([5; 16])],
    }
}

fn items() -> Vec<(&'static str, Item)> {
    let gone = Gone {
        feed: 1,
        record: RecordId([6; 16]),
        position: 12,
    };
    let end = FeedEnd {
        feed: 0,
        cursor: 301,
        digest: Digest([8; 32]),
        records: 42,
        has_more: false,
    };
    let hello = Hello {
        log: LogId([7; 16]),
        now_ms: NOW,
        grants: Some(grants()),
    };
    let commit = Commit {
        feed: 0,
        cursor: 301,
    };
    let (stored, refused) = outcomes();
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
    ]
}

fn outcomes() -> (Outcome, Outcome) {
    let refused = Outcome {
        record: RecordId([2; 16]),
        verdict: Verdict::Refused,
        durable: vec![],
        missing: vec![],
        problem: Some("not_permitted".to_owned()),
        words: Some("this person may not write this record".to_owned()),
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
    }
}
