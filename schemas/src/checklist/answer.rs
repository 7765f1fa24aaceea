//! Reading an answer as its question understands it.
//!
//! Answers come as JSON from any client, so each kind takes the shapes people and programs use: a number or its text, a
//! list of choices or one text with blanks between, a place as `"30.27 120.15 12 5"`, `{lat, lon, …}` or `[lat, lon]`.

use jiff::tz::Offset;
use serde_json::Value as Json;

use super::definition::{Item, Kind};
use super::value::{Value, day_from_epoch, parse_number, whole};
use std::borrow::Cow;

/// Largest whole number that every device holds exactly.
const WHOLE_MAX: i64 = 1 << 53;

/// Reads a stored answer.
///
/// # Errors
///
/// Says in Chinese and English what is wrong with an answer that cannot be one of this question.
pub(super) fn read<'a>(item: &Item, json: &'a Json, local: Offset) -> Result<Value<'a>, &'static str> {
    match item.kind {
        Kind::SelectMultiple | Kind::Rank => choices(json).ok_or("不是选项 / not a list of choices"),
        Kind::Geopoint => points(json, Shape::Point).ok_or("不是位置 / not a place"),
        Kind::Geotrace | Kind::Geoshape => points(json, Shape::Line).ok_or("不是位置列表 / not a list of places"),
        Kind::Image | Kind::Audio | Kind::Video | Kind::File => Ok(evidence(json)),
        _ => match json {
            Json::Null => Ok(Value::BLANK),
            Json::Bool(truth) => Ok(shape(item, Value::Boolean(*truth), local)?.unwrap_or(Value::BLANK)),
            Json::Number(number) => {
                let number = number.as_f64().ok_or("不是数字 / not a number")?;
                Ok(shape(item, Value::Number(number), local)?.unwrap_or(Value::BLANK))
            }
            Json::String(text) => {
                let text = Value::Text(Cow::Borrowed(text.as_str()));
                Ok(shape(item, text, local)?.unwrap_or(Value::BLANK))
            }
            Json::Array(list) if list.is_empty() => Ok(Value::BLANK),
            Json::Array(_) | Json::Object(_) => Err("不是单个值 / not a single value"),
        },
    }
}

/// Gives a computed or plain value the type of its question; none where it becomes blank.
///
/// # Errors
///
/// Says what the value is not.
pub(super) fn shape<'a>(item: &Item, value: Value<'a>, local: Offset) -> Result<Option<Value<'a>>, &'static str> {
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
            if number.is_finite() { Ok(Some(Value::Number(number))) } else { Err("不是数字 / not a number") }
        }
        Kind::Date => day(&value, local).map(Some).ok_or("不是日期 / not a date"),
        Kind::DateTime => moment(value, local).map(Some).ok_or("不是日期和时间 / not a date and time"),
        Kind::Time => match value.dated(local) {
            Some(Value::Time(time)) => Ok(Some(Value::Time(time))),
            _ => Err("不是时间 / not a time"),
        },
        Kind::Acknowledge => match &value {
            Value::Boolean(false) => Ok(None),
            Value::Boolean(true) => Ok(Some(Value::Text(Cow::Borrowed("OK")))),
            Value::Text(text) if matches!(text.as_ref(), "OK" | "ok" | "yes" | "true" | "1") => Ok(Some(Value::Text(Cow::Borrowed("OK")))),
            _ => Err("不是确认 / not an acknowledgement"),
        },
        Kind::Calculate | Kind::Metadata(_) => Ok(Some(value).filter(|value| !matches!(value, Value::Number(number) if number.is_nan()))),
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
            Value::Moment { ms, .. } => super::value::civil(ms, local).map(|civil| Value::Day(civil.date())),
            Value::Day(day) => Some(Value::Day(day)),
            _ => None,
        },
    }
}

