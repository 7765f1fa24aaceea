//! Values while an expression is computed, and how they turn into one another.
//!
//! XPath 1.0 with three more types, because dates are compared and subtracted all the time: a day counts as whole days
//! since 1970-01-01, a moment as days with a fraction in local time, a time as a fraction of a day. Nothing here depends on
//! the machine: functions of real numbers come from `libm`, never from the platform.

use std::borrow::Cow;
use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::Offset;

use super::limits::TEXT_BYTES_MAX;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// One value; blank is the empty text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Text(Cow<'a, str>),
    Number(f64),
    Boolean(bool),
    Day(Date),
    /// UTC milliseconds, with the offset it is told in.
    Moment {
        ms: i64,
        offset: Offset,
    },
    Time(Time),
}

impl<'a> Value<'a> {
    pub(super) const BLANK: Self = Value::Text(Cow::Borrowed(""));

    /// A text of our own making, cut to the size allowed.
    pub(super) fn text(mut text: String) -> Self {
        if text.len() > TEXT_BYTES_MAX {
            text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        }
        Value::Text(Cow::Owned(text))
    }

    pub(super) fn is_blank(&self) -> bool {
        matches!(self, Value::Text(text) if text.is_empty())
    }

    pub(super) fn to_bool(&self) -> bool {
        match self {
            Value::Text(text) => !text.is_empty(),
            Value::Number(number) => *number != 0.0 && !number.is_nan(),
            Value::Boolean(truth) => *truth,
            Value::Day(_) | Value::Moment { .. } | Value::Time(_) => true,
        }
    }

    /// The value as a number; what is none becomes NaN. `local` is the offset that days are counted in.
    pub(super) fn to_number(&self, local: Offset) -> f64 {
        match self {
            Value::Text(text) => parse_number(text),
            Value::Number(number) => *number,
            Value::Boolean(truth) => f64::from(u8::from(*truth)),
            Value::Day(day) => f64::from(days_since_epoch(*day)),
            Value::Moment { ms, .. } => as_days(ms.saturating_add(i64::from(local.seconds()) * 1000)),
            Value::Time(time) => as_days(milliseconds(*time)),
        }
    }

    pub(super) fn to_text(&self) -> Cow<'_, str> {
        match self {
            Value::Text(text) => Cow::Borrowed(text),
            Value::Number(number) => Cow::Owned(number_text(*number)),
            Value::Boolean(truth) => Cow::Borrowed(if *truth { "true" } else { "false" }),
            Value::Day(day) => Cow::Owned(day.to_string()),
            Value::Moment { ms, offset } => Cow::Owned(moment_text(*ms, *offset)),
            Value::Time(time) => Cow::Owned(format!("{time:.3}")),
        }
    }

    /// A text that reads as a day, moment or time becomes one; the rest stays.
    pub(super) fn dated(&self, local: Offset) -> Option<Self> {
        match self {
            Value::Text(text) => parse_dated(text, local),
            Value::Day(_) | Value::Moment { .. } | Value::Time(_) => Some(self.clone()),
            Value::Number(_) | Value::Boolean(_) => None,
        }
    }

    fn is_dated(&self) -> bool {
        matches!(self, Value::Day(_) | Value::Moment { .. } | Value::Time(_))
    }

    /// Whether both are the same, by the rules of XPath: truth, then dates, then numbers, then text.
    pub(super) fn equals(&self, other: &Self, local: Offset) -> bool {
        if let (Value::Boolean(_), _) | (_, Value::Boolean(_)) = (self, other) {
            return self.to_bool() == other.to_bool();
        }
        if self.is_blank() || other.is_blank() {
            return self.is_blank() && other.is_blank();
        }
        if (self.is_dated() || other.is_dated())
            && let (Some(left), Some(right)) = (self.dated(local), other.dated(local))
        {
            return left.instant(local) == right.instant(local);
        }
        match (self, other) {
            (Value::Text(left), Value::Text(right)) => left == right,
            _ => self.to_number(local) == other.to_number(local),
        }
    }

    /// Which comes first; none where they cannot be compared, and then every comparison is false.
    pub(super) fn order(&self, other: &Self, local: Offset) -> Option<Ordering> {
        if self.is_blank() || other.is_blank() {
            return None;
        }
        let texts = matches!((self, other), (Value::Text(_), Value::Text(_)));
        if self.is_dated() || other.is_dated() || texts {
            let numbers = texts && !self.to_number(local).is_nan();
            if !numbers && let (Some(left), Some(right)) = (self.dated(local), other.dated(local)) {
                return Some(left.instant(local).cmp(&right.instant(local)));
            }
        }
        self.to_number(local).partial_cmp(&other.to_number(local))
    }

    /// Milliseconds on one scale: days begin at local midnight.
    fn instant(&self, local: Offset) -> i64 {
        match self {
            Value::Day(day) => i64::from(days_since_epoch(*day)) * DAY_MS - i64::from(local.seconds()) * 1000,
            Value::Moment { ms, .. } => *ms,
            Value::Time(time) => milliseconds(*time),
            Value::Text(_) | Value::Number(_) | Value::Boolean(_) => 0,
        }
    }
}

impl From<bool> for Value<'_> {
    fn from(truth: bool) -> Self {
        Value::Boolean(truth)
    }
}

impl From<f64> for Value<'_> {
    fn from(number: f64) -> Self {
        Value::Number(number)
    }
}

