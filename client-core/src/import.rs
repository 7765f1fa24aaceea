//! Importing a table: rows become cases, each one deterministic change, good and bad rows apart.
//!
//! ```text
//!   file ──Table──▶ cells ──Mapping──▶ Row (record id from channel + number) ──▶ whoever keeps records
//! ```
//!
//! The same row, imported on two devices that never met, is the same record and the same change; importing again changes nothing.
//! A row that cannot be read or kept is refused by itself, with its number and the reason, and the rest go on.

mod mapping;
mod table;
#[cfg(test)]
mod tests;
mod translate;

use std::io::{self, BufRead, Seek};

use fieldwatch_schemas::record::import::Row;
use serde::Serialize;

pub use self::mapping::{Mapping, MappingError};
use self::table::{Table, TableError, TableRow};

/// What became of a row that was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The record is new here.
    Created,
    /// The record was here; the row says something new.
    Updated,
    /// Everything the row says was here.
    Unchanged,
}

/// Why a row was not kept.
#[derive(Debug)]
pub enum TakeError<E> {
    /// The row makes no sound record; the rest go on.
    Row(String),
    /// Nothing more can be kept.
    Stop(E),
}

/// Rows, counted by what became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Rows below the header that are not empty.
    pub read: u64,
    /// Rows that made a record.
    pub created: u64,
    /// Rows that changed a record.
    pub updated: u64,
    /// Rows that were known.
    pub unchanged: u64,
    /// Rows, kept, of which some value could not be translated and was kept as `raw`.
    pub unmapped: u64,
    /// Rows that were not kept.
    pub refused: Vec<Refusal>,
}

/// A row that was not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Its number as a spreadsheet shows it: the header is row 1.
    pub row: u64,
    /// Why, in words.
    pub reason: String,
}

/// An import that did not begin, or did not reach its end; rows kept until then stay.
#[derive(Debug, thiserror::Error)]
pub enum ImportError<E: std::error::Error + 'static> {
    /// The mapping does not fit the table.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The file is no table.
    #[error("{0}")]
    Table(String),
    /// The file cannot be read.
    #[error("the table cannot be read")]
    Io(#[from] io::Error),
    /// Whoever keeps records could not go on.
    #[error(transparent)]
    Keep(E),
}

/// Reads a table to its end and gives every row to `take`.
///
/// `station` is written where the mapping gives none. `progress` is told how many bytes have been read.
///
/// # Errors
///
/// [`ImportError`]; the rows given to `take` before it stay given.
pub fn import<R, E>(
    input: R,
    mapping: &Mapping,
    station: Option<&str>,
    mut take: impl FnMut(Row) -> Result<Taken, TakeError<E>>,
    mut progress: impl FnMut(u64),
) -> Result<Totals, ImportError<E>>
where
    R: BufRead + Seek,
    E: std::error::Error + 'static,
{
    let mut table = Table::open(input).map_err(|error| match error {
        TableError::Io(error) => ImportError::Io(error),
        other => ImportError::Table(other.to_string()),
    })?;
    let bound = mapping.bind(table.columns())?;
    let mut totals = Totals::default();
    while let Some(TableRow { number, cells }) = table.next_row()? {
        totals.read += 1;
        let row = cells.and_then(|cells| bound.row(&cells, station));
        let is_unmapped = row.as_ref().is_ok_and(|row| !row.raw.is_empty());
        match row.map_err(TakeError::Row).and_then(&mut take) {
            Ok(taken) => totals.count(taken, is_unmapped),
            Err(TakeError::Row(reason)) => totals.refused.push(Refusal {
                row: number,
                reason,
            }),
            Err(TakeError::Stop(error)) => return Err(ImportError::Keep(error)),
        }
        progress(table.offset());
    }
    Ok(totals)
}

impl Totals {
    fn count(&mut self, taken: Taken, is_unmapped: bool) {
        let counter = match taken {
            Taken::Created => &mut self.created,
            Taken::Updated => &mut self.updated,
            Taken::Unchanged => &mut self.unchanged,
        };
        *counter += 1;
        self.unmapped += u64::from(is_unmapped);
    }
}
