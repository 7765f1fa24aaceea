//! What acceptance refuses from a device that does not write through [`crate::record::edit`].

use std::collections::BTreeMap;

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{ActorId, Change, ExpandedChange, ObjType, ScalarValue};

use super::tests::{STATION, accepted, author, judged, new_case, problem, push, staff, text};
use super::*;
use crate::field::{FieldValue, Scalar};
use crate::record::import::Row;
use crate::time::Moment;

/// A change as anybody can put it together.
fn forged(actor: u8, seq: u64, start_op: u64, deps: &[Hash], operations: Vec<Op>) -> Chunk {
    let change = Change::from(ExpandedChange {
        operations,
        actor_id: ActorId::from([actor; 16]),
        hash: None,
        seq,
        start_op: start_op.try_into().unwrap(),
        time: 0,
        message: None,
        deps: deps.iter().map(|hash| (*hash).into()).collect(),
        extra_bytes: Vec::new(),
        author: None,
    });
    Chunk::parse(change.raw_bytes().to_vec()).unwrap()
}

fn op(action: OpType, obj: ObjectId, key: &str, pred: Vec<OpId>) -> Op {
    Op {
        action,
        obj,
        key: Key::Map(key.into()),
        pred: pred.into(),
        insert: false,
    }
}

fn put(key: &str, value: &str, pred: Vec<OpId>) -> Op {
    let value = ScalarValue::Str(value.into());
    op(OpType::Put(value), ObjectId::Root, key, pred)
}

fn bring(record: RecordId, kind: Kind, chunks: &[&Chunk]) -> Pushed {
    let changes = chunks.iter().map(|chunk| chunk.bytes().to_vec().into());
    Pushed {
        record,
        kind: kind.name().to_owned(),
        changes: changes.collect(),
        vouched: None,
    }
}

fn max_op(chunk: &Chunk) -> u64 {
    chunk.to_change().unwrap().max_op()
}

fn frozen_end(kind: Kind) -> u64 {
    let last = frozen::further_bytes(kind).unwrap_or_else(|| frozen::bytes(kind));
    max_op(&Chunk::parse(last.to_vec()).unwrap())
}

/// A case as the server holds it, and its one change.
fn held_case() -> (Accepted, Chunk) {
    let (document, pushed) = new_case(9);
    let held = accepted(judged(&pushed, None, &staff(STATION), 1));
    (held, document.chunks().unwrap().remove(0))
}

fn verdict(held: &Accepted, chunks: &[&Chunk]) -> Judgement {
    let pushed = bring(held.document.id(), Kind::Case, chunks);
    judged(&pushed, Some(held), &staff(STATION), 1)
}

#[test]
fn unknown_maps_survive_but_not_so_deep_that_reading_them_ends_the_process() {
    let (held, first) = held_case();
    let start = max_op(&first) + 1;
    let nested = |depth: u64| {
        let at = |level: u64| match level {
            0 => ObjectId::Root,
            _ => ObjectId::Id(OpId(start + level - 1, ActorId::from([7; 16]))),
        };
        let maps = (0..depth).map(|level| op(OpType::Make(ObjType::Map), at(level), "x", vec![]));
        forged(7, 1, start, &[first.hash()], maps.collect())
    };
    accepted(verdict(&held, &[&nested(5)]));
    for depth in [12, 50_000] {
        let refused = problem(verdict(&held, &[&nested(depth)]));
        assert_eq!(refused, ProblemKind::RecordInvalid, "{depth}");
    }
}

#[test]
fn two_changes_of_one_actor_side_by_side_are_refused_for_their_operations_bear_one_name() {
    let (held, first) = held_case();
    let start = max_op(&first) + 1;
    let one = forged(7, 1, start, &[first.hash()], vec![put("x", "1", vec![])]);
    let two = forged(7, 2, start, &[first.hash()], vec![put("y", "2", vec![])]);
    let refused = problem(verdict(&held, &[&one, &two]));
    assert_eq!(refused, ProblemKind::ChangeInvalid);
    let next = forged(7, 2, start + 1, &[one.hash()], vec![put("y", "2", vec![])]);
    accepted(verdict(&held, &[&one, &next]));
}

