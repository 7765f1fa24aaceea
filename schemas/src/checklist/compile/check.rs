//! What is wrong with an item apart from its expressions.

use crate::checklist::definition::{Definition, Item};
use crate::checklist::fault::{Faults, Severity};
use crate::checklist::kind::Kind;
use crate::checklist::limits::{EXPRESSIONS_BYTES_MAX, WORDS_BYTES_MAX};

/// What is wrong with an item apart from its expressions.
pub(super) fn check_item(definition: &Definition, index: usize, item: &Item, faults: &mut Faults) {
    if !is_name(&item.name) {
        faults.error(
            index,
            "name",
            format!(
                "`{}` is no name: letters, digits, `_`, `-` and `.`, beginning with a letter",
                item.name
            ),
        );
    }
    if let Kind::Unsupported(name) = &item.kind {
        faults.add(
            Severity::Cannot,
            Some(index),
            "type",
            format!("the type `{name}` cannot be run"),
        );
    }
    if item.kind.has_choices() {
        match item
            .list_name
            .as_ref()
            .map(|list| (list, definition.lists.get(list)))
        {
            None => faults.error(index, "type", "names no list of choices"),
            Some((list, None)) => faults.error(
                index,
                "type",
                format!("there is no list `{list}` on the choices sheet"),
            ),
            Some(_) => {}
        }
    }
    if item.kind.is_asked()
        && item.calculation.is_none()
        && item.label.is_empty()
        && item.hint.is_empty()
    {
        faults.add(
            Severity::Note,
            Some(index),
            "label",
            "is missing: there is nothing to read",
        );
    }
    if item.kind == Kind::Calculate && item.calculation.is_none() && item.default.is_none() {
        faults.error(index, "calculation", "is missing");
    }
    if item
        .weight
        .is_some_and(|weight| !weight.is_finite() || weight < 0.0)
    {
        faults.error(index, "weight", "is not a number from 0 up");
    }
    if item.kind == Kind::Range {
        check_range(index, item, faults);
    }
}

fn check_range(index: usize, item: &Item, faults: &mut Faults) {
    let mut numbers = [1.0, 10.0, 1.0];
    for (name, number) in ["start", "end", "step"].into_iter().zip(&mut numbers) {
        let Some(text) = item.parameters.get(name) else {
            continue;
        };
        match text.parse::<f64>().ok().filter(|number| number.is_finite()) {
            Some(parsed) => *number = parsed,
            None => faults.error(index, "parameters", format!("`{name}={text}` is no number")),
        }
    }
    let [start, end, step] = numbers;
    if step <= 0.0 || start == end {
        faults.error(
            index,
            "parameters",
            format!("from {start} to {end} by {step} is no range"),
        );
    }
}

/// XLSForm names are XML names; letters of any script will do.
pub(super) fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    first && name.len() <= 255 && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// Words that nobody can read, and more expressions than any form needs.
pub(super) fn check_sizes(definition: &Definition, faults: &mut Faults) {
    let mut expressions = 0;
    for (index, item) in definition.items.iter().enumerate() {
        let words = [
            ("label", &item.label),
            ("hint", &item.hint),
            ("guidance_hint", &item.guidance_hint),
            ("required_message", &item.required_message),
            ("constraint_message", &item.constraint_message),
        ];
        for (column, words) in words {
            if words.values().any(|text| text.len() > WORDS_BYTES_MAX) {
                faults.error(
                    index,
                    column,
                    format!("is longer than {WORDS_BYTES_MAX} bytes"),
                );
            }
        }
        let rules = [
            &item.relevant,
            &item.required,
            &item.constraint,
            &item.calculation,
            &item.default,
        ];
        let more = [
            &item.choice_filter,
            &item.repeat_count,
            &item.score,
            &item.critical,
            &item.read_only,
        ];
        expressions += rules
            .into_iter()
            .chain(more)
            .flatten()
            .map(String::len)
            .sum::<usize>();
    }
    if expressions > EXPRESSIONS_BYTES_MAX {
        let message = format!("has more than {EXPRESSIONS_BYTES_MAX} bytes of expressions");
        faults.add(Severity::Error, None, "calculation", message);
    }
    let labels = definition
        .lists
        .values()
        .flatten()
        .flat_map(|choice| choice.label.values());
    if labels
        .into_iter()
        .any(|label| label.len() > WORDS_BYTES_MAX)
    {
        let message = format!("a label of a choice is longer than {WORDS_BYTES_MAX} bytes");
        faults.add(Severity::Error, None, "label", message);
    }
}
