//! Values while an expression is computed, and how they turn into one another.
//!
//! XPath 1.0 with three more types, because dates are compared and subtracted all the time: a day counts as whole days
//! since 1970-01-01, a moment as days with a fraction in local time, a time as a fraction of a day. Nothing here depends on
//! the machine: functions of real numbers come from `libm`, never from the platform.

mod compare;
mod dated;
mod number;

pub(super) use dated::{
    civil, day_from_epoch, days_since_epoch, milliseconds, moment_from_epoch, parse_dated,
};
pub(super) use number::{as_f64, number_text, parse_number, whole};

use dated::moment_text;

use std::borrow::Cow;

use jiff::civil::{Date, Time};
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
            Value::Moment { ms, .. } => {
                as_days(ms.saturating_add(i64::from(local.seconds()) * 1000))
            }
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

    pub(super) fn is_dated(&self) -> bool {
        matches!(self, Value::Day(_) | Value::Moment { .. } | Value::Time(_))
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

fn as_days(ms: i64) -> f64 {
    as_f64(ms) / as_f64(DAY_MS)
}

#[cfg(test)]
mod tests;
