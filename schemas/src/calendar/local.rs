//! Local time: `Asia/Shanghai`, from milliseconds since 1970 (UTC) to civil dates and back.
//!
//! The zone is a constant +08:00 here. China has kept one zone without summer time since 1991, and no record is older; a
//! constant gives the same answer on a phone whose time zone data is missing or years old. All functions saturate at the ends
//! of representable time (years −9999 to 9999): a stated time comes from a stranger's clock.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::{Offset, offset},
};

/// `Asia/Shanghai`, all year.
pub const OFFSET: Offset = offset(8);

/// The civil date at a moment.
#[must_use]
pub fn date_at(at_ms: i64) -> Date {
    OFFSET.to_datetime(timestamp(at_ms)).date()
}

/// The moment a day begins (0:00).
#[must_use]
pub fn start_of_day_ms(date: Date) -> i64 {
    moment_ms(DateTime::from_parts(date, Time::midnight()))
}

/// The moment a day ends (24:00), which is the first moment of the next one.
#[must_use]
pub fn end_of_day_ms(date: Date) -> i64 {
    match date.tomorrow() {
        Ok(next) => start_of_day_ms(next),
        Err(_) => Timestamp::MAX.as_millisecond(),
    }
}

/// The moment of a date and time of day.
#[must_use]
pub fn moment_ms(local: DateTime) -> i64 {
    match OFFSET.to_timestamp(local) {
        Ok(at) => at.as_millisecond(),
        Err(_) if local.year() < 0 => Timestamp::MIN.as_millisecond(),
        Err(_) => Timestamp::MAX.as_millisecond(),
    }
}

/// The nearest moment that can be represented.
fn timestamp(at_ms: i64) -> Timestamp {
    match Timestamp::from_millisecond(at_ms) {
        Ok(at) => at,
        Err(_) if at_ms < 0 => Timestamp::MIN,
        Err(_) => Timestamp::MAX,
    }
}
