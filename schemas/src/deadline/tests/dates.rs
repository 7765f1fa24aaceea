//! Every shipped clock against dates counted by hand.
//!
//! Sources of the days: 国务院办公厅关于2024年部分节假日安排的通知（国办发明电〔2023〕7号）: Spring Festival 10–17 February, Sundays 4 and 18
//! February worked; 2025（国办发明电〔2024〕12号）: National Day and Mid-autumn 1–8 October, Sunday 28 September and Saturday 11 October worked;
//! 2026（国办发明电〔2025〕7号）: worked are Sunday 4 January, Saturdays 14 and 28 February, Saturday 9 May, Sunday 20 September, Saturday 10
//! October. Due times are written as the midnight that ends the last day.

use super::{Authority, ClockState, DEPARTMENT, HANGZHOU, PUDONG, complaint, happenings, said};

fn station(name: &str) -> (&'static str, Authority) {
    match name {
        "council Hangzhou" => HANGZHOU,
        "council Pudong" => PUDONG,
        "department" => DEPARTMENT,
        other => panic!("no station {other}"),
    }
}

/// Rows of `station | received | event it starts from, or - | when | rule | due`; lines with `#` are the counting.
fn check(table: &'static str) {
    let rows: Vec<_> = table
        .lines()
        .filter(|line| line.contains('|') && !line.contains('#'))
        .collect();
    assert!(!rows.is_empty());
    for row in rows {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [place, received, start, started, rule, due] = cells[..] else {
            panic!("{row}")
        };
        let events = if start == "-" {
            vec![]
        } else {
            happenings(&[(start, started)])
        };
        let facts = complaint(station(place), received, &events);
        let now = if start == "-" { received } else { started };
        assert_eq!(
            said(&facts, rule, now),
            (ClockState::Running, due.to_owned()),
            "{row}"
        );
    }
}

#[test]
fn around_the_spring_festival_of_2024() {
    check(
        "
        # Friday 2 February; the next working day is Sunday the 4th.
        council Hangzhou | 2024-02-02 10:00 | -                     | -                | first_action_1wd   | 2024-02-05 00:00
        # 4 5 6 7 8 9 | 18.
        council Hangzhou | 2024-02-02 10:00 | -                     | -                | closed_7wd         | 2024-02-19 00:00
        department       | 2024-02-02 10:00 | -                     | -                | accept_7wd         | 2024-02-19 00:00
        # 4 5 6 7 8.
        council Hangzhou | 2024-02-02 10:00 | -                     | -                | accept_5wd         | 2024-02-09 00:00
        # Received on the last evening of work: Sunday the 18th is the first day.
        council Hangzhou | 2024-02-09 23:59 | -                     | -                | first_action_1wd   | 2024-02-19 00:00
        # Received within the holiday: the same.
        council Hangzhou | 2024-02-12 08:00 | -                     | -                | first_action_1wd   | 2024-02-19 00:00
        # 6 7 8 9 | 18 19 20 21 22 23.
        council Hangzhou | 2024-02-05 09:00 | accepted              | 2024-02-05 09:00 | mediate_10wd       | 2024-02-24 00:00
        # 4 to 9 February, 10 to the 23rd, 15 to 1 March, 35 to the 29th; 1 2 3 April, Sunday the 7th is 39, 44 to the 12th, 45: the 15th.
        department       | 2024-02-05 09:00 | accepted              | 2024-02-05 09:00 | mediate_45wd       | 2024-04-16 00:00
        # 13 December + 60 days = 11 February, in the holiday, which ends on Saturday the 17th: Sunday the 18th is worked.
        council Pudong   | 2023-12-13 09:00 | accepted              | 2023-12-13 09:00 | mediate_60d        | 2024-02-19 00:00
        # 6 December + 60 days = Sunday 4 February, which is worked: nothing moves.
        council Pudong   | 2023-12-06 09:00 | accepted              | 2023-12-06 09:00 | mediate_60d        | 2024-02-05 00:00
        # Hours know no holiday.
        council Pudong   | 2024-02-09 17:00 | offered_to_enterprise | 2024-02-09 17:30 | pre_settlement_72h | 2024-02-12 17:30
        ",
    );
}

