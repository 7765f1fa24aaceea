//! Arithmetic on civil dates that cannot fail, and the week as it is without announcements.

use jiff::civil::{Date, Weekday};

/// Holidays that the law fixes to a date, whatever is announced: New Year, Labour Day, three days of National Day
/// (全国年节及纪念日放假办法). The rest follow the moon or are announced.
const FIXED_HOLIDAYS: [(i8, i8); 5] = [(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)];

/// Says whether a day would be worked if nothing had been announced.
pub(super) fn is_usually_worked(date: Date) -> bool {
    !is_weekend(date) && !FIXED_HOLIDAYS.contains(&(date.month(), date.day()))
}

/// Says whether a day is a Saturday or a Sunday.
pub(super) fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// Days from one date to another, negative if the other is earlier.
pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours() / 24
}
