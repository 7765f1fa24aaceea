//! Who may send a case where, and what sharing allows.

use super::super::tests::{
    STATION, accepted, author, judged, new_case, problem, push, staff, text,
};
use super::super::{Accepted, Judgement};
use super::*;
use crate::feed::Standing;
use crate::field::FieldValue;
use crate::id::RecordId;
use crate::record::edit::Act;
use crate::record::frozen;

const OTHER: &str = "330108-0001";
const THIRD: &str = "330108-0002";
const NOWHERE: &str = "999999-9999";

fn coordinator(region: &str) -> Standing {
    Standing {
        role: Role::Coordinator,
        station: None,
        region: Some(region.to_owned()),
        ..staff(STATION)
    }
}

fn share(with: &[&str]) -> Act {
    let with = with.iter().map(|id| (*id).to_owned()).collect();
    Act::Set {
        path: "shared_with".to_owned(),
        value: FieldValue::Codes(with),
    }
}

fn clear_station() -> Act {
    Act::Set {
        path: "station".to_owned(),
        value: FieldValue::Clear,
    }
}

/// The case as the server holds it, with one more act by a writer of their own, and what becomes of that.
fn then(held: &Accepted, act: Act, actor: u8, standing: &Standing) -> Judgement {
    let mut document = held.document.clone();
    document.edit(&author(actor), &[act]).unwrap();
    judged(&push(&document), Some(held), standing, actor)
}

fn held_case() -> Accepted {
    let (_, pushed) = new_case(9);
    accepted(judged(&pushed, None, &staff(STATION), 9))
}

fn feeds(accepted: &Accepted) -> Vec<&str> {
    accepted.feeds.iter().map(Feed::as_str).collect()
}

#[test]
fn staff_hand_a_case_on_to_any_station_there_is_and_then_it_is_out_of_their_sight() {
    let held = held_case();
    let moved = accepted(then(&held, text("station", OTHER), 9, &staff(STATION)));
    assert_eq!(
        feeds(&moved),
        [
            "region/330000",
            "region/330100",
            "region/330108",
            "station/330108-0001"
        ]
    );
    let again = then(&moved, text("problem", "contract"), 10, &staff(STATION));
    assert_eq!(problem(again), ProblemKind::NotPermitted);
    let back = accepted(then(&moved, text("station", STATION), 11, &staff(OTHER)));
    assert_eq!(back.feeds, held.feeds);
    let nowhere = then(&held, text("station", NOWHERE), 9, &staff(STATION));
    assert_eq!(problem(nowhere), ProblemKind::RecordInvalid);
}

#[test]
fn a_case_that_was_made_and_handed_on_before_the_first_sync_arrives_whole() {
    let (mut document, _) = new_case(9);
    document
        .edit(&author(9), &[text("station", OTHER)])
        .unwrap();
    let moved = accepted(judged(&push(&document), None, &staff(STATION), 9));
    assert!(feeds(&moved).contains(&"station/330108-0001"));
    let mut straight = Document::begin(RecordId::random([8; 16]), Kind::Case).unwrap();
    let acts = [text("nature", "complaint"), text("station", OTHER)];
    straight.edit(&author(9), &acts).unwrap();
    let straight = judged(&push(&straight), None, &staff(STATION), 9);
    assert_eq!(problem(straight), ProblemKind::NotPermitted, "never theirs");
}

#[test]
fn two_transfers_made_apart_leave_the_case_with_both_stations_until_a_person_chooses() {
    let held = held_case();
    let mut elsewhere = held.document.clone();
    elsewhere
        .edit(&author(20), &[text("station", THIRD)])
        .unwrap();
    let moved = accepted(then(&held, text("station", OTHER), 9, &staff(STATION)));
    let refused = judged(&push(&elsewhere), Some(&moved), &staff(STATION), 20);
    assert_eq!(problem(refused), ProblemKind::NotPermitted, "it has left");
    let region = coordinator("330100");
    let both = accepted(judged(&push(&elsewhere), Some(&moved), &region, 20));
    for feed in ["station/330108-0001", "station/330108-0002"] {
        assert!(feeds(&both).contains(&feed), "{feed}");
    }
    let choose = Act::Choose {
        path: "station".to_owned(),
        number: 1,
    };
    let settled = accepted(then(&both, choose, 21, &region));
    assert_eq!(settled.document.stations().len(), 1);
    let stations = feeds(&settled);
    let stations = stations.iter().filter(|feed| feed.starts_with("station/"));
    assert_eq!(stations.count(), 1);
}

#[test]
fn coordinators_alone_share_a_case_and_whom_it_is_shared_with_may_write_but_not_give_it_away() {
    let held = held_case();
    let by_staff = then(&held, share(&[OTHER]), 9, &staff(STATION));
    assert_eq!(problem(by_staff), ProblemKind::NotPermitted);
    let nowhere = then(&held, share(&[NOWHERE]), 10, &coordinator("330100"));
    assert_eq!(problem(nowhere), ProblemKind::RecordInvalid);
    let shared = accepted(then(&held, share(&[OTHER]), 10, &coordinator("330100")));
    assert!(feeds(&shared).contains(&"station/330106-0012"));
    assert!(feeds(&shared).contains(&"station/330108-0001"));
    assert!(!feeds(&shared).contains(&"region/330108"), "held by one");
    accepted(then(
        &shared,
        text("problem", "contract"),
        11,
        &staff(OTHER),
    ));
    let away = then(&shared, text("station", THIRD), 11, &staff(OTHER));
    assert_eq!(problem(away), ProblemKind::NotPermitted);
    let unshared = accepted(then(&shared, share(&[]), 12, &coordinator("330100")));
    assert_eq!(unshared.feeds, held.feeds);
}