fn moment(value: Value<'_>, local: Offset) -> Option<Value<'static>> {
    match value {
        Value::Number(days) => super::value::moment_from_epoch(days, local),
        other => match other.dated(local)? {
            Value::Moment { ms, offset } => Some(Value::Moment { ms, offset }),
            Value::Day(day) => super::value::moment_from_epoch(f64::from(super::value::days_since_epoch(day)), local),
            _ => None,
        },
    }
}

fn choices(json: &Json) -> Option<Value<'_>> {
    match json {
        Json::Null => Some(Value::BLANK),
        Json::String(text) => Some(Value::Text(Cow::Borrowed(text.trim()))),
        Json::Number(number) => Some(Value::text(number.to_string())),
        Json::Array(list) => {
            let mut names = Vec::with_capacity(list.len());
            for name in list {
                match name {
                    Json::String(name) if !name.is_empty() && !name.contains(char::is_whitespace) => names.push(name.clone()),
                    Json::Number(number) => names.push(number.to_string()),
                    _ => return None,
                }
            }
            Some(Value::text(names.join(" ")))
        }
        Json::Bool(_) | Json::Object(_) => None,
    }
}

/// Evidence is only looked at for being there: an attachment's id, or anything that describes one.
fn evidence(json: &Json) -> Value<'_> {
    match json {
        Json::String(text) => Value::Text(Cow::Borrowed(text)),
        Json::Array(list) => list.first().map_or(Value::BLANK, evidence),
        Json::Object(fields) if !fields.is_empty() => {
            let id = ["attachment", "id", "sha256", "name"].iter().find_map(|name| fields.get(*name)?.as_str());
            Value::Text(Cow::Borrowed(id.unwrap_or("attached")))
        }
        Json::Null | Json::Object(_) | Json::Bool(_) | Json::Number(_) => Value::BLANK,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Point,
    Line,
}

/// Places as XForms writes them: `lat lon altitude accuracy`, with `;` between several.
fn points(json: &Json, shape: Shape) -> Option<Value<'_>> {
    let text = match json {
        Json::Null => return Some(Value::BLANK),
        Json::String(text) => text.trim().to_owned(),
        Json::Object(_) => point(json)?,
        Json::Array(list) if list.is_empty() => return Some(Value::BLANK),
        Json::Array(list) if shape == Shape::Line && !list.iter().all(Json::is_number) => {
            list.iter().map(point).collect::<Option<Vec<_>>>()?.join(";")
        }
        Json::Array(_) => point(json)?,
        Json::Bool(_) | Json::Number(_) => return None,
    };
    let count = text.split(';').filter(|point| !point.trim().is_empty()).count();
    let valid = super::geo::read_points(&text).is_some() && (shape == Shape::Line || count <= 1);
    valid.then(|| Value::text(text))
}

fn point(json: &Json) -> Option<String> {
    let numbers: Vec<f64> = match json {
        Json::String(text) => return Some(text.clone()),
        Json::Array(list) => list.iter().map(Json::as_f64).collect::<Option<_>>()?,
        Json::Object(fields) => {
            let field = |names: &[&str]| names.iter().find_map(|name| fields.get(*name)?.as_f64());
            let altitude = field(&["altitude", "altitude_m", "alt"]).unwrap_or(0.0);
            let accuracy = field(&["accuracy_m", "accuracy", "acc"]).unwrap_or(0.0);
            vec![field(&["lat", "latitude"])?, field(&["lon", "lng", "longitude"])?, altitude, accuracy]
        }
        _ => return None,
    };
    Some(numbers.into_iter().map(super::value::number_text).collect::<Vec<_>>().join(" "))
}

/// Numbers of a range must lie on it.
pub(super) fn is_on_range(item: &Item, number: f64) -> bool {
    let parameter = |name: &str, otherwise: f64| item.parameters.get(name).map_or(otherwise, |text| parse_number(text));
    let (start, end, step) = (parameter("start", 1.0), parameter("end", 10.0), parameter("step", 1.0));
    let steps = (number - start) / step;
    let is_whole = (steps - libm::round(steps)).abs() < 1e-6;
    number >= start.min(end) && number <= start.max(end) && is_whole
}

