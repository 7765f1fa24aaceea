//! Who may see and make records of each kind: the feeds they lie in, and what the server's judgement says.

use std::collections::BTreeSet;

use automerge::transaction::Transactable as _;
use fieldwatch_schemas::checklist::published::Shipped;
use fieldwatch_schemas::feed::{Feed, Grant, Standing, campaign_grants, feeds_of, grants_of};
use fieldwatch_schemas::field::{FieldValue, Scalar};
use fieldwatch_schemas::id::{Actor, DeviceId, EventId, PersonId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::edit::{Act, Author};
use fieldwatch_schemas::record::event::NewEvent;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::sync::push::{Asker, Court, Held, Judgement, Policy, Pushed, judge};

use crate::sample;

const OWNER: PersonId = PersonId([9; 16]);
const CAMPAIGN: &str = "00000000-0000-4000-8000-000000000006";
const ASSIGNED: &str = "00000000-0000-4000-8000-000000000007";

fn region_of_station(_: &str) -> Option<String> {
    Some("330106".to_owned())
}

const COURT: Court<'_> = Court {
    station_region: &region_of_station,
    checklists: &Shipped,
    people: &|_| None,
};

fn feeds(kind: Kind) -> Vec<String> {
    let feeds = feeds_of(&sample::record(kind).view(), OWNER, &region_of_station);
    feeds.iter().map(Feed::to_string).collect()
}

#[test]
fn every_kind_lies_where_it_should_and_nowhere_else() {
    let regions = ["region/330000", "region/330100", "region/330106"];
    let station = [&regions[..], &["station/330106-0012"]].concat();
    for kind in [
        Kind::Case,
        Kind::Lead,
        Kind::Publication,
        Kind::Acknowledgement,
        Kind::Satisfaction,
    ] {
        assert_eq!(feeds(kind), station, "{kind}");
    }
    for kind in [Kind::Party, Kind::Reporter] {
        assert_eq!(feeds(kind), ["station/330106-0012/personal"], "{kind}");
    }
    assert_eq!(
        feeds(Kind::Enterprise),
        ["register/330000", "register/330100", "register/330106"]
    );
    assert_eq!(feeds(Kind::Interview), regions[..2]);
    assert_eq!(feeds(Kind::ComparativeTest), regions[..1]);
    assert_eq!(feeds(Kind::Checklist), ["shared"]);
    assert_eq!(feeds(Kind::Notice), ["region/330000", "shared"]);
    let campaign = sample::record(Kind::Campaign).id();
    let own = format!("campaign/{campaign}");
    assert_eq!(
        feeds(Kind::Campaign),
        [own.as_str(), regions[0], regions[1]]
    );
}

#[test]
fn each_role_reads_what_is_its_own_and_no_feed_more() {
    let granted = |role, stations: &[&str], region: Option<&str>| -> Vec<String> {
        let mut stations = stations.iter().map(|id| (*id).to_owned());
        let standing = Standing {
            person: OWNER,
            role,
            station: stations.next(),
            region: region.map(str::to_owned),
            further_stations: stations.collect(),
        };
        let grants = grants_of(&standing);
        grants.iter().map(|grant| grant.feed.to_string()).collect()
    };
    let own = Feed::person(OWNER).to_string();
    assert_eq!(granted(Role::Volunteer, &[], None), ["shared", &own]);
    let staff = ["shared", &own, "station/a", "station/a/personal"];
    assert_eq!(granted(Role::StationStaff, &["a"], None), staff);
    let both = [&staff[..], &["station/b", "station/b/personal"]].concat();
    assert_eq!(granted(Role::StationStaff, &["a", "b"], None), both);
    let region = ["shared", &own, "region/330100", "register/330100"];
    assert_eq!(granted(Role::Coordinator, &[], Some("330100")), region);
    for role in [Role::EnterpriseContact, Role::Auditor, Role::Administrator] {
        assert_eq!(granted(role, &[], None), ["shared"]);
    }
}