#[test]
fn a_consumer_moves_with_their_case_and_not_by_somebodys_hand() {
    let mut party = Document::begin(RecordId::random([7; 16]), Kind::Party).unwrap();
    let acts = [text("station", STATION), text("name", "李敏")];
    party.edit(&author(9), &acts).unwrap();
    let held = accepted(judged(&push(&party), None, &staff(STATION), 9));
    let moved = then(&held, text("station", OTHER), 9, &staff(STATION));
    assert_eq!(problem(moved), ProblemKind::NotPermitted);
    let shared = then(&held, share(&[OTHER]), 9, &staff(STATION));
    assert_eq!(problem(shared), ProblemKind::NotPermitted);
    let staff_member = author(9);
    let refused = party.edit(
        &crate::record::edit::Author {
            role: Some(Role::StationStaff),
            ..staff_member
        },
        &[text("station", OTHER)],
    );
    assert!(refused.is_err(), "the device says so too");
}

#[test]
fn a_record_that_was_made_before_it_could_be_shared_reads_as_it_did_and_can_be_shared() {
    use automerge::transaction::Transactable as _;
    use automerge::{ActorId, Automerge, Change, ROOT};
    let first = Change::from_bytes(frozen::bytes(Kind::Case).to_vec()).unwrap();
    let mut old = Automerge::new().with_actor(ActorId::from([9; 16]));
    old.apply_changes([first]).unwrap();
    let heads = old.get_heads();
    old.transact::<_, _, automerge::AutomergeError>(|tx| {
        tx.put(ROOT, "nature", "complaint")?;
        tx.put(ROOT, "station", STATION)
    })
    .unwrap();
    let change = old.get_changes(&heads).remove(0);
    let chunk = Chunk::parse(change.raw_bytes().to_vec()).unwrap();
    let id = RecordId::random([5; 16]);
    let document = Document::from_chunks(id, Kind::Case, &[chunk]).unwrap();
    let held = accepted(judged(&push(&document), None, &staff(STATION), 9));
    assert_eq!(held.view.text("nature"), Some("complaint"));
    let shared = accepted(then(&held, share(&[OTHER]), 10, &coordinator("330100")));
    assert_eq!(shared.view.shared_with(), [OTHER]);
}

#[test]
fn whom_a_case_is_shared_with_cannot_take_it_from_its_station_without_taking_it_over() {
    let held = held_case();
    let region = coordinator("330100");
    let shared = accepted(then(&held, share(&[OTHER]), 10, &region));
    for standing in [&staff(OTHER), &staff(STATION), &region] {
        let cleared = then(&shared, clear_station(), 11, standing);
        assert_eq!(problem(cleared), ProblemKind::NotPermitted);
    }
    let over = accepted(then(&shared, text("station", OTHER), 11, &staff(OTHER)));
    assert!(
        feeds(&over).contains(&"region/330108"),
        "its region sees it"
    );
}

#[test]
fn a_consumer_shared_with_two_stations_is_neither_taken_from_one_nor_sent_to_a_third() {
    let mut party = Document::begin(RecordId::random([7; 16]), Kind::Party).unwrap();
    let acts = [text("station", STATION), share(&[OTHER])];
    party.edit(&author(9), &acts).unwrap();
    let by_hand = Asker {
        device: crate::id::DeviceId([0; 16]),
        standing: &staff(STATION),
        grants: &[],
        policy: super::super::Policy::Waived,
    };
    let court = Court {
        station_region: &|_| Some("330106".to_owned()),
        checklists: &crate::checklist::published::Shipped,
        people: &|_| None,
    };
    let held = accepted(super::super::judge(&push(&party), None, &by_hand, &court));
    let personal = "station/330108-0001/personal";
    assert!(feeds(&held).contains(&personal), "both hold it");
    for (standing, actor) in [(staff(OTHER), 11), (staff(STATION), 12)] {
        let cleared = then(&held, clear_station(), actor, &standing);
        assert_eq!(problem(cleared), ProblemKind::NotPermitted);
    }
}

#[test]
fn a_value_that_loses_is_an_edit_too_and_refused_of_whoever_may_not_edit() {
    let mut made = Document::begin(RecordId::random([6; 16]), Kind::Publication).unwrap();
    let acts = [
        text("title", "一家店"),
        text("station", STATION),
        text("region", "330106"),
        text("result", "refunded"),
    ];
    made.edit(&author(9), &acts).unwrap();
    let region = coordinator("330100");
    let first = accepted(judged(&push(&made), None, &region, 9));
    let held = accepted(then(&first, text("result", "replaced"), 9, &region));
    let mut beside = first.document;
    beside
        .edit(&author(3), &[text("result", "compensated")])
        .unwrap();
    let mut merged = held.document.clone();
    let fresh = beside.chunks_since(&made.heads()).unwrap();
    merged.accept(&fresh).unwrap();
    assert_eq!(merged.view().text("result"), Some("replaced"), "it loses");
    let planted = judged(&push(&beside), Some(&held), &staff(STATION), 3);
    assert_eq!(problem(planted), ProblemKind::NotPermitted);
}
