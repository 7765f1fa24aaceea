//! Reading an answer as its question understands it.
//!
//! Answers come as JSON from any client, so each kind takes the shapes people and programs use: a number or its text, a
//! list of choices or one text with blanks between, a place as `"30.27 120.15 12 5"`, `{lat, lon, …}` or `[lat, lon]`.

mod place;
mod shape;

use place::{Shape, points};
pub(super) use shape::shape;

use jiff::tz::Offset;
use serde_json::Value as Json;

use super::definition::Item;
use super::kind::Kind;
use super::value::{Value, parse_number};
use std::borrow::Cow;

/// Reads a stored answer.
///
/// # Errors
///
/// Says in Chinese and English what is wrong with an answer that cannot be one of this question.
pub(super) fn read<'a>(
    item: &Item,
    json: &'a Json,
    local: Offset,
) -> Result<Value<'a>, &'static str> {
    match item.kind {
        Kind::SelectMultiple | Kind::Rank => {
            choices(json).ok_or("不是选项 / not a list of choices")
        }
        Kind::Geopoint => points(json, Shape::Point).ok_or("不是位置 / not a place"),
        Kind::Geotrace | Kind::Geoshape => {
            points(json, Shape::Line).ok_or("不是位置列表 / not a list of places")
        }
        Kind::Image | Kind::Audio | Kind::Video | Kind::File => Ok(evidence(json)),
        _ => match json {
            Json::Null => Ok(Value::BLANK),
            Json::Bool(truth) => {
                Ok(shape(item, Value::Boolean(*truth), local)?.unwrap_or(Value::BLANK))
            }
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

fn choices(json: &Json) -> Option<Value<'_>> {
    match json {
        Json::Null => Some(Value::BLANK),
        Json::String(text) => Some(Value::Text(Cow::Borrowed(text.trim()))),
        Json::Number(number) => Some(Value::text(number.to_string())),
        Json::Array(list) => {
            let mut names = Vec::with_capacity(list.len());
            for name in list {
                match name {
                    Json::String(name)
                        if !name.is_empty() && !name.contains(char::is_whitespace) =>
                    {
                        names.push(name.clone());
                    }
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
            let id = ["attachment", "id", "sha256", "name"]
                .iter()
                .find_map(|name| fields.get(*name)?.as_str());
            Value::Text(Cow::Borrowed(id.unwrap_or("attached")))
        }
        Json::Null | Json::Object(_) | Json::Bool(_) | Json::Number(_) => Value::BLANK,
    }
}

/// Numbers of a range must lie on it.
pub(super) fn is_on_range(item: &Item, number: f64) -> bool {
    let parameter = |name: &str, otherwise: f64| {
        item.parameters
            .get(name)
            .map_or(otherwise, |text| parse_number(text))
    };
    let (start, end, step) = (
        parameter("start", 1.0),
        parameter("end", 10.0),
        parameter("step", 1.0),
    );
    let steps = (number - start) / step;
    let is_whole = (steps - libm::round(steps)).abs() < 1e-6;
    number >= start.min(end) && number <= start.max(end) && is_whole
}
