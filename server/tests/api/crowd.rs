//! Too much at once is told as such, with when to come back.

use axum::http::header;
use fieldwatch_schemas::limits::{BODIES_BYTES_MAX, BODY_FREE_BYTES, DEVICE_SYNCS_MAX};
use fieldwatch_schemas::problem::ProblemKind;

use crate::world::{Reply, STATION, World, asking, case};

fn comes_back_later(reply: &Reply) -> bool {
    let later = reply.headers.get(header::RETRY_AFTER);
    let later = later.and_then(|later| later.to_str().ok()?.parse::<u32>().ok());
    reply.problem() == ProblemKind::TooMany && later.is_some_and(|seconds| seconds > 0)
}

#[tokio::test]
async fn a_device_that_syncs_too_often_at_once_is_told_to_come_back() {
    let world = World::new();
    let staff = world.staff().await;
    let mut places = Vec::new();
    for _ in 0..DEVICE_SYNCS_MAX {
        places.push(world.app.crowd().place(staff.id).await.unwrap());
    }
    assert!(comes_back_later(&world.sync(&staff, &asking(&[])).await));
    places.pop();
    assert_eq!(world.sync(&staff, &asking(&[])).await.items().len(), 2);
}

#[tokio::test]
async fn a_large_push_waits_while_others_take_the_memory_and_a_small_sync_never_does() {
    let world = World::new();
    let staff = world.staff().await;
    let device = fieldwatch_schemas::id::DeviceId([9; 16]);
    let mut other = world.app.crowd().place(device).await.unwrap();
    other.holds(BODIES_BYTES_MAX + BODY_FREE_BYTES).unwrap();
    let mut large = asking(&[]);
    large.outbox = vec![case(STATION, &"一".repeat(30_000))];
    assert!(comes_back_later(&world.sync(&staff, &large).await));
    assert_eq!(world.sync(&staff, &asking(&[])).await.items().len(), 2);
    drop(other);
    assert_eq!(world.sync(&staff, &large).await.items().len(), 4);
}
