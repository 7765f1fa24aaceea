//! One of every JSON message, the same on every run.

use fieldwatch_schemas::feed::Standing;
use fieldwatch_schemas::id::{DeviceId, EventId, PersonId};
use fieldwatch_schemas::problem::{Problem, ProblemKind};
use fieldwatch_schemas::record::event::NewEvent;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::sync::enrol::{EnrolReply, EnrolRequest};
use fieldwatch_schemas::sync::token::{Assertion, GRANT_TYPE, TokenReply, TokenRequest};
use fieldwatch_schemas::time::Moment;
use serde_json::{Value as Json, to_value};

use crate::samples::{NOW, grants, station};

const DEVICE: DeviceId = DeviceId([2; 16]);

/// Every JSON message: its name, its CDDL rule, itself.
pub(crate) fn json_messages() -> Vec<(&'static str, &'static str, Json)> {
    let (request, reply) = enrolment();
    let assertion = Assertion {
        iss: DEVICE,
        sub: DEVICE,
        aud: "fw.example".to_owned(),
        nonce: "n".to_owned(),
    };
    let ask = TokenRequest {
        grant_type: GRANT_TYPE.to_owned(),
        assertion: "a.b.c".to_owned(),
    };
    let token = TokenReply {
        access_token: "t".to_owned(),
        token_type: "Bearer".to_owned(),
        expires_in: 900,
    };
    let problem = Problem::with_detail(ProblemKind::TicketUsed, "x");
    vec![
        ("enrol-request", "enrol-request", to_value(request).unwrap()),
        ("enrol-reply", "enrol-reply", to_value(reply).unwrap()),
        ("assertion", "assertion", to_value(assertion).unwrap()),
        ("token-request", "token-request", to_value(ask).unwrap()),
        ("token-reply", "token-reply", to_value(token).unwrap()),
        ("problem", "problem", to_value(problem).unwrap()),
        ("stored-event", "event-cell", event_cell()),
    ]
}

fn enrolment() -> (EnrolRequest, EnrolReply) {
    let key = "A".repeat(43);
    let request = EnrolRequest {
        code: Some("c".to_owned()),
        name: "前台手机".to_owned(),
        signing_key: key.clone(),
        sealing_key: key,
    };
    let standing = Standing {
        person: PersonId([3; 16]),
        role: Role::StationStaff,
        station: Some("330106-0012".to_owned()),
        region: None,
        further_stations: Vec::new(),
    };
    let reply = EnrolReply {
        receipt_key: Some("A".repeat(43)),
        device: DEVICE,
        server: "fw.example".to_owned(),
        standing,
        person_name: "李".to_owned(),
        grants: grants(),
        stations: vec![station()],
        nonce: "n".to_owned(),
    };
    (request, reply)
}

fn event_cell() -> Json {
    let event = NewEvent {
        id: EventId([1; 16]),
        kind: "closed".to_owned(),
        at: Moment::china(NOW),
        data: serde_json::Map::new(),
    };
    serde_json::from_str(&event.cell()).unwrap()
}
