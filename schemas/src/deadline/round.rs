//! One rule over one case: each time its clock ran, from a start to what stopped it.
//!
//! While a clock runs, a second start changes nothing, unless its time was already up: then a new round begins, and the old one
//! stays in the list as missed.

use super::{
    CaseFacts, Clock, ClockState, Pack, Rule, period,
    step::{self, Change, Lengthening, Moment, Step},
};
use crate::calendar::Calendar;

#[derive(Debug, Clone, Copy)]
struct Round {
    starts: Moment,
    stops: Option<Moment>,
}

/// What can be said of a round at a moment.
struct Reckoning {
    due_ms: i64,
    paused: bool,
    provisional: bool,
}

/// Computes every clock of a rule.
pub(super) fn clocks<'p>(
    pack: &'p Pack,
    rule: &'p Rule,
    facts: &CaseFacts<'_>,
    now_ms: i64,
) -> Vec<Clock<'p>> {
    let moments = step::moments(rule, facts);
    let changes = step::changes(&moments);
    let rounds = rounds(rule, &moments, &changes);
    rounds
        .iter()
        .map(|round| clock(pack, rule, round, &changes, now_ms))
        .collect()
}

fn rounds(rule: &Rule, moments: &[Moment], changes: &[Change]) -> Vec<Round> {
    let mut rounds = Vec::new();
    let mut running: Option<Round> = None;
    let mut ended = false;
    for moment in moments {
        if matches!(moment.step, Step::Reopen(_)) {
            ended = false;
        }
        match (moment.step, running) {
            (Step::Start | Step::Reopen(true), Some(round))
                if is_over(rule, &round, changes, moment.at_ms) =>
            {
                rounds.push(Round {
                    stops: Some(*moment),
                    ..round
                });
                running = Some(Round {
                    starts: *moment,
                    stops: None,
                });
            }
            (Step::Start | Step::Reopen(true), None) if ended => {
                rounds.push(Round {
                    starts: *moment,
                    stops: Some(*moment),
                });
            }
            (Step::Start | Step::Reopen(true), None) => {
                running = Some(Round {
                    starts: *moment,
                    stops: None,
                });
            }
            (Step::Stop | Step::End, Some(round)) => {
                rounds.push(Round {
                    stops: Some(*moment),
                    ..round
                });
                running = None;
            }
            _ => {}
        }
        ended |= moment.step == Step::End;
    }
    rounds.extend(running);
    rounds
}

fn is_over(rule: &Rule, round: &Round, changes: &[Change], at_ms: i64) -> bool {
    !period::is_in_time(
        rule.limit,
        at_ms,
        reckon(rule, round, changes, at_ms).due_ms,
    )
}

/// Takes what lengthens a round in the order it took effect; what comes when the time is up changes nothing.
fn reckon(rule: &Rule, round: &Round, changes: &[Change], now_ms: i64) -> Reckoning {
    let (calendar, starts_ms) = (Calendar::china(), round.starts.at_ms);
    let stops_ms = round.stops.map(|stops| stops.at_ms);
    let mut due = period::due(calendar, starts_ms, rule.limit, 0);
    let (mut extra, mut agreed, mut paused, mut provisional) = (0_i64, false, false, false);
    for change in changes {
        let from_ms = change.at_ms.max(starts_ms);
        let later = stops_ms.is_some_and(|stops_ms| stops_ms < change.at_ms);
        if later || !period::is_in_time(rule.limit, from_ms, due.at_ms) {
            break;
        }
        let by = match change.what {
            Lengthening::Agreed if agreed || change.at_ms < starts_ms => continue,
            Lengthening::Agreed => rule
                .extension
                .as_ref()
                .map_or(0, |extension| rule.limit.measure(extension.by)),
            Lengthening::Paused { to_ms: Some(to_ms) } if to_ms <= starts_ms => continue,
            Lengthening::Paused { to_ms } => {
                let last_ms = stops_ms.unwrap_or_else(|| to_ms.unwrap_or(now_ms));
                let to_ms = to_ms.unwrap_or(last_ms).min(last_ms).max(from_ms);
                period::paused(calendar, rule.limit, from_ms, to_ms)
            }
        };
        agreed |= matches!(change.what, Lengthening::Agreed);
        paused |= matches!(change.what, Lengthening::Paused { to_ms: None });
        provisional |= change.provisional;
        extra = extra.saturating_add(by).min(period::extra_max(rule.limit));
        due = period::due(calendar, starts_ms, rule.limit, extra);
    }
    Reckoning {
        due_ms: due.at_ms,
        paused,
        provisional: provisional || due.provisional,
    }
}

fn clock<'p>(
    pack: &'p Pack,
    rule: &'p Rule,
    round: &Round,
    changes: &[Change],
    now_ms: i64,
) -> Clock<'p> {
    let Reckoning {
        due_ms,
        paused,
        provisional,
    } = reckon(rule, round, changes, now_ms);
    let looked_at_ms = round.stops.map_or(now_ms, |stops| stops.at_ms);
    let in_time = period::is_in_time(rule.limit, looked_at_ms, due_ms);
    let state = match (round.stops, in_time) {
        (Some(_), true) => ClockState::Met,
        (None, _) if paused => ClockState::Paused,
        (None, true) => ClockState::Running,
        (_, false) => ClockState::Missed,
    };
    Clock {
        rule: &rule.id,
        pack: &pack.id,
        title: &rule.title,
        starts_ms: round.starts.at_ms,
        due_ms,
        stopped_ms: round.stops.map(|stops| stops.at_ms),
        state,
        left_ms: due_ms.saturating_sub(looked_at_ms),
        citation: &rule.citation,
        verified: rule.verified,
        provisional: provisional
            || round.starts.provisional
            || round.stops.is_some_and(|stops| stops.provisional),
    }
}
