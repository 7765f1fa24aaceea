//! What belongs together is taken or refused together, and how work is split into pushes does not matter.

use proptest::prelude::*;

use super::super::tests::{
    STATION, accepted, author, happen, judged, new_case, problem, push, staff, text,
};
use super::super::{Accepted, Judgement, Pushed};
use super::*;
use crate::id::RecordId;

/// The changes of a push, but for those from `from` on.
fn until(pushed: &Pushed, end: usize) -> Pushed {
    let mut some = pushed.clone();
    some.changes.truncate(end);
    some
}

fn first_denied(accepted: &Accepted) -> ProblemKind {
    accepted
        .denied
        .first()
        .expect("something is denied")
        .refusal
        .problem
}

#[test]
fn a_correction_rides_along_with_what_it_corrects_though_that_alone_is_refused() {
    let mut document = Document::begin(RecordId::random([5; 16]), Kind::Case).unwrap();
    let nature = text("nature", "complaint");
    document.edit(&author(9), &[nature]).unwrap();
    document
        .edit(&author(9), &[text("station", STATION)])
        .unwrap();
    let whole = push(&document);
    assert_eq!(
        problem(judged(&until(&whole, 1), None, &staff(STATION), 1)),
        ProblemKind::RecordInvalid,
        "it does not say where it belongs"
    );
    let taken = accepted(judged(&whole, None, &staff(STATION), 1));
    assert_eq!(taken.fresh.len(), 2);
}

#[test]
fn what_one_device_wrote_as_two_writers_is_one_segment() {
    let (mut document, _) = new_case(9);
    document
        .edit(&author(10), &[text("problem", "contract")])
        .unwrap();
    document
        .edit(&author(9), &[text("goods_name", "手机")])
        .unwrap();
    let chunks = document.chunks().unwrap();
    let grants = [];
    let standing = staff(STATION);
    let asker = Asker {
        device: DeviceId([1; 16]),
        standing: &standing,
        grants: &grants,
        policy: Policy::Judged,
    };
    assert_eq!(split(chunks, &BTreeMap::new(), &asker).len(), 1);
}

#[test]
fn work_of_another_device_is_refused_and_what_builds_on_it_with_it_but_the_rest_is_taken() {
    let (document, pushed) = new_case(9);
    let held = accepted(judged(&pushed, None, &staff(STATION), 1));
    let (mut theirs, mut mine) = (document.clone(), document);
    mine.edit(&author(10), &[text("goods_name", "手机")])
        .unwrap();
    // Device 1 went on as its actor 9; device 2 brings that, with its own work beside it and upon it.
    theirs
        .edit(&author(9), &[text("problem", "contract")])
        .unwrap();
    let beside = mine.chunks().unwrap();
    theirs.apply(&beside).unwrap();
    theirs
        .edit(&author(10), &[text("brand", "某品牌")])
        .unwrap();
    let outcome = accepted(judged(&push(&theirs), Some(&held), &staff(STATION), 2));
    let kinds: Vec<_> = outcome
        .denied
        .iter()
        .map(|denied| denied.refusal.problem)
        .collect();
    assert_eq!(
        kinds,
        [ProblemKind::ActorForeign, ProblemKind::DependsOnRefused]
    );
    assert_eq!(outcome.view.text("goods_name"), Some("手机"));
    assert_eq!(outcome.view.text("problem"), None);
    assert_eq!(outcome.view.text("brand"), None);
    assert_eq!(outcome.fresh.len(), 1);
    assert!(outcome.document.heads().contains(&outcome.fresh[0].hash()));
}

#[test]
fn what_depends_on_a_refused_segment_through_another_is_refused_too() {
    let (mut document, pushed) = new_case(9);
    let held = accepted(judged(&pushed, None, &staff(STATION), 1));
    for (actor, path) in [(9, "brand"), (10, "spec"), (9, "batch_no"), (10, "seller")] {
        document.edit(&author(actor), &[text(path, "x")]).unwrap();
    }
    let kind = problem(judged(&push(&document), Some(&held), &staff(STATION), 2));
    assert_eq!(kind, ProblemKind::ActorForeign);
    let mut beside = held.document.clone();
    beside.edit(&author(11), &[text("order_no", "1")]).unwrap();
    document.apply(&beside.chunks().unwrap()).unwrap();
    let outcome = accepted(judged(&push(&document), Some(&held), &staff(STATION), 2));
    assert_eq!(first_denied(&outcome), ProblemKind::ActorForeign);
    let denied: usize = outcome.denied.iter().map(|each| each.changes.len()).sum();
    assert_eq!((denied, outcome.fresh.len()), (4, 1));
}

#[test]
fn its_own_changes_are_told_durable_to_a_device_that_may_see_the_record_no_more() {
    let (_, pushed) = new_case(9);
    let held = accepted(judged(&pushed, None, &staff(STATION), 1));
    let moved = staff("330106-0099");
    assert!(matches!(
        judged(&pushed, Some(&held), &moved, 1),
        Judgement::Duplicate
    ));
    assert_eq!(
        problem(judged(&pushed, Some(&held), &moved, 2)),
        ProblemKind::NotPermitted,
        "and to nobody else"
    );
}

/// What a member of staff may do to a case, by number.
fn act(number: u8, turn: u8) -> crate::record::edit::Act {
    match number % 5 {
        0 => text("goods_name", &format!("商品{turn}")),
        1 => text("brand", &format!("品牌{turn}")),
        2 => text(
            "problem",
            if turn.is_multiple_of(2) {
                "contract"
            } else {
                "price"
            },
        ),
        3 => text("order_no", &turn.to_string()),
        _ => happen("first_action", turn),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn however_work_is_split_into_pushes_the_record_is_the_same(
        acts in proptest::collection::vec((any::<u8>(), 9_u8..12), 1..12),
        cuts in proptest::collection::vec(any::<bool>(), 12),
    ) {
        let (mut document, _) = new_case(9);
        for (turn, (number, actor)) in (0_u8..).zip(acts) {
            // An event that is not possible now is simply not made.
            drop(document.edit(&author(actor), &[act(number, turn)]));
        }
        let whole = push(&document);
        let at_once = accepted(judged(&whole, None, &staff(STATION), 1));
        let mut held: Option<Accepted> = None;
        for end in 1..=whole.changes.len() {
            if end < whole.changes.len() && !cuts.get(end).copied().unwrap_or_default() {
                continue;
            }
            let judgement = judged(&until(&whole, end), held.as_ref(), &staff(STATION), 1);
            held = Some(accepted(judgement));
        }
        let bit_by_bit = held.expect("something was pushed");
        prop_assert_eq!(at_once.document.heads(), bit_by_bit.document.heads());
        prop_assert_eq!(at_once.view, bit_by_bit.view);
        prop_assert_eq!(at_once.feeds, bit_by_bit.feeds);
        prop_assert_eq!(at_once.writers, bit_by_bit.writers);
    }
}
