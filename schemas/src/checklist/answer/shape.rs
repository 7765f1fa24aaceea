//! Giving a value the type of its question.

use std::borrow::Cow;

use jiff::tz::Offset;

use crate::checklist::definition::Item;
use crate::checklist::kind::Kind;
use crate::checklist::value::{
    Value, civil, day_from_epoch, days_since_epoch, moment_from_epoch, whole,
};

/// Largest whole number that every device holds exactly.
const WHOLE_MAX: i64 = 1 << 53;

/// Gives a computed or plain value the type of its question; none where it becomes blank.
///
/// # Errors
///
/// Says what the value is not.
pub(in crate::checklist) fn shape<'a>(
    item: &Item,
    value: Value<'a>,
    local: Offset,
) -> Result<Option<Value<'a>>, &'static str> {
    if let Value::Text(text) = &value
        && text.trim().is_empty()
        && !matches!(item.kind, Kind::Text | Kind::Hidden | Kind::Calculate)
    {
        return Ok(None);
    }
    match item.kind {
        Kind::Integer => match whole(number(&value, local), WHOLE_MAX) {
            Some(_) => Ok(Some(Value::Number(number(&value, local)))),
            None => Err("不是整数 / not a whole number"),
        },
        Kind::Decimal | Kind::Range => {
            let number = number(&value, local);
            if number.is_finite() {
                Ok(Some(Value::Number(number)))
            } else {
                Err("不是数字 / not a number")
            }
        }
        Kind::Date => day(&value, local).map(Some).ok_or("不是日期 / not a date"),
        Kind::DateTime => moment(value, local)
            .map(Some)
            .ok_or("不是日期和时间 / not a date and time"),
        Kind::Time => match value.dated(local) {
            Some(Value::Time(time)) => Ok(Some(Value::Time(time))),
            _ => Err("不是时间 / not a time"),
        },
        Kind::Acknowledge => match &value {
            Value::Boolean(false) => Ok(None),
            Value::Boolean(true) => Ok(Some(Value::Text(Cow::Borrowed("OK")))),
            Value::Text(text) if matches!(text.as_ref(), "OK" | "ok" | "yes" | "true" | "1") => {
                Ok(Some(Value::Text(Cow::Borrowed("OK"))))
            }
            _ => Err("不是确认 / not an acknowledgement"),
        },
        Kind::Calculate | Kind::Metadata(_) => {
            Ok(Some(value)
                .filter(|value| !matches!(value, Value::Number(number) if number.is_nan())))
        }
        _ => Ok(Some(as_text(value))),
    }
}

fn as_text(value: Value<'_>) -> Value<'_> {
    match value {
        Value::Text(text) => Value::Text(text),
        Value::Number(number) if number.is_nan() => Value::BLANK,
        other => Value::text(other.to_text().into_owned()),
    }
}

fn number(value: &Value<'_>, local: Offset) -> f64 {
    match value {
        Value::Boolean(_) => f64::NAN,
        other => other.to_number(local),
    }
}

fn day(value: &Value<'_>, local: Offset) -> Option<Value<'static>> {
    match value {
        Value::Number(days) => day_from_epoch(*days).map(Value::Day),
        other => match other.dated(local)? {
            Value::Moment { ms, .. } => civil(ms, local).map(|civil| Value::Day(civil.date())),
            Value::Day(day) => Some(Value::Day(day)),
            _ => None,
        },
    }
}

fn moment(value: Value<'_>, local: Offset) -> Option<Value<'static>> {
    match value {
        Value::Number(days) => moment_from_epoch(days, local),
        other => match other.dated(local)? {
            Value::Moment { ms, offset } => Some(Value::Moment { ms, offset }),
            Value::Day(day) => moment_from_epoch(f64::from(days_since_epoch(day)), local),
            _ => None,
        },
    }
}
