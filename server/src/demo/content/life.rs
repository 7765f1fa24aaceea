//! What happened to a demand, and when: only orders that the life cycles allow.
//!
//! ```text
//!   complaint     received → first_action ┬ accepted → mediation_started ┬ agreed → performed → closed
//!                                         │                              └ terminated → closed
//!                                         ├ offered_to_enterprise → settled → closed
//!                                         └ not_accepted → closed
//!   tip_off       received → first_action → referred | closed
//!   consultation  received → first_action → closed          (mostly the same day), `other` alike but slower
//! ```
//!
//! Targets of the sources: first action within 1 working day in nearly all cases, closed within 7 in 87 to 90 %.

use serde_json::{Map, Value};

use super::calendar::{self, Day, MINUTE_MS};
use super::money::Recovered;
use super::rng::Rng;

/// Something that happened to a case or an inspection.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::demo) struct Event {
    /// The type of the event, `first_action` for example.
    pub(in crate::demo) event_type: &'static str,
    /// When it happened.
    pub(in crate::demo) at_ms: i64,
    /// What the type asks for: a `reason`, whom it was referred `to`, the sums agreed.
    pub(in crate::demo) data: Map<String, Value>,
}

type Step = (&'static str, Map<String, Value>);

const OPENS: i64 = 9 * 60;
const CLOSES: i64 = 17 * 60 + 30;
/// Working days until closed, for those closed in time.
const DAYS_IN_TIME: &[(i64, u64)] = &[(0, 6), (1, 18), (2, 24), (3, 22), (4, 16), (5, 9), (6, 5)];
const IN_TIME_PER_MILLE: u64 = 915;

/// The events of a case until `until_ms`, in order; `agreed` is what an agreement would bring.
pub(super) fn of_case(
    rng: &mut Rng,
    nature: &str,
    (received_at_ms, until_ms): (i64, i64),
    agreed: Recovered,
    refer_to: &str,
) -> Vec<Event> {
    let steps = match nature {
        "complaint" => complaint(rng, agreed),
        "tip_off" if rng.happens(250) => vec![step("referred", &[("to", Value::from(refer_to))])],
        _ => vec![plain("closed")],
    };
    let days = match nature {
        "consultation" => rng.weighted(&[(0, 94), (1, 6)]),
        _ if rng.happens(IN_TIME_PER_MILLE) => rng.weighted(DAYS_IN_TIME),
        _ => rng.between(8, 24),
    };
    let mut events = schedule(rng, received_at_ms, days, steps);
    events.retain(|event| event.at_ms <= until_ms);
    events
}

/// What was really recovered: sums count when they were paid, not when they were promised.
pub(super) fn recovered(events: &[Event], agreed: Recovered) -> Recovered {
    let paid = events
        .iter()
        .any(|event| matches!(event.event_type, "performed" | "settled"));
    if paid { agreed } else { Recovered::default() }
}

/// An event without data.
pub(super) fn plain_event(event_type: &'static str, at_ms: i64) -> Event {
    Event {
        event_type,
        at_ms,
        data: Map::new(),
    }
}

fn complaint(rng: &mut Rng, agreed: Recovered) -> Vec<Step> {
    let mediated = || vec![plain("accepted"), plain("mediation_started")];
    match rng.below(1_000) {
        0..570 => [
            mediated(),
            vec![
                step("agreed", &sums(agreed)),
                plain("performed"),
                plain("closed"),
            ],
        ]
        .concat(),
        570..790 => vec![
            plain("offered_to_enterprise"),
            plain("settled"),
            plain("closed"),
        ],
        790..870 => vec![
            reason(
                rng,
                "not_accepted",
                &[1, 1, 2, 2, 3, 3, 3, 4, 5, 5, 5, 6, 7],
            ),
            plain("closed"),
        ],
        870..980 => {
            let terminated = reason(
                rng,
                "terminated",
                &[1, 1, 2, 2, 3, 3, 3, 3, 3, 4, 5, 6, 7, 8],
            );
            [mediated(), vec![terminated, plain("closed")]].concat()
        }
        980..986 => Vec::new(),
        986..992 => vec![plain("accepted")],
        _ => mediated(),
    }
}

fn plain(event_type: &'static str) -> Step {
    (event_type, Map::new())
}

fn step(event_type: &'static str, data: &[(&str, Value)]) -> Step {
    (
        event_type,
        data.iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect(),
    )
}

fn reason(rng: &mut Rng, event_type: &'static str, usual: &[u8]) -> Step {
    step(
        event_type,
        &[("reason", Value::from(rng.pick(usual).to_string()))],
    )
}

fn sums(agreed: Recovered) -> Vec<(&'static str, Value)> {
    let all = [
        ("compensation_fen", agreed.compensation_fen),
        ("multiplied_fen", agreed.multiplied_fen),
        ("refund_fen", agreed.refund_fen),
    ];
    all.into_iter()
        .filter(|(_, fen)| *fen > 0)
        .map(|(key, fen)| (key, Value::from(fen)))
        .collect()
}

/// Spreads the steps after the first action evenly over the office hours until `days` working days after receipt.
fn schedule(rng: &mut Rng, received_at_ms: i64, days: i64, steps: Vec<Step>) -> Vec<Event> {
    let begun_ms = first_action(rng, received_at_ms);
    let done_ms = Day::of(received_at_ms)
        .working_after(days)
        .at(rng.between(OPENS + 20, CLOSES - 10));
    let count = i64::try_from(steps.len()).unwrap_or(1).max(1);
    let mut events = vec![
        plain_event("received", received_at_ms),
        plain_event("first_action", begun_ms),
    ];
    let mut last_ms = begun_ms;
    for (n, (event_type, data)) in (1..).zip(steps) {
        let planned_ms = begun_ms + (done_ms - begun_ms).max(0) / count * n;
        last_ms = office_time(planned_ms).max(last_ms + rng.between(4, 35) * MINUTE_MS);
        events.push(Event {
            event_type,
            at_ms: last_ms,
            data,
        });
    }
    events
}

/// The same day if somebody is there to see it, otherwise the next working day; a few are overlooked for longer.
fn first_action(rng: &mut Rng, received_at_ms: i64) -> i64 {
    let day = Day::of(received_at_ms);
    let minute = calendar::minute_of_day(received_at_ms);
    if rng.happens(4) {
        return day
            .working_after(rng.between(2, 3))
            .at(rng.between(OPENS, CLOSES));
    }
    if day.is_working() && minute < CLOSES - 90 {
        return received_at_ms.max(day.at(OPENS)) + rng.between(6, 85) * MINUTE_MS;
    }
    day.working_after(1).at(rng.between(OPENS, OPENS + 120))
}

/// The instant itself in office hours, otherwise when the office next opens.
fn office_time(at_ms: i64) -> i64 {
    let day = Day::of(at_ms);
    let minute = calendar::minute_of_day(at_ms);
    if !day.is_working() || minute >= CLOSES {
        return day.working_after(1).at(OPENS);
    }
    at_ms.max(day.at(OPENS))
}
