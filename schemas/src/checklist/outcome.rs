//! What goes into an evaluation and what comes out of it.

mod points;

pub use points::{Finding, Outcome, ScoreLine, SectionScore};

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// Answers by path (see [the module](super)); `null` is an answer taken back.
pub type Answers = BTreeMap<String, serde_json::Value>;

/// What `today()`, `now()` and times without an offset mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The day `today()` gives.
    pub today: Date,
    /// The time `now()` gives, UTC milliseconds.
    pub now_ms: i64,
    /// Offset of local time from UTC, in minutes.
    pub offset_minutes: i16,
}

impl Context {
    /// The context of a moment in a place; times beyond the calendar are moved to its ends.
    #[must_use]
    pub fn at(now_ms: i64, offset_minutes: i16) -> Self {
        let now_ms = now_ms.clamp(
            Timestamp::MIN.as_millisecond(),
            Timestamp::MAX.as_millisecond(),
        );
        let offset = Offset::from_seconds(i32::from(offset_minutes) * 60).unwrap_or(Offset::UTC);
        let today = Timestamp::from_millisecond(now_ms)
            .map_or(Date::ZERO, |now| offset.to_datetime(now).date());
        Self {
            today,
            now_ms,
            offset_minutes,
        }
    }
}

/// Everything that follows from the answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Evaluation {
    /// Paths of the items that are relevant now, in the order of the form.
    pub relevant: Vec<String>,
    /// Turns of the repeats that are relevant now, in the order of the form.
    pub repeats: Vec<Turns>,
    /// What must be answered before the inspection can be submitted.
    pub missing: Vec<Missing>,
    /// Answers that may not stand.
    pub violations: Vec<Violation>,
    /// Computed and preset values by path.
    pub calculated: Answers,
    /// Paths of answers that are kept but do not count: not relevant now, or of no question.
    pub ignored: Vec<String>,
    /// How far the inspection is.
    pub progress: Progress,
    /// From 0 to 100 with two decimals; none while no scored question has an answer that applies.
    pub score: Option<f64>,
    /// Points earned.
    pub points: f64,
    /// Points that the questions answered and applicable so far could earn.
    pub possible: f64,
    /// None while there is no score and nothing critical.
    pub result: Option<Outcome>,
    /// What was found wanting: scored questions that lost points, critical ones first.
    pub findings: Vec<Finding>,
    /// Points by section; questions outside any group are in a section without a name.
    pub sections: Vec<SectionScore>,
    /// Which answer gave which points.
    pub explanation: Vec<ScoreLine>,
}

impl Evaluation {
    /// Whether the inspection may be submitted.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.violations.is_empty()
    }
}

/// The turns that a repeat has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Turns {
    /// Path of the repeat, without a number.
    pub path: String,
    /// Numbers of its turns, as paths write them.
    pub numbers: Vec<u32>,
    /// Whether the form says how many there are; otherwise another may be added.
    pub is_fixed: bool,
}

/// A question that must be answered and is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Where.
    pub path: String,
    /// Name of the question.
    pub name: String,
    /// Label in the default language.
    pub label: String,
    /// The form's own words on why, if it has any.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// An answer that breaks a rule of its question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Where.
    pub path: String,
    /// Name of the question.
    pub name: String,
    /// Label in the default language.
    pub label: String,
    /// Which rule.
    pub breach: Breach,
    /// What is wrong, in the form's words where it has any, otherwise in Chinese and English.
    pub message: String,
}

/// The rule that an answer breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Breach {
    /// It is not of the question's type.
    Type,
    /// It is not among the choices.
    Choice,
    /// It is a choice that is not offered here.
    NotOffered,
    /// It names a choice twice.
    Repeated,
    /// It does not rank every choice.
    Ranking,
    /// It is not on the range.
    Range,
    /// The form's own constraint does not hold.
    Constraint,
}

/// How many of the questions asked now have an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Questions with an answer that may stand.
    pub answered: usize,
    /// Questions asked.
    pub asked: usize,
    /// Required questions without one.
    pub missing: usize,
    /// From 0 to 100, rounded down; 100 when nothing is asked.
    pub percent: u8,
}
