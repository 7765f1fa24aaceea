//! Comparing values, by the rules of XPath and of calendars.

use std::cmp::Ordering;

use jiff::tz::Offset;

use super::{DAY_MS, Value, days_since_epoch, milliseconds};

impl Value<'_> {
    /// Whether both are the same, by the rules of XPath: truth, then dates, then numbers, then text.
    pub(in crate::checklist) fn equals(&self, other: &Self, local: Offset) -> bool {
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
    pub(in crate::checklist) fn order(&self, other: &Self, local: Offset) -> Option<Ordering> {
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
            Value::Day(day) => {
                i64::from(days_since_epoch(*day)) * DAY_MS - i64::from(local.seconds()) * 1000
            }
            Value::Moment { ms, .. } => *ms,
            Value::Time(time) => milliseconds(*time),
            Value::Text(_) | Value::Number(_) | Value::Boolean(_) => 0,
        }
    }
}
