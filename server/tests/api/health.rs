//! `/healthz`, `/readyz`, and what is not there.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::store::memory::Fault;

use crate::world::{Reply, World, asking, case};

async fn ask(world: &World, method: Method, path: &str) -> Reply {
    let request = Request::builder().method(method).uri(path);
    world.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_server_that_cannot_write_lives_but_is_not_ready() {
    let world = World::new();
    let staff = world.staff().await;
    assert_eq!(
        ask(&world, Method::GET, "/readyz").await.status,
        StatusCode::OK
    );
    world.store.fail_next(Fault::Apply);
    let mut request = asking(&[]);
    request.outbox = vec![case(crate::world::STATION, "x")];
    let reply = world.sync(&staff, &request).await;
    assert_eq!(reply.problem(), ProblemKind::Unavailable);
    let ready = ask(&world, Method::GET, "/readyz").await;
    assert_eq!(ready.problem(), ProblemKind::Unavailable);
    assert_eq!(
        ask(&world, Method::GET, "/healthz").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_wrong_address_and_a_wrong_method_are_problems() {
    let world = World::new();
    let missing = ask(&world, Method::GET, "/v1/nothing").await;
    assert_eq!(missing.problem(), ProblemKind::NotFound);
    for (method, path) in [
        (Method::GET, "/v1/sync"),
        (Method::DELETE, "/v1/devices"),
        (Method::PUT, "/healthz"),
    ] {
        let reply = ask(&world, method, path).await;
        assert_eq!(reply.problem(), ProblemKind::MethodUnknown, "{path}");
    }
}
