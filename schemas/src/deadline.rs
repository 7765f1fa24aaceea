//! Legal and service deadlines: what a rule pack says about a case, at a given moment.
//!
//! ```text
//!  CaseFacts ──┐
//!  Packs ──────┼─▶ evaluate(now_ms) ─▶ Vec<Clock>, most urgent first
//!  Calendar ───┘
//! ```
//!
//! Rules are data ([`pack`]); this module only knows how to count.
//!
//! **Which rules.** The law of the station's region (longest GB/T 2260 prefix) and authority, in the version in force *when the
//! clock starts*: a complaint accepted the day before a change keeps the old limit. Service targets add to it everywhere.
//!
//! **How to count** (民法典 第二百零一条、第二百零三条; [`period`]). Days and working days begin on the day after the event and end at
//! 24:00 local time of the last day, which moves to the next working day if it is a holiday; what happens at 24:00 sharp bears
//! the next day's date and is late. Hours run from the moment itself and stop for no holiday.
//!
//! **Pauses** (testing, a decision on recusal) lengthen a clock by the paused span: hours by the milliseconds, days by the days
//! after the day it began up to and including the day it ended (counted as the law counts any period), working days by the working
//! days among those. A pause that begins when the time is already up changes nothing. While paused, a clock is due as if it
//! resumed now.
//!
//! **Ends.** `closed`, `withdrawn`, `merged` and `not_accepted` end every clock of a case at that moment, met if in time and
//! missed if not; a clock that a late or contested event starts on an ended case ends where it starts. `reopened` lifts that.
//! What an earlier round left behind stays in the list.
//!
//! **Provisional** is a clock that rests on an unannounced calendar year or on a change the server has not received.

pub mod pack;
pub mod period;
mod round;
mod rule;
pub mod stated;
mod step;
#[cfg(test)]
mod tests;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::calendar::{Calendar, local};

pub use pack::{Pack, PackError, Packs};
pub use rule::{Limit, Rule, Words};

/// Who handles a case.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "lowercase")]
pub enum Authority {
    /// A consumer council (消费者权益保护委员会).
    #[n(0)]
    Council,
    /// A market supervision department (市场监督管理部门).
    #[n(1)]
    Department,
}

/// What deadlines are computed from.
#[derive(Debug, Clone, Copy)]
pub struct CaseFacts<'a> {
    /// The field `received_at`, which rules call `received`.
    pub received_at_ms: i64,
    /// The server has not received that field yet.
    pub received_provisional: bool,
    /// The case's nature; a case without one is held to all rules.
    pub nature: Option<&'a str>,
    /// The station's region, GB/T 2260.
    pub region: Option<&'a str>,
    /// The station's authority.
    pub authority: Authority,
    /// What happened, in any order; contested events are the caller's to leave out.
    pub events: &'a [Happened<'a>],
}

/// One event of a case.
#[derive(Debug, Clone, Copy)]
pub struct Happened<'a> {
    /// Its type, such as `accepted`.
    pub event_type: &'a str,
    /// When, by the time that counts for deadlines.
    pub at_ms: i64,
    /// The server has not received it yet.
    pub provisional: bool,
    /// What it carries.
    pub data: &'a Map<String, Value>,
}

/// How a clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClockState {
    /// Time is left.
    Running,
    /// It was stopped in time.
    Met,
    /// Time is up, or it was stopped too late.
    Missed,
    /// It stands still.
    Paused,
}

/// One deadline of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Clock<'p> {
    /// The rule's id, such as `accept_5wd`.
    pub rule: &'p str,
    /// The pack's id.
    pub pack: &'p str,
    /// The rule in words.
    pub title: &'p Words,
    /// The event it runs from.
    pub starts_ms: i64,
    /// When it is due; for a paused clock, as if it resumed now.
    pub due_ms: i64,
    /// What stopped it, when that happened.
    pub stopped_ms: Option<i64>,
    /// How it stands.
    pub state: ClockState,
    /// Until it is due, counted from when it stopped, else from now; negative if late.
    pub left_ms: i64,
    /// Where the rule is written.
    pub citation: &'p str,
    /// The rule was read in its source; otherwise a lawyer should confirm it.
    pub verified: bool,
    /// The server or next year's calendar may still change this.
    pub provisional: bool,
}

