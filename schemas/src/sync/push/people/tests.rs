//! Who may name whom in a case.

use super::super::Judgement;
use super::super::tests::{
    STATION, accepted, author, judged_among, new_case, problem, push, staff, text,
};
use super::*;
use crate::feed::Standing;
use crate::record::edit::Act;

const OTHER: &str = "330108-0001";
const PERSON: RecordId = RecordId([0x21; 16]);

fn personal(station: &str) -> Option<BTreeSet<Feed>> {
    Some(BTreeSet::from([Feed::station_personal(station).unwrap()]))
}

/// What becomes of naming somebody in a case of one station that is shared with another.
fn naming(field: &str, lies: Option<BTreeSet<Feed>>, by: &Standing) -> Judgement {
    let (_, pushed) = new_case(9);
    let held = accepted(judged_among(&pushed, None, &staff(STATION), 9, &|_| None));
    let with = crate::field::FieldValue::Codes(BTreeSet::from([OTHER.to_owned()]));
    let share = Act::Set {
        path: "shared_with".to_owned(),
        value: with,
    };
    let mut document = held.document.clone();
    document.edit(&author(10), &[share]).unwrap();
    let coordinator = coordinator();
    let held = accepted(judged_among(
        &push(&document),
        Some(&held),
        &coordinator,
        10,
        &|_| None,
    ));
    let mut document = held.document.clone();
    document
        .edit(&author(11), &[text(field, &PERSON.to_string())])
        .unwrap();
    judged_among(&push(&document), Some(&held), by, 11, &move |_| {
        lies.clone()
    })
}

fn coordinator() -> Standing {
    Standing {
        role: Role::Coordinator,
        station: None,
        region: Some("330106".to_owned()),
        ..staff(STATION)
    }
}

#[test]
fn who_shares_a_case_names_nobody_whom_they_never_saw() {
    for field in FIELDS {
        for lies in [personal(STATION), personal("330108-0002"), None] {
            let judged = naming(field, lies.clone(), &staff(OTHER));
            assert_eq!(problem(judged), ProblemKind::NotPermitted, "{lies:?}");
        }
        accepted(naming(field, personal(OTHER), &staff(OTHER)));
    }
}

#[test]
fn who_holds_a_case_names_their_own_people_and_those_who_have_not_come_yet() {
    for by in [staff(STATION), coordinator()] {
        accepted(naming("party", personal(STATION), &by));
        accepted(naming("party", None, &by));
        let stranger = naming("party", personal(OTHER), &by);
        assert_eq!(problem(stranger), ProblemKind::NotPermitted);
    }
    // Somebody who was theirs, and has followed another case meanwhile.
    let mut both = personal(OTHER).unwrap();
    both.extend(personal(STATION).unwrap());
    accepted(naming("party", Some(both), &staff(STATION)));
}
