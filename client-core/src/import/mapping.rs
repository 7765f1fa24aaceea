//! Mappings: a TOML file that says which column of a table becomes which field of a case, and what its words mean in our codes.
//!
//! Everything that can be wrong with a mapping is found when it is read ([`Mapping::parse`]) or laid on a table
//! ([`Mapping::bind`]), before the first row, and said with both names: the field's and the column's.

use std::collections::BTreeMap;

use fieldwatch_schemas::code;
use fieldwatch_schemas::field::{Field, FieldError, FieldValue, Rule, Shape};
use fieldwatch_schemas::kind::Kind;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// A mapping whose every name is known to make sense.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The channel of every row (a code).
    pub(super) channel: String,
    /// The column of the number that the channel gave.
    pub(super) external_no: String,
    /// Where the table's clocks stood.
    pub(super) zone: TimeZone,
    /// Whether a value that nothing translates refuses its row.
    pub(super) untranslated: Untranslated,
    /// What every row says.
    pub(super) constants: BTreeMap<String, FieldValue>,
    /// The columns that become fields.
    pub(super) fields: Vec<FieldColumn>,
    /// The columns that become events.
    pub(super) events: Vec<EventColumn>,
}

/// What becomes of a value that neither a map nor a code list knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Untranslated {
    KeptAsRaw,
    RefusesRow,
}

/// A column that becomes a field.
#[derive(Debug, Clone)]
pub(super) struct FieldColumn {
    pub(super) path: String,
    pub(super) field: &'static Field,
    pub(super) column: String,
    pub(super) reading: Reading,
}

/// A column that becomes an event.
#[derive(Debug, Clone)]
pub(super) struct EventColumn {
    pub(super) kind: String,
    pub(super) column: String,
    pub(super) reading: Reading,
}

/// How a cell is read.
#[derive(Debug, Clone)]
pub(super) enum Reading {
    /// As a person would type it.
    Plain,
    /// As a date and time of this pattern (strptime).
    Date(String),
    /// By translation.
    Map(BTreeMap<String, String>),
}

