//! Which days are working days in mainland China, make-up days (调休) included.
//!
//! Every autumn the State Council moves next year's weekends around its holidays; [`Calendar::china`] holds what it announced
//! (`schemas/data/cn-holidays.csv`: one row for each weekday made a holiday and each weekend day made a working day).
//! **A year without an announcement is answered all the same, and marked provisional**: weekends and the holidays that the
//! law fixes to a date are then free, everything else is work.
//!
//! Days are civil dates in [`local`] time (`Asia/Shanghai`). Nothing here knows what day it is now.

mod civil;
pub mod local;
mod parse;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use jiff::civil::Date;

pub(crate) use civil::days_between;
pub use parse::CalendarError;

/// Whether a day is a working day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// People work on that day.
    pub working: bool,
    /// That year has not been announced: the answer may change.
    pub provisional: bool,
}

/// A day found by counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dated {
    /// The day.
    pub date: Date,
    /// The count touched a year that has not been announced.
    pub provisional: bool,
}

/// The announced years, as one flag a day.
///
/// The default calendar has no data, so all its answers are provisional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    /// The first of January of the first year; absent without data.
    first: Option<Date>,
    /// Working or not, a day each from `first` to the end of the last year.
    working: Vec<bool>,
}

static CHINA: LazyLock<Calendar> =
    LazyLock::new(|| Calendar::parse(include_str!("../data/cn-holidays.csv")).unwrap_or_default());

impl Calendar {
    /// The calendar of mainland China that was current when this was built.
    #[must_use]
    pub fn china() -> &'static Self {
        &CHINA
    }

    /// Says whether people work on a day.
    #[must_use]
    pub fn is_working_day(&self, date: Date) -> Answer {
        match self.announced(date) {
            Some(working) => Answer {
                working,
                provisional: false,
            },
            None => Answer {
                working: civil::is_usually_worked(date),
                provisional: true,
            },
        }
    }

    /// Finds the first working day after a day.
    ///
    /// At the end of representable time the last day stands in for what cannot be said, provisionally.
    #[must_use]
    pub fn next_working_day(&self, date: Date) -> Dated {
        self.add_working_days(date, 1)
    }

    /// Finds the day itself if it is a working day, otherwise the next one (民法典 第二百零三条).
    #[must_use]
    pub fn working_day_from(&self, date: Date) -> Dated {
        let Answer {
            working,
            provisional,
        } = self.is_working_day(date);
        if working {
            return Dated { date, provisional };
        }
        let next = self.next_working_day(date);
        Dated {
            date: next.date,
            provisional: next.provisional || provisional,
        }
    }

    /// Counts working days forward; the day itself is not counted, and no days give the day itself.
    #[must_use]
    pub fn add_working_days(&self, date: Date, days: u32) -> Dated {
        let mut found = Dated {
            date,
            provisional: false,
        };
        let mut left = days;
        while left > 0 {
            let Ok(next) = found.date.tomorrow() else {
                return Dated {
                    date: Date::MAX,
                    provisional: true,
                };
            };
            let answer = self.is_working_day(next);
            found = Dated {
                date: next,
                provisional: found.provisional || answer.provisional,
            };
            left -= u32::from(answer.working);
        }
        found
    }

    /// Counts the working days after one day, up to and including another.
    #[must_use]
    pub fn working_days_between(&self, after: Date, until: Date) -> u32 {
        let mut day = after;
        let mut worked = 0;
        while day < until {
            let Ok(next) = day.tomorrow() else { break };
            worked += u32::from(self.is_working_day(next).working);
            day = next;
        }
        worked
    }

    /// What was announced for a day.
    fn announced(&self, date: Date) -> Option<bool> {
        let index = usize::try_from(days_between(self.first?, date)).ok()?;
        self.working.get(index).copied()
    }
}
