//! What a score consists of, and what follows from it.

use serde::{Deserialize, Serialize};

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
