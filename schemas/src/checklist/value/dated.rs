//! Days, moments and times: reading, writing, and as numbers of days.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::Offset;

use super::{DAY_MS, Value, as_f64, whole};

pub(in crate::checklist) fn days_since_epoch(day: Date) -> i32 {
    // Both ends of the calendar are about 3.6 million days away, far inside i32.
    day.duration_since(Date::constant(1970, 1, 1))
        .as_hours()
        .checked_div(24)
        .and_then(|days| days.try_into().ok())
        .unwrap_or(0)
}

/// The day so many days after 1970-01-01, if the calendar reaches that far.
pub(in crate::checklist) fn day_from_epoch(days: f64) -> Option<Date> {
    let days = whole(libm::floor(days), 10_000_000)?;
    Date::constant(1970, 1, 1)
        .checked_add(jiff::Span::new().try_days(days).ok()?)
        .ok()
}

/// The moment so many days after 1970-01-01 at local midnight.
pub(in crate::checklist) fn moment_from_epoch(days: f64, local: Offset) -> Option<Value<'static>> {
    let ms = whole(libm::round(days * as_f64(DAY_MS)), i64::MAX / 1024)?;
    Some(Value::Moment {
        ms: ms.checked_sub(i64::from(local.seconds()) * 1000)?,
        offset: local,
    })
}

pub(in crate::checklist) fn milliseconds(time: Time) -> i64 {
    ((i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60 + i64::from(time.second()))
        * 1000
        + i64::from(time.millisecond())
}

/// The moment on the clock of its own offset.
pub(in crate::checklist) fn civil(ms: i64, offset: Offset) -> Option<DateTime> {
    Timestamp::from_millisecond(ms)
        .ok()
        .map(|moment| offset.to_datetime(moment))
}

pub(super) fn moment_text(ms: i64, offset: Offset) -> String {
    civil(ms, offset).map_or_else(String::new, |civil| {
        let minutes = offset.seconds() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        format!(
            "{civil:.3}{sign}{:02}:{:02}",
            minutes.abs() / 60,
            minutes.abs() % 60
        )
    })
}

/// Reads `2024-05-01`, `2024-05-01T09:30`, `2024-05-01 09:30:00.000+08:00`, `09:30`; an offset that is not told is the local one.
pub(in crate::checklist) fn parse_dated(text: &str, local: Offset) -> Option<Value<'static>> {
    static PARSER: DateTimeParser = DateTimeParser::new();
    let text = text.trim();
    if text.len() > 40 || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if text.len() == 10 && text.chars().filter(|c| *c == '-').count() == 2 {
        return PARSER.parse_date(text).ok().map(Value::Day);
    }
    if text.contains('-') && text.len() > 10 {
        if let Ok(pieces) = PARSER.parse_pieces(text) {
            let time = pieces.time()?;
            let offset = pieces.to_numeric_offset().unwrap_or(local);
            let moment = offset.to_timestamp(pieces.date().to_datetime(time)).ok()?;
            return Some(Value::Moment {
                ms: moment.as_millisecond(),
                offset,
            });
        }
        if !text.contains(':') {
            return None;
        }
    }
    if text.get(2..3) == Some(":") {
        let clock = text.split(['+', '-', 'Z', 'z']).next()?;
        return PARSER.parse_time(clock).ok().map(Value::Time);
    }
    None
}
