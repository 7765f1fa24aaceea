//! `POST /v1/token`, and who is let in at all.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use fieldwatch_schemas::id::DeviceId;
use fieldwatch_schemas::limits::{NONCE_AGE_MAX_MS, TOKEN_AGE_MAX_MS};
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::sync::token::{Assertion, GRANT_TYPE, TOKEN_HEADER};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;

use crate::world::{Device, NAME, Reply, World, asking, sync_request};

async fn exchange(world: &World, assertion: &str) -> Reply {
    let request = json!({"grant_type": GRANT_TYPE, "assertion": assertion});
    world.post_json("/v1/token", &request).await
}

async fn sync_as(world: &World, bearer: &str) -> Reply {
    let request = minicbor::to_vec(asking(&["shared"])).unwrap();
    world.send(sync_request(bearer, request)).await
}

fn claims(device: &Device) -> Assertion {
    Assertion {
        iss: device.id,
        sub: device.id,
        aud: NAME.to_owned(),
        nonce: device.nonce.clone(),
    }
}

#[tokio::test]
async fn an_assertion_buys_a_token_that_is_good_for_its_time() {
    let world = World::new();
    let staff = world.staff().await;
    let reply = exchange(&world, &staff.assertion()).await;
    assert_eq!(reply.status, StatusCode::OK);
    let said = reply.json();
    assert_eq!(
        (&said["token_type"], &said["expires_in"]),
        (&json!("Bearer"), &json!(900))
    );
    let token = said["access_token"].as_str().unwrap();
    assert_eq!(sync_as(&world, token).await.status, StatusCode::OK);
    world.advance(TOKEN_AGE_MAX_MS + 1000);
    assert_eq!(
        sync_as(&world, token).await.problem(),
        ProblemKind::NonceStale
    );
}

#[tokio::test]
async fn a_form_is_read_as_rfc_6749_has_it() {
    let world = World::new();
    let staff = world.staff().await;
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", GRANT_TYPE)
        .append_pair("assertion", &staff.assertion())
        .finish();
    let request = Request::post("/v1/token")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form));
    assert_eq!(world.send(request.unwrap()).await.status, StatusCode::OK);
    let other = json!({"grant_type": "password", "assertion": staff.assertion()});
    let reply = world.post_json("/v1/token", &other).await;
    assert_eq!(reply.problem(), ProblemKind::BadRequest);
}

#[tokio::test]
async fn a_sync_hands_out_a_token_for_the_next() {
    let world = World::new();
    let staff = world.staff().await;
    let reply = sync_as(&world, &staff.assertion()).await;
    let token = reply.headers.get(TOKEN_HEADER).unwrap().to_str().unwrap();
    assert_eq!(sync_as(&world, token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_stale_nonce_is_refused_with_a_fresh_one_that_works() {
    let world = World::new();
    let staff = world.staff().await;
    world.advance(NONCE_AGE_MAX_MS);
    assert_eq!(
        sync_as(&world, &staff.assertion()).await.status,
        StatusCode::OK
    );
    world.advance(1);
    let refused = sync_as(&world, &staff.assertion()).await;
    assert_eq!(refused.problem(), ProblemKind::NonceStale);
    let fresh = staff.assertion_over(&refused.nonce());
    assert_eq!(sync_as(&world, &fresh).await.status, StatusCode::OK);
    let refused = exchange(&world, &staff.assertion_over("made up")).await;
    assert_eq!(refused.problem(), ProblemKind::NonceStale);
    let fresh = staff.assertion_over(&refused.nonce());
    assert_eq!(exchange(&world, &fresh).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_unknown_device_and_a_wrong_signature_get_one_and_the_same_answer() {
    let world = World::new();
    let (alice, bob) = (world.staff().await, world.staff().await);
    let unknown = Device {
        id: DeviceId::random([3; 16]),
        ..alice.clone()
    };
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some(alice.id.to_string());
    let symmetric = encode(&header, &claims(&alice), &EncodingKey::from_secret(b"x")).unwrap();
    let bearers = [
        String::new(),
        "a.b.c".to_owned(),
        unknown.assertion(),
        Device {
            id: bob.id,
            ..alice.clone()
        }
        .assertion(),
        alice.sign(&Assertion {
            iss: bob.id,
            ..claims(&alice)
        }),
        alice.sign(&Assertion {
            aud: "elsewhere".to_owned(),
            ..claims(&alice)
        }),
        symmetric,
    ];
    let first = sync_as(&world, &bearers[0]).await;
    for bearer in &bearers {
        let reply = sync_as(&world, bearer).await;
        assert_eq!(reply.problem(), ProblemKind::DeviceUnknown);
        assert_eq!(reply.body, first.body);
        assert_eq!(exchange(&world, bearer).await.body, first.body);
    }
}

#[tokio::test]
async fn a_revoked_device_is_refused_at_once_with_its_assertion_and_its_token() {
    let world = World::new();
    let staff = world.staff().await;
    let reply = sync_as(&world, &staff.assertion()).await;
    let token = reply.headers.get(TOKEN_HEADER).unwrap().to_str().unwrap();
    world
        .app
        .register()
        .revoke(staff.id, world.app.now_ms())
        .unwrap();
    for bearer in [token, &staff.assertion()] {
        assert_eq!(
            sync_as(&world, bearer).await.problem(),
            ProblemKind::DeviceRevoked
        );
    }
    assert_eq!(
        exchange(&world, &staff.assertion()).await.problem(),
        ProblemKind::DeviceRevoked
    );
    let world = world.crashed();
    let reply = sync_as(&world, &staff.assertion()).await;
    assert_eq!(reply.problem(), ProblemKind::DeviceRevoked);
}

#[tokio::test]
async fn who_cannot_sign_is_not_told_that_a_device_was_revoked() {
    let world = World::new();
    let (alice, bob) = (world.staff().await, world.staff().await);
    world.app.register().revoke(alice.id, 0).unwrap();
    let forged = Device {
        id: alice.id,
        ..bob
    };
    let reply = sync_as(&world, &forged.assertion()).await;
    assert_eq!(reply.problem(), ProblemKind::DeviceUnknown);
}

#[tokio::test]
async fn a_token_buys_no_other_so_a_stolen_one_ends_with_its_time() {
    let world = World::new();
    let staff = world.staff().await;
    let reply = sync_as(&world, &staff.assertion()).await;
    let token = reply.headers.get(TOKEN_HEADER).unwrap().to_str().unwrap();
    let reply = sync_as(&world, token).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.headers.get(TOKEN_HEADER).is_none());
    let reply = exchange(&world, token).await;
    assert_eq!(reply.problem(), ProblemKind::DeviceUnknown);
}
