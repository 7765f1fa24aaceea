//! `POST /v1/token`: a signed assertion for an access token (RFC 7523).

use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use axum::http::header;
use axum::response::IntoResponse;
use fieldwatch_schemas::limits::TOKEN_AGE_MAX_MS;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::sync::token::{GRANT_TYPE, TokenReply, TokenRequest};

use super::reading::{Json, is_media, small_body};
use crate::app::App;
use crate::problem::ApiError;
use crate::token::{Proof, TokenError};

pub(super) async fn exchange(
    State(app): State<Arc<App>>,
    Asked(request): Asked,
) -> Result<impl IntoResponse, ApiError> {
    if request.grant_type != GRANT_TYPE {
        return Err(ApiError::bad_request("grant_type is not jwt-bearer"));
    }
    let (device, proof) = app.authenticate(&request.assertion)?;
    if proof != Proof::Assertion {
        return Err(TokenError::Unknown.into());
    }
    let reply = TokenReply {
        access_token: app.token(device.id)?,
        token_type: "Bearer".to_owned(),
        expires_in: TOKEN_AGE_MAX_MS.unsigned_abs() / 1000,
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], axum::Json(reply)))
}

/// The request, as JSON or as a form.
pub(super) struct Asked(TokenRequest);

impl<S: Send + Sync> FromRequest<S> for Asked {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_media(request.headers(), "application/x-www-form-urlencoded") {
            return Json::from_request(request, state)
                .await
                .map(|Json(asked)| Self(asked));
        }
        let body = small_body(request).await?;
        read_form(&body).map(Self)
    }
}

fn read_form(body: &[u8]) -> Result<TokenRequest, ApiError> {
    let part = |name: &str| {
        let found = url::form_urlencoded::parse(body).find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned())
    };
    let (grant_type, assertion) =
        part("grant_type")
            .zip(part("assertion"))
            .ok_or(ApiError::Malformed {
                kind: ProblemKind::BadRequest,
                words: "grant_type and assertion are needed",
            })?;
    Ok(TokenRequest {
        grant_type,
        assertion,
    })
}
