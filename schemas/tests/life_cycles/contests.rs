//! Contested events: kept, flagged, and settled by a later event.

use fieldwatch_schemas::id::{Actor, EventId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::edit::{Act, Author, EditError};
use fieldwatch_schemas::record::event::NewEvent;
use fieldwatch_schemas::record::view::View;
use fieldwatch_schemas::status::{EventError, Role};
use fieldwatch_schemas::time::Moment;
use serde_json::{Value as Json, json};

fn happen(
    document: &mut Document,
    actor: u8,
    kind: &str,
    id: u8,
    data: &Json,
) -> Result<(), EditError> {
    let author = Author {
        actor: Actor([actor; 16]),
        now: Moment::china(0),
        role: Some(Role::StationStaff),
    };
    let event = NewEvent {
        id: EventId([id; 16]),
        kind: kind.to_owned(),
        at: Moment::china(0),
        data: data.as_object().cloned().unwrap(),
    };
    document.edit(&author, &[Act::Happen(event)]).map(drop)
}

fn merge(one: &mut Document, other: &mut Document) {
    let (from_one, from_other) = (one.chunks().unwrap(), other.chunks().unwrap());
    one.apply(&from_other).unwrap();
    other.apply(&from_one).unwrap();
    assert_eq!(one.view(), other.view());
}

fn id(number: u8) -> String {
    EventId([number; 16]).to_string()
}

fn counting(view: &View) -> Vec<&str> {
    view.settled_events()
        .map(|event| event.kind.as_str())
        .collect()
}

/// Alice and Bob mediate; apart, Alice writes down an agreement, Bob that it failed. Bob's word comes later and is contested.
fn disagreement() -> (Document, Document) {
    let mut alice = crate::walked::begin(Kind::Case);
    happen(&mut alice, 1, "accepted", 1, &json!({})).unwrap();
    let mut bob = alice.clone();
    happen(&mut alice, 1, "agreed", 2, &json!({ "refund_fen": 100 })).unwrap();
    happen(&mut bob, 2, "terminated", 3, &json!({ "reason": "3" })).unwrap();
    merge(&mut alice, &mut bob);
    let view = alice.view();
    assert_eq!(
        (view.status(), view.folded.contested),
        ("agreed", vec![false, false, true])
    );
    (alice, bob)
}

#[test]
fn a_contest_is_settled_by_a_later_event_and_what_is_void_does_not_count() {
    let (mut alice, mut bob) = disagreement();
    happen(
        &mut alice,
        1,
        "settled_contest",
        4,
        &json!({ "events": [id(3)] }),
    )
    .unwrap();
    merge(&mut alice, &mut bob);
    let view = bob.view();
    assert_eq!(view.status(), "agreed");
    assert_eq!(view.folded.contested, [false; 4]);
    assert_eq!(view.folded.void, [false, false, true, false]);
    assert_eq!(counting(&view), ["accepted", "agreed", "settled_contest"]);
    assert!(view.was("terminated"));
}

#[test]
fn the_contested_event_can_be_upheld_and_then_leads_where_it_leads() {
    let (mut alice, mut bob) = disagreement();
    happen(
        &mut bob,
        2,
        "settled_contest",
        4,
        &json!({ "events": id(3), "uphold": id(3) }),
    )
    .unwrap();
    merge(&mut alice, &mut bob);
    assert_eq!(alice.view().status(), "terminated");
    assert_eq!(
        counting(&alice.view()),
        ["accepted", "agreed", "terminated", "settled_contest"]
    );
}

#[test]
fn two_people_who_settle_alike_agree_and_who_settles_otherwise_later_is_contested() {
    let (mut alice, mut bob) = disagreement();
    let (mut carol, mut dave) = (alice.clone(), bob.clone());
    happen(
        &mut alice,
        1,
        "settled_contest",
        4,
        &json!({ "events": [id(3)] }),
    )
    .unwrap();
    happen(
        &mut bob,
        2,
        "settled_contest",
        5,
        &json!({ "events": [id(3)] }),
    )
    .unwrap();
    merge(&mut alice, &mut bob);
    assert_eq!(alice.view().folded.contested, [false; 5]);
    happen(
        &mut carol,
        3,
        "settled_contest",
        4,
        &json!({ "events": [id(3)] }),
    )
    .unwrap();
    happen(
        &mut dave,
        4,
        "settled_contest",
        5,
        &json!({ "events": [id(3)], "uphold": id(3) }),
    )
    .unwrap();
    merge(&mut carol, &mut dave);
    assert_eq!(
        carol.view().folded.contested,
        [false, false, false, false, true]
    );
    assert_eq!(carol.view().status(), "agreed");
}

#[test]
fn a_settlement_that_settles_nothing_is_refused_with_the_reason() {
    let (mut alice, _) = disagreement();
    let mut refused = |data: Json| match happen(&mut alice, 1, "settled_contest", 9, &data) {
        Err(EditError::Event(error)) => error,
        other => panic!("{other:?}"),
    };
    let wrong = |why: &str| EventError::Wrong {
        event: "settled_contest".to_owned(),
        why: why.to_owned(),
    };
    assert_eq!(
        refused(json!({ "events": [id(2)] })),
        wrong("an event it names is not contested")
    );
    assert_eq!(
        refused(json!({ "events": [id(3)], "uphold": id(2) })),
        wrong("uphold is not among the events named")
    );
    assert_eq!(
        refused(json!({ "events": ["zebra"] })),
        wrong("\"zebra\" is not an event id (a UUID)")
    );
    assert_eq!(
        refused(json!({})).to_string(),
        "settled_contest needs events"
    );
}
