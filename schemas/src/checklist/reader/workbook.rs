//! From bytes to tables of text.
//!
//! A spreadsheet is a zip of XML, so a small file can claim to be a huge one: what is inside is unpacked and counted before
//! the library sees it, and cells are read one by one, never as the rectangle they span.

mod cell;

use cell::{Broken, borrowed, text};

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use calamine::{Reader, Xls, Xlsx};

use super::FormError;
use crate::checklist::limits::{CELLS_MAX, FILE_BYTES_MAX, UNPACKED_BYTES_MAX};

/// A sheet whose first row with anything in it names the columns.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) sheet: String,
    /// Headings by place.
    pub(super) headings: BTreeMap<u32, String>,
    pub(super) rows: Vec<Row>,
    /// Cells that hold an error of the spreadsheet program: row and heading.
    pub(super) broken: Vec<(u32, String)>,
}

/// A row with anything in it.
#[derive(Debug)]
pub(super) struct Row {
    /// As the spreadsheet counts, from 1.
    pub(super) number: u32,
    /// Text by place; no cell is blank.
    pub(super) cells: BTreeMap<u32, String>,
}

/// Reads every sheet.
///
/// # Errors
///
/// One error for the file as a whole: too large, or no spreadsheet.
pub(super) fn tables(bytes: &[u8]) -> Result<Vec<Table>, FormError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(refused(format!(
            "is larger than {} MiB",
            FILE_BYTES_MAX >> 20
        )));
    }
    match bytes {
        [b'P', b'K', ..] => xlsx(bytes),
        [0xD0, 0xCF, 0x11, 0xE0, ..] => xls(bytes),
        _ => Err(refused("is no Excel file (.xlsx)".to_owned())),
    }
}

fn refused(message: String) -> FormError {
    FormError {
        sheet: String::new(),
        row: 0,
        column: String::new(),
        message,
    }
}

fn unreadable(error: &impl std::fmt::Display) -> FormError {
    refused(format!("cannot be read: {error}"))
}

fn xlsx(bytes: &[u8]) -> Result<Vec<Table>, FormError> {
    must_be_small_inside(bytes)?;
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
    let mut cells_left = CELLS_MAX;
    let mut tables = Vec::new();
    for name in book.sheet_names() {
        // Other sheets are the author's own business, and may be large.
        if !is_ours(&name) {
            tables.push(Table {
                sheet: name,
                ..Table::default()
            });
            continue;
        }
        let mut gathered = Gathered::default();
        let mut reader = book
            .worksheet_cells_reader(&name)
            .map_err(|error| unreadable(&error))?;
        while let Some(cell) = reader.next_cell().map_err(|error| unreadable(&error))? {
            let (row, column) = cell.get_position();
            gathered.add(row, column, text(cell.get_value()), &mut cells_left)?;
        }
        tables.push(gathered.table(name));
    }
    Ok(tables)
}

fn xls(bytes: &[u8]) -> Result<Vec<Table>, FormError> {
    let mut book = Xls::new(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
    let mut cells_left = CELLS_MAX;
    let mut tables = Vec::new();
    for name in book.sheet_names() {
        let mut gathered = Gathered::default();
        if is_ours(&name) {
            let range = book
                .worksheet_range(&name)
                .map_err(|error| unreadable(&error))?;
            let (first_row, first_column) = range.start().unwrap_or_default();
            for (row, column, value) in range.used_cells() {
                let place = |first: u32, offset: usize| {
                    u32::try_from(offset).map_or(u32::MAX, |offset| first.saturating_add(offset))
                };
                gathered.add(
                    place(first_row, row),
                    place(first_column, column),
                    text(&borrowed(value)),
                    &mut cells_left,
                )?;
            }
        }
        tables.push(gathered.table(name));
    }
    Ok(tables)
}

fn is_ours(sheet: &str) -> bool {
    matches!(
        sheet.trim().to_lowercase().as_str(),
        "survey" | "choices" | "settings" | "entities" | "external_choices"
    )
}

/// Unpacks everything once, counting, so that a bomb is found before it goes off.
fn must_be_small_inside(bytes: &[u8]) -> Result<(), FormError> {
    let mut archive =
        zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
    let mut unpacked = 0;
    for index in 0..archive.len() {
        let file = archive
            .by_index(index)
            .map_err(|error| unreadable(&error))?;
        let left = UNPACKED_BYTES_MAX - unpacked;
        let read = std::io::copy(&mut file.take(left + 1), &mut std::io::sink())
            .map_err(|error| unreadable(&error))?;
        if read > left {
            return Err(refused(format!(
                "holds more than {} MiB",
                UNPACKED_BYTES_MAX >> 20
            )));
        }
        unpacked += read;
    }
    Ok(())
}

#[derive(Debug, Default)]
struct Gathered {
    rows: BTreeMap<u32, BTreeMap<u32, String>>,
    broken: Vec<(u32, u32)>,
}

impl Gathered {
    fn add(
        &mut self,
        row: u32,
        column: u32,
        text: Result<String, Broken>,
        cells_left: &mut usize,
    ) -> Result<(), FormError> {
        match text {
            Ok(text) if text.trim().is_empty() => return Ok(()),
            Ok(text) => {
                self.rows.entry(row).or_default().insert(column, text);
            }
            Err(Broken) => self.broken.push((row, column)),
        }
        *cells_left = cells_left
            .checked_sub(1)
            .ok_or_else(|| refused(format!("has more than {CELLS_MAX} cells")))?;
        Ok(())
    }

    fn table(self, sheet: String) -> Table {
        let mut rows = self.rows.into_iter().map(|(row, cells)| Row {
            number: row.saturating_add(1),
            cells,
        });
        let headings = rows.next().map_or_else(BTreeMap::new, |row| row.cells);
        let heading = |column: &u32| headings.get(column).cloned().unwrap_or_default();
        let broken = self
            .broken
            .iter()
            .map(|(row, column)| (row.saturating_add(1), heading(column)))
            .collect();
        Table {
            sheet,
            rows: rows.collect(),
            broken,
            headings,
        }
    }
}
