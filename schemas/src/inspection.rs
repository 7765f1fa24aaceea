//! What follows from an inspection's answers: how far it is, its score, its result, and whether it can be submitted.
//!
//! An inspection names the version of the checklist that it began with, once. Whoever asks gives the [`Checklists`] there are;
//! everything else is a pure function of them and of the record.

pub mod rounds;
pub mod sealed;

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::checklist::published::{Checklists, find, shipped};
use crate::checklist::{Checklist, Context, Evaluation, Missing, Outcome, Violation, evaluate};
use crate::kind::Kind;
use crate::record::view::View;
use crate::time::CHINA_OFFSET_MIN;

/// The event by which a visit leaves its inspector's hands.
pub const SUBMITTED: &str = "submitted";

/// How many questions a message names.
const NAMED_MAX: usize = 20;

/// Why an inspection cannot be submitted yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the checklist is not complete: {}", named(.missing, .violations))]
pub struct Incomplete {
    /// What must be answered.
    pub missing: Vec<Missing>,
    /// Answers that may not stand.
    pub violations: Vec<Violation>,
}

fn named(missing: &[Missing], violations: &[Violation]) -> String {
    let missing = missing
        .iter()
        .map(|missing| format!("{} ({})", missing.label, missing.path));
    let wrong = violations
        .iter()
        .map(|wrong| format!("{} ({}): {}", wrong.label, wrong.path, wrong.message));
    let all: Vec<String> = missing.chain(wrong).collect();
    let named: Vec<String> = all.iter().take(NAMED_MAX).cloned().collect();
    match all.len().saturating_sub(NAMED_MAX) {
        0 => named.join("; "),
        more => format!("{}; and {more} more", named.join("; ")),
    }
}

/// The checklist that an inspection was begun with, if it is here. One that names none was begun with the one every program has.
#[must_use]
pub fn checklist_of(view: &View, checklists: &dyn Checklists) -> Option<Arc<Checklist>> {
    if view.kind != Kind::Inspection {
        return None;
    }
    let own = shipped();
    let id = view.text("checklist.id").unwrap_or(&own.definition().id);
    let version = view
        .text("checklist.version")
        .unwrap_or(&own.definition().version);
    find(id, version, checklists)
}

/// Evaluates the answers, as of the inspection's newest change. `None` where the checklist is not here, or the answers are
/// beyond its limits.
#[must_use]
pub fn evaluation(view: &View, checklists: &dyn Checklists) -> Option<Evaluation> {
    let checklist = checklist_of(view, checklists)?;
    let context = Context::at(view.updated_ms, CHINA_OFFSET_MIN);
    evaluate(&checklist, &view.answers(), &context).ok()
}

/// Whether an inspection as it is can be submitted. One that names no checklist, or one that is not here, cannot be judged by it.
///
/// # Errors
///
/// [`Incomplete`] with everything that is missing or wrong.
pub fn can_be_submitted(view: &View, checklists: &dyn Checklists) -> Result<(), Incomplete> {
    let is_named = view.text("checklist.id").is_some();
    match evaluation(view, checklists).filter(|_| is_named) {
        Some(evaluation) if !evaluation.is_complete() => Err(Incomplete {
            missing: evaluation.missing,
            violations: evaluation.violations,
        }),
        _ => Ok(()),
    }
}

/// The result of an inspection that was submitted: `pass`, `fail` or `critical_fail`.
#[must_use]
pub fn result(view: &View, checklists: &dyn Checklists) -> Option<&'static str> {
    if view.kind != Kind::Inspection || !view.was(SUBMITTED) {
        return None;
    }
    word(evaluation(view, checklists)?.result)
}

/// The word for an outcome in records and reports.
fn word(outcome: Option<Outcome>) -> Option<&'static str> {
    Some(match outcome? {
        Outcome::Pass => "pass",
        Outcome::Fail => "fail",
        Outcome::CriticalFail => "critical_fail",
    })
}

/// The derived fields that are shown beside the stored ones: `progress` in percent, `score`, `result`.
#[must_use]
pub fn derived(view: &View, evaluation: Option<&Evaluation>) -> Map<String, Json> {
    let mut fields = Map::new();
    if let Some(evaluation) = evaluation {
        fields.insert("progress".to_owned(), json!(evaluation.progress.percent));
        fields.insert("score".to_owned(), json!(evaluation.score));
    }
    let result = evaluation.filter(|_| view.was(SUBMITTED));
    let result = result.and_then(|evaluation| word(evaluation.result));
    fields.insert("result".to_owned(), json!(result));
    fields
}