/// The pack asked for does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule pack `{id}`")]
pub struct UnknownPack {
    /// What was asked for.
    pub id: String,
}

impl Packs {
    /// Lists every clock of a case under the law that applies to it, most urgent first.
    ///
    /// Open clocks come first, by due time, then paused ones, then those that have stopped.
    #[must_use]
    pub fn evaluate(&self, facts: &CaseFacts<'_>, now_ms: i64) -> Vec<Clock<'_>> {
        let mut clocks = Vec::new();
        for pack in self.relevant(facts) {
            let mut found = clocks_of(pack, facts, now_ms);
            found.retain(|clock| self.governs(pack, facts, clock.starts_ms));
            clocks.append(&mut found);
        }
        in_order_of_urgency(clocks)
    }

    /// Lists the clocks a case would have under one pack, whatever its region, authority and dates.
    ///
    /// # Errors
    ///
    /// [`UnknownPack`] if there is none with this id.
    pub fn evaluate_under(
        &self,
        pack: &str,
        facts: &CaseFacts<'_>,
        now_ms: i64,
    ) -> Result<Vec<Clock<'_>>, UnknownPack> {
        let pack = self.get(pack).ok_or_else(|| UnknownPack {
            id: pack.to_owned(),
        })?;
        Ok(in_order_of_urgency(clocks_of(pack, facts, now_ms)))
    }

    fn relevant<'p>(&'p self, facts: &CaseFacts<'_>) -> impl Iterator<Item = &'p Pack> {
        let (region, authority) = (facts.region, facts.authority);
        self.iter()
            .filter(move |pack| pack.matches(region, authority).is_some())
    }

    /// Says whether a pack is the one in force for a clock that starts then.
    fn governs(&self, pack: &Pack, facts: &CaseFacts<'_>, starts_ms: i64) -> bool {
        let date = local::date_at(starts_ms);
        if pack.is_service() {
            return pack.is_in_force(date);
        }
        let law = self.pack_for(facts.region, facts.authority, date);
        law.is_some_and(|law| law.id == pack.id)
    }
}

fn clocks_of<'p>(pack: &'p Pack, facts: &CaseFacts<'_>, now_ms: i64) -> Vec<Clock<'p>> {
    let rules = pack.rules.iter().filter(|rule| rule.concerns(facts.nature));
    rules
        .flat_map(|rule| round::clocks(pack, rule, facts, now_ms))
        .collect()
}

fn in_order_of_urgency(mut clocks: Vec<Clock<'_>>) -> Vec<Clock<'_>> {
    let standing = |clock: &Clock<'_>| match (clock.stopped_ms, clock.state) {
        (Some(_), _) => 2,
        (None, ClockState::Paused) => 1,
        (None, _) => 0,
    };
    clocks.sort_by_key(|clock| {
        (
            standing(clock),
            clock.due_ms,
            clock.rule,
            clock.starts_ms,
            clock.pack,
        )
    });
    clocks
}

/// When a period of working days that begins with a moment is due.
#[must_use]
pub fn due_after_working_days(starts_ms: i64, days: u32) -> i64 {
    period::due(Calendar::china(), starts_ms, Limit::WorkingDays(days), 0).at_ms
}

/// Says whether something ended within so many working days of its start.
#[must_use]
pub fn within_working_days(starts_ms: i64, ended_ms: i64, days: u32) -> bool {
    period::is_in_time(
        Limit::WorkingDays(days),
        ended_ms,
        due_after_working_days(starts_ms, days),
    )
}
