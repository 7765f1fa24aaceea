//! The numbers of a report, counted from the table itself: with another reader of CSV, the mapping's own words, and a calendar of
//! this file. Nothing here asks the code that is tested.

use std::collections::BTreeMap;

use fieldwatch_tests::fault::{Fault, Told};
use fieldwatch_tests::table::Row;
use fieldwatch_tests::world::number;
use serde_json::Value;
use toml::Table;

/// What people changed: by number, the problem and the fen that were given back.
pub(crate) type Edits = BTreeMap<String, (String, u64)>;

/// Codes and how often they occur; what never occurs is left out.
type ByCode = BTreeMap<String, u64>;

/// The numbers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    total: u64,
    by_nature: ByCode,
    by_channel: ByCode,
    by_category: ByCode,
    by_problem: ByCode,
    recovered_fen: u64,
    first_action: (u64, u64),
}

impl Counts {
    /// Reads them from a report.
    pub(crate) fn read(report: &Value) -> Told<Self> {
        let demands = &report["demands"];
        let mut by_nature = codes(demands)?;
        by_nature.remove("total");
        let first = &report["first_action"];
        Ok(Self {
            total: number(demands, "total")?,
            by_nature,
            by_channel: codes(&report["by_channel"])?,
            by_category: codes(&report["by_category"])?,
            by_problem: codes(&report["by_problem"])?,
            recovered_fen: number(report, "recovered_fen")?,
            first_action: (number(first, "within")?, number(first, "of")?),
        })
    }
}

fn codes(value: &Value) -> Told<ByCode> {
    let object = value.as_object();
    let object = object.ok_or_else(|| Fault::new(format!("no numbers by code: {value}")))?;
    let mut codes = ByCode::new();
    for (code, _) in object {
        codes.insert(code.clone(), number(value, code)?);
    }
    codes.retain(|_, count| *count > 0);
    Ok(codes)
}

/// Counts a table of different rows.
pub(crate) fn count(mapping: &Table, rows: &[Row], edits: &Edits) -> Counts {
    let mut counts = Counts::default();
    let add = |codes: &mut ByCode, code: Option<&str>| {
        let code = code.unwrap_or("unspecified").to_owned();
        *codes.entry(code).or_default() += 1;
    };
    for row in rows {
        let edited = edits.get(row.cell("Complaint ID"));
        let problem = edited.map(|(problem, _)| problem.as_str());
        let problem = problem.or_else(|| translated(mapping, "problem", row.cell("Issue")));
        let category = translated(mapping, "category", row.cell("Sub-product"));
        counts.total += 1;
        add(&mut counts.by_nature, Some("complaint"));
        add(&mut counts.by_channel, Some("platform"));
        add(&mut counts.by_category, category);
        add(&mut counts.by_problem, problem);
        counts.recovered_fen += edited.map_or(0, |(_, fen)| *fen);
        let received = day(row.cell("Date received"));
        let acted = day(row.cell("Date sent to company"));
        counts.first_action.1 += 1;
        if acted <= next_working_day(received) {
            counts.first_action.0 += 1;
        }
    }
    counts
}

/// How many rows have a value that the mapping does not know.
pub(crate) fn unmapped(mapping: &Table, rows: &[Row]) -> u64 {
    let unknown =
        |map: &str, cell: &str| !cell.trim().is_empty() && translated(mapping, map, cell).is_none();
    let rows = rows.iter().filter(|row| {
        unknown("problem", row.cell("Issue"))
            || unknown("category", row.cell("Sub-product"))
            || unknown("vulnerable", row.cell("Tags"))
            || unknown("consent", row.cell("Consumer consent provided?"))
    });
    rows.count() as u64
}

fn translated<'m>(mapping: &'m Table, map: &str, cell: &str) -> Option<&'m str> {
    mapping.get("maps")?.get(map)?.get(cell.trim())?.as_str()
}

/// The number of a day written `MM/DD/YYYY`: days since 1970-01-01.
fn day(text: &str) -> i64 {
    let mut parts = text.split('/').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    let (month, day, year): (i64, i64, i64) = (next(), next(), next());
    (1970..year).map(length_of_year).sum::<i64>() + day_of_year(year, month, day)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn length_of_year(year: i64) -> i64 {
    365 + i64::from(is_leap(year))
}

/// From 0.
fn day_of_year(year: i64, month: i64, day: i64) -> i64 {
    let lengths = [
        31,
        28 + i64::from(is_leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let before = (1..month).zip(lengths).map(|(_, length)| length);
    before.sum::<i64>() + day - 1
}

/// The years of these tables have no announced calendar: weekends are free, and the holidays that the law fixes to a date.
fn is_worked(day_number: i64) -> bool {
    // 1970-01-01 was a Thursday.
    let is_weekend = (day_number + 3).rem_euclid(7) >= 5;
    let is_holiday = (2015..=2017).any(|year| {
        let fixed = [(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)];
        let begins = (1970..year).map(length_of_year).sum::<i64>();
        let mut days = fixed
            .iter()
            .map(|(month, day)| begins + day_of_year(year, *month, *day));
        days.any(|holiday| holiday == day_number)
    });
    !is_weekend && !is_holiday
}

fn next_working_day(after: i64) -> i64 {
    let mut day = after + 1;
    while !is_worked(day) {
        day += 1;
    }
    day
}

#[test]
fn days_and_working_days_are_those_of_the_calendar() {
    assert_eq!(day("01/01/1970"), 0);
    assert_eq!(day("02/29/2016"), 16_860);
    // A Friday before a weekend; the day before National Day 2015, a Thursday to a Saturday.
    assert_eq!(next_working_day(day("03/20/2015")), day("03/23/2015"));
    assert_eq!(next_working_day(day("09/30/2015")), day("10/05/2015"));
    assert_eq!(next_working_day(day("12/31/2015")), day("01/04/2016"));
}
