//! What a visit's result rests on stays once it is submitted, whatever program writes.

use automerge::transaction::Transactable as _;
use automerge::{ActorId, Automerge, AutomergeError, Change, ROOT, ReadDoc as _};

use super::tests::{accepted, author, happen, judged, problem, push, text};
use super::*;
use crate::record::edit::Act;
use crate::status::Role;

/// The same visit with one more change, made without our acts: an answer written over.
fn forged(visit: &Document) -> Pushed {
    let mut raw = Automerge::new();
    let frozen = Change::from_bytes(frozen::bytes(Kind::Inspection).to_vec()).unwrap();
    let chunks = visit.chunks().unwrap();
    let changes = chunks.iter().map(|chunk| chunk.to_change().unwrap());
    raw.apply_changes([frozen].into_iter().chain(changes))
        .unwrap();
    raw.set_actor(ActorId::from([4_u8; 16]));
    let put = raw.transact::<_, _, AutomergeError>(|tx| {
        let (_, answers) = tx.get(ROOT, "answers")?.unwrap();
        tx.put(answers, "price_tag", "no")
    });
    put.unwrap();
    let change = raw.get_last_local_change().unwrap();
    let mut pushed = push(visit);
    pushed.changes.push(change.raw_bytes().to_vec().into());
    pushed
}

#[test]
fn answers_stay_once_a_visit_is_submitted_until_it_is_returned() {
    let role = Role::Coordinator;
    let person = PersonId([3; 16]);
    let (station, region) = (None, Some("330106".to_owned()));
    let coordinator = Standing {
        person,
        role,
        station,
        region,
        further_stations: Vec::new(),
    };
    let mut visit = Document::begin(RecordId::random([6; 16]), Kind::Inspection).unwrap();
    let begun = [
        text("region", "330106"),
        text("checklist.id", "of a newer server"),
    ];
    visit.edit(&author(4), &begun).unwrap();
    visit
        .edit(&author(4), &[text("answers.price_tag", "yes")])
        .unwrap();
    accepted(judged(&forged(&visit), None, &coordinator, 1));
    visit.edit(&author(4), &[happen("submitted", 7)]).unwrap();
    let held = accepted(judged(&push(&visit), None, &coordinator, 1));
    let late = judged(&forged(&visit), Some(&held), &coordinator, 1);
    assert_eq!(problem(late), ProblemKind::RecordInvalid);
    let refused = visit.edit(&author(4), &[text("answers.price_tag", "no")]);
    assert!(refused.unwrap_err().to_string().contains("returned first"));
    let returned = crate::record::event::NewEvent {
        id: crate::id::EventId([8; 16]),
        kind: "returned".to_owned(),
        at: crate::time::Moment::china(0),
        data: [("reason".to_owned(), "照片不清".into())]
            .into_iter()
            .collect(),
    };
    visit.edit(&author(4), &[Act::Happen(returned)]).unwrap();
    visit
        .edit(&author(4), &[text("answers.price_tag", "no")])
        .unwrap();
    accepted(judged(&push(&visit), Some(&held), &coordinator, 1));
}
