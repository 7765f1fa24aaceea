//! `POST /v1/sync`: what is pushed by one is pulled by another.

use async_compression::tokio::write::ZstdDecoder;
use axum::http::{StatusCode, header};
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::sync::exchange::{Item, grants_tag};
use fieldwatch_schemas::sync::frame::Frames;
use fieldwatch_schemas::sync::pull::FeedEnd;
use fieldwatch_schemas::sync::push::{Outcome, Verdict};
use fieldwatch_server::routes::router;
use http_body_util::BodyExt as _;
use tokio::io::AsyncWriteExt as _;
use tower::ServiceExt as _;

use crate::world::{Device, OTHER_STATION, STATION, World, asking, case, sync_request};

const FEED: &str = "station/330106-0012";

fn outcomes(items: &[Item]) -> Vec<&Outcome> {
    let outcomes = items.iter().filter_map(|item| match item {
        Item::Outcome(outcome) => Some(outcome),
        _ => None,
    });
    outcomes.collect()
}

fn records(items: &[Item]) -> Vec<RecordId> {
    let records = items.iter().filter_map(|item| match item {
        Item::Record(record) => Some(record.record),
        _ => None,
    });
    records.collect()
}

fn ends(items: &[Item]) -> Vec<&FeedEnd> {
    let ends = items.iter().filter_map(|item| match item {
        Item::FeedEnd(end) => Some(end),
        _ => None,
    });
    ends.collect()
}

async fn push(world: &World, device: &Device, narratives: &[&str]) -> Vec<RecordId> {
    let mut request = asking(&[]);
    request.outbox = narratives.iter().map(|text| case(STATION, text)).collect();
    let items = world.sync(device, &request).await.items();
    let outcomes = outcomes(&items);
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.verdict == Verdict::Stored)
    );
    assert_eq!(outcomes.len(), narratives.len());
    request.outbox.iter().map(|pushed| pushed.record).collect()
}

#[tokio::test]
async fn a_case_that_one_device_pushes_another_of_the_station_pulls() {
    let world = World::new();
    let (alice, bob) = (world.staff().await, world.staff().await);
    let pushed = push(&world, &alice, &["退货", "换货"]).await;
    let items = world.sync(&bob, &asking(&[FEED])).await.items();
    assert!(matches!(items.first(), Some(Item::Hello(_))));
    assert!(matches!(items.last(), Some(Item::End)));
    let mut pulled = records(&items);
    pulled.sort_unstable();
    let mut pushed = pushed;
    pushed.sort_unstable();
    assert_eq!(pulled, pushed);
    let end = ends(&items)[0];
    assert_eq!((end.records, end.has_more), (2, false));
    let line = world.app.log().feeds().unwrap();
    let line = line.iter().find(|line| line.feed == FEED).unwrap();
    assert_eq!(line.digest, end.digest.to_string());
}

#[tokio::test]
async fn a_coordinator_of_the_region_above_sees_it_too() {
    let world = World::new();
    let staff = world.staff().await;
    let coordinator = world.device(Role::Coordinator, None, Some("330000")).await;
    let pushed = push(&world, &staff, &["退货"]).await;
    let items = world
        .sync(&coordinator, &asking(&["region/330000"]))
        .await
        .items();
    assert_eq!(records(&items), pushed);
}

#[tokio::test]
async fn pushing_again_changes_nothing_and_says_so() {
    let world = World::new();
    let staff = world.staff().await;
    let mut request = asking(&[FEED]);
    request.outbox = vec![case(STATION, "退货")];
    let first = world.sync(&staff, &request).await.items();
    assert_eq!(outcomes(&first)[0].verdict, Verdict::Stored);
    let before = world.app.log().feeds().unwrap();
    let again = world.sync(&staff, &request).await.items();
    assert_eq!(outcomes(&again)[0].verdict, Verdict::Duplicate);
    assert_eq!(world.app.log().feeds().unwrap(), before);
}

#[tokio::test]
async fn a_refused_record_does_not_hold_up_the_others() {
    let world = World::new();
    let staff = world.staff().await;
    let mut request = asking(&[]);
    request.outbox = vec![case(OTHER_STATION, "别站"), case(STATION, "本站")];
    let items = world.sync(&staff, &request).await.items();
    let verdict = |number: usize| {
        let record = request.outbox[number].record;
        let outcomes = outcomes(&items);
        let found = outcomes.iter().find(|outcome| outcome.record == record);
        found.map(|outcome| (outcome.verdict, outcome.problem.is_some()))
    };
    assert_eq!(verdict(0), Some((Verdict::Refused, true)));
    assert_eq!(verdict(1), Some((Verdict::Stored, false)));
}

