//! What events mean to one rule: steps in time, and what lengthens a clock.
//!
//! Events come in any order and with any times. They are translated into steps and sorted by (time, step), so that the order they
//! were given in cannot matter; a start at the same moment as its stop comes first (tables often bring dates only).

use serde_json::Value;

use super::{CaseFacts, Happened, Rule};

/// Events that end every clock of a case.
const ENDS: [&str; 4] = ["closed", "withdrawn", "merged", "not_accepted"];

/// The event after which clocks may start again.
const REOPENS: &str = "reopened";

/// The name under which rules know the field `received_at`.
const RECEIVED: &str = "received";

/// What an event means to a rule, in the order in which steps of one moment are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Start,
    Extend,
    Pause(usize),
    Resume(usize),
    Stop,
    End,
    /// Whether it also starts this clock.
    Reopen(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    pub(super) at_ms: i64,
    pub(super) step: Step,
    pub(super) provisional: bool,
}

/// Something that lengthens a clock, from when it took effect.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lengthening {
    Agreed,
    Paused { to_ms: Option<i64> },
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    pub(super) at_ms: i64,
    pub(super) provisional: bool,
    pub(super) what: Lengthening,
}

/// Translates a case into the steps of a rule, sorted.
pub(super) fn moments(rule: &Rule, facts: &CaseFacts<'_>) -> Vec<Moment> {
    let mut moments = Vec::new();
    let from_field = rule.start.iter().any(|name| name == RECEIVED);
    if from_field {
        let (at_ms, provisional) = (facts.received_at_ms, facts.received_provisional);
        moments.push(Moment {
            at_ms,
            step: Step::Start,
            provisional,
        });
    }
    for event in facts
        .events
        .iter()
        .filter(|event| event.event_type != RECEIVED)
    {
        // Nothing happens to a case before it is received; a clock behind by a minute must not lose a stop.
        let at_ms = if from_field {
            event.at_ms.max(facts.received_at_ms)
        } else {
            event.at_ms
        };
        let provisional = event.provisional;
        moments.extend(steps(rule, event).map(|step| Moment {
            at_ms,
            step,
            provisional,
        }));
    }
    moments.sort_unstable();
    moments
}

fn steps(rule: &Rule, event: &Happened<'_>) -> impl Iterator<Item = Step> {
    let name = event.event_type;
    let is_in = |names: &[String]| names.iter().any(|named| named == name);
    let agreed = |flag: &str| event.data.get(flag) == Some(&Value::Bool(true));
    let extends = rule
        .extension
        .as_ref()
        .is_some_and(|extension| agreed(&extension.when));
    let fixed = [
        (is_in(&rule.start) && name != REOPENS).then_some(Step::Start),
        extends.then_some(Step::Extend),
        is_in(&rule.stop).then_some(Step::Stop),
        ENDS.contains(&name).then_some(Step::End),
        (name == REOPENS).then(|| Step::Reopen(is_in(&rule.start))),
    ];
    let pauses = rule
        .pause
        .iter()
        .enumerate()
        .flat_map(move |(index, pause)| {
            let from = (pause.from == name).then_some(Step::Pause(index));
            [from, (pause.to == name).then_some(Step::Resume(index))]
        });
    let all: Vec<Step> = fixed.into_iter().chain(pauses).flatten().collect();
    all.into_iter()
}

/// Everything that may lengthen a clock, overlapping pauses joined; the end of a case ends its pauses.
pub(super) fn changes(moments: &[Moment]) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut since: Option<Moment> = None;
    for moment in moments {
        match moment.step {
            Step::Extend => {
                changes.push(Change {
                    at_ms: moment.at_ms,
                    provisional: moment.provisional,
                    what: Lengthening::Agreed,
                });
            }
            Step::Pause(kind) if !open.contains(&kind) => {
                open.push(kind);
                since = since.or(Some(*moment));
            }
            Step::Resume(kind) => open.retain(|other| *other != kind),
            Step::End => open.clear(),
            _ => {}
        }
        if open.is_empty()
            && let Some(from) = since.take()
        {
            let provisional = from.provisional || moment.provisional;
            changes.push(pause(from.at_ms, Some(moment.at_ms), provisional));
        }
    }
    changes.extend(since.map(|from| pause(from.at_ms, None, from.provisional)));
    changes.sort_by_key(|change| change.at_ms);
    changes
}

fn pause(at_ms: i64, to_ms: Option<i64>, provisional: bool) -> Change {
    Change {
        at_ms,
        provisional,
        what: Lengthening::Paused { to_ms },
    }
}
