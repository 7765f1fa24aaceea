//! Around every request: the next nonce, a line in the log, a name for the request.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use fieldwatch_schemas::sync::token::NONCE_HEADER;
use tracing::Instrument as _;

use crate::app::{App, random};

/// In which every reply names its request, as the logs do.
const REQUEST_HEADER: &str = "fieldwatch-request";

/// Every reply where somebody must prove who they are carries the next nonce, refusals too.
pub(super) async fn hand_out_nonce(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let nonce = app.nonce().ok();
    if let Some(nonce) = nonce.and_then(|nonce| HeaderValue::try_from(nonce).ok()) {
        let name = HeaderName::from_static(NONCE_HEADER);
        response.headers_mut().insert(name, nonce);
    }
    response
}

/// One line per request: what was asked, what became of it, how long it took until the reply began. Nothing of who or what.
pub(super) async fn log_request(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = random::<8>().map_or_else(|_| String::new(), |id| hex(&id));
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
