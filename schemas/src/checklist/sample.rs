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
    let na = ("na", "不适用", None);
    let good = [("yes", "是", Some(1.0)), ("no", "否", Some(0.0)), na];
    let bad = [("yes", "是", Some(0.0)), ("no", "否", Some(1.0))];
    Definition {
        id: "market-basics".to_owned(),
        version: "1".to_owned(),
        title: "经营场所基础体察".to_owned(),
        languages: vec![LANGUAGE.to_owned()],
        default_language: LANGUAGE.to_owned(),
        pass_mark: Definition::PASS_MARK,
        items: items(),
        lists: BTreeMap::from([
            ("good".to_owned(), good.map(choice).to_vec()),
            ("bad".to_owned(), bad.map(choice).to_vec()),
        ]),
    }
}

fn items() -> Vec<Item> {
    let attitude = Item {
        constraint: Some(". >= 1 and . <= 5".to_owned()),
        constraint_message: words("请填 1 到 5"),
        score: Some("(. - 1) div 4".to_owned()),
        weight: Some(10.0),
        ..question(
            "service_attitude",
            "服务态度(1 最差,5 最好)",
            Kind::Integer,
            "yes",
        )
    };
    vec![
        select("price_tag", "商品或服务是否明码标价", "good", 15.0, None),
        select("receipt", "是否主动提供购物凭证", "good", 15.0, None),
        select(
            "hygiene_license",
            "是否公示营业执照和卫生许可",
            "good",
            20.0,
            Some("yes"),
        ),
        select(
            "expired_goods",
            "是否有过期商品在售",
            "bad",
            20.0,
            Some("yes"),
        ),
        attitude,
        select(
            "return_policy",
            "是否公示并履行退换货规定",
            "good",
            10.0,
            None,
        ),
        select("scan_code_forced", "是否强制扫码消费", "bad", 10.0, None),
        question("remark", "其他情况", Kind::Text, "no"),
    ]
}

fn choice((name, label, score): (&str, &str, Option<f64>)) -> Choice {
    Choice {
        name: name.to_owned(),
        label: words(label),
        score,
        ..Choice::default()
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
mod tests;
