//! What reading a form says: errors that refuse it, and warnings.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something wrong in a spreadsheet.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error,
)]
#[error("{} {message}", Cell(.sheet, *.row, .column))]
pub struct FormError {
    /// Sheet as it is named in the file; empty where it concerns the file.
    pub sheet: String,
    /// Row as the spreadsheet counts, from 1; 0 where it concerns the sheet.
    pub row: u32,
    /// Column heading; empty where it concerns the row.
    pub column: String,
    /// What is wrong.
    pub message: String,
}

/// Something to know about a form that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Warning {
    /// Sheet as it is named in the file.
    pub sheet: String,
    /// Row as the spreadsheet counts, from 1; 0 where it concerns the sheet.
    pub row: u32,
    /// Column heading; empty where it concerns the row.
    pub column: String,
    /// What to know.
    pub message: String,
    /// Whether the form cannot be published because of it.
    pub blocks_publishing: bool,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}",
            Cell(&self.sheet, self.row, &self.column),
            self.message
        )
    }
}

/// `survey row 7 relevant:`
struct Cell<'a>(&'a str, u32, &'a str);

impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "form" } else { self.0 })?;
        if self.1 > 0 {
            write!(f, " row {}", self.1)?;
        }
        if !self.2.is_empty() {
            write!(f, " {}", self.2)?;
        }
        f.write_str(":")
    }
}

/// Errors and warnings as they are found.
#[derive(Debug, Default)]
pub(super) struct Problems {
    pub(super) errors: Vec<FormError>,
    pub(super) warnings: Vec<Warning>,
}

impl Problems {
    pub(super) fn error(
        &mut self,
        sheet: &str,
        row: u32,
        column: &str,
        message: impl Into<String>,
    ) {
        let (sheet, column) = (sheet.to_owned(), column.to_owned());
        self.errors.push(FormError {
            sheet,
            row,
            column,
            message: message.into(),
        });
    }

    pub(super) fn warn(&mut self, sheet: &str, row: u32, column: &str, message: impl Into<String>) {
        self.warning(sheet, row, column, message, false);
    }

    pub(super) fn warning(
        &mut self,
        sheet: &str,
        row: u32,
        column: &str,
        message: impl Into<String>,
        blocks_publishing: bool,
    ) {
        let (sheet, column) = (sheet.to_owned(), column.to_owned());
        self.warnings.push(Warning {
            sheet,
            row,
            column,
            message: message.into(),
            blocks_publishing,
        });
    }
}