#[test]
fn a_change_cannot_overwrite_what_it_does_not_depend_on() {
    let (held, first) = held_case();
    let start = max_op(&first) + 1;
    let honest = forged(
        8,
        1,
        start,
        &[first.hash()],
        vec![put("problem", "price", vec![])],
    );
    let pred = vec![OpId(start, ActorId::from([8; 16]))];
    let blind = forged(
        7,
        1,
        start,
        &[first.hash()],
        vec![put("problem", "fraud", pred.clone())],
    );
    // Where the other change is not there yet, and where it is.
    assert_eq!(
        problem(verdict(&held, &[&blind])),
        ProblemKind::ChangeInvalid
    );
    let with = accepted(verdict(&held, &[&honest]));
    assert_eq!(
        problem(verdict(&with, &[&blind])),
        ProblemKind::ChangeInvalid
    );
    let seeing = forged(
        7,
        1,
        start + 1,
        &[honest.hash()],
        vec![put("problem", "fraud", pred)],
    );
    accepted(verdict(&with, &[&seeing]));
}

#[test]
fn a_record_keeps_few_enough_heads_that_one_change_can_name_them_all() {
    let (mut held, first) = held_case();
    let start = max_op(&first) + 1;
    let mut refusals = 0;
    for actor in 20..80 {
        let twin = forged(
            actor,
            1,
            start,
            &[first.hash()],
            vec![put("x", "1", vec![])],
        );
        match verdict(&held, &[&twin]) {
            Judgement::Accept(more) => held = *more,
            other => {
                assert_eq!(problem(other), ProblemKind::RecordTooLarge);
                refusals += 1;
            }
        }
    }
    assert!(refusals > 0);
    let mut document = held.document.clone();
    let made = document.edit(&author(9), &[text("problem", "contract")]);
    assert!(made.unwrap().is_some(), "it can still be edited");
}

#[test]
fn what_is_written_once_cannot_be_born_with_two_values() {
    let start = frozen_end(Kind::Case) + 1;
    let base = [frozen::hash(Kind::Case)];
    let at = |actor, number| {
        let ops = vec![
            put("nature", "complaint", vec![]),
            put("station", STATION, vec![]),
            put("external_no", number, vec![]),
        ];
        forged(actor, 1, start, &base, ops)
    };
    let (one, two) = (at(7, "42"), at(6, "43"));
    let pushed = bring(RecordId::random([5; 16]), Kind::Case, &[&one, &two]);
    assert_eq!(
        problem(judged(&pushed, None, &staff(STATION), 1)),
        ProblemKind::RecordInvalid
    );
}

#[test]
fn nobody_squats_a_natural_key_with_a_record_that_has_another_or_none() {
    let id = RecordId::natural(Kind::Case, &["12315", "42"]);
    let mut visit = Document::begin(id, Kind::Inspection).unwrap();
    visit.edit(&author(4), &[text("region", "330106")]).unwrap();
    let case = |number: &str| {
        let mut case = Document::begin(id, Kind::Case).unwrap();
        let acts = [
            text("nature", "complaint"),
            text("station", STATION),
            text("channel", "12315"),
            text("external_no", number),
        ];
        case.edit(&author(4), &acts).unwrap();
        case
    };
    for squatter in [visit, case("43")] {
        assert_eq!(
            problem(judged(&push(&squatter), None, &staff(STATION), 1)),
            ProblemKind::RecordInvalid
        );
    }
    let mut owner = case("42");
    owner.edit(&author(4), &[text("channel", "12345")]).unwrap();
    accepted(judged(&push(&owner), None, &staff(STATION), 1));
}

#[test]
fn a_field_that_the_kind_does_not_have_moves_no_record_into_another_region() {
    let (held, first) = held_case();
    let elsewhere = vec![put("region", "110000", vec![])];
    let start = max_op(&first) + 1;
    let smuggled = forged(7, 1, start, &[first.hash()], elsewhere);
    let after = accepted(verdict(&held, &[&smuggled]));
    assert_eq!(after.feeds, held.feeds);
    assert_eq!(
        crate::summary::summarise(&after.view, &crate::checklist::published::Shipped).region,
        None
    );
}

#[test]
fn a_million_empty_changes_do_not_unfold_in_memory() {
    let many = Pushed {
        record: RecordId::random([5; 16]),
        kind: Kind::Case.name().to_owned(),
        changes: vec![Vec::new().into(); 1_000_000],
        vouched: None,
    };
    let read: Pushed = minicbor::decode(&minicbor::to_vec(&many).unwrap()).unwrap();
    assert_eq!(read.changes.len(), 1);
    assert_eq!(
        problem(judged(&read, None, &staff(STATION), 1)),
        ProblemKind::ChangeInvalid
    );
}

