//! A device of a later version writes what this version does not know; this version carries it, and never loses it.

use automerge::transaction::Transactable as _;
use automerge::{ObjType, ROOT, ReadDoc as _};
use fieldwatch_schemas::checklist::published::Shipped;
use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::{Actor, EventId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::check::check_whole;
use fieldwatch_schemas::record::edit::{Act, Author};
use fieldwatch_schemas::record::event::NewEvent;
use fieldwatch_schemas::status::{SETTLED_CONTEST, derive};
use fieldwatch_schemas::summary::summarise;
use fieldwatch_schemas::time::Moment;
use serde_json::json;

use crate::{raw, sample};

const EVENT: EventId = EventId([0x77; 16]);
const CELL: &str =
    r#"{"at":1,"data":{"rose":[1,{"deep":true}]},"offset_min":480,"type":"smelled"}"#;

/// What a later version adds: a field, a container of fields, an event type, a cell of an entry.
fn newer(record: &Document) -> Chunk {
    raw::written(record, 9, |tx| {
        tx.put(ROOT, "smell", "rose").unwrap();
        let aura = tx.put_object(ROOT, "aura", ObjType::Map).unwrap();
        tx.put(&aura, "colour", 7_i64).unwrap();
        let (_, events) = tx.get(ROOT, "events").unwrap().unwrap();
        tx.put(&events, EVENT.to_string(), CELL).unwrap();
        if let Some((_, findings)) = tx.get(ROOT, "findings").unwrap() {
            tx.put(&findings, "f1.smell", "rose").unwrap();
        }
    })
}

/// An edit that every kind can make: its first event, else nothing but a field.
fn own_edit(record: &mut Document) {
    let author = Author {
        actor: Actor([0x22; 16]),
        ..sample::AUTHOR
    };
    let kind = record.kind();
    let path = kind.table().title[0];
    let text = json!(match kind {
        Kind::Assignment | Kind::Alias | Kind::Acknowledgement | Kind::Checklist => None,
        _ => Some("改过的"),
    });
    let act = match text.as_str() {
        Some(_) => Act::Set {
            path: path.to_owned(),
            value: kind.field(path).unwrap().read_json(path, &text).unwrap(),
        },
        None => {
            let path = [
                "briefing",
                "conflict_of_interest",
                "station_phone",
                "remark",
            ]
            .into_iter()
            .find(|path| kind.field(path).is_some())
            .unwrap();
            Act::Set {
                path: path.to_owned(),
                value: kind
                    .field(path)
                    .unwrap()
                    .read_json(path, &json!("改过的"))
                    .unwrap(),
            }
        }
    };
    record.edit(&author, &[act]).unwrap().unwrap();
}

#[test]
fn unknown_fields_containers_cells_and_events_come_back_to_the_newer_device_untouched() {
    for kind in Kind::ALL {
        let made = sample::record(kind);
        let status = made.view().status();
        let chunk = newer(&made);
        let mut ours = Document::from_chunks(made.id(), kind, &made.chunks().unwrap()).unwrap();
        ours.apply(std::slice::from_ref(&chunk)).unwrap();
        check_whole(&ours).unwrap();

        let view = ours.view();
        assert_eq!(view.fields["smell"], "rose", "{kind}");
        assert_eq!(view.fields["aura"], json!({ "colour": 7 }), "{kind}");
        assert_eq!(view.status(), status, "{kind}");
        assert!(
            view.folded.contested.iter().all(|contested| !contested),
            "{kind}"
        );
        assert!(view.was("smelled"));
        assert_eq!(summarise(&view, &Shipped).status, status);
        assert!(!derive::derived(&view).contains_key("rose"));

        own_edit(&mut ours);
        let back = raw::opened(&ours);
        assert_eq!(
            back.get(ROOT, "smell").unwrap().unwrap().0.as_str(),
            Some("rose"),
            "{kind}"
        );
        let (_, events) = back.get(ROOT, "events").unwrap().unwrap();
        let cell = back.get(&events, EVENT.to_string()).unwrap().unwrap().0;
        assert_eq!(cell.as_str(), Some(CELL), "{kind}");
        let (_, aura) = back.get(ROOT, "aura").unwrap().unwrap();
        assert_eq!(
            back.get(&aura, "colour").unwrap().unwrap().0.as_i64(),
            Some(7),
            "{kind}"
        );
        if kind == Kind::Inspection {
            assert_eq!(ours.view().text("findings.f1.smell"), Some("rose"));
        }
        assert!(ours.chunks().unwrap().contains(&chunk), "{kind}");
    }
}

#[test]
fn an_event_of_a_later_version_is_not_made_here_and_a_code_of_one_is_kept() {
    let mut record = sample::record(Kind::Lead);
    let event = |name: &str, data: serde_json::Value| NewEvent {
        id: EventId([5; 16]),
        kind: name.to_owned(),
        at: Moment::china(0),
        data: data.as_object().cloned().unwrap(),
    };
    let refused = record
        .edit(&sample::AUTHOR, &[Act::Happen(event("smelled", json!({})))])
        .unwrap_err();
    assert!(
        refused.to_string().contains("unknown event \"smelled\""),
        "{refused}"
    );

    let life_cycle = Kind::Lead.table().life_cycle;
    let data = event("replied", json!({ "outcome": "sung_to_sleep" })).data;
    assert_eq!(
        life_cycle.check_data("replied", &["outcome"], &data),
        Ok(())
    );
    assert!(
        life_cycle
            .prove_data("replied", &["outcome"], &data)
            .is_err()
    );
    assert!(life_cycle.knows(SETTLED_CONTEST));
}
