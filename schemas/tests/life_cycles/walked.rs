//! The same tables walked in real records: a device makes every event that may happen, and refuses every other with the reason.

use std::collections::BTreeMap;

use fieldwatch_schemas::field::{Field, Rule, Shape};
use fieldwatch_schemas::id::{Actor, EventId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::edit::{Act, Author, EditError};
use fieldwatch_schemas::record::event::NewEvent;
use fieldwatch_schemas::status::{EventError, Role, SETTLED_CONTEST, derive};
use fieldwatch_schemas::time::Moment;
use serde_json::{Map, Value as Json, json};

use crate::matrix::Matrix;
use crate::sample;

fn author(role: Option<Role>) -> Author {
    let now = Moment::china(0);
    Author {
        actor: Actor([7; 16]),
        now,
        role,
    }
}

/// Something that fits.
fn fitting(shape: Shape) -> Json {
    match shape {
        Shape::Code(list) => {
            let list = fieldwatch_schemas::code::list(list).unwrap();
            json!(list.codes()[0].code)
        }
        Shape::Record(_) | Shape::Id => json!("00000000-0000-4000-8000-000000000001"),
        Shape::Fen => json!(100),
        Shape::Integer(low, _) => json!(low),
        Shape::Date => json!("2026-10-14"),
        _ => json!("text"),
    }
}

fn event(kind: Kind, event: &str, number: u8) -> NewEvent {
    let life_cycle = kind.table().life_cycle;
    let rows = life_cycle.data.iter().filter(|datum| datum.event == event);
    let data: Map<String, Json> = rows
        .map(|datum| (datum.field.path.to_owned(), fitting(datum.field.shape)))
        .collect();
    NewEvent {
        id: EventId::random([number; 16]),
        kind: event.to_owned(),
        at: Moment::china(0),
        data,
    }
}

/// A record that says only what it must.
pub(crate) fn begin(kind: Kind) -> Document {
    let full = sample::record(kind).view();
    let table = kind.table();
    let is_needed = |field: &&Field| {
        let is_key = table.natural.contains(&field.path) && kind.is_natural();
        let is_whole = kind == Kind::Checklist && field.rule == Rule::Once;
        field.rule == Rule::Required || is_key || is_whole
    };
    let needed = table.fields.iter().filter(is_needed);
    let fields = needed
        .map(|field| {
            let path = match field.shape {
                Shape::Pieces => format!("{}.0000", field.path),
                _ => field.path.to_owned(),
            };
            (path, full.at(field.path).unwrap().clone())
        })
        .collect();
    let mut document = Document::begin(full.record, kind).unwrap();
    document
        .edit(&author(None), &sample::sets(kind, &fields))
        .unwrap();
    document
}

/// A record in every status that can be reached, by the events of the table written by hand.
fn everywhere(kind: Kind, matrix: &Matrix) -> BTreeMap<String, Document> {
    let mut found = BTreeMap::from([(matrix.first.clone(), begin(kind))]);
    let mut open = vec![matrix.first.clone()];
    while let Some(status) = open.pop() {
        for name in matrix.legal(&status) {
            let next = matrix.next(&status, name).unwrap().to_owned();
            if found.contains_key(&next) {
                continue;
            }
            let mut document = found[&status].clone();
            let number = u8::try_from(found.len()).unwrap();
            document
                .edit(&author(None), &[Act::Happen(event(kind, name, number))])
                .unwrap_or_else(|error| panic!("{kind}: {name} from {status}: {error}"));
            found.insert(next.clone(), document);
            open.push(next);
        }
    }
    found
}

#[test]
fn a_device_makes_what_may_happen_and_refuses_the_rest_saying_what_may() {
    for kind in Kind::ALL {
        let matrix = Matrix::of(kind);
        let records = everywhere(kind, &matrix);
        assert_eq!(
            records.len(),
            matrix.statuses().len(),
            "{kind}: a status cannot be reached"
        );
        for (status, record) in &records {
            for name in matrix.events() {
                let mut record = record.clone();
                let made = record.edit(&author(None), &[Act::Happen(event(kind, name, 200))]);
                match (matrix.next(status, name), made) {
                    (Some(next), Ok(_)) => {
                        assert_eq!(record.view().status(), next, "{kind}: {name}");
                    }
                    (None, Err(EditError::Event(error @ EventError::Illegal { .. }))) => {
                        let words = error.to_string();
                        assert!(words.contains(status.as_str()), "{words}");
                        assert!(
                            matrix
                                .legal(status)
                                .iter()
                                .all(|legal| words.contains(legal)),
                            "{words}"
                        );
                    }
                    (wanted, made) => panic!("{kind}: {name} from {status}: {wanted:?}, {made:?}"),
                }
            }
        }
    }
}

#[test]
fn a_device_refuses_an_event_without_what_it_needs_with_a_wrong_value_or_by_the_wrong_role() {
    for kind in Kind::ALL {
        let matrix = Matrix::of(kind);
        let records = everywhere(kind, &matrix);
        for rule in kind
            .table()
            .life_cycle
            .rules
            .iter()
            .filter(|rule| rule.event != SETTLED_CONTEST)
        {
            let at = |role| author(Some(role));
            let good = event(kind, rule.event, 200);
            let from = &records[rule.from[0]];
            let attempt = |role, event: &NewEvent| {
                from.clone().edit(&at(role), &[Act::Happen(event.clone())])
            };
            let refused = attempt(Role::Auditor, &good).unwrap_err();
            assert!(
                matches!(refused, EditError::Event(EventError::NotFor { .. })),
                "{kind}: {refused}"
            );
            for key in rule.needs {
                let mut poor = good.clone();
                poor.data.remove(*key);
                let refused = attempt(rule.roles[0], &poor).unwrap_err().to_string();
                assert_eq!(refused, format!("{} needs {key}", rule.event));
            }
            for key in good.data.keys() {
                let mut wrong = good.clone();
                wrong.data.insert(key.clone(), json!({ "no": "cell" }));
                let refused = attempt(rule.roles[0], &wrong).unwrap_err();
                assert!(
                    matches!(refused, EditError::Event(EventError::Wrong { .. })),
                    "{kind}: {refused}"
                );
            }
        }
    }
}

#[test]
fn a_device_refuses_a_reason_that_is_not_in_the_list() {
    let mut record = begin(Kind::Case);
    let mut made = event(Kind::Case, "not_accepted", 9);
    made.data.insert("reason".to_owned(), json!("99"));
    let refused = record
        .edit(&author(None), &[Act::Happen(made)])
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("unknown code \"99\" of not_accepted_reason"),
        "{refused}"
    );
}

