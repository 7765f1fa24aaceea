//! What acceptance takes and refuses, each for its own reason.

use super::*;
use crate::feed::grants_of;
use crate::field::{FieldValue, Scalar};
use crate::id::EventId;
use crate::record::edit::{Act, Author};
use crate::record::event::NewEvent;
use crate::status::Role;
use crate::time::Moment;

pub(super) const STATION: &str = "330106-0012";

fn region_of(station: &str) -> Option<String> {
    match station {
        STATION => Some("330106".to_owned()),
        "330108-0001" | "330108-0002" => Some("330108".to_owned()),
        _ => None,
    }
}

pub(super) fn staff(station: &str) -> Standing {
    let station = Some(station.to_owned());
    Standing {
        person: PersonId([1; 16]),
        role: Role::StationStaff,
        station,
        region: None,
        further_stations: Vec::new(),
    }
}

pub(super) fn text(path: &str, value: &str) -> Act {
    Act::Set {
        path: path.to_owned(),
        value: FieldValue::Scalar(Scalar::Text(value.to_owned())),
    }
}

pub(super) fn author(actor: u8) -> Author {
    Author {
        actor: Actor([actor; 16]),
        now: Moment::china(1_700_000_000_000),
        role: None,
    }
}

pub(super) fn happen(kind: &str, id: u8) -> Act {
    let at = Moment::china(1_700_000_000_000);
    Act::Happen(NewEvent {
        id: EventId([id; 16]),
        kind: kind.to_owned(),
        at,
        data: serde_json::Map::new(),
    })
}

pub(super) fn new_case(actor: u8) -> (Document, Pushed) {
    let id = RecordId::random([5; 16]);
    let mut document = Document::begin(id, Kind::Case).unwrap();
    document
        .edit(
            &author(actor),
            &[text("nature", "complaint"), text("station", STATION)],
        )
        .unwrap();
    let pushed = push(&document);
    (document, pushed)
}

pub(super) fn push(document: &Document) -> Pushed {
    let changes = document
        .chunks()
        .unwrap()
        .into_iter()
        .map(|chunk| chunk.into_bytes().into())
        .collect();
    Pushed {
        record: document.id(),
        kind: document.kind().name().to_owned(),
        changes,
        vouched: None,
    }
}

pub(super) fn judged(
    pushed: &Pushed,
    held: Option<&Accepted>,
    standing: &Standing,
    device: u8,
) -> Judgement {
    judged_among(pushed, held, standing, device, &|_| None)
}

/// As [`judged`], where people's records lie.
pub(super) fn judged_among(
    pushed: &Pushed,
    held: Option<&Accepted>,
    standing: &Standing,
    device: u8,
    people: &people::WhereLies<'_>,
) -> Judgement {
    let held_view = held.map(|accepted| &accepted.view);
    let grants = grants_of(standing);
    let asker = Asker {
        device: DeviceId([device; 16]),
        standing,
        grants: &grants,
        policy: Policy::Judged,
    };
    let held = held.map(|accepted| Held {
        document: &accepted.document,
        owner: accepted.owner,
        writers: &accepted.writers,
        size_bytes: 0,
        changes: 0,
        proved: None,
    });
    let proved = held.map(|each| Held {
        proved: held_view,
        ..each
    });
    let court = Court {
        station_region: &region_of,
        checklists: &crate::checklist::published::Shipped,
        people,
    };
    let whole = judge(pushed, held, &asker, &court);
    let since = judge(pushed, proved, &asker, &court);
    assert_eq!(
        said(&whole),
        said(&since),
        "proved whole, and where it was touched"
    );
    since
}

/// What a judgement comes to.
fn said(judgement: &Judgement) -> String {
    match judgement {
        Judgement::Accept(accepted) => {
            let Accepted {
                view,
                fresh,
                writers,
                feeds,
                denied,
                ..
            } = &**accepted;
            format!("{view:?} {fresh:?} {writers:?} {feeds:?} {denied:?}")
        }
        other => format!("{other:?}"),
    }
}

pub(super) fn accepted(judgement: Judgement) -> Accepted {
    match judgement {
        Judgement::Accept(accepted) => *accepted,
        other => panic!("not accepted: {other:?}"),
    }
}

