//! Importing a table: rows become cases, each one deterministic change, good and bad rows apart.
//!
//! ```text
//!   file ──Table──▶ cells ──Mapping──▶ Rows (record id from channel + number) ──▶ whoever keeps records
//! ```
//!
//! The same row, imported on two devices that never met, is the same record and the same change; importing again changes nothing.
//! A row that cannot be read or kept is refused by itself, with its number and the reason, and the rest go on.
//!
//! The table is read by our own reader of RFC 4180, because the `csv` crate's holds a row of any length and mends broken quoting
//! without a word.

mod mapping;
mod table;
#[cfg(test)]
mod tests;
mod translate;

use std::io::{self, BufRead, Seek};

use fieldwatch_schemas::limits::IMPORT_REFUSALS_MAX;
use fieldwatch_schemas::record::import::Row;
use serde::Serialize;

pub use self::mapping::{Mapping, MappingError};
use self::table::{Table, TableError, TableRow};
use crate::replica::Imported;

/// Rows are given away in groups of this many, durable together.
const GROUP_ROWS: usize = 256;
/// A group is given away sooner once it comes from this many bytes of the table.
const GROUP_BYTES: u64 = 4 << 20;

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
    /// Rows that were not kept, as many as can be listed.
    pub refused: Vec<Refusal>,
    /// Rows that were not kept and are not listed.
    #[serde(skip_serializing_if = "is_zero")]
    pub refused_unlisted: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
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

/// What becomes of rows, one each, in their order: kept, or refused for a reason in words.
pub type Kept<E> = Result<Vec<Result<Imported, String>>, E>;

/// Reads a table, from its first byte to its end, and gives its rows to `keep`, group by group.
///
/// `station` is written where the mapping gives none. `progress` is told how many bytes have been read.
///
/// # Errors
///
/// [`ImportError`]; the rows given to `keep` before it stay given.
pub fn import<R, E>(
    input: R,
    mapping: &Mapping,
    station: Option<&str>,
    mut keep: impl FnMut(&[Row]) -> Kept<E>,
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
    let mut group = Vec::new();
    let mut group_from = 0;
    while let Some(TableRow { number, cells }) = table.next_row()? {
        totals.read += 1;
        match cells.and_then(|cells| bound.row(&cells, station)) {
            Ok(row) => group.push((number, row)),
            Err(reason) => totals.refuse(number, reason),
        }
        let offset = table.offset();
        if group.len() >= GROUP_ROWS || offset.saturating_sub(group_from) > GROUP_BYTES {
            totals.give(&mut group, &mut keep)?;
            group_from = offset;
            progress(offset);
        }
    }
    totals.give(&mut group, &mut keep)?;
    progress(table.offset());
    totals.refused.sort_by_key(|refusal| refusal.row);
    Ok(totals)
}

impl Totals {
    /// Gives a group away and counts what became of it.
    fn give<E: std::error::Error + 'static>(
        &mut self,
        group: &mut Vec<(u64, Row)>,
        keep: &mut impl FnMut(&[Row]) -> Kept<E>,
    ) -> Result<(), ImportError<E>> {
        let (numbers, rows): (Vec<u64>, Vec<Row>) = std::mem::take(group).into_iter().unzip();
        if rows.is_empty() {
            return Ok(());
        }
        let kept = keep(&rows).map_err(ImportError::Keep)?;
        for ((number, row), kept) in numbers.into_iter().zip(&rows).zip(kept) {
            match kept {
                Ok(imported) => self.count(imported, row),
                Err(reason) => self.refuse(number, reason),
            }
        }
        Ok(())
    }

    fn count(&mut self, imported: Imported, row: &Row) {
        let counter = match imported {
            Imported::Created => &mut self.created,
            Imported::Updated => &mut self.updated,
            Imported::Unchanged => &mut self.unchanged,
        };
        *counter += 1;
        self.unmapped += u64::from(!row.raw.is_empty());
    }

    fn refuse(&mut self, row: u64, reason: String) {
        match self.refused.len() < IMPORT_REFUSALS_MAX {
            true => self.refused.push(Refusal { row, reason }),
            false => self.refused_unlisted += 1,
        }
    }
}
