//! The HTTP surface. One file per resource, handlers of a few lines: parse, ask, answer.

mod devices;
mod health;
mod sync;
mod token;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use fieldwatch_schemas::limits::JSON_BYTES_MAX;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::sync::token::NONCE_HEADER;
use serde::de::DeserializeOwned;
use tracing::Instrument as _;

use crate::app::App;
use crate::problem::ApiError;

/// In which every reply names its request, as the logs do.
const REQUEST_HEADER: &str = "fieldwatch-request";

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

/// Every reply where somebody must prove who they are carries the next nonce, refusals too.
async fn hand_out_nonce(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let nonce = app.nonce().ok();
    if let Some(nonce) = nonce.and_then(|nonce| HeaderValue::try_from(nonce).ok()) {
        let name = HeaderName::from_static(NONCE_HEADER);
        response.headers_mut().insert(name, nonce);
    }
    response
}

/// One line per request: what was asked, what became of it, how long it took until the reply began. Nothing of who or what.
async fn log_request(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = crate::app::random::<8>().map_or_else(|_| String::new(), |id| hex(&id));
    let path = request.extensions().get::<MatchedPath>();
    let route = path.map_or_else(|| "-".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let span = tracing::info_span!("request", id);
    let mut response = next.run(request).instrument(span.clone()).await;
    let duration_ms = begun.elapsed().as_secs_f64() * 1000.0;
    let status = response.status().as_u16();
    span.in_scope(|| tracing::info!(route, %method, status, duration_ms, "answered"));
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_HEADER, id);
    }
    response
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bearer token of a request, which may be empty.
fn bearer(headers: &HeaderMap) -> &str {
    let value = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let value = value.and_then(|value| value.split_once(' '));
    match value {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => "",
    }
}

/// A JSON body of bounded size; whatever is wrong with it is a problem.
struct Json<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        if !is_media(request.headers(), "application/json") {
            return Err(ApiError::Refused(ProblemKind::MediaUnknown));
        }
        let body = small_body(request).await?;
        let words = "the JSON cannot be read";
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|_| ApiError::bad_request(words))
    }
}

async fn small_body(request: Request) -> Result<Bytes, ApiError> {
    axum::body::to_bytes(request.into_body(), JSON_BYTES_MAX)
        .await
        .map_err(|_| ApiError::Refused(ProblemKind::TooLarge))
}

/// Whether a request's body is of a media type, parameters aside.
fn is_media(headers: &HeaderMap, media: &str) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let named = value.and_then(|value| value.split(';').next());
    named.is_some_and(|named| named.trim().eq_ignore_ascii_case(media))
}