#[test]
fn what_events_say_becomes_derived_fields_and_the_last_word_counts() {
    let mut record = begin(Kind::Case);
    let mut happen = |name: &str, number: u8, data: Json| {
        let mut event = event(Kind::Case, name, number);
        event.data = data.as_object().cloned().unwrap();
        record.edit(&author(None), &[Act::Happen(event)]).unwrap();
    };
    happen("referred", 1, json!({ "to": "市场监督管理局" }));
    happen("returned", 2, json!({}));
    happen("accepted", 3, json!({}));
    happen(
        "agreed",
        4,
        json!({ "refund_fen": 12_800, "compensation_fen": 500, "perform_by": "2026-10-20" }),
    );
    happen("performed", 5, json!({ "refund_fen": 12_000 }));
    let derived = derive::derived(&record.view());
    assert_eq!(derived["referred_to"], "市场监督管理局");
    assert_eq!(derived["recovered.refund_fen"], 12_000);
    assert_eq!(derived["agreed.refund_fen"], 12_800);
    assert_eq!(derived["agreed.compensation_fen"], 500);
    assert_eq!(derived["perform_by"], "2026-10-20");
}

#[test]
fn what_a_person_types_for_an_event_is_read_by_its_table() {
    let datum =
        |kind: Kind, event: &str, key: &str| kind.table().life_cycle.datum(event, key).unwrap();
    let score = datum(Kind::Case, "surveyed", "score");
    assert_eq!(score.read_text("5").unwrap(), json!(5));
    assert_eq!(
        score.read_text("6").unwrap_err().to_string(),
        "score: must lie between 1 and 5, not 6"
    );
    let refund = datum(Kind::Case, "settled", "refund_fen");
    assert_eq!(refund.read_text("12800").unwrap(), json!(12_800));
    assert!(
        datum(Kind::Interview, "committed", "due")
            .read_text("2026-02-30")
            .is_err()
    );
    assert!(
        datum(Kind::Lead, "replied", "outcome")
            .read_text("sung_to_sleep")
            .is_err()
    );
}
