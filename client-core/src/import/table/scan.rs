//! One row while it is read: the grammar of RFC 4180, a byte at a time.

use fieldwatch_schemas::limits::{IMPORT_CELL_BYTES_MAX, IMPORT_COLUMNS_MAX, IMPORT_ROW_BYTES_MAX};

/// How far the table has been read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) line: u64,
    pub(super) row: u64,
}

/// Where in the grammar of RFC 4180 the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    CellStart,
    Plain,
    Quoted,
    QuoteInQuoted,
}

/// What a byte does to the row.
pub(super) enum Step {
    More,
    End,
    Broken,
}

/// A row while it is read.
pub(super) struct Scan {
    pub(super) at: At,
    cells: Vec<Vec<u8>>,
    cell: Vec<u8>,
    bytes: usize,
    too_long: Option<String>,
    /// After the first line end inside a quoted cell.
    pub(super) next_line: Option<Place>,
}

impl Scan {
    pub(super) fn new() -> Self {
        Self {
            at: At::CellStart,
            cells: Vec::new(),
            cell: Vec::new(),
            bytes: 0,
            too_long: None,
            next_line: None,
        }
    }

    /// Takes one byte; `place` is the place after it.
    pub(super) fn take(&mut self, byte: u8, place: Place) -> Step {
        match (self.at, byte) {
            (At::Quoted, b'"') => self.at = At::QuoteInQuoted,
            (At::Quoted, _) => {
                if byte == b'\n' && self.next_line.is_none() {
                    self.next_line = Some(place);
                }
                self.keep(byte);
            }
            (At::QuoteInQuoted, b'"') => {
                self.at = At::Quoted;
                self.keep(byte);
            }
            (_, b',') => {
                self.at = At::CellStart;
                self.finish_cell();
            }
            (_, b'\n' | b'\r') => return Step::End,
            (At::QuoteInQuoted, _) => return Step::Broken,
            (At::CellStart, b'"') => self.at = At::Quoted,
            (At::CellStart | At::Plain, _) => {
                self.at = At::Plain;
                self.keep(byte);
            }
        }
        Step::More
    }

    fn keep(&mut self, byte: u8) {
        if self.too_long.is_some() {
            return;
        }
        self.bytes += 1;
        if self.cell.len() == IMPORT_CELL_BYTES_MAX {
            self.give_up(format!(
                "a cell is longer than {IMPORT_CELL_BYTES_MAX} bytes"
            ));
        } else if self.bytes > IMPORT_ROW_BYTES_MAX {
            self.give_up(format!("is longer than {IMPORT_ROW_BYTES_MAX} bytes"));
        } else {
            self.cell.push(byte);
        }
    }

    fn finish_cell(&mut self) {
        if self.too_long.is_some() {
            return;
        }
        self.cells.push(std::mem::take(&mut self.cell));
        if self.cells.len() >= IMPORT_COLUMNS_MAX {
            self.give_up(format!("has more than {IMPORT_COLUMNS_MAX} cells"));
        }
    }

    fn give_up(&mut self, why: String) {
        self.too_long = Some(why);
        self.cell = Vec::new();
        self.cells = Vec::new();
    }

    pub(super) fn fault(&self) -> &'static str {
        match self.at {
            At::Quoted => "a quote is opened and never closed",
            _ => "text follows a closing quote",
        }
    }

    pub(super) fn into_cells(mut self) -> Result<Vec<String>, String> {
        self.finish_cell();
        if let Some(why) = self.too_long {
            return Err(why);
        }
        let texts = self.cells.into_iter().map(String::from_utf8);
        texts.collect::<Result<_, _>>().map_err(|_| {
            "is not UTF-8 (perhaps GBK or GB 18030): save the table as CSV UTF-8".to_owned()
        })
    }
}
