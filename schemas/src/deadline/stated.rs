//! Stated times: what a device said, against when the server received it.
//!
//! A clock may be wrong, or set back to win a deadline. A time outside [received − 30 days, received + 5 minutes] is replaced by the
//! time of receipt for deadlines; the record keeps what was stated. Before the server has received a change, what it states counts
//! for now. What another system recorded (a row of an imported table) is no device's clock and is not judged here.

use crate::limits::{STATED_FUTURE_MAX_MS, STATED_PAST_MAX_MS};

/// The time that counts for deadlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// When, in UTC milliseconds.
    pub at_ms: i64,
    /// It is the time of receipt, because the stated one cannot stand.
    pub is_replaced: bool,
}

/// Decides between a stated time and the time at which the server received it, if it has.
#[must_use]
pub fn counted(stated_ms: i64, received_ms: Option<i64>) -> Counted {
    let stands = |received_ms: i64| {
        let earliest = received_ms.saturating_sub(STATED_PAST_MAX_MS);
        let latest = received_ms.saturating_add(STATED_FUTURE_MAX_MS);
        (earliest..=latest).contains(&stated_ms)
    };
    match received_ms.filter(|received_ms| !stands(*received_ms)) {
        Some(received_ms) => Counted {
            at_ms: received_ms,
            is_replaced: true,
        },
        None => Counted {
            at_ms: stated_ms,
            is_replaced: false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 86_400_000;
    const RECEIVED_MS: i64 = 1_770_000_000_000;

    #[test]
    fn a_time_stands_from_thirty_days_before_receipt_until_five_minutes_after() {
        let is_replaced =
            |offset_ms| counted(RECEIVED_MS + offset_ms, Some(RECEIVED_MS)).is_replaced;
        let edges = [
            -30 * DAY_MS - 1,
            -30 * DAY_MS,
            0,
            5 * 60_000,
            5 * 60_000 + 1,
        ];
        assert_eq!(edges.map(is_replaced), [true, false, false, false, true]);
        let late = counted(RECEIVED_MS + DAY_MS, Some(RECEIVED_MS));
        assert_eq!(late.at_ms, RECEIVED_MS);
    }

    #[test]
    fn before_receipt_every_stated_time_counts() {
        for stated_ms in [i64::MIN, 0, RECEIVED_MS, i64::MAX] {
            let expected = Counted {
                at_ms: stated_ms,
                is_replaced: false,
            };
            assert_eq!(counted(stated_ms, None), expected);
        }
        assert!(counted(i64::MIN, Some(i64::MAX)).is_replaced);
    }
}
