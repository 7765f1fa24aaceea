//! The laws of a record: merging commutes, conflicts keep both values, equal rows are one change.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::edit::{Act, Author, EditError};
use super::event::NewEvent;
use super::import::Row;
use super::{Document, DocumentError};
use crate::chunk::Chunk;
use crate::field::{FieldValue, Scalar};
use crate::id::{Actor, EventId, RecordId};
use crate::kind::Kind;
use crate::status::EventError;
use crate::time::Moment;

fn author(actor: u8, now_s: i64) -> Author {
    Author {
        actor: Actor([actor; 16]),
        now: Moment::china(now_s * 1000),
        role: None,
    }
}

fn set(path: &str, value: &str) -> Act {
    let field = Kind::Case.field(path).unwrap();
    Act::Set {
        path: path.to_owned(),
        value: field.read_text(path, value).unwrap(),
    }
}

fn happen(kind: &str, id: u8) -> Act {
    Act::Happen(NewEvent {
        id: EventId([id; 16]),
        kind: kind.to_owned(),
        at: Moment::china(0),
        data: [("reason".to_owned(), "1".into())].into_iter().collect(),
    })
}

fn new_case() -> Document {
    let mut case = Document::begin(RecordId([1; 16]), Kind::Case).unwrap();
    case.edit(&author(1, 100), &[set("nature", "complaint")])
        .unwrap();
    case
}

fn merge(into: &mut Document, from: &Document) {
    into.apply(&from.chunks().unwrap()).unwrap();
}

#[test]
fn two_values_written_apart_are_a_conflict_that_both_sides_show_alike_until_one_is_chosen() {
    let mut alice = new_case();
    let mut bob = alice.clone();
    alice
        .edit(&author(2, 200), &[set("problem", "contract")])
        .unwrap();
    bob.edit(&author(3, 300), &[set("problem", "quality")])
        .unwrap();
    merge(&mut alice, &bob);
    merge(&mut bob, &alice);
    assert_eq!(alice.view(), bob.view());
    let conflicts = alice.view().conflicts;
    assert_eq!(conflicts.len(), 1);
    let values: Vec<_> = conflicts[0]
        .values
        .iter()
        .map(|each| (each.value.clone(), each.at.ms))
        .collect();
    assert_eq!(
        values,
        [("contract".into(), 200_000), ("quality".into(), 300_000)]
    );
    let choose = Act::Choose {
        path: "problem".to_owned(),
        number: 1,
    };
    alice.edit(&author(2, 400), &[choose]).unwrap();
    merge(&mut bob, &alice);
    assert!(bob.view().conflicts.is_empty());
    assert_eq!(bob.view().text("problem"), Some("contract"));
}

#[test]
fn two_choices_made_apart_between_the_same_values_are_a_conflict_again() {
    let mut alice = new_case();
    let mut bob = alice.clone();
    let edit = |who: &mut Document, actor, time, act| who.edit(&author(actor, time), &[act]);
    edit(&mut alice, 2, 200, set("problem", "contract")).unwrap();
    edit(&mut bob, 3, 300, set("problem", "quality")).unwrap();
    merge(&mut alice, &bob);
    merge(&mut bob, &alice);
    let choose = |number| Act::Choose {
        path: "problem".to_owned(),
        number,
    };
    edit(&mut alice, 2, 400, choose(1)).unwrap();
    edit(&mut bob, 3, 500, choose(2)).unwrap();
    merge(&mut alice, &bob);
    merge(&mut bob, &alice);
    for who in [&alice, &bob] {
        let conflicts = who.view().conflicts;
        assert_eq!(conflicts.len(), 1, "neither choice is dropped");
        assert_eq!(conflicts[0].values.len(), 2);
    }
    edit(&mut bob, 3, 600, choose(1)).unwrap();
    merge(&mut alice, &bob);
    assert!(alice.view().conflicts.is_empty());
    assert_eq!(alice.view(), bob.view());
}

#[test]
fn equal_values_written_apart_are_no_conflict() {
    let mut alice = new_case();
    let mut bob = alice.clone();
    alice
        .edit(&author(2, 200), &[set("problem", "contract")])
        .unwrap();
    bob.edit(&author(3, 300), &[set("problem", "contract")])
        .unwrap();
    merge(&mut alice, &bob);
    assert!(alice.view().conflicts.is_empty());
}

#[test]
fn a_narrative_edited_in_two_places_keeps_both_edits() {
    let mut alice = new_case();
    alice
        .edit(
            &author(1, 101),
            &[set("narrative", "买了一台冰箱。不制冷。")],
        )
        .unwrap();
    let mut bob = alice.clone();
    alice
        .edit(
            &author(2, 200),
            &[set("narrative", "在某商场买了一台冰箱。不制冷。")],
        )
        .unwrap();
    bob.edit(
        &author(3, 300),
        &[set("narrative", "买了一台冰箱。不制冷。要求退货。")],
    )
    .unwrap();
    merge(&mut alice, &bob);
    assert_eq!(
        alice.view().text("narrative"),
        Some("在某商场买了一台冰箱。不制冷。要求退货。")
    );
}

#[test]
fn writing_what_is_there_already_changes_nothing() {
    let mut case = new_case();
    let heads = case.heads();
    let made = case.edit(&author(1, 500), &[set("nature", "complaint")]);
    assert_eq!(made.unwrap(), None);
    assert_eq!(case.heads(), heads);
}

