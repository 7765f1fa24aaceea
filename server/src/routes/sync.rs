//! `POST /v1/sync`: one request, both ways.
//!
//! Everything that can be refused is refused before the reply begins, as a problem. Then items stream, page by page; a reply that
//! cannot be finished is cut, without its `End`, and the device goes on from its last commit point.

mod body;
mod coding;
mod reply;
mod revoked;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use fieldwatch_schemas::id::DeviceId;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::sync::MEDIA_TYPE;
use fieldwatch_schemas::sync::exchange::Request as SyncRequest;
use fieldwatch_schemas::sync::pull::{EMPTY_MARK, FeedCursor};
use fieldwatch_schemas::sync::repair::Asked;
use fieldwatch_schemas::sync::token::TOKEN_HEADER;

use self::coding::{Coding, Expected};
use self::reply::Reply;
use super::reading::bearer;
use crate::app::App;
use crate::app::allowance::repair_rows;
use crate::problem::ApiError;
use crate::token::{Proof, TokenError};

pub(super) async fn sync(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (head, body) = request.into_parts();
    let (device, proof) = match app.authenticate(bearer(&head.headers)) {
        Ok(known) => known,
        Err(error) => {
            if let ApiError::Token(TokenError::Revoked(device)) = &error {
                revoked::keep(&app, *device, &head.headers, body).await;
            }
            return Err(error);
        }
    };
    let mut place = app.crowd().place(device.id).await?;
    let mut request = body::read(&head.headers, body, &mut place).await?;
    allow_repair(&app, device.id, &mut request)?;
    let expected = expected_of(&request);
    let coding = Coding::accepted(&head.headers, expected);
    let token = match proof {
        Proof::Assertion => Some(app.token(device.id)?),
        Proof::Token => None,
    };
    let name = coding.name();
    let reply = Reply::begin(app, &device, request, coding).await?;
    place.lets_go();
    answered(reply.stream(place), name, token)
}

/// A device that has had too much repaired waits; what it brings is taken all the same, and nothing is said of its repairs.
fn allow_repair(app: &App, device: DeviceId, request: &mut SyncRequest) -> Result<(), ApiError> {
    if request.repair.iter().flatten().next().is_none() {
        return Ok(());
    }
    let rows = repair_rows(app.log(), request)?;
    if app.allowances().take(device, rows, app.now_ms()) {
        return Ok(());
    }
    tracing::warn!(%device, rows, "a device asks for more repairs than it may");
    if request.outbox.is_empty() {
        return Err(ApiError::Refused(ProblemKind::TooMany));
    }
    for ask in request.repair.iter_mut().flatten() {
        ask.asked = Asked::Lists(Vec::new());
    }
    Ok(())
}

/// A device that has nothing of a feed yet is sent it whole.
fn expected_of(request: &SyncRequest) -> Expected {
    let mut feeds = request.feeds.iter();
    let is_known = |feed: &FeedCursor| feed.complete > 0 || feed.mark == Some(EMPTY_MARK);
    let is_cold = !feeds.all(is_known);
    match is_cold || request.repair.is_some() || !request.wants.is_empty() {
        true => Expected::Much,
        false => Expected::Little,
    }
}

fn answered(
    body: Body,
    coding: Option<&'static str>,
    token: Option<String>,
) -> Result<Response, ApiError> {
    let mistake = |_| ApiError::Mistake("a reply's head");
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(token) = token {
        headers.insert(TOKEN_HEADER, HeaderValue::try_from(token).map_err(mistake)?);
    }
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    Ok(response)
}