/// A row of a table that was exported twice, with another problem each time.
fn row(problem: &str) -> Row {
    let text = |text: &str| FieldValue::Scalar(Scalar::Text(text.to_owned()));
    let fields = [
        ("nature", text("complaint")),
        ("station", text(STATION)),
        ("channel", text("12315")),
        ("external_no", text("42")),
        ("problem", text(problem)),
    ];
    Row {
        record: RecordId::natural(Kind::Case, &["12315", "42"]),
        kind: Kind::Case,
        fields: fields.map(|(path, value)| (path.to_owned(), value)).into(),
        raw: BTreeMap::new(),
        events: vec![("received".to_owned(), Moment::china(1_700_000_000_000))],
    }
}

#[test]
fn two_versions_of_a_row_imported_apart_are_one_record_with_one_event_and_neither_is_refused() {
    let one = row("contract").change().unwrap().0;
    let two = row("price").change().unwrap().0;
    let held = accepted(judged(&push(&one), None, &staff(STATION), 1));
    let both = accepted(judged(&push(&two), Some(&held), &staff(STATION), 2));
    let other = accepted(judged(&push(&two), None, &staff(STATION), 2));
    let other = accepted(judged(&push(&one), Some(&other), &staff(STATION), 1));
    assert_eq!(both.view.events, other.view.events);
    assert_eq!(both.view.events.len(), 1);
    assert_eq!(both.view.folded.contested, [false]);
    assert_eq!(both.view.conflicts.len(), 1);
}

#[test]
fn an_imported_event_cannot_be_written_over_nor_brought_again_in_other_words() {
    let one = row("contract").change().unwrap().0;
    let held = accepted(judged(&push(&one), None, &staff(STATION), 1));
    let event = held.view.events[0].clone();
    // The frozen change makes `kind` and `schema`, and then this.
    let events = ObjectId::Id(OpId(3, ActorId::from(frozen::actor(Kind::Case).0)));
    let key = event.id.to_string();
    let own = OpId(event.counter, ActorId::from(event.actor.0));
    let chunk = &one.chunks().unwrap()[0];
    let cell = |at: i64| {
        let words = format!(r#"{{"at":{at},"offset_min":480,"type":"received"}}"#);
        OpType::Put(ScalarValue::Str(words.into()))
    };
    let said = event.at.ms;
    for (ms, pred, deps, start) in [
        (said, vec![own.clone()], chunk.hash(), max_op(chunk) + 1),
        (said + 1, vec![own], chunk.hash(), max_op(chunk) + 1),
        (
            said + 1,
            vec![],
            frozen::hash(Kind::Case),
            frozen_end(Kind::Case) + 1,
        ),
    ] {
        let op = op(cell(ms), events.clone(), &key, pred);
        let forged = forged(7, 1, start, &[deps], vec![op]);
        let pushed = bring(one.id(), Kind::Case, &[&forged]);
        assert_eq!(
            problem(judged(&pushed, Some(&held), &staff(STATION), 1)),
            ProblemKind::RecordInvalid,
            "{ms} {start}"
        );
    }
}

#[test]
fn operations_that_do_not_fit_their_object_are_refused_for_the_record_could_not_be_read_back() {
    let (held, first) = held_case();
    let start = max_op(&first) + 1;
    let actor = ActorId::from(frozen::actor(Kind::Case).0);
    let made = Chunk::parse(frozen::bytes(Kind::Case).to_vec()).unwrap();
    let made = made.to_change().unwrap().decode().operations;
    let object = |name: &str| {
        let at = made.iter().position(|op| op.key == Key::Map(name.into()));
        let counter = u64::try_from(at.unwrap()).unwrap() + 1;
        ObjectId::Id(OpId(counter, actor.clone()))
    };
    let value = || OpType::Put(ScalarValue::Str("x".into()));
    let at_head = |obj, insert| Op {
        action: value(),
        obj,
        key: Key::Seq(ElementId::Head),
        pred: Vec::new().into(),
        insert,
    };
    let unfit = [
        op(value(), object("narrative"), "k", vec![]),
        op(value(), object("kind"), "k", vec![]),
        at_head(object("narrative"), false),
        at_head(object("claims"), true),
        at_head(ObjectId::Root, true),
        op(OpType::Delete, ObjectId::Root, "nature", vec![]),
    ];
    for op in unfit {
        let words = format!("{op:?}");
        let forged = forged(7, 1, start, &[first.hash()], vec![op]);
        let refused = problem(verdict(&held, &[&forged]));
        assert_eq!(refused, ProblemKind::ChangeInvalid, "{words}");
    }
    let fit = at_head(object("narrative"), true);
    accepted(verdict(
        &held,
        &[&forged(7, 1, start, &[first.hash()], vec![fit])],
    ));
}
