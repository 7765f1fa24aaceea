//! JSON Schema 2020-12 of each kind's fields, generated from the kind's table.
//!
//! The schemas that are checked in under `schemas/json/` are what this makes; a test compares them.

use serde_json::{Map, Value as Json, json};

use crate::code;
use crate::field::{Field, Rule, Shape};
use crate::kind::Kind;
use crate::limits::{FEN_MAX, LONG_TEXT_CHARS_MAX, TEXT_CHARS_MAX};
use crate::record::frozen::SCHEMA;

/// The schema of a record's `fields`, as `show` prints them.
#[must_use]
pub fn json_schema(kind: Kind) -> Json {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in kind.table().fields {
        if field.rule == Rule::Required {
            required.push(field.path);
        }
        let schema = field_schema(field);
        match field.path.split_once('.') {
            None => drop(properties.insert(field.path.to_owned(), schema)),
            Some((container, name)) => insert_inner(&mut properties, container, name, schema),
        }
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("https://fieldwatch.invalid/schemas/{kind}-{SCHEMA}.json"),
        "title": kind.name(),
        "type": "object",
        "properties": properties,
        "required": required,
    })
}

fn insert_inner(properties: &mut Map<String, Json>, container: &str, name: &str, schema: Json) {
    let fresh = || json!({ "type": "object", "properties": {} });
    let object = properties.entry(container).or_insert_with(fresh);
    if let Some(inner) = object.get_mut("properties").and_then(Json::as_object_mut) {
        inner.insert(name.to_owned(), schema);
    }
}

fn field_schema(field: &Field) -> Json {
    let mut schema = shape_schema(field.shape);
    let comment = match field.rule {
        Rule::Once => Some("written once, when the record is made"),
        Rule::Follows => Some("written when the record is made, and later by the server alone"),
        Rule::Optional | Rule::Required => None,
    };
    if let (Some(comment), Some(object)) = (comment, schema.as_object_mut()) {
        object.insert("$comment".to_owned(), json!(comment));
    }
    schema
}

fn shape_schema(shape: Shape) -> Json {
    let text = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    match shape {
        Shape::Text => json!({ "type": "string", "maxLength": TEXT_CHARS_MAX }),
        Shape::LongText => json!({ "type": "string", "maxLength": LONG_TEXT_CHARS_MAX }),
        Shape::Code(list) => code_schema(list),
        Shape::Codes(list) => {
            json!({ "type": "array", "uniqueItems": true, "items": code_schema(list) })
        }
        Shape::Stations => {
            json!({ "type": "array", "uniqueItems": true, "items": shape_schema(Shape::Station) })
        }
        Shape::Fen => json!({ "type": "integer", "minimum": 0, "maximum": FEN_MAX }),
        Shape::Time => json!({ "type": "string", "format": "date-time" }),
        Shape::Date => json!({ "type": "string", "format": "date" }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Integer(low, high) => json!({ "type": "integer", "minimum": low, "maximum": high }),
        Shape::Number(low, high) => json!({ "type": "number", "minimum": low, "maximum": high }),
        Shape::Record(_) | Shape::Id => json!({ "type": "string", "format": "uuid" }),
        Shape::Station => text("^[A-Za-z0-9-]{1,40}$"),
        Shape::CreditCode => text("^[0-9A-HJ-NPQRTUWXY]{18}$"),
        Shape::Area => text("^[0-9]{6}$"),
        Shape::Answers => {
            json!({ "type": "object", "additionalProperties": { "type": ["string", "number", "boolean"] } })
        }
        Shape::Pieces => json!({ "type": "string" }),
        Shape::Raw => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Shape::Entries(fields) => {
            let properties: Map<String, Json> = fields
                .iter()
                .map(|field| (field.path.to_owned(), shape_schema(field.shape)))
                .collect();
            json!({
                "type": "object",
                "propertyNames": { "pattern": "^[A-Za-z0-9_-]{1,40}$" },
                "additionalProperties": { "type": "object", "properties": properties },
            })
        }
    }
}

/// An open list takes codes that a newer version may know; a closed one does not.
fn code_schema(name: &str) -> Json {
    let Some(list) = code::list(name) else {
        return json!({ "type": "string" });
    };
    let codes: Vec<_> = list.codes().iter().map(|code| code.code.as_str()).collect();
    if list.closed {
        json!({ "type": "string", "enum": codes })
    } else {
        json!({ "type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$", "examples": codes })
    }
}