#[test]
fn an_illegal_event_is_refused_with_what_is_possible_and_nothing_changes() {
    let mut case = new_case();
    let heads = case.heads();
    let refused = case.edit(&author(1, 500), &[happen("mediation_started", 7)]);
    let Err(EditError::Event(EventError::Illegal { status, legal, .. })) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(status, "registered");
    assert!(legal.contains(&"accepted") && !legal.contains(&"mediation_started"));
    assert_eq!(case.heads(), heads);
    case.edit(
        &author(1, 500),
        &[happen("accepted", 8), happen("mediation_started", 9)],
    )
    .unwrap();
    assert_eq!(case.view().status(), "mediating");
}

#[test]
fn what_is_written_once_stays() {
    let mut case = new_case();
    case.edit(&author(1, 110), &[set("external_no", "42")])
        .unwrap();
    let renamed = case.edit(&author(1, 120), &[set("external_no", "43")]);
    assert!(renamed.unwrap_err().to_string().contains("external_no"));
}

#[test]
fn a_required_field_must_be_there_from_the_beginning() {
    let mut case = Document::begin(RecordId([1; 16]), Kind::Case).unwrap();
    let refused = case.edit(&author(1, 1), &[set("problem", "contract")]);
    assert_eq!(refused.unwrap_err().to_string(), "nature: is required");
    assert!(case.is_blank());
}

#[test]
fn a_blind_kind_tells_no_time_of_day() {
    let mut visit = Document::begin(RecordId([1; 16]), Kind::Inspection).unwrap();
    let path = "enterprise".to_owned();
    let value = FieldValue::Scalar(Scalar::Text("一家店".to_owned()));
    let chunk = visit
        .edit(&author(1, 1_700_000_123), &[Act::Set { path, value }])
        .unwrap()
        .unwrap();
    let local = chunk.time_s() + 8 * 3600;
    assert_eq!(local % 86_400, 0);
}

fn row(no: &str, problem: &str) -> Row {
    let text = |value: &str| FieldValue::Scalar(Scalar::Text(value.to_owned()));
    Row {
        record: RecordId::natural(Kind::Case, &["platform", no]),
        kind: Kind::Case,
        fields: BTreeMap::from([
            ("external_no".to_owned(), text(no)),
            ("nature".to_owned(), text("complaint")),
            (
                "narrative".to_owned(),
                FieldValue::LongText("同一件事".repeat(50)),
            ),
            ("problem".to_owned(), text(problem)),
        ]),
        raw: BTreeMap::new(),
        events: vec![("first_action".to_owned(), Moment::china(86_400_000))],
    }
}

#[test]
fn the_same_row_on_two_devices_is_the_same_change_and_another_row_is_not() {
    let (alice, one) = row("42", "contract").change().unwrap();
    let (_, two) = row("42", "contract").change().unwrap();
    assert_eq!(one, two);
    let one = one.unwrap();
    assert_eq!((one.seq(), one.time_s()), (1, 0));
    let (_, other) = row("42", "quality").change().unwrap();
    assert_ne!(other.unwrap().hash(), one.hash());
    assert_eq!(alice.view().status(), "triage");
}

#[test]
fn a_change_whose_dependency_is_missing_is_not_taken() {
    let mut case = new_case();
    case.edit(&author(1, 110), &[set("problem", "contract")])
        .unwrap();
    let tail = case.chunks().unwrap().split_off(1);
    let mut empty = Document::begin(RecordId([1; 16]), Kind::Case).unwrap();
    assert!(matches!(empty.apply(&tail), Err(DocumentError::Missing(_))));
    assert!(empty.is_blank());
}

/// What one of three people does next, and to whom it then shows it.
#[derive(Debug, Clone)]
enum Move {
    Edit(u8, usize),
    Meet(u8, u8),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        (0..3_u8, 0..200_usize).prop_map(|(who, what)| Move::Edit(who, what)),
        (0..3_u8, 0..3_u8).prop_map(|(from, to)| Move::Meet(from, to)),
    ];
    prop::collection::vec(one, 1..40)
}

fn act(what: usize, id: u8) -> Act {
    let problems = ["contract", "quality", "price"];
    match what % 4 {
        0 => set("problem", problems[what % 3]),
        1 => set("narrative", &format!("第{what}次补充")),
        _ => {
            let legal = [
                "accepted",
                "withdrawn",
                "closed",
                "reopened",
                "referred",
                "returned",
                "agreed",
            ];
            happen(legal[what % legal.len()], id)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_merging_gives_the_same_view(moves in moves(), order in Just([0_usize, 1, 2]).prop_shuffle()) {
        let mut people = [new_case(), new_case(), new_case()];
        for (step, each) in moves.iter().enumerate() {
            match *each {
                Move::Edit(who, what) => {
                    let id = u8::try_from(step + 10).unwrap();
                    // An event that is illegal just here is refused, and that is part of the history too.
                    drop(people[usize::from(who)].edit(&author(who + 10, 1000), &[act(what, id)]));
                }
                Move::Meet(from, to) => {
                    let seen = people[usize::from(from)].clone();
                    merge(&mut people[usize::from(to)], &seen);
                }
            }
        }
        let mut first = people[0].clone();
        merge(&mut first, &people[1]);
        merge(&mut first, &people[2]);
        let mut other = Document::begin(RecordId([1; 16]), Kind::Case).unwrap();
        for place in order {
            merge(&mut other, &people[place]);
        }
        prop_assert_eq!(first.view(), other.view());
        let chunks: Vec<Chunk> = first.chunks().unwrap();
        let again = Document::from_chunks(RecordId([1; 16]), Kind::Case, &chunks).unwrap();
        prop_assert_eq!(again.view(), first.view());
    }
}
