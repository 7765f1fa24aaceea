//! A refusal tells no more than its kind: the same status, headers and body whatever was asked for.

use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::sync::exchange::Item;

use crate::world::{Device, OTHER_STATION, Reply, STATION, World, asking, case};

/// A world in which one station has a case, and the other has none.
async fn one_case() -> World {
    let world = World::new();
    let staff = world.staff().await;
    let mut request = asking(&[]);
    request.outbox = vec![case(STATION, "退货")];
    let items = world.sync(&staff, &request).await.items();
    assert!(matches!(
        items.as_slice(),
        [
            Item::Hello(_),
            Item::Outcome(_),
            Item::Receipt(_),
            Item::End
        ]
    ));
    world
}

/// Everything of a reply that somebody could compare, but for nonces and the request's id.
fn seen(reply: &Reply) -> (u16, Vec<(String, usize)>, Vec<u8>) {
    let headers = reply.headers.iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.len()));
    (
        reply.status.as_u16(),
        headers.collect(),
        reply.body.to_vec(),
    )
}

async fn assert_tells_nothing(world: &World, device: &Device, kind: ProblemKind, feeds: &[&str]) {
    let mut first = None;
    for feed in feeds {
        let reply = world.sync(device, &asking(&[feed])).await;
        assert_eq!(reply.problem(), kind, "{feed}");
        let seen = seen(&reply);
        assert_eq!(*first.get_or_insert(seen.clone()), seen, "{feed}");
    }
}

#[tokio::test]
async fn a_volunteer_cannot_tell_a_stations_feed_from_one_that_does_not_exist() {
    let world = one_case().await;
    let volunteer = world.device(Role::Volunteer, None, None).await;
    let feeds = [
        "station/330106-0012",
        "station/330106-0012/personal",
        "station/330102-0001",
        "station/never",
        "region/330106",
        "person/00000000-0000-4000-8000-000000000000",
        "no/such/feed/at/all",
    ];
    assert_tells_nothing(&world, &volunteer, ProblemKind::FeedNotGranted, &feeds).await;
}

#[tokio::test]
async fn staff_cannot_tell_another_stations_feed_from_none() {
    let world = one_case().await;
    let other = world
        .device(Role::StationStaff, Some(OTHER_STATION), None)
        .await;
    let feeds = ["station/330106-0012", "station/never", "region/330102"];
    assert_tells_nothing(&world, &other, ProblemKind::FeedNotGranted, &feeds).await;
}

#[tokio::test]
async fn a_coordinator_of_another_region_is_told_only_that_it_is_another() {
    let world = one_case().await;
    let coordinator = world.device(Role::Coordinator, None, Some("310000")).await;
    let feeds = [
        "region/330106",
        "region/330000",
        "region/999999",
        "station/330106-0012",
    ];
    assert_tells_nothing(&world, &coordinator, ProblemKind::RegionNotGranted, &feeds).await;
}

#[tokio::test]
async fn one_feed_that_is_not_granted_refuses_the_whole_request_before_anything_is_taken() {
    let world = one_case().await;
    let staff = world.staff().await;
    let before = world.app.log().feeds().unwrap();
    let mut request = asking(&["station/330106-0012", "station/330102-0001"]);
    request.outbox = vec![case(STATION, "不该收下")];
    let reply = world.sync(&staff, &request).await;
    assert_eq!(reply.problem(), ProblemKind::FeedNotGranted);
    assert_eq!(world.app.log().feeds().unwrap(), before);
}

#[tokio::test]
async fn a_push_to_another_station_is_refused_alike_whether_the_record_exists_or_not() {
    let world = World::new();
    let (staff, other) = (
        world.staff().await,
        world
            .device(Role::StationStaff, Some(OTHER_STATION), None)
            .await,
    );
    let held = case(STATION, "一");
    let mut request = asking(&[]);
    request.outbox = vec![held.clone()];
    world.sync(&staff, &request).await.items();
    let mut problems = Vec::new();
    for pushed in [held, case(STATION, "二")] {
        request.outbox = vec![pushed];
        let reply = world.sync(&other, &request).await;
        let items = reply.items();
        let outcome = items.iter().find_map(|item| match item {
            Item::Outcome(outcome) => Some(outcome.clone()),
            _ => None,
        });
        let outcome = outcome.unwrap();
        problems.push((
            outcome.verdict,
            outcome.problem,
            outcome.words,
            reply.body.len(),
        ));
    }
    assert_eq!(problems[0], problems[1]);
}

/// How many changes wait for a release.
fn waiting(world: &World) -> usize {
    let store = world.app.log().store().unwrap();
    let mut rows = 0;
    let range = fieldwatch_schemas::store::KeyRange::prefix(&[8]);
    store
        .scan(&range, &mut |_, _| {
            rows += 1;
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    rows
}

#[tokio::test]
async fn a_revoked_device_hears_the_same_whatever_it_brings_and_only_what_is_sound_is_kept() {
    let world = one_case().await;
    let staff = world.staff().await;
    let now_ms = world.app.now_ms();
    world.app.register().revoke(staff.id, now_ms).unwrap();
    let own = case(STATION, "换货");
    let mut damaged = case(STATION, "维修");
    damaged.changes[0][40] ^= 1;
    let outboxes = [
        vec![],
        vec![own.clone()],
        vec![own],
        vec![damaged],
        vec![case("never-a-station", "退货")],
    ];
    let mut first = None;
    for outbox in outboxes {
        let mut request = asking(&["station/330106-0012"]);
        request.outbox = outbox;
        let reply = world.sync(&staff, &request).await;
        assert_eq!(reply.problem(), ProblemKind::DeviceRevoked);
        let seen = seen(&reply);
        assert_eq!(*first.get_or_insert(seen.clone()), seen);
    }
    assert_eq!(waiting(&world), 1, "once, and nothing unsound");
}

#[tokio::test]
async fn what_somebody_brings_who_cannot_sign_for_a_revoked_device_is_not_kept() {
    let world = one_case().await;
    let (staff, other) = (world.staff().await, world.staff().await);
    world.app.register().revoke(staff.id, 0).unwrap();
    let mut request = asking(&[]);
    request.outbox = vec![case(STATION, "换货")];
    let thief = Device {
        id: staff.id,
        ..other
    };
    let reply = world.sync(&thief, &request).await;
    assert_eq!(reply.problem(), ProblemKind::DeviceUnknown);
    assert_eq!(waiting(&world), 0);
}
