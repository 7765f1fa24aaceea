//! A revoked device: it is told that it is revoked and nothing else, but what its person had not sent yet is kept for a coordinator.

use std::sync::Arc;

use axum::body::Body;
use axum::http::HeaderMap;
use fieldwatch_schemas::id::DeviceId;
use fieldwatch_schemas::store::StoreError;

use super::body;
use crate::app::{App, in_background};
use crate::problem::ApiError;
use crate::register::RegisterError;

/// Keeps the outbox of a device that has proved to be a revoked one. Whatever comes of it, the device is told the same.
pub(super) async fn keep(app: &Arc<App>, device: DeviceId, headers: &HeaderMap, body: Body) {
    if let Err(error) = try_keep(app, device, headers, body).await {
        tracing::info!(%device, %error, "the outbox of a revoked device was not kept");
    }
}

async fn try_keep(
    app: &Arc<App>,
    device: DeviceId,
    headers: &HeaderMap,
    body: Body,
) -> Result<(), ApiError> {
    let mut place = app.crowd().place(device).await?;
    let outbox = body::read(headers, body, &mut place).await?.outbox;
    if outbox.is_empty() {
        return Ok(());
    }
    let app = Arc::clone(app);
    in_background(move || {
        let device = app.register().device(device);
        let device = device.ok_or(ApiError::Mistake("a revoked device that is not there"))?;
        let asker = app.asker(&device)?;
        let kept = app
            .pushes()
            .at_desk(move |desk| desk.hold_revoked(&asker, &outbox))
            .map_err(ApiError::Refused)?;
        let records = kept.map_err(|_| RegisterError::Store(StoreError::Failed))?;
        tracing::info!(device = %device.id, records, "the outbox of a revoked device was kept");
        Ok(())
    })
    .await
}
