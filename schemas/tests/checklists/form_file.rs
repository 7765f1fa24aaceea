//! A spreadsheet as text, with what it should give.
//!
//! ```text
//! # what the form shows
//! [survey]
//! type | name | relevant
//! text | a    |
//! [choices]                     … and [settings]; `\n` in a cell is a line break
//! [refused]                     each line must be (the beginning of) an error, and there must be no other
//! survey row 3 relevant: …
//! [warnings]                    the same for warnings; [blocked] where they keep it from being published
//! [lists]                       type and path of every question
//! [answers]                     a line of answers, then `=> ` and what is to follow from them
//! {"a": "x"}
//! => {"missing": []}
//! [file]                        instead of sheets: a spreadsheet in this folder
//! ```

use std::fmt;
use std::fs;
use std::path::Path;

use rust_xlsxwriter::Workbook;
use serde_json::Value;

/// A form and what is expected of it.
#[derive(Debug, Default)]
pub(crate) struct FormFile {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) refused: Vec<Said>,
    pub(crate) warnings: Vec<Said>,
    pub(crate) blocked: bool,
    pub(crate) listed: Option<Vec<String>>,
    pub(crate) answers: Vec<(Value, Value)>,
}

/// The beginning of a message.
#[derive(Debug)]
pub(crate) struct Said(String);

impl Said {
    /// Whether a message begins so.
    pub(crate) fn fits(&self, message: &str) -> bool {
        message.starts_with(&self.0)
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FormFile {
    /// Reads a form and writes its spreadsheet.
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let mut form = Self {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            ..Self::default()
        };
        let mut book = Workbook::new();
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut section = "";
        for line in text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            if let Some(name) = line
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
            {
                write_sheet(&mut book, section, &std::mem::take(&mut rows));
                section = name;
                form.blocked |= section == "blocked";
                continue;
            }
            match section {
                "refused" => form.refused.push(Said(line.to_owned())),
                "warnings" => form.warnings.push(Said(line.to_owned())),
                "lists" => form.listed.get_or_insert_default().push(line.to_owned()),
                "file" => form.bytes = fs::read(path.with_file_name(line)).unwrap(),
                "answers" => form.answer(line),
                _ => rows.push(
                    line.split('|')
                        .map(|cell| cell.trim().replace("\\n", "\n").replace("\\p", "|"))
                        .collect(),
                ),
            }
        }
        write_sheet(&mut book, section, &rows);
        if form.bytes.is_empty() {
            form.bytes = book.save_to_buffer().unwrap();
        }
        form
    }

    fn answer(&mut self, line: &str) {
        let json = |text: &str| {
            serde_json::from_str(text)
                .unwrap_or_else(|error| panic!("{}: {error}: {text}", self.name))
        };
        match line.strip_prefix("=>") {
            Some(expected) => {
                let expected = json(expected);
                self.answers.last_mut().unwrap().1 = expected;
            }
            None => {
                let answers = json(line);
                self.answers.push((answers, Value::Null));
            }
        }
    }
}

/// Numbers become numbers, as a person typing them into a spreadsheet gets them.
fn write_sheet(book: &mut Workbook, name: &str, rows: &[Vec<String>]) {
    if rows.is_empty() {
        return;
    }
    let sheet = book.add_worksheet().set_name(name).unwrap();
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            match cell
                .parse::<f64>()
                .ok()
                .filter(|_| cell.starts_with(|c: char| c.is_ascii_digit()))
            {
                Some(number) if row > 0 => sheet.write_number(row, column, number).unwrap(),
                _ if cell.is_empty() => sheet,
                _ => sheet.write_string(row, column, cell).unwrap(),
            };
        }
    }
}
