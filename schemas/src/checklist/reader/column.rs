//! Headings: which column is which, in which language.
//!
//! `label::中文 (zh)` is the label in one language; `Relevance`, `bind::relevant` and `relevant` are the same column.

mod heading;

pub(super) use heading::snake;
use heading::understand;

use std::collections::BTreeMap;

use super::workbook::{Row, Table};
use super::{Draft, Problems};
use crate::checklist::definition::Words;

/// What a heading means.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Column {
    /// The name we use for it.
    pub(super) name: String,
    /// The language of the words in it, if it names one.
    pub(super) language: Option<String>,
}

/// The columns of one sheet.
#[derive(Debug, Default)]
pub(super) struct Columns {
    by_place: BTreeMap<u32, Column>,
    headings: BTreeMap<u32, String>,
}

/// Columns that hold words for people.
const WORDS: [&str; 5] = [
    "label",
    "hint",
    "guidance_hint",
    "constraint_message",
    "required_message",
];

impl Columns {
    /// Understands the headings of a table; a column that stands twice is an error.
    pub(super) fn new(
        table: &Table,
        names: fn(&str) -> Option<&'static str>,
        draft: &mut Draft,
        problems: &mut Problems,
    ) -> Self {
        let by_double_colon = table
            .headings
            .values()
            .any(|heading| heading.contains("::"));
        let mut columns = Self {
            headings: table.headings.clone(),
            ..Self::default()
        };
        for (place, heading) in &table.headings {
            let column = understand(heading, by_double_colon, names);
            if WORDS.contains(&column.name.as_str()) {
                match &column.language {
                    Some(language) => draft.heard_of(language),
                    None => draft.has_plain_words = true,
                }
            }
            if columns.by_place.values().any(|other| *other == column) {
                problems.error(&table.sheet, 1, heading, "stands twice");
            }
            columns.by_place.insert(*place, column);
        }
        for (row, heading) in &table.broken {
            problems.error(
                &table.sheet,
                *row,
                heading,
                "holds an error of the spreadsheet program",
            );
        }
        columns
    }

    /// Whether there is such a column.
    pub(super) fn has(&self, name: &str) -> bool {
        self.by_place.values().any(|column| column.name == name)
    }

    /// The heading as written, or the name itself where there is no such column.
    pub(super) fn heading(&self, name: &str) -> String {
        let place = self.by_place.iter().find(|(_, column)| column.name == name);
        place
            .and_then(|(place, _)| self.headings.get(place))
            .map_or_else(|| name.to_owned(), Clone::clone)
    }

    /// Every column with its heading as written.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Column, &str)> {
        self.by_place
            .iter()
            .map(|(place, column)| (column, self.headings.get(place).map_or("", String::as_str)))
    }

    /// Text of a row in a column, cleaned of double blanks and curly quotes.
    pub(super) fn text(&self, row: &Row, name: &str) -> Option<String> {
        let place = self
            .by_place
            .iter()
            .find(|(_, column)| column.name == name && column.language.is_none())?
            .0;
        row.cells
            .get(place)
            .map(|text| cleaned(text))
            .filter(|text| !text.is_empty())
    }

    /// Words of a row by language.
    pub(super) fn words(&self, row: &Row, name: &str, plain: &str) -> Words {
        let mut words = Words::new();
        for (place, column) in self
            .by_place
            .iter()
            .filter(|(_, column)| column.name == name)
        {
            let text = row
                .cells
                .get(place)
                .map(|text| collapsed(text))
                .filter(|text| !text.is_empty());
            if let Some(text) = text {
                // A heading with the language wins over one without.
                let language = column.language.as_deref();
                if language.is_some() || !words.contains_key(plain) {
                    words.insert(language.unwrap_or(plain).to_owned(), text);
                }
            }
        }
        words
    }

    /// Cells of columns we have no name for, by heading as written.
    pub(super) fn others(
        &self,
        row: &Row,
        known: fn(&str) -> Option<&'static str>,
    ) -> BTreeMap<String, String> {
        let unknown = self
            .by_place
            .iter()
            .filter(|(_, column)| known(&column.name).is_none());
        let cell = |(place, _): (&u32, &Column)| {
            Some((
                self.headings.get(place)?.trim().to_owned(),
                cleaned(row.cells.get(place)?),
            ))
        };
        unknown.filter_map(cell).collect()
    }
}

/// Without blanks around and with single blanks inside; line breaks stay.
fn collapsed(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.trim().chars() {
        if c != ' ' || !clean.ends_with(' ') {
            clean.push(c);
        }
    }
    clean
}

fn cleaned(text: &str) -> String {
    collapsed(text)
        .replace(['\u{2018}', '\u{2019}'], "'")
        .replace(['\u{201c}', '\u{201d}'], "\"")
}