#[test]
fn who_inspects_is_known_to_the_campaigns_coordinators_and_the_person_asked_alone() {
    let alias = format!("campaign/{CAMPAIGN}/alias");
    assert_eq!(feeds(Kind::Alias), [alias.as_str()]);
    assert_eq!(
        feeds(Kind::Assignment),
        [alias.clone(), format!("person/{ASSIGNED}")]
    );
    let visit = sample::record(Kind::Inspection).view();
    assert!(
        !serde_json::to_string(&visit.fields)
            .unwrap()
            .contains(ASSIGNED)
    );
    assert!(Kind::Assignment.is_blind() && Kind::Inspection.is_blind());

    let campaign = sample::record(Kind::Campaign).view();
    let standing = |role, region: Option<&str>| Standing {
        person: OWNER,
        role,
        station: Some("330106-0012".to_owned()),
        region: region.map(str::to_owned),
        further_stations: Vec::new(),
    };
    let names = |standing: &Standing| -> Vec<String> {
        let grants = campaign_grants(&campaign, standing);
        grants.iter().map(|grant| grant.feed.to_string()).collect()
    };
    let own = format!("campaign/{}", campaign.record);
    let both = [own.clone(), own + "/alias"];
    assert_eq!(names(&standing(Role::Coordinator, Some("330100"))), both);
    assert_eq!(names(&standing(Role::Coordinator, Some("330000"))), both);
    for (role, region) in [
        (Role::Coordinator, Some("330106")),
        (Role::Coordinator, Some("320000")),
        (Role::Coordinator, None),
        (Role::Volunteer, Some("330100")),
        (Role::StationStaff, Some("330100")),
        (Role::Auditor, Some("330100")),
    ] {
        assert!(
            names(&standing(role, region)).is_empty(),
            "{role:?} {region:?}"
        );
    }
}

#[test]
fn an_assignment_that_is_not_offered_yet_is_the_coordinators_alone() {
    let offered = sample::record(Kind::Assignment);
    let planned = offered.at(&[offered.chunks().unwrap()[0].hash()]).unwrap();
    let feeds = feeds_of(&planned.view(), OWNER, &region_of_station);
    assert_eq!(feeds.len(), 1);
}

/// Whether the server takes the sample from somebody in this role who may write every feed it lies in.
fn is_taken(kind: Kind, role: Role) -> Result<(), String> {
    let record = sample::record(kind);
    let standing = Standing {
        person: OWNER,
        role,
        station: None,
        region: None,
        further_stations: Vec::new(),
    };
    let feeds = feeds_of(&record.view(), OWNER, &region_of_station);
    let grants: Vec<Grant> = feeds
        .into_iter()
        .map(|feed| Grant { feed, write: true })
        .collect();
    let changes = record
        .chunks()
        .unwrap()
        .into_iter()
        .map(|chunk| chunk.into_bytes().into())
        .collect();
    let pushed = Pushed {
        record: record.id(),
        kind: kind.name().to_owned(),
        changes,
        vouched: None,
    };
    let asker = Asker {
        device: DeviceId([3; 16]),
        standing: &standing,
        grants: &grants,
        policy: Policy::Judged,
    };
    match judge(&pushed, None, &asker, &COURT) {
        Judgement::Accept(accepted) => {
            assert_eq!(accepted.view, record.view(), "{kind}");
            Ok(())
        }
        Judgement::Refuse(refusal) => Err(format!("{refusal:?}")),
        other => panic!("{kind}: {other:?}"),
    }
}

#[test]
fn the_server_takes_each_kind_from_those_who_make_it_and_from_nobody_else() {
    let staff = BTreeSet::from([
        Kind::Case,
        Kind::Party,
        Kind::Reporter,
        Kind::Inspection,
        Kind::Acknowledgement,
        Kind::Satisfaction,
    ]);
    for kind in Kind::ALL {
        assert_eq!(is_taken(kind, Role::Coordinator), Ok(()), "{kind}");
        assert_eq!(
            is_taken(kind, Role::StationStaff).is_ok(),
            staff.contains(&kind),
            "{kind}"
        );
        assert_eq!(
            is_taken(kind, Role::Volunteer).is_ok(),
            kind == Kind::Inspection,
            "{kind}"
        );
        for role in [Role::EnterpriseContact, Role::Auditor, Role::Administrator] {
            assert!(is_taken(kind, role).is_err(), "{kind} {role:?}");
        }
    }
}

#[test]
fn an_enterprise_under_another_id_than_its_credit_codes_is_refused() {
    use fieldwatch_schemas::id::RecordId;
    let real = sample::record(Kind::Enterprise);
    let chunks = real.chunks().unwrap();
    let forged = Document::from_chunks(RecordId([4; 16]), Kind::Enterprise, &chunks).unwrap();
    let error = fieldwatch_schemas::record::check::check_whole(&forged).unwrap_err();
    assert_eq!(
        error.to_string(),
        "credit_code: does not belong to this record's id"
    );
}

#[test]
fn a_coordinator_may_write_the_register_of_their_region() {
    let standing = Standing {
        person: OWNER,
        role: Role::Coordinator,
        station: None,
        region: Some("330100".to_owned()),
        further_stations: Vec::new(),
    };
    let feeds: Vec<String> = grants_of(&standing)
        .iter()
        .map(|grant| grant.feed.to_string())
        .collect();
    assert!(feeds.contains(&"register/330100".to_owned()), "{feeds:?}");
}

