//! The TOML of a mapping, as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::MappingError;
use super::error::entry;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) source: Source,
    #[serde(default)]
    pub(super) constants: BTreeMap<String, toml::Value>,
    #[serde(default)]
    pub(super) fields: BTreeMap<String, toml::Value>,
    #[serde(default)]
    pub(super) events: Vec<EventEntry>,
    #[serde(default)]
    pub(super) maps: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub(super) channel: String,
    pub(super) external_no: String,
    #[serde(default = "china")]
    pub(super) timezone: String,
    #[serde(default)]
    pub(super) strict: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventEntry {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) at: toml::Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ColumnEntry {
    pub(super) column: String,
    pub(super) date: Option<String>,
    pub(super) map: Option<String>,
}

impl ColumnEntry {
    /// Reads a column's name, or a table of it and how its cells are read.
    pub(super) fn read(place: &str, value: &toml::Value) -> Result<Self, MappingError> {
        match value {
            toml::Value::String(column) => Ok(Self {
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
}

fn china() -> String {
    "Asia/Shanghai".to_owned()
}
