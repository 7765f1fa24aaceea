//! Requests that are too large, of the wrong form, or not what they claim.

use async_compression::tokio::write::ZstdEncoder;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use fieldwatch_schemas::limits::{FEEDS_MAX, PUSH_RECORDS_MAX, REQUEST_BYTES_MAX};
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::sync::MEDIA_TYPE;
use fieldwatch_schemas::sync::exchange::{Item, Request as SyncRequest};
use fieldwatch_schemas::sync::push::{Pushed, Verdict};
use fieldwatch_schemas::sync::repair::{Asked, RepairAsk, RepairItem, Sums};
use tokio::io::AsyncWriteExt as _;

use crate::world::{Device, HOUR_MS, Reply, STATION, World, asking, case, sync_request};

async fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZstdEncoder::new(Vec::new());
    encoder.write_all(bytes).await.unwrap();
    encoder.shutdown().await.unwrap();
    encoder.into_inner()
}

async fn send_coded(world: &World, device: &Device, coding: &str, body: Vec<u8>) -> Reply {
    let mut request = sync_request(&device.assertion(), body);
    let coding = coding.parse().unwrap();
    request
        .headers_mut()
        .insert(header::CONTENT_ENCODING, coding);
    world.send(request).await
}

#[tokio::test]
async fn a_request_beyond_its_size_is_refused_plain_and_coded() {
    let world = World::new();
    let staff = world.staff().await;
    let large = vec![0; REQUEST_BYTES_MAX + 1];
    let plain = world
        .send(sync_request(&staff.assertion(), large.clone()))
        .await;
    assert_eq!(plain.problem(), ProblemKind::TooLarge);
    let coded = send_coded(&world, &staff, "zstd", zstd(&large).await).await;
    assert_eq!(coded.problem(), ProblemKind::TooLarge);
}

#[tokio::test]
async fn a_bomb_is_refused_without_being_unfolded() {
    let world = World::new();
    let staff = world.staff().await;
    let mut encoder = ZstdEncoder::new(Vec::new());
    for _ in 0..1024 {
        encoder.write_all(&[0; 1 << 20]).await.unwrap();
    }
    encoder.shutdown().await.unwrap();
    let bomb = encoder.into_inner();
    assert!(
        bomb.len() < 100_000,
        "{} bytes unfold to a gibibyte",
        bomb.len()
    );
    let reply = send_coded(&world, &staff, "zstd", bomb).await;
    assert_eq!(reply.problem(), ProblemKind::TooLarge);
}

#[tokio::test]
async fn a_frame_that_wants_more_memory_than_a_request_may_have_is_refused() {
    let world = World::new();
    let staff = world.staff().await;
    // Magic, a frame header with a window of 2^31 bytes, one empty last block.
    let frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00];
    let reply = send_coded(&world, &staff, "zstd", frame).await;
    assert_eq!(reply.problem(), ProblemKind::BadRequest);
}

