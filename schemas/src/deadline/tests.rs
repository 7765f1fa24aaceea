//! What the tests of deadlines share: moments in words, and cases in a line.

mod courses;
mod dates;
mod packs;
mod properties;

use std::sync::LazyLock;

use jiff::civil::DateTime;
use serde_json::{Map, Value};

use super::{Authority, CaseFacts, Clock, ClockState, Happened, Packs};
use crate::{calendar::local, time::Moment};

static NO_DATA: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

/// A local moment, such as `2024-02-02 10:00`; without a time, midnight.
fn at(text: &str) -> i64 {
    let moment: DateTime = text.parse().unwrap();
    local::moment_ms(moment)
}

fn happened(event_type: &'static str, text: &str) -> Happened<'static> {
    Happened {
        event_type,
        at_ms: at(text),
        provisional: false,
        data: &NO_DATA,
    }
}

fn happenings(events: &[(&'static str, &str)]) -> Vec<Happened<'static>> {
    events
        .iter()
        .map(|(name, text)| happened(name, text))
        .collect()
}

fn complaint<'a>(
    station: (&'a str, Authority),
    received: &str,
    events: &'a [Happened<'a>],
) -> CaseFacts<'a> {
    CaseFacts {
        received_at_ms: at(received),
        received_provisional: false,
        nature: Some("complaint"),
        region: Some(station.0),
        authority: station.1,
        events,
    }
}

const HANGZHOU: (&str, Authority) = ("330106", Authority::Council);
const PUDONG: (&str, Authority) = ("310115", Authority::Council);
const DEPARTMENT: (&str, Authority) = ("320585", Authority::Department);

/// The only clock of a rule.
fn the<'c, 'p>(clocks: &'c [Clock<'p>], rule: &str) -> &'c Clock<'p> {
    let mut found = clocks.iter().filter(|clock| clock.rule == rule);
    let clock = found
        .next()
        .unwrap_or_else(|| panic!("no clock {rule} in {clocks:#?}"));
    assert!(found.next().is_none(), "more than one clock {rule}");
    clock
}

fn due(clock: &Clock<'_>) -> String {
    Moment::china(clock.due_ms)
        .rfc3339()
        .replace(":00+08:00", "")
        .replace('T', " ")
}

/// `state due`, both as a person would say it.
fn said(facts: &CaseFacts<'_>, rule: &str, now: &str) -> (ClockState, String) {
    let clocks = Packs::shipped().evaluate(facts, at(now));
    let clock = the(&clocks, rule);
    (clock.state, due(clock))
}