#[test]
fn around_the_national_day_of_2025() {
    check(
        "
        # Friday 26 September; Sunday the 28th is worked.
        council Hangzhou | 2025-09-26 15:00 | -                     | -                | first_action_1wd   | 2025-09-29 00:00
        # 28 29 30 | 9 10 11 (Saturday) | 13.
        council Hangzhou | 2025-09-26 15:00 | -                     | -                | closed_7wd         | 2025-10-14 00:00
        department       | 2025-09-26 15:00 | -                     | -                | accept_7wd         | 2025-10-14 00:00
        council Hangzhou | 2025-09-26 15:00 | -                     | -                | accept_5wd         | 2025-10-11 00:00
        # 29 30 | 9 10 11 | 13 14 15 16 17.
        council Hangzhou | 2025-09-28 09:00 | accepted              | 2025-09-28 09:00 | mediate_10wd       | 2025-10-18 00:00
        # 3 to 30 September, 6 to 11 October, 11 16 21 by the Fridays, 26 31 36 41 in November, 45: 4 December.
        department       | 2025-09-26 15:00 | accepted              | 2025-09-26 16:00 | mediate_45wd       | 2025-12-05 00:00
        # 5 August + 60 days = 4 October; the first day after the holiday is the 9th.
        council Pudong   | 2025-08-05 09:00 | accepted              | 2025-08-05 09:00 | mediate_60d        | 2025-10-10 00:00
        council Pudong   | 2025-09-30 17:00 | offered_to_enterprise | 2025-09-30 18:00 | pre_settlement_72h | 2025-10-03 18:00
        ",
    );
}

#[test]
fn around_the_make_up_days_of_2026() {
    check(
        "
        # Wednesday 31 December; New Year to Saturday the 3rd, Sunday the 4th worked.
        council Hangzhou | 2025-12-31 09:00 | -                     | -                | first_action_1wd   | 2026-01-05 00:00
        # 4 5 6 7 8 9 | 12.
        council Hangzhou | 2025-12-31 09:00 | -                     | -                | closed_7wd         | 2026-01-13 00:00
        council Hangzhou | 2025-12-31 09:00 | -                     | -                | accept_5wd         | 2026-01-09 00:00
        # Friday 13 February; 14 (Saturday) | 24 25 26 27 28 (Saturday) | 2 March.
        council Hangzhou | 2026-02-13 16:00 | -                     | -                | first_action_1wd   | 2026-02-15 00:00
        council Hangzhou | 2026-02-13 16:00 | -                     | -                | closed_7wd         | 2026-03-03 00:00
        council Hangzhou | 2026-02-13 16:00 | -                     | -                | accept_5wd         | 2026-02-28 00:00
        department       | 2026-02-13 16:00 | -                     | -                | accept_7wd         | 2026-03-03 00:00
        council Hangzhou | 2026-02-13 16:00 | accepted              | 2026-02-13 17:00 | mediate_10wd       | 2026-03-06 00:00
        # Thursday 30 April; 6 7 8 9 (Saturday) | 11 12 13 May.
        council Hangzhou | 2026-04-30 09:00 | -                     | -                | first_action_1wd   | 2026-05-07 00:00
        council Hangzhou | 2026-04-30 09:00 | -                     | -                | closed_7wd         | 2026-05-14 00:00
        # Friday 18 September; 20 (Sunday) 21 22 23 24 | 28 29.
        council Hangzhou | 2026-09-18 09:00 | -                     | -                | first_action_1wd   | 2026-09-21 00:00
        council Hangzhou | 2026-09-18 09:00 | -                     | -                | closed_7wd         | 2026-09-30 00:00
        # Wednesday 30 September; 8 9 10 (Saturday) | 12 13 14 15.
        council Hangzhou | 2026-09-30 09:00 | -                     | -                | closed_7wd         | 2026-10-16 00:00
        council Pudong   | 2026-02-14 09:00 | offered_to_enterprise | 2026-02-14 09:30 | pre_settlement_72h | 2026-02-17 09:30
        ",
    );
}

#[test]
fn the_department_law_of_the_day_of_acceptance_holds() {
    check(
        "
        # The last day of order 20: 3 8 12 in April, 16 to Saturday 9 May, 21 26 31, 36 41 in June, 45: Thursday 18 June.
        department       | 2026-04-14 09:00 | accepted              | 2026-04-14 23:59 | mediate_45wd       | 2026-06-19 00:00
        # Received before, accepted after: + 60 days = Sunday 14 June, moved to Monday.
        department       | 2026-04-14 09:00 | accepted              | 2026-04-15 00:00 | mediate_60d        | 2026-06-16 00:00
        # 20 April + 60 days = 19 June, Dragon Boat Festival to Sunday the 21st.
        department       | 2026-04-20 09:00 | accepted              | 2026-04-20 09:00 | mediate_60d        | 2026-06-23 00:00
        ",
    );
}