pub(super) fn problem(judgement: Judgement) -> ProblemKind {
    match judgement {
        Judgement::Refuse(refusal) => refusal.problem,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_case_of_the_persons_own_station_is_accepted_and_lies_in_its_feeds() {
    let (_, pushed) = new_case(9);
    let accepted = accepted(judged(&pushed, None, &staff(STATION), 1));
    let feeds: Vec<_> = accepted.feeds.iter().map(Feed::as_str).collect();
    assert_eq!(
        feeds,
        [
            "region/330000",
            "region/330100",
            "region/330106",
            "station/330106-0012"
        ]
    );
    assert!(matches!(
        judged(&pushed, Some(&accepted), &staff(STATION), 2),
        Judgement::Duplicate
    ));
}

#[test]
fn a_case_of_another_station_is_refused_and_what_is_there_is_not_told() {
    let (_, pushed) = new_case(9);
    assert_eq!(
        problem(judged(&pushed, None, &staff("330106-0099"), 1)),
        ProblemKind::NotPermitted
    );
    let held = accepted(judged(&pushed, None, &staff(STATION), 1));
    assert_eq!(
        problem(judged(&pushed, Some(&held), &staff("330106-0099"), 2)),
        ProblemKind::NotPermitted
    );
}

#[test]
fn another_change_with_a_used_number_is_refused_as_a_clone() {
    let (_, pushed) = new_case(9);
    let held = accepted(judged(&pushed, None, &staff(STATION), 1));
    let mut twin = Document::begin(pushed.record, Kind::Case).unwrap();
    twin.edit(
        &author(9),
        &[text("nature", "tip_off"), text("station", STATION)],
    )
    .unwrap();
    assert_eq!(
        problem(judged(&push(&twin), Some(&held), &staff(STATION), 1)),
        ProblemKind::ActorReused
    );
}

#[test]
fn an_actor_stays_with_the_device_that_brought_it_first() {
    let (mut document, pushed) = new_case(9);
    let held = accepted(judged(&pushed, None, &staff(STATION), 1));
    document
        .edit(&author(9), &[text("problem", "contract")])
        .unwrap();
    assert_eq!(
        problem(judged(&push(&document), Some(&held), &staff(STATION), 2)),
        ProblemKind::ActorForeign
    );
    accepted(judged(&push(&document), Some(&held), &staff(STATION), 1));
}

#[test]
fn an_event_that_merging_made_illegal_is_kept_and_contested() {
    let (document, pushed) = new_case(9);
    let held = accepted(judged(&pushed, None, &staff(STATION), 1));
    let (mut one, mut two) = (document.clone(), document);
    one.edit(&author(10), &[happen("withdrawn", 1)]).unwrap();
    two.edit(&author(11), &[happen("accepted", 2)]).unwrap();
    let held = accepted(judged(&push(&one), Some(&held), &staff(STATION), 1));
    let merged = accepted(judged(&push(&two), Some(&held), &staff(STATION), 2));
    assert_eq!(merged.view.folded.contested, [false, true]);
    assert_eq!(merged.view.status(), "withdrawn");
}

#[test]
fn a_damaged_change_a_missing_dependency_and_an_unknown_kind_are_each_named() {
    let (mut document, mut pushed) = new_case(9);
    document
        .edit(&author(9), &[text("problem", "contract")])
        .unwrap();
    let mut tail = push(&document);
    tail.changes.remove(0);
    assert!(matches!(
        judged(&tail, None, &staff(STATION), 1),
        Judgement::Missing(_)
    ));
    pushed.kind = "spaceship".to_owned();
    assert_eq!(
        problem(judged(&pushed, None, &staff(STATION), 1)),
        ProblemKind::KindUnknown
    );
    pushed.kind = "case".to_owned();
    pushed.changes[0][30] ^= 1;
    assert_eq!(
        problem(judged(&pushed, None, &staff(STATION), 1)),
        ProblemKind::ChangeInvalid
    );
}

#[test]
fn a_volunteer_makes_inspections_and_no_cases() {
    let volunteer = Standing {
        person: PersonId([3; 16]),
        role: Role::Volunteer,
        station: None,
        region: None,
        further_stations: Vec::new(),
    };
    let (_, pushed) = new_case(9);
    assert_eq!(
        problem(judged(&pushed, None, &volunteer, 1)),
        ProblemKind::NotPermitted
    );
    let mut visit = Document::begin(RecordId::random([6; 16]), Kind::Inspection).unwrap();
    visit
        .edit(
            &author(4),
            &[text("region", "330106"), text("enterprise", "一家店")],
        )
        .unwrap();
    let made = accepted(judged(&push(&visit), None, &volunteer, 1));
    assert_eq!(made.feeds.len(), 1, "blind until it is submitted");
    visit.edit(&author(4), &[happen("submitted", 7)]).unwrap();
    let sent = accepted(judged(&push(&visit), Some(&made), &volunteer, 1));
    assert!(sent.feeds.contains(&Feed::region("330106").unwrap()));
    visit.edit(&author(4), &[happen("approved", 8)]).unwrap();
    assert_eq!(
        problem(judged(&push(&visit), Some(&sent), &volunteer, 1)),
        ProblemKind::NotPermitted
    );
}
