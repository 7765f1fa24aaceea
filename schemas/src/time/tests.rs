//! Moments, held to their word.

use super::*;

#[test]
fn a_time_keeps_its_offset_through_text() {
    let moment = Moment::parse("2024-02-09T08:30:00+08:00").unwrap();
    assert_eq!(
        moment,
        Moment {
            ms: 1_707_438_600_000,
            offset_min: 480
        }
    );
    assert_eq!(moment.rfc3339(), "2024-02-09T08:30:00+08:00");
}

#[test]
fn a_bare_date_is_its_first_moment_in_china_and_no_such_day_is_refused() {
    assert_eq!(
        Moment::parse("2024-02-09").unwrap().rfc3339(),
        "2024-02-09T00:00:00+08:00"
    );
    assert!(Moment::parse("2024-02-30").is_err());
    assert!(Moment::parse("2024-02-30T10:00:00+08:00").is_err());
}

#[test]
fn a_day_is_cut_by_the_clock_that_was_read() {
    let late = Moment::parse("2024-02-09T00:10:00+08:00").unwrap();
    assert_eq!(late.day().rfc3339(), "2024-02-09T00:00:00+08:00");
    assert_eq!(
        Moment {
            ms: i64::MIN,
            offset_min: 0
        }
        .day()
        .offset_min,
        0
    );
}
