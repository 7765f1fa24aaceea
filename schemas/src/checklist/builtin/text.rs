//! Functions of texts and lists of choices. Places are counted in characters.

use jiff::tz::Offset;

use crate::checklist::function::Function;
use crate::checklist::value::{Value, as_f64, parse_number, whole};

pub(super) fn texts<'a>(
    function: Function,
    arguments: &[Value<'a>],
    local: Offset,
) -> Option<Value<'a>> {
    let text = |place: usize| arguments.get(place).map(Value::to_text).unwrap_or_default();
    let number = |place: usize| {
        arguments
            .get(place)
            .map_or(f64::NAN, |value| value.to_number(local))
    };
    Some(match function {
        Function::String => arguments
            .first()
            .map(|value| Value::text(value.to_text().into_owned()))?,
        Function::Number => Value::Number(arguments.first().map(|value| as_number(value, local))?),
        Function::Boolean => arguments.first()?.to_bool().into(),
        Function::BooleanFromString => matches!(text(0).as_ref(), "true" | "1").into(),
        Function::True => true.into(),
        Function::False => false.into(),
        Function::Not => (!arguments.first()?.to_bool()).into(),
        Function::Selected => text(0)
            .split_whitespace()
            .any(|name| name == text(1).trim())
            .into(),
        Function::CountSelected => counted(text(0).split_whitespace().count()),
        Function::SelectedAt => {
            let place = whole(number(1), i64::from(u32::MAX))
                .and_then(|place| usize::try_from(place).ok())?;
            Value::text(
                text(0)
                    .split_whitespace()
                    .nth(place)
                    .unwrap_or_default()
                    .to_owned(),
            )
        }
        Function::Contains => text(0).contains(text(1).as_ref()).into(),
        Function::StartsWith => text(0).starts_with(text(1).as_ref()).into(),
        Function::EndsWith => text(0).ends_with(text(1).as_ref()).into(),
        Function::StringLength => counted(text(0).chars().count()),
        Function::NormalizeSpace => {
            Value::text(text(0).split_whitespace().collect::<Vec<_>>().join(" "))
        }
        Function::Substr => substr(
            &text(0),
            number(1),
            arguments.get(2).map(|value| value.to_number(local)),
        ),
        Function::SubstringBefore => Value::text(
            text(0)
                .split_once(text(1).as_ref())
                .map_or("", |(before, _)| before)
                .to_owned(),
        ),
        Function::SubstringAfter => Value::text(
            text(0)
                .split_once(text(1).as_ref())
                .map_or("", |(_, after)| after)
                .to_owned(),
        ),
        Function::Translate => translate(&text(0), &text(1), &text(2)),
        _ => return None,
    })
}

fn as_number(value: &Value<'_>, local: Offset) -> f64 {
    match value {
        Value::Text(text) if parse_number(text).is_nan() => value
            .dated(local)
            .map_or(f64::NAN, |dated| dated.to_number(local)),
        other => other.to_number(local),
    }
}

fn counted(count: usize) -> Value<'static> {
    Value::Number(as_f64(i64::try_from(count).unwrap_or(i64::MAX)))
}

/// Characters from a place (counted from 0) up to another, which is not included; negative places count from the end.
fn substr(text: &str, from: f64, to: Option<f64>) -> Value<'static> {
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let place = |number: f64| {
        let number = whole(libm::trunc(number), i64::MAX / 1024).unwrap_or(0);
        usize::try_from(if number < 0 {
            (length + number).max(0)
        } else {
            number.min(length)
        })
        .unwrap_or(0)
    };
    let (from, to) = (place(from), to.map_or_else(|| place(as_f64(length)), place));
    Value::text(
        text.chars()
            .skip(from)
            .take(to.saturating_sub(from))
            .collect(),
    )
}

/// Replaces the characters of one set by those of another, one by one; those without a counterpart are left out.
fn translate(text: &str, from: &str, to: &str) -> Value<'static> {
    let from: Vec<char> = from.chars().take(1024).collect();
    let to: Vec<char> = to.chars().take(1024).collect();
    let translated = text
        .chars()
        .filter_map(|c| match from.iter().position(|other| *other == c) {
            Some(place) => to.get(place).copied(),
            None => Some(c),
        });
    Value::text(translated.collect())
}
