//! What the report must say: counted from what was made, without a server, a device or a document.

use std::collections::BTreeMap;

use fieldwatch_schemas::deadline::within_working_days;
use serde_json::{Value as Json, json};

use super::content::{Case, Inspection};

/// Working days within which somebody must act on a demand.
const FIRST_ACTION_DAYS: u32 = 1;
/// Working days within which a demand should be closed.
const CLOSED_DAYS: u32 = 7;

/// Counts, as the report's JSON names them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Expected {
    total: u64,
    by_nature: BTreeMap<String, u64>,
    by_channel: BTreeMap<String, u64>,
    by_category: BTreeMap<String, u64>,
    by_problem: BTreeMap<String, u64>,
    recovered_fen: i64,
    first_action_within: u64,
    closed_within: u64,
    inspections: BTreeMap<String, u64>,
}

/// A number of the report that is not what was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// Where in the report.
    pub(super) at: String,
    /// What was made.
    pub(super) made: String,
    /// What the report says.
    pub(super) says: String,
}

impl Expected {
    /// Counts one case.
    pub(super) fn add_case(&mut self, case: &Case) {
        self.total += 1;
        count(&mut self.by_nature, case.nature);
        count(&mut self.by_channel, case.channel);
        count(&mut self.by_category, case.category);
        count(&mut self.by_problem, case.problem);
        let recovered = case.recovered;
        self.recovered_fen +=
            recovered.refund_fen + recovered.compensation_fen + recovered.multiplied_fen;
        self.first_action_within +=
            u64::from(happened_within(case, "first_action", FIRST_ACTION_DAYS));
        self.closed_within += u64::from(happened_within(case, "closed", CLOSED_DAYS));
    }

    /// Counts one visit, if it was submitted.
    pub(super) fn add_visit(&mut self, visit: &Inspection) {
        if visit
            .events
            .iter()
            .any(|event| event.event_type == "submitted")
        {
            count(&mut self.inspections, visit.meant);
        }
    }

    /// Moves one case from one problem to another, as a person did who edited it.
    pub(super) fn correct_problem(&mut self, from: &str, to: &str) {
        if let Some(before) = self.by_problem.get_mut(from) {
            *before = before.saturating_sub(1);
        }
        self.by_problem.retain(|_, count| *count > 0);
        count(&mut self.by_problem, to);
    }

    /// How many demands were made.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Every number in which a report differs from what was made.
    pub(super) fn wrong_in(&self, report: &Json) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        let mut same = |at: &str, made: Json| {
            let says = report.pointer(at).cloned().unwrap_or(Json::Null);
            if says != made {
                wrong.push(Wrong {
                    at: at.to_owned(),
                    made: made.to_string(),
                    says: says.to_string(),
                });
            }
        };
        same("/demands/total", json!(self.total));
        for nature in ["complaint", "tip_off", "consultation", "other"] {
            let made = self.by_nature.get(nature).copied().unwrap_or(0);
            same(&format!("/demands/{nature}"), json!(made));
        }
        same("/by_channel", json!(self.by_channel));
        same("/by_category", json!(self.by_category));
        same("/by_problem", json!(self.by_problem));
        same("/recovered_fen", json!(self.recovered_fen));
        same("/first_action/within", json!(self.first_action_within));
        same("/closed/within", json!(self.closed_within));
        for result in ["pass", "fail", "critical_fail"] {
            let made = self.inspections.get(result).copied().unwrap_or(0);
            same(&format!("/inspections/{result}"), json!(made));
        }
        wrong
    }
}

fn count(counts: &mut BTreeMap<String, u64>, code: &str) {
    *counts.entry(code.to_owned()).or_insert(0) += 1;
}

fn happened_within(case: &Case, event_type: &str, days: u32) -> bool {
    let mut events = case.events.iter();
    let event = events.find(|event| event.event_type == event_type);
    event.is_some_and(|event| within_working_days(case.received_at_ms, event.at_ms, days))
}

#[cfg(test)]
mod tests {
    use super::super::content::Generator;
    use super::*;

    const FROM_MS: i64 = 1_767_196_800_000;
    const TO_MS: i64 = FROM_MS + 90 * 86_400_000;

    fn expected() -> Expected {
        let mut expected = Expected::default();
        let mut generator = Generator::new(2);
        for case in generator.cases(120, FROM_MS, TO_MS) {
            expected.add_case(&case);
        }
        for visit in generator.inspections(50, FROM_MS, TO_MS) {
            expected.add_visit(&visit);
        }
        expected
    }

    fn report_of(expected: &Expected) -> Json {
        let mut demands = json!(expected.by_nature);
        demands["total"] = json!(expected.total);
        json!({
            "demands": demands,
            "by_channel": expected.by_channel,
            "by_category": expected.by_category,
            "by_problem": expected.by_problem,
            "recovered_fen": expected.recovered_fen,
            "first_action": {"within": expected.first_action_within},
            "closed": {"within": expected.closed_within},
            "inspections": expected.inspections,
        })
    }

    #[test]
    fn a_report_that_says_what_was_made_is_right_and_each_wrong_number_is_named() {
        let expected = expected();
        let mut report = report_of(&expected);
        assert_eq!(expected.wrong_in(&report), []);
        report["demands"]["total"] = json!(119);
        report["inspections"]["fail"] = json!(0);
        let wrong = expected.wrong_in(&report);
        let places: Vec<_> = wrong.iter().map(|wrong| wrong.at.as_str()).collect();
        assert_eq!(places, ["/demands/total", "/inspections/fail"]);
        assert_eq!(
            (wrong[0].made.as_str(), wrong[0].says.as_str()),
            ("120", "119")
        );
    }

    #[test]
    fn a_corrected_problem_is_counted_where_it_was_moved_to() {
        let mut expected = expected();
        let before = expected.by_problem.clone();
        expected.correct_problem("contract", "price");
        assert_eq!(expected.by_problem["contract"], before["contract"] - 1);
        assert_eq!(expected.by_problem["price"], before["price"] + 1);
    }
}
