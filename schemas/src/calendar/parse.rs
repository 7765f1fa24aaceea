//! Reads the table of announced days: `date,day,occasion`, `day` being `holiday` or `workday`.

use jiff::{Span, civil::Date};

use super::{Calendar, civil};

/// Why a table of days was refused.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    /// The first line does not name the columns.
    #[error("the table must begin with `date,day,occasion`")]
    Header,
    /// A line has no date and kind of day.
    #[error("line {line} is not a date and `holiday` or `workday`")]
    Line {
        /// Counted from 1.
        line: usize,
    },
    /// The days are not in order.
    #[error("line {line} is not later than the line before")]
    Order {
        /// Counted from 1.
        line: usize,
    },
    /// A year between the first and the last has no line: it would silently count as one without holidays.
    #[error("the year {year} has no line")]
    YearMissing {
        /// That year.
        year: i16,
    },
}

impl Calendar {
    /// Reads a table of announced days; each year that has a line is taken to be complete.
    ///
    /// # Errors
    ///
    /// [`CalendarError`], with the line, if the table is not what [`Calendar`] promises.
    pub fn parse(csv: &str) -> Result<Self, CalendarError> {
        let mut lines = csv.lines().zip(1..);
        if lines.next().map(|(header, _)| header.trim()) != Some("date,day,occasion") {
            return Err(CalendarError::Header);
        }
        let mut days = Vec::new();
        for (text, line) in lines {
            days.push((line, parse_line(text).ok_or(CalendarError::Line { line })?));
        }
        check_order(&days)?;
        check_years(&days)?;
        let (Some((_, (first, _))), Some((_, (last, _)))) = (days.first(), days.last()) else {
            return Ok(Self::default());
        };
        let first = first.first_of_year();
        let mut announced = days.iter().map(|(_, day)| *day).peekable();
        let worked = |date| match announced.next_if(|(day, _)| *day == date) {
            Some((_, working)) => working,
            None => !civil::is_weekend(date),
        };
        let all = first
            .series(Span::new().days(1))
            .take_while(|day| *day <= last.last_of_year());
        Ok(Self {
            first: Some(first),
            working: all.map(worked).collect(),
        })
    }
}

type Line = (usize, (Date, bool));

fn parse_line(text: &str) -> Option<(Date, bool)> {
    let mut cells = text.splitn(3, ',');
    let date = cells.next()?.parse().ok()?;
    match cells.next()? {
        "holiday" => Some((date, false)),
        "workday" => Some((date, true)),
        _ => None,
    }
}

fn check_order(days: &[Line]) -> Result<(), CalendarError> {
    let mut pairs = days.iter().zip(days.iter().skip(1));
    match pairs.find(|((_, (before, _)), (_, (after, _)))| before >= after) {
        Some((_, (line, _))) => Err(CalendarError::Order { line: *line }),
        None => Ok(()),
    }
}

fn check_years(days: &[Line]) -> Result<(), CalendarError> {
    let years = || days.iter().map(|(_, (date, _))| date.year());
    match years()
        .zip(years().skip(1))
        .find(|(before, after)| after - before > 1)
    {
        Some((before, _)) => Err(CalendarError::YearMissing { year: before + 1 }),
        None => Ok(()),
    }
}
