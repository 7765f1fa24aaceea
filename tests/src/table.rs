//! Tables of complaints with the columns of the CFPB's: generated from a seed, written as CSV (RFC 4180).
//!
//! The generator makes what real tables have: narratives of many lines, quotes, commas, empty cells, values that no mapping
//! knows, complaints that are sent on the same day, the next, or weeks later.

mod words;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::chance::Chance;
use crate::fault::Told;

/// The columns, in their order.
pub const COLUMNS: [&str; 17] = [
    "Date received",
    "Sub-product",
    "Issue",
    "Sub-issue",
    "Consumer complaint narrative",
    "Company public response",
    "Company",
    "State",
    "ZIP code",
    "Tags",
    "Consumer consent provided?",
    "Submitted via",
    "Date sent to company",
    "Company response to consumer",
    "Timely response?",
    "Consumer disputed?",
    "Complaint ID",
];

/// One row: a cell per column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(pub Vec<String>);

impl Row {
    /// The cell of a column; empty if there is none.
    #[must_use]
    pub fn cell(&self, column: &str) -> &str {
        let place = COLUMNS.iter().position(|own| *own == column);
        place
            .and_then(|place| self.0.get(place))
            .map_or("", String::as_str)
    }

    /// The row with another value in a column.
    #[must_use]
    pub fn with(mut self, column: &str, value: &str) -> Self {
        let place = COLUMNS.iter().position(|own| *own == column);
        if let Some(cell) = place.and_then(|place| self.0.get_mut(place)) {
            value.clone_into(cell);
        }
        self
    }
}

/// Rows of a seed, numbered from `first`; each row depends on the seed and its number alone.
#[must_use]
pub fn generate(seed: u64, first: u64, count: u64) -> Vec<Row> {
    (first..first + count)
        .map(|number| {
            row(
                &mut Chance::seeded(seed ^ number.wrapping_mul(0x1234_5677)),
                number,
            )
        })
        .collect()
}

fn row(chance: &mut Chance, number: u64) -> Row {
    let received = chance.below(420);
    let sent = received + sending_days(chance);
    let maybe = |chance: &mut Chance, percent: u64, among: &[&str]| {
        let picked = chance.hits(percent).then(|| chance.pick(among)).flatten();
        picked.unwrap_or_default().to_owned()
    };
    let issue = maybe(chance, 100, words::ISSUES);
    let product = maybe(chance, 70, words::PRODUCTS);
    let cells = [
        us_date(received),
        product,
        issue,
        maybe(chance, 50, &["Debt is not mine", "Account status, other"]),
        words::narrative(chance),
        maybe(
            chance,
            50,
            &["Company chooses not to provide a public response"],
        ),
        maybe(chance, 100, words::COMPANIES),
        maybe(chance, 98, &["CA", "FL", "TX", "NY"]),
        maybe(chance, 98, &["300XX", "750XX", "945XX"]),
        maybe(chance, 20, words::TAGS),
        maybe(chance, 95, words::CONSENTS),
        "Web".to_owned(),
        us_date(sent),
        maybe(
            chance,
            99,
            &["Closed with explanation", "Closed with monetary relief"],
        ),
        maybe(chance, 100, &["Yes", "Yes", "Yes", "No"]),
        maybe(chance, 100, &["No", "No", "Yes"]),
        (1_290_000 + number).to_string(),
    ];
    Row(cells.into())
}

/// Most complaints are sent on within two days, some on the day itself, some after weeks.
fn sending_days(chance: &mut Chance) -> u64 {
    match chance.below(10) {
        0..4 => 0,
        4..6 => 1,
        6..8 => 2 + chance.below(3),
        _ => chance.below(40),
    }
}

/// Days after 2015-03-19, as the table writes dates.
fn us_date(days: u64) -> String {
    const MONTHS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (mut year, mut day) = (2015, 31 + 28 + 18 + days);
    loop {
        let is_leap = year % 4 == 0;
        for (month, length) in (1..).zip(MONTHS) {
            let length = length + u64::from(is_leap && month == 2);
            if day < length {
                return format!("{month:02}/{:02}/{year}", day + 1);
            }
            day -= length;
        }
        year += 1;
    }
}

/// Writes rows as CSV below the header.
///
/// # Errors
///
/// [`crate::fault::Fault`] if the file cannot be written.
pub fn write(path: &Path, rows: &[Row]) -> Told<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "{}", line(&COLUMNS))?;
    for row in rows {
        writeln!(file, "{}", line(&row.0))?;
    }
    Ok(file.flush()?)
}

/// One line of CSV, quoted where it has to be.
#[must_use]
pub fn line(cells: &[impl AsRef<str>]) -> String {
    let quoted = cells.iter().map(|cell| {
        let cell = cell.as_ref();
        match cell.contains([',', '"', '\n', '\r']) {
            true => format!("\"{}\"", cell.replace('"', "\"\"")),
            false => cell.to_owned(),
        }
    });
    quoted.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::{generate, line, us_date};

    #[test]
    fn the_same_seed_gives_the_same_rows_wherever_they_begin() {
        let whole = generate(3, 0, 20);
        assert_eq!(whole[5..], generate(3, 5, 15));
        assert_ne!(whole, generate(4, 0, 20));
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        let dates = [0, 12, 13, 287, 288, 346, 347, 348].map(us_date);
        let known = [
            "03/19/2015",
            "03/31/2015",
            "04/01/2015",
            "12/31/2015",
            "01/01/2016",
            "02/28/2016",
            "02/29/2016",
            "03/01/2016",
        ];
        assert_eq!(dates, known);
    }

    #[test]
    fn cells_are_quoted_where_they_have_to_be() {
        assert_eq!(
            line(&["a", "b,c", "say \"no\"", "two\nlines"]),
            "a,\"b,c\",\"say \"\"no\"\"\",\"two\nlines\""
        );
    }

    #[test]
    fn a_table_has_what_real_ones_have() {
        let rows = generate(2015, 0, 600);
        let some =
            |holds: &dyn Fn(&super::Row) -> bool| rows.iter().filter(|row| holds(row)).count();
        for mark in ['\n', '"', ',', '。'] {
            let narratives = some(&|row| row.cell("Consumer complaint narrative").contains(mark));
            assert!(narratives > 50, "{mark:?}");
        }
        assert!(some(&|row| row.cell("Sub-product").is_empty()) > 50);
        let same_day = some(&|row| row.cell("Date received") == row.cell("Date sent to company"));
        assert!((100..500).contains(&same_day));
    }
}
