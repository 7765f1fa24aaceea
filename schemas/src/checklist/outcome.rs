//! What goes into an evaluation and what comes out of it.

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
        let now_ms = now_ms.clamp(Timestamp::MIN.as_millisecond(), Timestamp::MAX.as_millisecond());
        let offset = Offset::from_seconds(i32::from(offset_minutes) * 60).unwrap_or(Offset::UTC);
        let today = Timestamp::from_millisecond(now_ms).map_or(Date::ZERO, |now| offset.to_datetime(now).date());
        Self { today, now_ms, offset_minutes }
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
    /// What is wrong, in the form's words where it has any.
    pub message: String,
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

/// The judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The score reaches the pass mark.
    Pass,
    /// It does not.
    Fail,
    /// A critical question failed, whatever the score.
    CriticalFail,
}

/// A scored question that lost points.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Where.
    pub path: String,
    /// Name of the question.
    pub name: String,
    /// Label in the default language.
    pub label: String,
    /// The answer in words, in the default language.
    pub answer: String,
    /// Points lost.
    pub lost: f64,
    /// Whether this alone fails the inspection.
    pub critical: bool,
}

/// Points of one section.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SectionScore {
    /// Name of the outermost group or repeat; empty for questions outside any.
    pub name: String,
    /// Its label in the default language.
    pub label: String,
    /// Points earned.
    pub points: f64,
    /// Points that could be earned.
    pub possible: f64,
    /// From 0 to 100 with two decimals, if any question applied.
    pub score: Option<f64>,
}

/// What one scored question contributed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScoreLine {
    /// Where.
    pub path: String,
    /// Name of the question.
    pub name: String,
    /// Label in the default language.
    pub label: String,
    /// The answer in words, in the default language.
    pub answer: String,
    /// How much the question counts.
    pub weight: f64,
    /// Points earned.
    pub points: f64,
    /// Points that could be earned; 0 where the question did not apply.
    pub possible: f64,
    /// Whether the answer says that the question does not apply.
    pub not_applicable: bool,
    /// Whether this alone fails the inspection.
    pub critical_fail: bool,
}