#[tokio::test]
async fn what_is_cut_broken_or_of_another_coding_is_told_apart() {
    let world = World::new();
    let staff = world.staff().await;
    let good = zstd(&minicbor::to_vec(asking(&["shared"])).unwrap()).await;
    assert_eq!(
        send_coded(&world, &staff, "zstd", good.clone())
            .await
            .status,
        StatusCode::OK
    );
    for cut in 0..good.len() {
        let reply = send_coded(&world, &staff, "zstd", good[..cut].to_vec()).await;
        assert_eq!(reply.problem(), ProblemKind::BadRequest, "{cut}");
    }
    let reply = send_coded(&world, &staff, "zstd", b"not zstd".to_vec()).await;
    assert_eq!(reply.problem(), ProblemKind::BadRequest);
    for coding in ["gzip", "br", "zstd, zstd"] {
        let reply = send_coded(&world, &staff, coding, good.clone()).await;
        assert_eq!(reply.problem(), ProblemKind::MediaUnknown, "{coding}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_cbor_is_refused_by_its_name_or_by_its_bytes() {
    let world = World::new();
    let staff = world.staff().await;
    let mut request = sync_request(&staff.assertion(), vec![0xff; 40]);
    let reply = world.send(request).await;
    assert_eq!(reply.problem(), ProblemKind::BadRequest);
    request = sync_request(&staff.assertion(), b"{}".to_vec());
    let json = "application/json".parse().unwrap();
    request.headers_mut().insert(header::CONTENT_TYPE, json);
    assert_eq!(
        world.send(request).await.problem(),
        ProblemKind::MediaUnknown
    );
    let deep = vec![0x9f; 1 << 20];
    let reply = world.send(sync_request(&staff.assertion(), deep)).await;
    assert_eq!(reply.problem(), ProblemKind::BadRequest);
}

#[tokio::test]
async fn another_version_is_refused_even_if_the_rest_cannot_be_read() {
    let world = World::new();
    let staff = world.staff().await;
    // {0: 2, 1: "another meaning", 99: [1]}
    let mut body = vec![0xa3, 0x00, 0x02, 0x01, 0x6f];
    body.extend(b"another meaning");
    body.extend([0x18, 99, 0x81, 0x01]);
    let reply = world.send(sync_request(&staff.assertion(), body)).await;
    assert_eq!(reply.problem(), ProblemKind::VersionUnknown);
}

#[tokio::test]
async fn more_feeds_records_or_wants_than_there_may_be_are_refused() {
    let world = World::new();
    let staff = world.staff().await;
    let feeds = asking(&vec!["shared"; FEEDS_MAX + 1]);
    let mut outbox = asking(&[]);
    outbox.outbox = vec![
        Pushed {
            changes: Vec::new(),
            ..case("x", "y")
        };
        PUSH_RECORDS_MAX + 1
    ];
    let mut wants = asking(&[]);
    wants.wants = vec![outbox.outbox[0].record; PUSH_RECORDS_MAX + 1];
    for request in [feeds, outbox, wants] {
        assert_eq!(
            world.sync(&staff, &request).await.problem(),
            ProblemKind::TooLarge
        );
    }
}

#[tokio::test]
async fn json_beyond_its_size_or_not_json_is_refused() {
    let world = World::new();
    let post = |media: &'static str, body: Vec<u8>| {
        let request = Request::post("/v1/devices").header(header::CONTENT_TYPE, media);
        request.body(Body::from(body)).unwrap()
    };
    for (media, body, kind) in [
        (
            "application/json",
            vec![b' '; 17 * 1024],
            ProblemKind::TooLarge,
        ),
        (
            "application/json",
            b"{\"code\":1}".to_vec(),
            ProblemKind::BadRequest,
        ),
        (MEDIA_TYPE, b"{}".to_vec(), ProblemKind::MediaUnknown),
    ] {
        assert_eq!(world.send(post(media, body)).await.problem(), kind);
    }
}

/// A request that asks for the repair of everything that a device of the station reads.
fn repairing() -> SyncRequest {
    let mut request = asking(&["shared", "station/330106-0012"]);
    let ask = |feed| RepairAsk {
        feed,
        asked: Asked::Sums(Sums::of([])),
    };
    request.repair = Some((0..2).map(ask).collect());
    request
}

#[tokio::test]
async fn a_device_that_asks_for_repairs_for_ever_must_wait_and_what_it_brings_is_taken_all_the_same()
 {
    let world = World::new();
    let (alice, bob) = (world.staff().await, world.staff().await);
    let mut answered = 0;
    let refused = loop {
        let reply = world.sync(&alice, &repairing()).await;
        if reply.status != StatusCode::OK {
            break reply;
        }
        let differs = |item: &Item| matches!(item, Item::Repair(RepairItem::Differs(_)));
        assert_eq!(reply.items().iter().filter(|item| differs(item)).count(), 2);
        answered += 1;
        assert!(answered < 5_000, "it is answered for ever");
    };
    assert!(answered > 500, "{answered}: a repair takes a few");
    assert_eq!(refused.problem(), ProblemKind::TooMany);
    assert!(refused.headers.contains_key(header::RETRY_AFTER));
    let mut bringing = repairing();
    bringing.outbox = vec![case(STATION, "还在路上")];
    let items = world.sync(&alice, &bringing).await.items();
    let stored =
        |item: &Item| matches!(item, Item::Outcome(outcome) if outcome.verdict == Verdict::Stored);
    assert!(items.iter().any(stored));
    let says = |item: &Item| matches!(item, Item::Repair(_) | Item::Record(_));
    assert!(!items.iter().any(says), "nothing was read for it");
    assert_eq!(world.sync(&bob, &repairing()).await.status, StatusCode::OK);
    world.advance(HOUR_MS);
    assert_eq!(
        world.sync(&alice, &repairing()).await.status,
        StatusCode::OK
    );
}
