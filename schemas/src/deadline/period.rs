//! Counting a period: when it is due, and how much a pause adds to it.
//!
//! 民法典 第二百零一条: a period in days does not count the day it begins on; one in hours begins at the moment itself.
//! 第二百零三条: if the last day is a holiday, the day after the holiday is the last; it ends at 24:00.
//! Make-up days (调休) are working days, and a weekend made into one is no holiday.

use jiff::{Span, civil::Date};

use super::{Limit, rule::HOUR_MS};
use crate::calendar::{Calendar, Dated, days_between, local};

/// All pauses together count for at most this long: no test takes ten years, and counting must end.
const PAUSE_DAYS_MAX: i64 = 3_660;

/// When a period is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The moment: for days the end (24:00) of the last one, in milliseconds.
    pub at_ms: i64,
    /// The count touched a year whose holidays have not been announced.
    pub provisional: bool,
}

/// Computes when a period is due, lengthened by `extra` of the limit's own measure (milliseconds for hours).
///
/// Never earlier than its start, and never later for an earlier start.
#[must_use]
pub fn due(calendar: &Calendar, starts_ms: i64, limit: Limit, extra: i64) -> Due {
    let begins = local::date_at(starts_ms);
    let last = match limit {
        Limit::Hours(hours) => {
            let at_ms = starts_ms
                .saturating_add(i64::from(hours) * HOUR_MS)
                .saturating_add(extra);
            return Due {
                at_ms,
                provisional: false,
            };
        }
        Limit::Days(days) => {
            calendar.working_day_from(days_after(begins, i64::from(days).saturating_add(extra)))
        }
        Limit::WorkingDays(days) => {
            calendar.add_working_days(begins, days.saturating_add(counted(extra)))
        }
    };
    let Dated { date, provisional } = last;
    Due {
        at_ms: local::end_of_day_ms(date).max(starts_ms),
        provisional,
    }
}

/// Says whether a moment is within a period that is due at another.
#[must_use]
pub fn is_in_time(limit: Limit, at_ms: i64, due_ms: i64) -> bool {
    match limit {
        Limit::Hours(_) => at_ms <= due_ms,
        // 24:00 is the first moment of the next day, and a record with that time bears the next day's date.
        Limit::Days(_) | Limit::WorkingDays(_) => at_ms < due_ms,
    }
}

/// How much a pause adds to a period, in the measure of [`due`]'s `extra`.
pub(super) fn paused(calendar: &Calendar, limit: Limit, from_ms: i64, to_ms: i64) -> i64 {
    let (from, to) = (local::date_at(from_ms), local::date_at(to_ms));
    let to = to.min(days_after(from, PAUSE_DAYS_MAX));
    match limit {
        Limit::Hours(_) => to_ms.saturating_sub(from_ms).clamp(0, extra_max(limit)),
        Limit::Days(_) => days_between(from, to).max(0),
        Limit::WorkingDays(_) => i64::from(calendar.working_days_between(from, to)),
    }
}

/// The most that a period can be lengthened by.
pub(super) fn extra_max(limit: Limit) -> i64 {
    match limit {
        Limit::Hours(_) => PAUSE_DAYS_MAX * 24 * HOUR_MS,
        Limit::Days(_) | Limit::WorkingDays(_) => PAUSE_DAYS_MAX,
    }
}

fn days_after(date: Date, days: i64) -> Date {
    let span = Span::new().try_days(days);
    span.and_then(|span| date.checked_add(span))
        .unwrap_or(Date::MAX)
}

fn counted(extra: i64) -> u32 {
    u32::try_from(extra).unwrap_or(0)
}
