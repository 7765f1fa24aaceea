//! The calendar against the notices of the State Council, and its behaviour where they end.

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::{Answer, Calendar, CalendarError, Dated, local};
use crate::time::Moment;

fn known(working: bool) -> Answer {
    Answer {
        working,
        provisional: false,
    }
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// 国办发明电〔2023〕7号 (2024), 〔2024〕12号 (2025), 〔2025〕7号 (2026).
#[test]
fn make_up_days_are_worked_and_holidays_are_not() {
    let worked = [
        "2024-02-04",
        "2024-02-18",
        "2024-04-07",
        "2024-04-28",
        "2024-05-11",
        "2024-09-14",
        "2024-09-29",
        "2024-10-12",
        "2025-01-26",
        "2025-02-08",
        "2025-04-27",
        "2025-09-28",
        "2025-10-11",
        "2026-01-04",
        "2026-02-14",
        "2026-02-28",
        "2026-05-09",
        "2026-09-20",
        "2026-10-10",
    ];
    for text in worked {
        let answer = Calendar::china().is_working_day(day(text));
        assert_eq!(
            answer,
            known(true),
            "{text} is a weekend day that is worked"
        );
    }
    let free = [
        ("2024-02-10", 8),
        ("2024-05-01", 5),
        ("2024-10-01", 7),
        ("2025-01-28", 8),
        ("2025-05-01", 5),
        ("2025-10-01", 8),
        ("2026-01-01", 3),
        ("2026-02-15", 9),
        ("2026-05-01", 5),
        ("2026-06-19", 3),
        ("2026-09-25", 3),
        ("2026-10-01", 7),
    ];
    for (text, days) in free {
        let first = day(text);
        let before = first.yesterday().unwrap();
        let after = Calendar::china().next_working_day(before).date;
        assert_eq!((after - first).get_days(), days, "the holiday from {text}");
    }
}

/// Moving days around makes no work and loses none: 11 statutory days a year, 13 since 2025 (国务院令第795号).
#[test]
fn a_year_has_as_many_working_days_as_without_moving_any() {
    for (year, worked) in [(2023, 249), (2024, 251), (2025, 248), (2026, 248)] {
        let last_year = date(year - 1, 12, 31);
        let counted = Calendar::china().working_days_between(last_year, date(year, 12, 31));
        assert_eq!(counted, worked, "{year}");
    }
}

#[test]
fn counting_jumps_over_the_spring_festival_and_lands_on_the_make_up_sunday() {
    let calendar = Calendar::china();
    let found = calendar.add_working_days(date(2024, 2, 8), 2);
    assert_eq!(
        found,
        Dated {
            date: date(2024, 2, 18),
            provisional: false
        }
    );
    assert_eq!(
        calendar.working_days_between(date(2024, 2, 8), date(2024, 2, 18)),
        2
    );
    assert_eq!(
        calendar.working_day_from(date(2024, 2, 10)).date,
        date(2024, 2, 18)
    );
    assert_eq!(
        calendar.working_day_from(date(2024, 2, 4)).date,
        date(2024, 2, 4)
    );
}

#[test]
fn a_year_without_data_is_answered_provisionally() {
    let calendar = Calendar::china();
    let answer = calendar.is_working_day(date(2027, 1, 4));
    assert_eq!((answer.working, answer.provisional), (true, true));
    assert!(
        !calendar.is_working_day(date(2027, 10, 1)).working,
        "National Day is fixed by law"
    );
    assert!(
        !calendar.is_working_day(date(2027, 1, 2)).working,
        "a Saturday"
    );
    assert!(calendar.is_working_day(date(2017, 12, 29)).provisional);
    let across = calendar.add_working_days(date(2026, 12, 30), 2);
    assert_eq!((across.date, across.provisional), (date(2027, 1, 4), true));
    assert!(!calendar.add_working_days(date(2026, 12, 30), 1).provisional);
}

#[test]
fn a_calendar_without_data_says_so_every_day() {
    assert!(
        Calendar::default()
            .is_working_day(date(2024, 2, 10))
            .provisional
    );
    assert_eq!(
        Calendar::parse("date,day,occasion\n").unwrap(),
        Calendar::default()
    );
}

#[test]
fn a_table_that_is_not_complete_or_in_order_is_refused() {
    let parse = |rows: &str| Calendar::parse(&format!("date,day,occasion\n{rows}")).unwrap_err();
    assert!(matches!(Calendar::parse(""), Err(CalendarError::Header)));
    assert!(matches!(
        parse("2024-02-30,holiday,x"),
        CalendarError::Line { line: 2 }
    ));
    assert!(matches!(
        parse("2024-02-03,feast,x"),
        CalendarError::Line { line: 2 }
    ));
    let twice = "2024-01-01,holiday,x\n2024-01-01,workday,x";
    assert!(matches!(parse(twice), CalendarError::Order { line: 3 }));
    let gap = "2024-01-01,holiday,x\n2026-01-01,holiday,x";
    assert!(matches!(
        parse(gap),
        CalendarError::YearMissing { year: 2025 }
    ));
}

#[test]
fn a_day_in_shanghai_begins_at_sixteen_hundred_utc() {
    let midnight = local::start_of_day_ms(date(2024, 2, 10));
    assert_eq!(
        Moment::china(midnight).rfc3339(),
        "2024-02-10T00:00:00+08:00"
    );
    assert_eq!(local::end_of_day_ms(date(2024, 2, 9)), midnight);
    assert_eq!(local::date_at(midnight), date(2024, 2, 10));
    assert_eq!(local::date_at(midnight - 1), date(2024, 2, 9));
}

#[test]
fn the_constant_offset_is_what_the_time_zone_database_says() {
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    for year in 1992..2030 {
        for month in 1..=12 {
            let at =
                jiff::Timestamp::from_millisecond(local::start_of_day_ms(date(year, month, 1)));
            assert_eq!(zone.to_offset(at.unwrap()), local::OFFSET, "{year}-{month}");
        }
    }
}

proptest! {
    #[test]
    fn counting_forward_and_between_agree(start in 0_i64..4_000, days in 1_u32..100) {
        let start = date(2016, 1, 1) + jiff::Span::new().days(start);
        let found = Calendar::china().add_working_days(start, days).date;
        prop_assert!(Calendar::china().is_working_day(found).working);
        prop_assert_eq!(Calendar::china().working_days_between(start, found), days);
    }

    #[test]
    fn no_moment_is_too_far_away(at_ms in any::<i64>(), days in 0_u32..50) {
        let date = local::date_at(at_ms);
        let later = Calendar::china().add_working_days(date, days).date;
        prop_assert!(later >= date);
        prop_assert!(local::end_of_day_ms(later) >= local::start_of_day_ms(date));
    }
}
