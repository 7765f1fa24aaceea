//! Tests of: a checklist that needs no spreadsheet: for demonstrations, and for a first day without a template.

use super::*;
use crate::checklist::{Answers, Context, Outcome, evaluate};
use serde_json::json;

fn answers(changed: &serde_json::Value) -> Answers {
    let mut all = json!({
        "price_tag": "yes", "receipt": "yes", "hygiene_license": "yes", "expired_goods": "no",
        "service_attitude": 5, "return_policy": "yes", "scan_code_forced": "no"
    });
    for (name, value) in changed.as_object().unwrap() {
        all[name] = value.clone();
    }
    all.as_object().unwrap().clone().into_iter().collect()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "reads better where it is called"
)]
fn score(changed: serde_json::Value) -> (Option<f64>, Option<Outcome>) {
    let evaluation = evaluate(&sample(), &answers(&changed), &Context::at(0, 480)).unwrap();
    assert!(evaluation.is_complete(), "{evaluation:?}");
    (evaluation.score, evaluation.result)
}

#[test]
fn the_sample_has_no_faults_and_its_weights_add_up_to_a_hundred() {
    let (checklist, faults) = Checklist::assemble(definition());
    assert_eq!(faults, []);
    assert_eq!(
        checklist
            .definition()
            .items
            .iter()
            .filter_map(|item| item.weight)
            .sum::<f64>(),
        100.0
    );
    assert!(checklist.publishable());
}

#[test]
fn points_are_lost_by_weight_and_critical_answers_fail() {
    assert_eq!(score(json!({})), (Some(100.0), Some(Outcome::Pass)));
    assert_eq!(
        score(json!({"receipt": "no", "service_attitude": 3})),
        (Some(80.0), Some(Outcome::Pass))
    );
    assert_eq!(
        score(json!({"expired_goods": "yes"})),
        (Some(80.0), Some(Outcome::CriticalFail))
    );
    assert_eq!(
        score(json!({"hygiene_license": "no"})),
        (Some(80.0), Some(Outcome::CriticalFail))
    );
    let poor = json!({"price_tag": "no", "receipt": "no", "scan_code_forced": "yes", "service_attitude": 1});
    assert_eq!(score(poor), (Some(50.0), Some(Outcome::Fail)));
}

#[test]
fn what_does_not_apply_leaves_the_score_alone() {
    assert_eq!(
        score(json!({"price_tag": "na", "hygiene_license": "na"})),
        (Some(100.0), Some(Outcome::Pass))
    );
    // 65 points are left to earn, 50 of them earned.
    let partly = json!({"price_tag": "na", "hygiene_license": "na", "receipt": "no"});
    assert_eq!(score(partly), (Some(76.92), Some(Outcome::Pass)));
}
