//! `/healthz`: the process lives. `/readyz`: it can take writes.

use std::sync::Arc;

use axum::extract::State;
use fieldwatch_schemas::problem::ProblemKind;

use crate::app::App;
use crate::problem::ApiError;

pub(super) async fn alive() -> &'static str {
    "alive\n"
}

pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, ApiError> {
    if app.is_ready() {
        Ok("ready\n")
    } else {
        Err(ApiError::Refused(ProblemKind::Unavailable))
    }
}
