//! Days and office hours in Asia/Shanghai (UTC+8, no summer time since 1991), as far as stories need them.
//!
//! Working days are Monday to Friday. Public holidays are left out on purpose: they only make what follows earlier than
//! the legal clocks ask, and the yearly list belongs to the rule packs.

use super::rng::Rng;

/// One minute.
pub(super) const MINUTE_MS: i64 = 60_000;
/// One day.
pub(super) const DAY_MS: i64 = 1_440 * MINUTE_MS;
const OFFSET_MS: i64 = 480 * MINUTE_MS;

/// A calendar day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(i64);

impl Day {
    pub(super) fn of(at_ms: i64) -> Self {
        Self(at_ms.saturating_add(OFFSET_MS).div_euclid(DAY_MS))
    }

    /// The instant `minutes` after this day's midnight.
    pub(super) fn at(self, minutes: i64) -> i64 {
        self.0
            .saturating_mul(DAY_MS)
            .saturating_sub(OFFSET_MS)
            .saturating_add(minutes.saturating_mul(MINUTE_MS))
    }

    pub(super) fn is_working(self) -> bool {
        // 1970-01-01 was a Thursday: 0 is Monday here.
        (self.0 + 3).rem_euclid(7) < 5
    }

    /// The `n`-th working day after this one; the day itself for 0.
    pub(super) fn working_after(self, n: i64) -> Self {
        let mut day = self;
        let mut left = n;
        while left > 0 {
            day = Self(day.0 + 1);
            left -= i64::from(day.is_working());
        }
        day
    }

    /// Year, month and day of the month (Hinnant: chrono-compatible low-level date algorithms).
    pub(super) fn date(self) -> (i64, i64, i64) {
        let shifted = self.0 + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * of_year + 2) / 153;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year, month, of_year - (153 * month_from_march + 2) / 5 + 1)
    }
}

/// Minutes since midnight.
pub(super) fn minute_of_day(at_ms: i64) -> i64 {
    at_ms.saturating_sub(Day::of(at_ms).at(0)) / MINUTE_MS
}

/// As people write a date: 3月15日.
pub(super) fn month_and_day(at_ms: i64) -> String {
    let (_, month, day) = Day::of(at_ms).date();
    format!("{month}月{day}日")
}

/// When a channel takes demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hours {
    /// While somebody is at the desk; seldom at weekends.
    Office,
    /// Evenings and weekends too, though less than in office hours.
    Always,
}

/// When a demand arrives: mostly in office hours of working days.
pub(super) fn arrival(rng: &mut Rng, from_ms: i64, to_ms: i64, hours: Hours) -> i64 {
    let (evening, weekend) = match hours {
        Hours::Office => (0, 60),
        Hours::Always => (180, 350),
    };
    wanted(rng, from_ms, to_ms, |rng, at_ms| {
        let minute = minute_of_day(at_ms);
        let office =
            (9 * 60..11 * 60 + 45).contains(&minute) || (13 * 60 + 30..17 * 60).contains(&minute);
        let waking = (7 * 60..22 * 60 + 30).contains(&minute);
        (office || (waking && rng.happens(evening)))
            && (Day::of(at_ms).is_working() || rng.happens(weekend))
    })
}

/// When a volunteer walks into a shop: any day, from ten until half past eight.
pub(super) fn visit(rng: &mut Rng, from_ms: i64, to_ms: i64) -> i64 {
    wanted(rng, from_ms, to_ms, |_, at_ms| {
        (10 * 60..20 * 60 + 30).contains(&minute_of_day(at_ms))
    })
}

/// Draws an instant that `fits`; where a range is too short to hold one, any.
fn wanted(
    rng: &mut Rng,
    from_ms: i64,
    to_ms: i64,
    mut fits: impl FnMut(&mut Rng, i64) -> bool,
) -> i64 {
    const TRIES: u32 = 200;
    let mut at_ms = from_ms;
    for _ in 0..TRIES {
        at_ms = rng.between(from_ms, to_ms.saturating_sub(1));
        if fits(rng, at_ms) {
            break;
        }
    }
    // Whole seconds look like life; the remainder must not fall before the range.
    (at_ms - at_ms.rem_euclid(1_000)).max(from_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-13 00:00 in Shanghai, a Friday.
    const FRIDAY_MS: i64 = 1_773_331_200_000;

    #[test]
    fn a_day_begins_at_midnight_in_shanghai() {
        assert_eq!(Day::of(FRIDAY_MS).date(), (2026, 3, 13));
        assert_eq!(Day::of(FRIDAY_MS - 1).date(), (2026, 3, 12));
        assert_eq!(Day::of(FRIDAY_MS).at(0), FRIDAY_MS);
        assert_eq!(Day::of(951_782_400_000).date(), (2000, 2, 29));
    }

    #[test]
    fn working_days_skip_the_weekend() {
        let friday = Day::of(FRIDAY_MS);
        assert!(friday.is_working());
        assert_eq!(friday.working_after(1).date(), (2026, 3, 16));
        assert_eq!(friday.working_after(6).date(), (2026, 3, 23));
    }

    #[test]
    fn a_range_too_short_for_office_hours_is_still_kept() {
        let night_ms = Day::of(FRIDAY_MS).at(3 * 60);
        let at_ms = arrival(&mut Rng::new(3), night_ms, night_ms + 10, Hours::Office);
        assert!((night_ms..night_ms + 10).contains(&at_ms));
    }
}