/// A mapping that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// Not TOML, or not a mapping.
    #[error("the mapping cannot be read: {0}")]
    Toml(#[from] toml::de::Error),
    /// An entry is not what it should be.
    #[error("{entry}: {why}")]
    Entry {
        /// Where in the mapping.
        entry: String,
        /// What is wrong.
        why: String,
    },
    /// There is no such field.
    #[error("{entry}: case has no field {path:?}; there are: {}", Kind::Case.paths().join(", "))]
    FieldUnknown {
        /// Where in the mapping.
        entry: &'static str,
        /// What was asked for.
        path: String,
    },
    /// A value does not fit its field.
    #[error("{entry}: {source}")]
    Value {
        /// Where in the mapping.
        entry: String,
        /// Why.
        source: FieldError,
    },
    /// A field asks for a map that the mapping does not have.
    #[error("fields.{path:?} asks for the map {map:?}, which is not there; there are: {}", .known.join(", "))]
    MapUnknown {
        /// The field.
        path: String,
        /// What was asked for.
        map: String,
        /// The maps of the mapping.
        known: Vec<String>,
    },
    /// The table has no such column.
    #[error("{what} comes from the column {column:?}, which the table does not have; it has: {}", .known.join(", "))]
    ColumnUnknown {
        /// What should come from it.
        what: String,
        /// The column.
        column: String,
        /// The table's columns.
        known: Vec<String>,
    },
    /// The table has the column more than once.
    #[error("{what} comes from the column {column:?}, which the table has twice")]
    ColumnTwice {
        /// What should come from it.
        what: String,
        /// The column.
        column: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: Source,
    #[serde(default)]
    constants: BTreeMap<String, toml::Value>,
    #[serde(default)]
    fields: BTreeMap<String, toml::Value>,
    #[serde(default)]
    events: Vec<EventEntry>,
    #[serde(default)]
    maps: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    channel: String,
    external_no: String,
    #[serde(default = "china")]
    timezone: String,
    #[serde(default)]
    strict: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventEntry {
    #[serde(rename = "type")]
    kind: String,
    at: toml::Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnEntry {
    column: String,
    date: Option<String>,
    map: Option<String>,
}

fn china() -> String {
    "Asia/Shanghai".to_owned()
}

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    ///
    /// [`MappingError`] for the first entry that makes no sense; [`MappingError::ColumnUnknown`] waits for a table.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let file: File = toml::from_str(text)?;
        let zone = TimeZone::get(&file.source.timezone)
            .map_err(|error| entry("source.timezone", error))?;
        if let Some(list) = code::list("channel")
            && list.code(&file.source.channel).is_none()
        {
            let known: Vec<_> = list.codes().iter().map(|code| code.code.as_str()).collect();
            let channel = &file.source.channel;
            let why = format!(
                "unknown channel {channel:?}; there are: {}",
                known.join(", ")
            );
            return Err(entry("source.channel", why));
        }
        let constants = constants(&file.constants)?;
        let fields = field_columns(&file)?;
        let doubled = fields
            .iter()
            .find(|field| constants.contains_key(&field.path));
        if let Some(doubled) = doubled {
            let why = "stands among the constants too";
            return Err(entry(format!("fields.{:?}", doubled.path), why));
        }
        let is_given =
            |path| constants.contains_key(path) || fields.iter().any(|field| field.path == path);
        let needed = Kind::Case.table().fields.iter();
        let mut needed = needed.filter(|field| field.rule == Rule::Required);
        if let Some(absent) = needed.find(|field| !is_given(field.path)) {
            let why = format!(
                "neither constants nor fields give {:?}, which every case needs",
                absent.path
            );
            return Err(entry("fields", why));
        }
        let events = file
            .events
            .iter()
            .map(event_column)
            .collect::<Result<_, _>>()?;
        let untranslated = match file.source.strict {
            true => Untranslated::RefusesRow,
            false => Untranslated::KeptAsRaw,
        };
        Ok(Self {
            channel: file.source.channel,
            external_no: file.source.external_no,
            zone,
            untranslated,
            constants,
            fields,
            events,
        })
    }
}

fn entry(entry: impl Into<String>, why: impl std::fmt::Display) -> MappingError {
    MappingError::Entry {
        entry: entry.into(),
        why: why.to_string(),
    }
}

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

fn constants(
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

fn field_columns(file: &File) -> Result<Vec<FieldColumn>, MappingError> {
    let read = |(path, value): (&String, &toml::Value)| {
        let field = field_of("fields", path)?;
        let place = format!("fields.{path:?}");
        let column = column_entry(&place, value)?;
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

fn event_column(event: &EventEntry) -> Result<EventColumn, MappingError> {
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
    let column = column_entry(&place, &event.at)?;
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

fn column_entry(place: &str, value: &toml::Value) -> Result<ColumnEntry, MappingError> {
    match value {
        toml::Value::String(column) => Ok(ColumnEntry {
            column: column.clone(),
            date: None,
            map: None,
        }),
        toml::Value::Table(table) => table
            .clone()
            .try_into()
            .map_err(|error: toml::de::Error| entry(place, error.message())),
        _ => Err(entry(
            place,
            "must be a column's name, or { column = …, date or map = … }",
        )),
    }
}

/// Tries the pattern on the first moment of 1970: what it cannot write it cannot read.
fn date_reading(place: &str, pattern: String) -> Result<Reading, MappingError> {
    let sample = TimeZone::UTC.to_zoned(jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0));
    let tried = sample.and_then(|sample| jiff::fmt::strtime::format(&pattern, &sample));
    match tried {
        Ok(_) => Ok(Reading::Date(pattern)),
        Err(error) => Err(entry(
            place,
            format!("the date pattern {pattern:?} is wrong: {error}"),
        )),
    }
}

fn map_reading(
    field: &'static Field,
    path: &str,
    name: &str,
    file: &File,
) -> Result<Reading, MappingError> {
    let Some(map) = file.maps.get(name) else {
        return Err(MappingError::MapUnknown {
            path: path.to_owned(),
            map: name.to_owned(),
            known: file.maps.keys().cloned().collect(),
        });
    };
    for (word, meaning) in map {
        let read = field.read_text(path, &meaning.replace(';', ","));
        read.map_err(|source| MappingError::Value {
            entry: format!("maps.{name}.{word:?}"),
            source,
        })?;
    }
    let trimmed = map
        .iter()
        .map(|(word, meaning)| (word.trim().to_owned(), meaning.clone()));
    Ok(Reading::Map(trimmed.collect()))
}

/// A mapping laid on a table: where each column stands.
#[derive(Debug)]
pub(super) struct Bound<'m> {
    pub(super) mapping: &'m Mapping,
    pub(super) external_no: usize,
    pub(super) fields: Vec<usize>,
    pub(super) events: Vec<usize>,
}

impl Mapping {
    /// Finds every column that the mapping names.
    pub(super) fn bind(&self, columns: &[String]) -> Result<Bound<'_>, MappingError> {
        let place_of = |what: &str, column: &str| {
            let mut places = columns
                .iter()
                .enumerate()
                .filter(|(_, known)| known.trim() == column.trim());
            let unknown = || MappingError::ColumnUnknown {
                what: what.to_owned(),
                column: column.to_owned(),
                known: columns
                    .iter()
                    .map(|known| fieldwatch_schemas::problem::cut(known))
                    .collect(),
            };
            let (place, _) = places.next().ok_or_else(unknown)?;
            match places.next() {
                None => Ok(place),
                Some(_) => Err(MappingError::ColumnTwice {
                    what: what.to_owned(),
                    column: column.to_owned(),
                }),
            }
        };
        let fields = self
            .fields
            .iter()
            .map(|field| place_of(&field.path, &field.column));
        let events = self
            .events
            .iter()
            .map(|event| place_of(&event.kind, &event.column));
        Ok(Bound {
            mapping: self,
            external_no: place_of("external_no", &self.external_no)?,
            fields: fields.collect::<Result<_, _>>()?,
            events: events.collect::<Result<_, _>>()?,
        })
    }
}

impl Mapping {
    /// Whether the mapping itself gives a field.
    #[must_use]
    pub fn gives(&self, path: &str) -> bool {
        self.constants.contains_key(path) || self.fields.iter().any(|field| field.path == path)
    }
}
