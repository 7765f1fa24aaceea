//! Reading a table as it comes (CSV, RFC 4180), in bounded memory, one row at a time, each good or bad by itself.
//!
//! The usual readers hold a whole row, however long, and mend broken quoting silently: a quote that is never closed swallows the
//! rest of the file into one cell. Here a row that is broken or too long costs itself alone. Where a quoted cell had crossed a line
//! end before it broke, reading goes on at the line after the one where its row began, so that what the quote swallowed is read.
//!
//! Rows are counted as a spreadsheet shows them: the header is row 1, an empty line counts, a cell may hold line ends.

mod scan;

use std::io::{self, BufRead, Seek, SeekFrom};

use self::scan::{At, Place, Scan, Step};

/// A table, opened at its first row below the header.
#[derive(Debug)]
pub(super) struct Table<R> {
    input: R,
    place: Place,
    columns: Vec<String>,
}

/// One row: its number, and its cells, as many as the header has, or why it cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TableRow {
    pub(super) number: u64,
    pub(super) cells: Result<Vec<String>, String>,
}

/// A file that is no table.
#[derive(Debug, thiserror::Error)]
pub(super) enum TableError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the table is empty: it needs a header")]
    Empty,
    #[error("the file is UTF-16: save it as CSV UTF-8")]
    Utf16,
    #[error("the header cannot be read: {0}")]
    Header(String),
}

impl<R: BufRead + Seek> Table<R> {
    /// Reads the header.
    pub(super) fn open(mut input: R) -> Result<Self, TableError> {
        let start = input.fill_buf()?;
        let skip = match start {
            [0xEF, 0xBB, 0xBF, ..] => 3,
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => return Err(TableError::Utf16),
            _ => 0,
        };
        input.consume(skip);
        let place = Place {
            offset: skip as u64,
            line: 1,
            row: 0,
        };
        let mut table = Self {
            input,
            place,
            columns: Vec::new(),
        };
        let header = table.read_cells()?.ok_or(TableError::Empty)?;
        table.columns = header.map_err(TableError::Header)?;
        if table.columns.iter().all(String::is_empty) {
            return Err(TableError::Empty);
        }
        Ok(table)
    }

    /// The header.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How many bytes have been read.
    pub(super) fn offset(&self) -> u64 {
        self.place.offset
    }

    /// The next row that is not an empty line.
    pub(super) fn next_row(&mut self) -> io::Result<Option<TableRow>> {
        while let Some(cells) = self.read_cells()? {
            let number = self.place.row;
            let is_empty_line = matches!(&cells, Ok(cells) if matches!(cells.as_slice(), [only] if only.is_empty()));
            if is_empty_line && self.columns.len() > 1 {
                continue;
            }
            let wanted = self.columns.len();
            let cells = cells.and_then(|cells| match cells.len() == wanted {
                true => Ok(cells),
                false => Err(format!(
                    "has {} cells where the header has {wanted}",
                    cells.len()
                )),
            });
            return Ok(Some(TableRow { number, cells }));
        }
        Ok(None)
    }

    fn read_cells(&mut self) -> io::Result<Option<Result<Vec<String>, String>>> {
        let began = self.place.line;
        let mut scan = Scan::new();
        let ending = self.scan_row(&mut scan)?;
        let Some(ending) = ending else {
            return Ok(None);
        };
        self.place.row += 1;
        if let Step::Broken = ending {
            self.skip_broken(&scan)?;
            return Ok(Some(Err(format!(
                "broken quoting in line {began} of the file: {}",
                scan.fault()
            ))));
        }
        Ok(Some(scan.into_cells()))
    }

    /// Reads to the end of the row, or to where its quoting breaks. `None` at the end of the file.
    fn scan_row(&mut self, scan: &mut Scan) -> io::Result<Option<Step>> {
        let mut is_blank = true;
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Ok(match scan.at {
                    _ if is_blank => None,
                    At::Quoted => Some(Step::Broken),
                    _ => Some(Step::End),
                });
            }
            is_blank = false;
            let mut used = 0;
            let mut ending = None;
            for byte in buffer {
                used += 1;
                self.place.offset += 1;
                self.place.line += u64::from(*byte == b'\n');
                match scan.take(*byte, self.place) {
                    Step::More => {}
                    step => {
                        ending = Some((step, *byte));
                        break;
                    }
                }
            }
            self.input.consume(used);
            if let Some((step, byte)) = ending {
                if byte == b'\r' && matches!(step, Step::End) {
                    self.skip_newline()?;
                }
                return Ok(Some(step));
            }
        }
    }

    /// The second half of CR LF.
    fn skip_newline(&mut self) -> io::Result<()> {
        if self.input.fill_buf()?.first() == Some(&b'\n') {
            self.input.consume(1);
            self.place.offset += 1;
            self.place.line += 1;
        }
        Ok(())
    }

    /// Goes on after the line where a broken row began.
    fn skip_broken(&mut self, scan: &Scan) -> io::Result<()> {
        if let Some(next_line) = scan.next_line {
            self.input.seek(SeekFrom::Start(next_line.offset))?;
            self.place = Place {
                row: self.place.row,
                ..next_line
            };
            return Ok(());
        }
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Ok(());
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(buffer.len(), |place| place + 1);
            self.input.consume(used);
            self.place.offset += used as u64;
            if end.is_some() {
                self.place.line += 1;
                return Ok(());
            }
        }
    }
}
