//! Everything that was ever worth trying on the reader and the parser, tried again by every `cargo test`.
//!
//! The files are the corpus of the targets in `fuzz/`; what a fuzzer finds is added there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::fs;
use std::path::Path;

use fieldwatch_schemas::checklist::{
    Answers, Checklist, Context, Definition, DefinitionError, Item, Kind, Severity, evaluate,
    limits, read_xlsx,
};

fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries
        .map(|path| {
            (
                path.to_string_lossy().into_owned(),
                fs::read(&path).unwrap(),
            )
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{target} has a corpus");
    files
}

#[test]
fn every_file_of_the_corpus_is_a_form_or_a_refusal() {
    let context = Context::at(1_719_799_200_000, 480);
    for (name, bytes) in corpus("checklist_form") {
        match read_xlsx(&bytes) {
            Ok((checklist, _)) => {
                let again: Checklist =
                    serde_json::from_str(&serde_json::to_string(&checklist).unwrap()).unwrap();
                assert_eq!(
                    evaluate(&again, &Answers::new(), &context),
                    evaluate(&checklist, &Answers::new(), &context),
                    "{name}"
                );
            }
            Err(errors) => assert!(
                !errors.is_empty() && errors.len() <= limits::ERRORS_MAX + 1,
                "{name}"
            ),
        }
    }
}

#[test]
fn every_expression_of_the_corpus_ends_or_is_refused() {
    let item = |name: &str, kind, parent| Item {
        name: name.to_owned(),
        kind,
        parent,
        ..Item::default()
    };
    for (name, bytes) in corpus("checklist_expression") {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (expression, answers) = text.split_once('\n').unwrap_or((&text, "{}"));
        let items = vec![
            item("t", Kind::Text, None),
            item("n", Kind::Decimal, None),
            item("m", Kind::Text, None),
            item("d", Kind::DateTime, None),
            item("r", Kind::Repeat, None),
            item("x", Kind::Geopoint, Some(4)),
            Item {
                calculation: Some(expression.to_owned()),
                ..item("c", Kind::Calculate, Some(4))
            },
            Item {
                constraint: Some(expression.to_owned()),
                ..item("q", Kind::Text, None)
            },
        ];
        match Checklist::try_from(Definition {
            id: "c".to_owned(),
            version: "1".to_owned(),
            items,
            ..Definition::default()
        }) {
            Ok(checklist) => {
                let answers = checklist.flatten(&serde_json::from_str(answers).unwrap_or_default());
                let evaluation =
                    evaluate(&checklist, &answers, &Context::at(1_719_799_200_000, 480));
                evaluation.unwrap_or_else(|error| panic!("{name}: {error}"));
            }
            Err(DefinitionError(faults)) => assert!(
                faults.iter().any(|fault| fault.severity == Severity::Error),
                "{name}"
            ),
        }
    }
}
