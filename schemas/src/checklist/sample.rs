//! A checklist that needs no spreadsheet: for demonstrations, and for a first day without a template.
//!
//! Weights add up to 100 and the pass mark is 60, so a question's weight is what it takes off the score.
//! `yes` is good for shown prices, receipts, licences and returns, and bad for expired goods and forced scanning.

use std::collections::BTreeMap;

use super::{Checklist, Choice, Definition, Item, Kind, Words};

/// The built-in checklist `market-basics`, version `1`, 经营场所基础体察.
#[must_use]
pub fn sample() -> Checklist {
    Checklist::assemble(definition()).0
}

fn definition() -> Definition {
    let choices = |rows: &[(&str, &str, Option<f64>)]| {
        let choice = |&(name, label, score): &(&str, &str, Option<f64>)| Choice {
            name: name.to_owned(),
            label: words(label),
            score,
            columns: BTreeMap::new(),
        };
        rows.iter().map(choice).collect::<Vec<_>>()
    };
    let na = ("na", "不适用", None);
    Definition {
        id: "market-basics".to_owned(),
        version: "1".to_owned(),
        title: "经营场所基础体察".to_owned(),
        languages: vec![LANGUAGE.to_owned()],
        default_language: LANGUAGE.to_owned(),
        pass_mark: Definition::PASS_MARK,
        items: vec![
            select("price_tag", "商品或服务是否明码标价", "good", 15.0, None),
            select("receipt", "是否主动提供购物凭证", "good", 15.0, None),
            select("hygiene_license", "是否公示营业执照和卫生许可", "good", 20.0, Some("yes")),
            select("expired_goods", "是否有过期商品在售", "bad", 20.0, Some("yes")),
            Item {
                constraint: Some(". >= 1 and . <= 5".to_owned()),
                constraint_message: words("请填 1 到 5"),
                score: Some("(. - 1) div 4".to_owned()),
                weight: Some(10.0),
                ..question("service_attitude", "服务态度(1 最差,5 最好)", Kind::Integer, "yes")
            },
            select("return_policy", "是否公示并履行退换货规定", "good", 10.0, None),
            select("scan_code_forced", "是否强制扫码消费", "bad", 10.0, None),
            question("remark", "其他情况", Kind::Text, "no"),
        ],
        lists: BTreeMap::from([
            ("good".to_owned(), choices(&[("yes", "是", Some(1.0)), ("no", "否", Some(0.0)), na])),
            ("bad".to_owned(), choices(&[("yes", "是", Some(0.0)), ("no", "否", Some(1.0))])),
        ]),
    }
}

const LANGUAGE: &str = "中文 (zh)";

fn words(text: &str) -> Words {
    Words::from([(LANGUAGE.to_owned(), text.to_owned())])
}

fn question(name: &str, label: &str, kind: Kind, required: &str) -> Item {
    Item {
        name: name.to_owned(),
        label: words(label),
        kind,
        required: Some(required.to_owned()),
        ..Item::default()
    }
}

fn select(name: &str, label: &str, list: &str, weight: f64, critical: Option<&str>) -> Item {
    Item {
        list_name: Some(list.to_owned()),
        weight: Some(weight),
        critical: critical.map(str::to_owned),
        ..question(name, label, Kind::SelectOne, "yes")
    }
}

#[cfg(test)]
mod tests {
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

    #[expect(clippy::needless_pass_by_value, reason = "reads better where it is called")]
    fn score(changed: serde_json::Value) -> (Option<f64>, Option<Outcome>) {
        let evaluation = evaluate(&sample(), &answers(&changed), &Context::at(0, 480)).unwrap();
        assert!(evaluation.is_complete(), "{evaluation:?}");
        (evaluation.score, evaluation.result)
    }

    #[test]
    fn the_sample_has_no_faults_and_its_weights_add_up_to_a_hundred() {
        let (checklist, faults) = Checklist::assemble(definition());
        assert_eq!(faults, []);
        assert_eq!(checklist.definition().items.iter().filter_map(|item| item.weight).sum::<f64>(), 100.0);
        assert!(checklist.publishable());
    }

    #[test]
    fn points_are_lost_by_weight_and_critical_answers_fail() {
        assert_eq!(score(json!({})), (Some(100.0), Some(Outcome::Pass)));
        assert_eq!(score(json!({"receipt": "no", "service_attitude": 3})), (Some(80.0), Some(Outcome::Pass)));
        assert_eq!(score(json!({"expired_goods": "yes"})), (Some(80.0), Some(Outcome::CriticalFail)));
        assert_eq!(score(json!({"hygiene_license": "no"})), (Some(80.0), Some(Outcome::CriticalFail)));
        let poor = json!({"price_tag": "no", "receipt": "no", "scan_code_forced": "yes", "service_attitude": 1});
        assert_eq!(score(poor), (Some(50.0), Some(Outcome::Fail)));
    }

    #[test]
    fn what_does_not_apply_leaves_the_score_alone() {
        assert_eq!(score(json!({"price_tag": "na", "hygiene_license": "na"})), (Some(100.0), Some(Outcome::Pass)));
        // 65 points are left to earn, 50 of them earned.
        let partly = json!({"price_tag": "na", "hygiene_license": "na", "receipt": "no"});
        assert_eq!(score(partly), (Some(76.92), Some(Outcome::Pass)));
    }
}