#[tokio::test]
async fn a_sync_with_nothing_new_is_a_few_bytes_however_much_there_is() {
    let world = World::new();
    let staff = world.staff().await;
    let texts: Vec<String> = (0..200).map(|n| format!("第{n}件")).collect();
    push(
        &world,
        &staff,
        &texts.iter().map(String::as_str).collect::<Vec<_>>(),
    )
    .await;
    let first = world.sync(&staff, &asking(&[FEED])).await.items();
    let (Some(Item::Hello(hello)), end) = (first.first(), ends(&first)[0]) else {
        unreachable!("a reply begins with its hello");
    };
    let mut request = asking(&[FEED]);
    request.log = Some(hello.log);
    request.grants = Some(grants_tag(&staff.grants));
    request.feeds[0].cursor = end.cursor;
    let reply = world.sync(&staff, &request).await;
    assert!(reply.body.len() < 200, "{} bytes", reply.body.len());
    let items = reply.items();
    assert_eq!(records(&items), []);
    assert_eq!(ends(&items)[0].digest, end.digest);

    // Who says how it stands is told its end only where it does not.
    request.feeds[0].complete = end.cursor;
    for (records, is_told) in [(end.records, false), (end.records + 1, true)] {
        request.feeds[0].mark = Some(end.digest.mark(records));
        let reply = world.sync(&staff, &request).await;
        let items = reply.items();
        let unchanged = items.iter().any(
            |item| matches!(item, Item::Unchanged(unchanged) if unchanged.feeds.as_slice() == [0]),
        );
        assert_eq!((unchanged, ends(&items).is_empty()), (!is_told, !is_told));
    }
}

#[tokio::test]
async fn grants_are_sent_only_to_who_holds_others() {
    let world = World::new();
    let staff = world.staff().await;
    let mut request = asking(&[]);
    let told = |items: Vec<Item>| match items.into_iter().next() {
        Some(Item::Hello(hello)) => hello.grants,
        _ => None,
    };
    let first = told(world.sync(&staff, &request).await.items());
    assert_eq!(first, Some(staff.grants.clone()));
    request.grants = Some(grants_tag(&staff.grants));
    assert_eq!(told(world.sync(&staff, &request).await.items()), None);
}

#[tokio::test]
async fn a_coded_reply_says_what_a_plain_one_says_in_fewer_bytes() {
    let world = World::new();
    let staff = world.staff().await;
    push(&world, &staff, &["商品与描述不符，要求退货退款"; 40]).await;
    let plain = world.sync(&staff, &asking(&[FEED])).await;
    let body = minicbor::to_vec(asking(&[FEED])).unwrap();
    let mut request = sync_request(&staff.assertion(), body);
    let coding = "zstd".parse().unwrap();
    request
        .headers_mut()
        .insert(header::ACCEPT_ENCODING, coding);
    let coded = world.send(request).await;
    assert_eq!(coded.status, StatusCode::OK);
    assert_eq!(coded.headers.get(header::CONTENT_ENCODING).unwrap(), "zstd");
    let mut decoder = ZstdDecoder::new(Vec::new());
    decoder.write_all(&coded.body).await.unwrap();
    decoder.shutdown().await.unwrap();
    let mut frames = Frames::default();
    frames.push(&decoder.into_inner());
    let items: Vec<Item> = std::iter::from_fn(|| frames.next_item().unwrap()).collect();
    assert_eq!(records(&items), records(&plain.items()));
    assert!(coded.body.len() * 2 < plain.body.len());
}

#[tokio::test]
async fn everything_acknowledged_survives_a_crash() {
    let world = World::new();
    let staff = world.staff().await;
    let pushed = push(&world, &staff, &["一", "二", "三"]).await;
    let world = world.crashed();
    let items = world.sync(&staff, &asking(&[FEED])).await.items();
    assert_eq!(records(&items).len(), pushed.len());
}

#[tokio::test]
async fn revoking_a_device_cuts_the_reply_that_is_under_way() {
    let world = World::new();
    let staff = world.staff().await;
    let long = "退货退款".repeat(10_000);
    push(&world, &staff, &[long.as_str(); 20]).await;
    let body = minicbor::to_vec(asking(&[FEED])).unwrap();
    let request = sync_request(&staff.assertion(), body);
    let response = router(world.app.clone()).oneshot(request).await.unwrap();
    let mut body = response.into_body();
    body.frame().await.unwrap().unwrap();
    world.app.register().revoke(staff.id, 0).unwrap();
    let mut size_bytes = 0;
    let end = loop {
        match body.frame().await {
            Some(Ok(frame)) => size_bytes += frame.into_data().unwrap().len(),
            other => break other,
        }
    };
    assert!(matches!(end, Some(Err(_))), "the reply ended as if whole");
    assert!(size_bytes < 20 * long.len() / 2, "{size_bytes}");
}
