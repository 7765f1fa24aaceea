//! `/healthz`: the process lives. `/readyz`: it can take writes.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use fieldwatch_schemas::problem::ProblemKind;

use crate::app::App;
use crate::problem::ApiError;

pub(super) async fn alive() -> StatusCode {
    StatusCode::NO_CONTENT
}

pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<StatusCode, ApiError> {
    if app.is_ready() {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::Refused(ProblemKind::Unavailable))
    }
}
