//! The entries of a mapping: constants, and the columns that become fields and events.

use std::collections::BTreeMap;

use fieldwatch_schemas::field::{Field, FieldValue, Shape};
use fieldwatch_schemas::kind::Kind;

use super::error::entry;
use super::file::{ColumnEntry, EventEntry, File};
use super::reading::{date_reading, map_reading};
use super::{EventColumn, FieldColumn, MappingError, Reading};

/// The field of a path that a mapping may give.
fn field_of(section: &'static str, path: &str) -> Result<&'static Field, MappingError> {
    if ["channel", "external_no"].contains(&path) {
        let why = "is said in [source], because it identifies the record";
        return Err(entry(format!("{section}.{path}"), why));
    }
    let unknown = || MappingError::FieldUnknown {
        entry: section,
        path: path.to_owned(),
    };
    let field = Kind::Case.field(path).ok_or_else(unknown)?;
    match field.shape {
        Shape::Raw | Shape::Answers => Err(unknown()),
        _ => Ok(field),
    }
}

pub(super) fn constants(
    entries: &BTreeMap<String, toml::Value>,
) -> Result<BTreeMap<String, FieldValue>, MappingError> {
    let read = |(path, value): (&String, &toml::Value)| {
        let field = field_of("constants", path)?;
        let value = match value {
            toml::Value::String(text) => field.read_text(path, text),
            other => match serde_json::to_value(other) {
                Ok(json) => field.read_json(path, &json),
                Err(error) => return Err(entry(format!("constants.{path:?}"), error)),
            },
        };
        let wrong = |source| MappingError::Value {
            entry: "constants".to_owned(),
            source,
        };
        Ok((path.clone(), value.map_err(wrong)?))
    };
    entries.iter().map(read).collect()
}

pub(super) fn field_columns(file: &File) -> Result<Vec<FieldColumn>, MappingError> {
    let read = |(path, value): (&String, &toml::Value)| {
        let field = field_of("fields", path)?;
        let place = format!("fields.{path:?}");
        let column = ColumnEntry::read(&place, value)?;
        let reading = match (column.date, column.map) {
            (Some(_), Some(_)) => return Err(entry(place, "has both a date and a map")),
            (Some(_), None) if field.shape != Shape::Time => {
                return Err(entry(place, "has a date pattern, but the field is no time"));
            }
            (Some(pattern), None) => date_reading(&place, pattern)?,
            (None, Some(map)) => map_reading(field, path, &map, file)?,
            (None, None) => Reading::Plain,
        };
        Ok(FieldColumn {
            path: path.clone(),
            field,
            column: column.column,
            reading,
        })
    };
    file.fields.iter().map(read).collect()
}

pub(super) fn event_column(event: &EventEntry) -> Result<EventColumn, MappingError> {
    let place = format!("events, type = {:?}", event.kind);
    let life_cycle = Kind::Case.table().life_cycle;
    let mut rules = life_cycle
        .rules
        .iter()
        .filter(|rule| rule.event == event.kind)
        .peekable();
    if rules.peek().is_none() {
        let mut known: Vec<_> = life_cycle.rules.iter().map(|rule| rule.event).collect();
        known.dedup();
        let why = format!("case has no such event; there are: {}", known.join(", "));
        return Err(entry(place, why));
    }
    if let Some(needs) = rules.find_map(|rule| rule.needs.first()) {
        let why = format!("the event needs {needs:?}, which a mapping cannot give");
        return Err(entry(place, why));
    }
    let column = ColumnEntry::read(&place, &event.at)?;
    let reading = match (column.date, column.map) {
        (_, Some(_)) => return Err(entry(place, "a time has a date pattern, no map")),
        (Some(pattern), None) => date_reading(&place, pattern)?,
        (None, None) => Reading::Plain,
    };
    Ok(EventColumn {
        kind: event.kind.clone(),
        column: column.column,
        reading,
    })
}
