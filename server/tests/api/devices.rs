//! `POST /v1/devices`.

use std::ops::ControlFlow;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::store::{KeyRange, Store as _};
use fieldwatch_server::token::new_signing_key;
use serde_json::json;

use crate::world::{HOUR_MS, NAME, Reply, STATION, World, asking, enrolment};

async fn enrol(world: &World, code: Option<&str>) -> Reply {
    let key = new_signing_key().unwrap();
    world.post_json("/v1/devices", &enrolment(code, &key)).await
}

#[tokio::test]
async fn a_ticket_enrols_a_device_and_brings_what_its_person_may_do() {
    let world = World::new();
    let person = world.person(Role::StationStaff, Some(STATION), None);
    let reply = enrol(&world, Some(&world.ticket(person))).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let said = reply.json();
    assert_eq!(said["server"], NAME);
    assert_eq!(said["standing"]["person"], person.to_string());
    let feed = format!("station/{STATION}");
    let grants = said["grants"].as_array().unwrap();
    assert!(grants.contains(&json!({"feed": feed, "write": true})));
}

#[tokio::test]
async fn no_ticket_an_unknown_a_used_and_an_expired_one_are_told_apart() {
    let world = World::new();
    let person = world.person(Role::Volunteer, None, None);
    let used = world.ticket(person);
    assert_eq!(enrol(&world, Some(&used)).await.status, StatusCode::CREATED);
    let expired = world.ticket(person);
    world.advance(25 * HOUR_MS);
    for (code, kind) in [
        (None, ProblemKind::TicketRequired),
        (Some(""), ProblemKind::TicketRequired),
        (Some("AAECAwQFBgcICQoLDA0ODw"), ProblemKind::TicketUnknown),
        (Some("no code at all"), ProblemKind::TicketUnknown),
        (Some(used.as_str()), ProblemKind::TicketUsed),
        (Some(expired.as_str()), ProblemKind::TicketExpired),
    ] {
        assert_eq!(enrol(&world, code).await.problem(), kind, "{code:?}");
    }
    assert_eq!(world.app.register().devices().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_devices_that_race_for_one_ticket_exactly_one_wins() {
    let world = std::sync::Arc::new(World::new());
    let code = world.ticket(world.person(Role::Volunteer, None, None));
    let racers: Vec<_> = (0..16)
        .map(|_| {
            let (world, code) = (world.clone(), code.clone());
            tokio::spawn(async move { enrol(&world, Some(&code)).await.status })
        })
        .collect();
    let mut won = 0;
    for racer in racers {
        match racer.await.unwrap() {
            StatusCode::CREATED => won += 1,
            other => assert_eq!(other, StatusCode::UNAUTHORIZED),
        }
    }
    assert_eq!((won, world.app.register().devices().len()), (1, 1));
}

#[tokio::test]
async fn a_malformed_key_is_refused_and_leaves_the_ticket_good() {
    let world = World::new();
    let code = world.ticket(world.person(Role::Volunteer, None, None));
    let key = new_signing_key().unwrap();
    for wrong in [
        "",
        "AAAA",
        "not base64url!",
        &"A".repeat(43),
        &"A".repeat(86),
    ] {
        for name in ["signing_key", "sealing_key"] {
            let mut request = enrolment(Some(&code), &key);
            request[name] = json!(wrong);
            let reply = world.post_json("/v1/devices", &request).await;
            assert_eq!(reply.problem(), ProblemKind::BadRequest, "{name} {wrong:?}");
        }
    }
    assert_eq!(enrol(&world, Some(&code)).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn what_enrolment_answered_survives_a_crash() {
    let world = World::new();
    let person = world.person(Role::StationStaff, Some(STATION), None);
    let code = world.ticket(person);
    let open = world.ticket(person);
    assert_eq!(enrol(&world, Some(&code)).await.status, StatusCode::CREATED);
    let device = world.enrol(person).await;
    let world = world.crashed();
    assert_eq!(
        enrol(&world, Some(&code)).await.problem(),
        ProblemKind::TicketUsed
    );
    assert_eq!(enrol(&world, Some(&open)).await.status, StatusCode::CREATED);
    let reply = world.sync(&device, &asking(&["shared"])).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn the_store_never_holds_a_tickets_code() {
    let world = World::new();
    let code = world.ticket(world.person(Role::Volunteer, None, None));
    let bytes = URL_SAFE_NO_PAD.decode(&code).unwrap();
    let holds = |row: &[u8], needle: &[u8]| row.windows(needle.len()).any(|part| part == needle);
    let mut rows = 0;
    let look = &mut |key: &[u8], value: &[u8]| {
        rows += 1;
        for row in [key, value] {
            assert!(!holds(row, &bytes) && !holds(row, code.as_bytes()));
        }
        ControlFlow::Continue(())
    };
    world.store.scan(&KeyRange::all(), look).unwrap();
    assert!(rows > 3);
}
