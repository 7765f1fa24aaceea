//! One record of every kind, the same on every run, from `tests/samples/KIND.json`.
//!
//! `fields` are written by the first change, `then` and `events` by the second.

use std::fs;

use fieldwatch_schemas::acknowledgement;
use fieldwatch_schemas::id::{Actor, EventId, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::edit::{Act, Author};
use fieldwatch_schemas::record::event::NewEvent;
use fieldwatch_schemas::time::Moment;
use serde_json::{Map, Value as Json};

/// When everything happens.
pub(crate) const NOW: i64 = 1_792_000_000_000;

/// Who writes the samples.
pub(crate) const AUTHOR: Author = Author {
    actor: Actor([0x11; 16]),
    now: Moment {
        ms: NOW,
        offset_min: 480,
    },
    role: None,
};

/// A record of a kind, with two changes.
pub(crate) fn record(kind: Kind) -> Document {
    let file = format!("{}/tests/samples/{kind}.json", env!("CARGO_MANIFEST_DIR"));
    let sample: Json = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let fields = sample["fields"].as_object().unwrap();
    let mut document = Document::begin(id(kind, fields), kind).unwrap();
    document.edit(&AUTHOR, &sets(kind, fields)).unwrap();
    let mut second = sample["then"]
        .as_object()
        .map(|then| sets(kind, then))
        .unwrap_or_default();
    let events = sample["events"].as_array().unwrap();
    second.extend(
        (2..)
            .zip(events)
            .map(|(number, event)| happen(number, event)),
    );
    document.edit(&AUTHOR, &second).unwrap();
    document
}

fn id(kind: Kind, fields: &Map<String, Json>) -> RecordId {
    let text = |path: &str| fields.get(path).and_then(Json::as_str);
    match kind.natural_id(text) {
        Some(id) if kind.is_natural() => id,
        _ => RecordId::random([kind as u8 + 1; 16]),
    }
}

/// Sets fields as a person gives them; `@acknowledgement` stands for what an acknowledgement makes of itself.
pub(crate) fn sets(kind: Kind, fields: &Map<String, Json>) -> Vec<Act> {
    let mut acts: Vec<Act> = Vec::new();
    for (path, value) in fields {
        if path == "@acknowledgement" {
            let case = value.as_str().unwrap().parse().unwrap();
            acts.extend(acknowledgement::acts(
                case,
                "330106-0012",
                Moment::china(NOW),
            ));
            continue;
        }
        let field = kind
            .field(path)
            .unwrap_or_else(|| panic!("{kind} has no {path}"));
        acts.push(Act::Set {
            path: path.clone(),
            value: field.read_json(path, value).unwrap(),
        });
    }
    acts
}

fn happen(number: u8, event: &Json) -> Act {
    Act::Happen(NewEvent {
        id: EventId::random([number; 16]),
        kind: event[0].as_str().unwrap().to_owned(),
        at: Moment::china(NOW + i64::from(number) * 1000),
        data: event[1].as_object().cloned().unwrap(),
    })
}
