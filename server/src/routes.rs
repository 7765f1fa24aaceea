//! The HTTP surface. One file per resource, handlers of a few lines: parse, ask, answer.

mod around;
mod devices;
mod health;
mod reading;
mod sync;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use fieldwatch_schemas::problem::ProblemKind;

use self::around::{hand_out_nonce, log_request};
use crate::app::App;
use crate::problem::ApiError;

/// Everything that is served.
pub fn router(app: Arc<App>) -> Router {
    let with_nonce = Router::new()
        .route("/v1/devices", post(devices::enrol))
        .route("/v1/token", post(token::exchange))
        .route("/v1/sync", post(sync::sync))
        .method_not_allowed_fallback(method_unknown)
        .layer(from_fn_with_state(app.clone(), hand_out_nonce));
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .merge(with_nonce)
        .method_not_allowed_fallback(method_unknown)
        .fallback(not_found)
        .layer(from_fn(log_request))
        .with_state(app)
}

async fn not_found() -> ApiError {
    ApiError::Refused(ProblemKind::NotFound)
}

async fn method_unknown() -> ApiError {
    ApiError::Refused(ProblemKind::MethodUnknown)
}
