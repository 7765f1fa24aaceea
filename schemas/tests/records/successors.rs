//! A successor says what its predecessor said, but for what is said otherwise, and holds nothing of its history.

use std::collections::BTreeMap;

use fieldwatch_schemas::field::FieldValue;
use fieldwatch_schemas::id::{Actor, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::edit::{Act, EditError};
use fieldwatch_schemas::record::successor::{Otherwise, Successor};

use crate::sample::{AUTHOR, record, sets};

const ID: RecordId = RecordId([0x77; 16]);

fn stand_in(actor: Actor) -> Actor {
    Actor(actor.0.map(|byte| !byte))
}

fn succeed(document: &Document, otherwise: &[(&str, &str)]) -> Result<Successor, EditError> {
    let fields: BTreeMap<String, FieldValue> = otherwise
        .iter()
        .map(|(path, text)| {
            let field = document.kind().field(path).unwrap();
            ((*path).to_owned(), field.read_text(path, text).unwrap())
        })
        .collect();
    let otherwise = Otherwise {
        fields,
        ..Otherwise::default()
    };
    document.successor(ID, &AUTHOR, &otherwise, &stand_in)
}

#[test]
fn a_successor_of_every_kind_says_what_was_said() {
    for kind in Kind::ALL {
        let document = record(kind);
        let made = succeed(&document, &[]);
        if kind.is_natural() {
            assert!(made.is_err(), "{kind}: its id is its key");
            continue;
        }
        let made = made.unwrap();
        let (before, after) = (document.view(), made.document.view());
        assert_eq!(after.fields, before.fields, "{kind}");
        assert_eq!(after.folded.status, before.folded.status, "{kind}");
        let said = |view: &fieldwatch_schemas::record::view::View| {
            let events = view.events.iter();
            events
                .map(|event| (event.id, event.kind.clone(), event.at, event.data.clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(said(&after), said(&before), "{kind}");
        assert_eq!(made.dropped, Vec::<String>::new(), "{kind}");
        let again = Document::from_chunks(ID, kind, &made.chunks).unwrap();
        assert_eq!(again.heads(), made.document.heads(), "{kind}");
    }
}

#[test]
fn what_is_said_otherwise_is_and_what_was_there_before_is_nowhere_in_it() {
    let mut document = record(Kind::Case);
    let secret = "王小明，电话 13800000000";
    for text in [secret, "the complainant says so"] {
        let said = serde_json::json!({ "narrative": text });
        let acts = sets(Kind::Case, said.as_object().unwrap());
        document.edit(&AUTHOR, &acts).unwrap();
    }
    let history = document.chunks().unwrap();
    let holds = |chunks: &[fieldwatch_schemas::chunk::Chunk], text: &str| {
        let mut bytes = chunks.iter().map(fieldwatch_schemas::chunk::Chunk::bytes);
        bytes.any(|bytes| {
            bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes())
        })
    };
    assert!(holds(&history, secret));
    let otherwise = [("narrative", "redacted"), ("respondent.name", "")];
    let made = succeed(&document, &otherwise).unwrap();
    let view = made.document.view();
    assert_eq!(view.text("narrative"), Some("redacted"));
    assert_eq!(view.text("respondent.name"), None);
    assert!(!holds(&made.chunks, secret));
    assert!(!holds(&made.chunks, "the complainant says so"));
}

#[test]
fn each_event_is_written_by_who_stands_for_its_author() {
    let mut document = record(Kind::Case);
    let other = fieldwatch_schemas::record::edit::Author {
        actor: Actor([0x22; 16]),
        ..AUTHOR
    };
    let first = document.events().into_iter().next().unwrap();
    let event = Act::Happen(fieldwatch_schemas::record::event::NewEvent {
        id: fieldwatch_schemas::id::EventId([0x33; 16]),
        kind: "first_action".to_owned(),
        at: first.at,
        data: serde_json::Map::new(),
    });
    document.edit(&other, &[event]).unwrap();
    let made = succeed(&document, &[]).unwrap();
    let authors: Vec<_> = document.events().iter().map(|event| event.actor).collect();
    assert!(authors.contains(&other.actor) && authors.contains(&AUTHOR.actor));
    let after = made.document.events();
    let stood_in: Vec<_> = authors.into_iter().map(stand_in).collect();
    let written: Vec<_> = after.iter().map(|event| event.actor).collect();
    assert_eq!(written, stood_in);
}

#[test]
fn what_an_event_says_can_be_said_otherwise_or_left_out() {
    let document = record(Kind::Case);
    let events = document.events();
    let event = events.iter().find(|event| !event.data.is_empty()).unwrap();
    let key = event.data.keys().next().unwrap().clone();
    let with = |value: Option<serde_json::Value>| {
        let said = BTreeMap::from([("note".to_owned(), value)]);
        let otherwise = Otherwise {
            events: BTreeMap::from([(event.id, said)]),
            ..Otherwise::default()
        };
        let made = document.successor(ID, &AUTHOR, &otherwise, &stand_in);
        let events = made.unwrap().document.events();
        events.into_iter().find(|each| each.id == event.id).unwrap()
    };
    let said = with(Some("redacted".into()));
    assert_eq!(said.data.get("note"), Some(&"redacted".into()));
    assert_eq!(said.data.get(&key), event.data.get(&key));
    assert_eq!(with(None).data, event.data);
}