/// Reads a number as XPath does: an optional minus, digits, an optional point; an exponent is allowed, too.
pub(super) fn parse_number(text: &str) -> f64 {
    let text = text.trim();
    let plain = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'))
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E'));
    if plain { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

/// Writes a number without an exponent and without `.0`.
pub(super) fn number_text(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() }
    } else if number == 0.0 {
        "0".to_owned()
    } else {
        number.to_string()
    }
}

pub(super) fn days_since_epoch(day: Date) -> i32 {
    // Both ends of the calendar are about 3.6 million days away, far inside i32.
    day.duration_since(Date::constant(1970, 1, 1)).as_hours().checked_div(24).and_then(|days| days.try_into().ok()).unwrap_or(0)
}

/// The day so many days after 1970-01-01, if the calendar reaches that far.
pub(super) fn day_from_epoch(days: f64) -> Option<Date> {
    let days = whole(libm::floor(days), 10_000_000)?;
    Date::constant(1970, 1, 1).checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

/// The moment so many days after 1970-01-01 at local midnight.
pub(super) fn moment_from_epoch(days: f64, local: Offset) -> Option<Value<'static>> {
    let ms = whole(libm::round(days * as_f64(DAY_MS)), i64::MAX / 1024)?;
    Some(Value::Moment { ms: ms.checked_sub(i64::from(local.seconds()) * 1000)?, offset: local })
}

/// A number without fraction as an integer, if it is not beyond `limit`.
pub(super) fn whole(number: f64, limit: i64) -> Option<i64> {
    let within = number.is_finite() && number == libm::trunc(number) && number.abs() <= as_f64(limit);
    #[expect(clippy::cast_possible_truncation, reason = "just checked to be whole and within the limit")]
    within.then_some(number as i64)
}

/// Counts and indexes as numbers; exact up to 2^53, far beyond every limit here.
pub(super) fn as_f64(number: i64) -> f64 {
    number as f64
}

fn as_days(ms: i64) -> f64 {
    as_f64(ms) / as_f64(DAY_MS)
}

pub(super) fn milliseconds(time: Time) -> i64 {
    ((i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60 + i64::from(time.second())) * 1000
        + i64::from(time.millisecond())
}

/// The moment on the clock of its own offset.
pub(super) fn civil(ms: i64, offset: Offset) -> Option<DateTime> {
    Timestamp::from_millisecond(ms).ok().map(|moment| offset.to_datetime(moment))
}

fn moment_text(ms: i64, offset: Offset) -> String {
    civil(ms, offset).map_or_else(String::new, |civil| {
        let minutes = offset.seconds() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        format!("{civil:.3}{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
    })
}

/// Reads `2024-05-01`, `2024-05-01T09:30`, `2024-05-01 09:30:00.000+08:00`, `09:30`; an offset that is not told is the local one.
pub(super) fn parse_dated(text: &str, local: Offset) -> Option<Value<'static>> {
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
            return Some(Value::Moment { ms: moment.as_millisecond(), offset });
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

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: Offset = Offset::constant(8);

    fn text(text: &str) -> Value<'_> {
        Value::Text(Cow::Borrowed(text))
    }

    #[test]
    fn dates_are_read_with_and_without_time_and_offset() {
        let day = parse_dated("2024-05-01", LOCAL).unwrap();
        assert_eq!(day.to_number(LOCAL), 19844.0);
        let moment = parse_dated("2024-05-01T09:30", LOCAL).unwrap();
        assert_eq!(moment, parse_dated("2024-05-01T01:30:00.000Z", LOCAL).map(|v| with_offset(v, LOCAL)).unwrap());
        assert_eq!(moment.to_text(), "2024-05-01T09:30:00.000+08:00");
        assert_eq!(parse_dated("12:00", LOCAL).unwrap().to_number(LOCAL), 0.5);
        assert_eq!(parse_dated("12:00:00.000+08:00", LOCAL).unwrap().to_text(), "12:00:00.000");
        for not in ["2024-13-01", "2024-5-1", "abc", "", "2024", "10:99", "2024-05-01T25:00"] {
            assert_eq!(parse_dated(not, LOCAL), None, "{not}");
        }
    }

    fn with_offset(value: Value<'static>, offset: Offset) -> Value<'static> {
        match value {
            Value::Moment { ms, .. } => Value::Moment { ms, offset },
            other => other,
        }
    }

    #[test]
    fn comparisons_follow_types() {
        assert!(text("5").equals(&Value::Number(5.0), LOCAL));
        assert!(!text("").equals(&Value::Number(0.0), LOCAL));
        assert!(text("").equals(&text(""), LOCAL));
        assert!(text("2024-05-01").order(&parse_dated("2024-05-02", LOCAL).unwrap(), LOCAL).unwrap().is_lt());
        assert!(text("10").order(&text("9"), LOCAL).unwrap().is_gt());
        assert!(text("2024-05-01").order(&text("2024-04-30"), LOCAL).unwrap().is_gt());
        assert_eq!(text("x").order(&Value::Number(1.0), LOCAL), None);
        // A day begins at local midnight.
        let midnight = parse_dated("2024-04-30T16:00:00Z", LOCAL).unwrap();
        assert!(midnight.equals(&parse_dated("2024-05-01", LOCAL).unwrap(), LOCAL));
    }

    #[test]
    fn numbers_are_written_as_people_write_them() {
        assert_eq!(number_text(3.0), "3");
        assert_eq!(number_text(-0.0), "0");
        assert_eq!(number_text(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(number_text(1e21), "1000000000000000000000");
        assert!(parse_number("1,5").is_nan());
        assert!(parse_number("infinity").is_nan());
        assert_eq!(parse_number(" -1.5 "), -1.5);
    }
}
