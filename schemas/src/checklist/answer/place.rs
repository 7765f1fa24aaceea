//! Places, in the shapes that people and programs write them.

use serde_json::Value as Json;

use crate::checklist::geo::read_points;
use crate::checklist::value::{Value, number_text};

/// How many places are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Point,
    Line,
}

/// Places as XForms writes them: `lat lon altitude accuracy`, with `;` between several.
pub(super) fn points(json: &Json, shape: Shape) -> Option<Value<'_>> {
    let text = match json {
        Json::Null => return Some(Value::BLANK),
        Json::String(text) => text.trim().to_owned(),
        Json::Object(_) => point(json)?,
        Json::Array(list) if list.is_empty() => return Some(Value::BLANK),
        Json::Array(list) if shape == Shape::Line && !list.iter().all(Json::is_number) => list
            .iter()
            .map(point)
            .collect::<Option<Vec<_>>>()?
            .join(";"),
        Json::Array(_) => point(json)?,
        Json::Bool(_) | Json::Number(_) => return None,
    };
    let count = text
        .split(';')
        .filter(|point| !point.trim().is_empty())
        .count();
    let valid = read_points(&text).is_some() && (shape == Shape::Line || count <= 1);
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
            vec![
                field(&["lat", "latitude"])?,
                field(&["lon", "lng", "longitude"])?,
                altitude,
                accuracy,
            ]
        }
        _ => return None,
    };
    Some(
        numbers
            .into_iter()
            .map(number_text)
            .collect::<Vec<_>>()
            .join(" "),
    )
}
