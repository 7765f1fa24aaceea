//! `POST /v1/devices`: enrolment with a one-time ticket.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use fieldwatch_schemas::id::DeviceId;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::sync::enrol::{EnrolReply, EnrolRequest};

use super::reading::Json;
use crate::app::{App, in_background, random};
use crate::problem::ApiError;
use crate::register::device::{Device, PublicKey, shown_name};
use crate::register::person::Person;
use crate::register::ticket::CodeHash;

pub(super) async fn enrol(
    State(app): State<Arc<App>>,
    Json(request): Json<EnrolRequest>,
) -> Result<(StatusCode, axum::Json<EnrolReply>), ApiError> {
    let (device, person) = in_background({
        let app = app.clone();
        move || redeem(&app, &request)
    })
    .await?;
    Ok((
        StatusCode::CREATED,
        axum::Json(reply(&app, &device, person)?),
    ))
}

fn redeem(app: &App, request: &EnrolRequest) -> Result<(Device, Person), ApiError> {
    let code = request.code.as_deref().filter(|code| !code.is_empty());
    let code = code.ok_or(ApiError::Refused(ProblemKind::TicketRequired))?;
    let signing_key = PublicKey::parse(&request.signing_key, "signing_key")?;
    let sealing_key = PublicKey::parse(&request.sealing_key, "sealing_key")?;
    let now_ms = app.now_ms();
    let id = DeviceId::timed(now_ms, random()?);
    let made = app
        .register()
        .redeem(CodeHash::of(code)?, now_ms, |person| Device {
            id,
            person,
            name: shown_name(&request.name),
            signing_key,
            sealing_key,
            enrolled_ms: now_ms,
            revoked_ms: None,
        })?;
    Ok(made)
}

fn reply(app: &App, device: &Device, person: Person) -> Result<EnrolReply, ApiError> {
    let standing = person.standing();
    Ok(EnrolReply {
        device: device.id,
        server: app.name().to_owned(),
        grants: app.register().grants(&standing)?,
        stations: app.register().stations_of(&standing),
        receipt_key: Some(app.notary().public_key()),
        standing,
        person_name: person.name,
        nonce: app.nonce()?,
    })
}
