//! Any text is an expression or a refusal, and an expression ends on any answers.
//!
//! The first line is the expression, the rest the answers as JSON.
#![no_main]

use std::collections::BTreeMap;

use fieldwatch_schemas::checklist::{Checklist, Choice, Context, Definition, Item, Kind, evaluate};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (expression, answers) = text.split_once('\n').unwrap_or((text, "{}"));
    if let Ok(checklist) = Checklist::try_from(definition(expression)) {
        let answers = checklist.flatten(&serde_json::from_str(answers).unwrap_or_default());
        let _bounded = evaluate(&checklist, &answers, &Context::at(1_719_799_200_000, 480));
    }
});

/// One question of each interesting kind, with the expression wherever one may stand.
fn definition(expression: &str) -> Definition {
    let item = |name: &str, kind, parent| Item {
        name: name.to_owned(),
        kind,
        parent,
        ..Item::default()
    };
    let rule = Some(expression.to_owned());
    let items = vec![
        item("t", Kind::Text, None),
        item("n", Kind::Decimal, None),
        Item {
            list_name: Some("l".to_owned()),
            ..item("m", Kind::SelectMultiple, None)
        },
        item("d", Kind::DateTime, None),
        item("r", Kind::Repeat, None),
        item("x", Kind::Geopoint, Some(4)),
        Item {
            calculation: rule.clone(),
            ..item("c", Kind::Calculate, Some(4))
        },
        Item {
            relevant: rule.clone(),
            constraint: rule.clone(),
            score: rule.clone(),
            critical: rule.clone(),
            choice_filter: rule,
            list_name: Some("l".to_owned()),
            weight: Some(1.0),
            ..item("q", Kind::SelectOne, None)
        },
    ];
    let choice = |name: &str| Choice {
        name: name.to_owned(),
        columns: BTreeMap::from([("col".to_owned(), "1".to_owned())]),
        ..Choice::default()
    };
    let lists = BTreeMap::from([("l".to_owned(), vec![choice("a"), choice("b")])]);
    Definition {
        id: "f".to_owned(),
        version: "1".to_owned(),
        default_language: "default".to_owned(),
        items,
        lists,
        ..Definition::default()
    }
}
