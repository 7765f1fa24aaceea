//! What can be wrong with a mapping, said with both names: the field's and the column's.

use fieldwatch_schemas::field::FieldError;
use fieldwatch_schemas::kind::Kind;

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

/// An entry that is not what it should be.
pub(super) fn entry(entry: impl Into<String>, why: impl std::fmt::Display) -> MappingError {
    MappingError::Entry {
        entry: entry.into(),
        why: why.to_string(),
    }
}
