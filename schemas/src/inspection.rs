//! What follows from an inspection's answers: how far it is, its score, and its result.

pub mod rounds;

use serde_json::{Map, Value as Json, json};

use crate::checklist::{Checklist, Context, Evaluation, Outcome, evaluate, sample};
use crate::record::view::View;
use crate::time::CHINA_OFFSET_MIN;

/// The checklist that an inspection was begun with, if this version of Fieldwatch has it.
#[must_use]
pub fn checklist_of(view: &View) -> Option<Checklist> {
    let shipped = sample();
    let definition = shipped.definition();
    let is_named = |path: &str, name: &str| view.text(path).is_none_or(|text| text == name);
    (is_named("checklist.id", &definition.id) && is_named("checklist.version", &definition.version))
        .then_some(shipped)
}

/// Evaluates the answers, as of the inspection's newest change. `None` where the checklist is not here, or the answers are
/// beyond its limits.
#[must_use]
pub fn evaluation(view: &View) -> Option<Evaluation> {
    let checklist = checklist_of(view)?;
    let context = Context::at(view.updated_ms, CHINA_OFFSET_MIN);
    evaluate(&checklist, &view.answers(), &context).ok()
}

/// The result of an inspection that was submitted: `pass`, `fail` or `critical_fail`.
#[must_use]
pub fn result(view: &View) -> Option<&'static str> {
    if !view.was("submitted") {
        return None;
    }
    Some(match evaluation(view)?.result? {
        Outcome::Pass => "pass",
        Outcome::Fail => "fail",
        Outcome::CriticalFail => "critical_fail",
    })
}

/// The derived fields that are shown beside the stored ones: `progress` in percent, `score`, `result`.
#[must_use]
pub fn derived(view: &View) -> Map<String, Json> {
    let mut fields = Map::new();
    if let Some(evaluation) = evaluation(view) {
        fields.insert("progress".to_owned(), json!(evaluation.progress.percent));
        fields.insert("score".to_owned(), json!(evaluation.score));
    }
    fields.insert("result".to_owned(), json!(result(view)));
    fields
}