fn happen(document: &mut Document, number: u8, kind: &str) {
    let author = Author {
        actor: Actor([number; 16]),
        ..sample::AUTHOR
    };
    let event = NewEvent {
        id: EventId([number; 16]),
        kind: kind.to_owned(),
        at: author.now,
        data: serde_json::Map::new(),
    };
    document.edit(&author, &[Act::Happen(event)]).unwrap();
}

/// An assignment that has been offered.
fn offered() -> Document {
    let whole = sample::record(Kind::Assignment);
    let mut offered = whole.at(&[whole.chunks().unwrap()[0].hash()]).unwrap();
    happen(&mut offered, 1, "offered");
    offered
}

/// What the server says to the volunteer asked, who did this to the assignment it holds.
fn judged(held: &Document, theirs: &Document) -> Result<String, String> {
    let person: PersonId = ASSIGNED.parse().unwrap();
    let standing = Standing {
        person,
        role: Role::Volunteer,
        station: None,
        region: None,
        further_stations: Vec::new(),
    };
    let chunks = theirs.chunks_since(&held.heads()).unwrap().into_iter();
    let pushed = Pushed {
        record: held.id(),
        kind: "assignment".to_owned(),
        changes: chunks.map(|chunk| chunk.into_bytes().into()).collect(),
        vouched: None,
    };
    let asker = Asker {
        device: DeviceId([3; 16]),
        standing: &standing,
        grants: &grants_of(&standing),
        policy: Policy::Judged,
    };
    let held = Held {
        document: held,
        owner: OWNER,
        writers: &[],
        size_bytes: 0,
        changes: 2,
        proved: None,
    };
    match judge(&pushed, Some(held), &asker, &COURT) {
        Judgement::Accept(accepted) => Ok(accepted.view.status().to_owned()),
        Judgement::Refuse(refusal) => Err(refusal.words),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_volunteer_answers_an_offer_but_edits_nothing_and_plans_nothing() {
    let held = offered();
    let with = |event: &str| {
        let mut theirs = held.clone();
        happen(&mut theirs, 2, event);
        judged(&held, &theirs)
    };
    assert_eq!(with("claimed"), Ok("claimed".to_owned()));
    assert_eq!(with("declined"), Ok("declined".to_owned()));
    assert_eq!(
        with("expired").unwrap_err(),
        "expired is not for a volunteer; for them there are: claimed, declined, briefed, done"
    );

    let mut edited = held.clone();
    let author = Author {
        actor: Actor([2; 16]),
        ..sample::AUTHOR
    };
    let value = FieldValue::Scalar(Scalar::Text("别处".to_owned()));
    let path = "target".to_owned();
    edited.edit(&author, &[Act::Set { path, value }]).unwrap();
    assert_eq!(
        judged(&held, &edited).unwrap_err(),
        "this person may not write this record"
    );
}

#[test]
fn a_field_that_a_kind_does_not_have_puts_a_record_nowhere() {
    for kind in Kind::ALL {
        let record = sample::record(kind);
        let chunk = crate::raw::written(&record, 9, |tx| {
            for path in ["station", "region", "campaign", "person"] {
                if kind.field(path).is_none() {
                    let text = match path {
                        "station" => "110101-0001",
                        "region" => "110101",
                        _ => "00000000-0000-4000-8000-000000000099",
                    };
                    tx.put(automerge::ROOT, path, text).unwrap();
                }
            }
            tx.put(automerge::ROOT, "smell", "rose").unwrap();
        });
        let mut after = record.clone();
        after.apply(&[chunk]).unwrap();
        let feeds_of = |document: &Document| feeds_of(&document.view(), OWNER, &region_of_station);
        assert_eq!(feeds_of(&after), feeds_of(&record), "{kind}");
    }
}

#[test]
fn a_record_that_a_station_holds_lies_in_the_stations_region_whatever_it_says() {
    let lead = sample::record(Kind::Lead);
    let elsewhere = |_: &str| Some("320500".to_owned());
    let feeds: Vec<String> = feeds_of(&lead.view(), OWNER, &elsewhere)
        .iter()
        .map(Feed::to_string)
        .collect();
    assert_eq!(
        feeds,
        ["region/320000", "region/320500", "station/330106-0012"]
    );
}

#[test]
fn a_publication_stays_with_its_station_and_region_even_while_it_is_live_because_its_drafts_go_with_it()
 {
    let live = sample::record(Kind::Publication);
    assert_eq!(live.view().status(), "live");
    assert!(!feeds(Kind::Publication).contains(&"shared".to_owned()));
}
