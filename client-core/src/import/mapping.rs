//! Mappings: a TOML file that says which column of a table becomes which field of a case, and what its words mean in our codes.
//!
//! Everything that can be wrong with a mapping is found when it is read ([`Mapping::parse`]) or laid on a table
//! ([`Mapping::bind`]), before the first row, and said with both names: the field's and the column's.

mod bind;
mod entry;
mod error;
mod file;
mod reading;

use std::collections::BTreeMap;

use fieldwatch_schemas::code;
use fieldwatch_schemas::field::{Field, FieldValue, Rule};
use fieldwatch_schemas::kind::Kind;
use jiff::tz::TimeZone;

pub(super) use self::bind::Bound;
use self::entry::{constants, event_column, field_columns};
pub use self::error::MappingError;
use self::error::entry;
use self::file::File;

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

impl Mapping {
    /// Whether the mapping itself gives a field.
    #[must_use]
    pub fn gives(&self, path: &str) -> bool {
        self.constants.contains_key(path) || self.fields.iter().any(|field| field.path == path)
    }
}
