//! Reading requests: who asks, and bodies of bounded size. Whatever is wrong is a problem.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use fieldwatch_schemas::limits::{BODY_PAUSE_MS_MAX, JSON_BYTES_MAX};
use fieldwatch_schemas::problem::ProblemKind;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::problem::ApiError;

/// The bearer token of a request, which may be empty.
pub(super) fn bearer(headers: &HeaderMap) -> &str {
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
pub(super) struct Json<T>(pub(super) T);

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

pub(super) async fn small_body(request: Request) -> Result<Bytes, ApiError> {
    let limit = Duration::from_millis(BODY_PAUSE_MS_MAX);
    let body = axum::body::to_bytes(request.into_body(), JSON_BYTES_MAX);
    match timeout(limit, body).await {
        Ok(body) => body.map_err(|_| ApiError::Refused(ProblemKind::TooLarge)),
        Err(_) => Err(ApiError::bad_request("the body did not come in time")),
    }
}

/// Whether a request's body is of a media type, parameters aside.
pub(super) fn is_media(headers: &HeaderMap, media: &str) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let named = value.and_then(|value| value.split(';').next());
    named.is_some_and(|named| named.trim().eq_ignore_ascii_case(media))
}
