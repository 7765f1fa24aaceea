//! Courses a case can take: in time and late, pauses, extensions, ends, second rounds.

use serde_json::json;

use super::{
    CaseFacts, ClockState, DEPARTMENT, HANGZHOU, Happened, PUDONG, Packs, at, complaint, due,
    happened, happenings, said, the,
};
use crate::deadline::{due_after_working_days, within_working_days};
use ClockState::{Met, Missed, Paused, Running};

fn state(facts: &CaseFacts<'_>, rule: &str, now: &str) -> ClockState {
    said(facts, rule, now).0
}

#[test]
fn the_last_millisecond_of_the_last_day_is_in_time_and_midnight_is_not() {
    let mut event = happened("first_action", "2024-02-05 00:00");
    for (early_ms, expected) in [(1, Met), (0, Missed)] {
        event.at_ms = at("2024-02-05 00:00") - early_ms;
        let events = [event];
        let facts = complaint(HANGZHOU, "2024-02-02 10:00", &events);
        assert_eq!(state(&facts, "first_action_1wd", "2024-03-01"), expected);
    }
    let facts = complaint(HANGZHOU, "2024-02-02 10:00", &[]);
    assert_eq!(
        state(&facts, "first_action_1wd", "2024-02-04 23:59:59"),
        Running
    );
    assert_eq!(
        state(&facts, "first_action_1wd", "2024-02-05 00:00"),
        Missed
    );
}

#[test]
fn seventy_two_hours_end_with_their_last_millisecond() {
    let offered = happened("offered_to_enterprise", "2024-02-09 17:30");
    let mut settled = happened("settled", "2024-02-12 17:30");
    for (late_ms, expected) in [(0, Met), (1, Missed)] {
        settled.at_ms = at("2024-02-12 17:30") + late_ms;
        let events = [settled, offered];
        let facts = complaint(PUDONG, "2024-02-09 09:00", &events);
        assert_eq!(state(&facts, "pre_settlement_72h", "2024-03-01"), expected);
    }
}

#[test]
fn time_left_counts_from_now_or_from_the_stop() {
    let events = happenings(&[("accepted", "2024-02-08 00:00")]);
    let facts = complaint(HANGZHOU, "2024-02-02 10:00", &events);
    let clocks = Packs::shipped().evaluate(&facts, at("2024-02-06 00:00"));
    let hours = |rule| the(&clocks, rule).left_ms / 3_600_000;
    assert_eq!(hours("accept_5wd"), 24);
    assert_eq!(
        hours("first_action_1wd"),
        -72,
        "acceptance was the first handling, three days late"
    );
    assert_eq!(hours("closed_7wd"), 13 * 24);
    assert_eq!(
        the(&clocks, "accept_5wd").stopped_ms,
        Some(at("2024-02-08 00:00"))
    );
}

#[test]
fn testing_lengthens_sixty_days_by_the_days_it_took() {
    // 6 May + 60 days = Sunday 5 July, moved to the 6th; with 10 days of testing Wednesday the 15th.
    let all = happenings(&[
        ("accepted", "2026-05-06 10:00"),
        ("testing_started", "2026-05-11 10:00"),
        ("testing_ended", "2026-05-21 15:00"),
    ]);
    let facts = |events| complaint(DEPARTMENT, "2026-05-06 09:00", events);
    let found = |events, now| said(&facts(events), "mediate_60d", now);
    assert_eq!(
        found(&all[..1], "2026-05-16"),
        (Running, "2026-07-07 00:00".to_owned())
    );
    assert_eq!(
        found(&all[..2], "2026-05-16 12:00"),
        (Paused, "2026-07-11 00:00".to_owned())
    );
    assert_eq!(
        found(&all[..2], "2026-05-21 15:00"),
        (Paused, "2026-07-16 00:00".to_owned())
    );
    assert_eq!(
        found(&all, "2026-05-22"),
        (Running, "2026-07-16 00:00".to_owned())
    );
    assert_eq!(
        found(&all, "2026-07-16"),
        (Missed, "2026-07-16 00:00".to_owned())
    );
}

#[test]
fn pauses_that_overlap_count_once() {
    let events = happenings(&[
        ("accepted", "2026-05-06 10:00"),
        ("suspended", "2026-05-15 09:00"),
        ("testing_started", "2026-05-11 10:00"),
        ("testing_ended", "2026-05-21 15:00"),
        ("resumed", "2026-05-25 09:00"),
    ]);
    // 14 days from 11 to 25 May: Sunday 19 July, moved to the 20th.
    let facts = complaint(DEPARTMENT, "2026-05-06 09:00", &events);
    assert_eq!(
        said(&facts, "mediate_60d", "2026-06-01"),
        (Running, "2026-07-21 00:00".to_owned())
    );
}

#[test]
fn working_days_are_lengthened_by_the_working_days_of_a_pause() {
    // Without a pause 15 April. 9 | 18 19 20 February are four working days: 16 17 18 19 April.
    let events = happenings(&[
        ("accepted", "2024-02-05 09:00"),
        ("testing_started", "2024-02-08 09:00"),
        ("testing_ended", "2024-02-20 09:00"),
    ]);
    let facts = complaint(DEPARTMENT, "2024-02-05 09:00", &events);
    assert_eq!(
        said(&facts, "mediate_45wd", "2024-03-01"),
        (Running, "2024-04-20 00:00".to_owned())
    );
}

#[test]
fn a_pause_after_the_time_is_up_revives_nothing() {
    let events = happenings(&[
        ("accepted", "2026-05-06 10:00"),
        ("testing_started", "2026-07-07 00:00"),
    ]);
    let facts = complaint(DEPARTMENT, "2026-05-06 09:00", &events);
    assert_eq!(
        said(&facts, "mediate_60d", "2026-08-01"),
        (Missed, "2026-07-07 00:00".to_owned())
    );
}

#[test]
fn a_stop_during_a_pause_counts_the_pause_up_to_it() {
    let events = happenings(&[
        ("accepted", "2026-05-06 10:00"),
        ("testing_started", "2026-05-11 10:00"),
        ("terminated", "2026-05-21 15:00"),
    ]);
    let facts = complaint(DEPARTMENT, "2026-05-06 09:00", &events);
    assert_eq!(
        said(&facts, "mediate_60d", "2027-01-01"),
        (Met, "2026-07-16 00:00".to_owned())
    );
}

#[test]
fn thirty_days_more_need_the_agreement_of_both_and_in_time() {
    // 13 December 2023 + 90 days = Tuesday 12 March 2024.
    let (yes, no) = (
        json!({"extension_agreed": true}),
        json!({"extension_agreed": "yes"}),
    );
    let facts_due = |data: &serde_json::Value, on: &str| {
        let agreement = Happened {
            data: data.as_object().unwrap(),
            ..happened("mediation_started", on)
        };
        let events = [
            agreement,
            happened("accepted", "2023-12-13 09:00"),
            agreement,
        ];
        said(
            &complaint(PUDONG, "2023-12-13 09:00", &events),
            "mediate_60d",
            "2024-01-01",
        )
        .1
    };
    assert_eq!(facts_due(&yes, "2024-02-18 20:00"), "2024-03-13 00:00");
    assert_eq!(facts_due(&no, "2024-02-18 20:00"), "2024-02-19 00:00");
    assert_eq!(
        facts_due(&yes, "2024-02-19 00:00"),
        "2024-02-19 00:00",
        "the time was up"
    );
}

#[test]
fn whatever_ends_a_case_stops_all_its_clocks() {
    for end in ["closed", "withdrawn", "merged", "not_accepted"] {
        let events = happenings(&[
            (end, "2024-02-08 10:00"),
            ("offered_to_enterprise", "2024-02-05 09:30"),
        ]);
        let facts = complaint(HANGZHOU, "2024-02-05 09:00", &events);
        let clocks = Packs::shipped().evaluate(&facts, at("2025-01-01"));
        assert_eq!(clocks.len(), 4, "{end}");
        assert!(
            clocks.iter().all(|clock| clock.stopped_ms.is_some()),
            "{end}: {clocks:#?}"
        );
        assert_eq!(the(&clocks, "closed_7wd").state, Met, "{end}");
        assert_eq!(
            the(&clocks, "pre_settlement_72h").state,
            Missed,
            "three days and no answer: {end}"
        );
    }
}

#[test]
fn an_ended_case_starts_no_clock_that_runs() {
    let events = happenings(&[
        ("withdrawn", "2024-02-08 10:00"),
        ("accepted", "2024-02-08 11:00"),
    ]);
    let facts = complaint(HANGZHOU, "2024-02-05 09:00", &events);
    assert_eq!(state(&facts, "mediate_10wd", "2025-01-01"), Met);
}

#[test]
fn a_reopened_case_has_its_time_again_and_keeps_the_first_round() {
    let events = happenings(&[
        ("closed", "2024-02-08 10:00"),
        ("reopened", "2024-02-19 10:00"),
        ("accepted", "2024-02-19 11:00"),
    ]);
    let facts = complaint(HANGZHOU, "2024-02-05 09:00", &events);
    let clocks = Packs::shipped().evaluate(&facts, at("2024-02-20"));
    let rounds: Vec<_> = clocks
        .iter()
        .filter(|clock| clock.rule == "closed_7wd")
        .collect();
    let found: Vec<_> = rounds
        .iter()
        .map(|clock| (clock.state, due(clock)))
        .collect();
    // 20 21 22 23 | 26 27 28; and 6 7 8 9 | 18 19 20.
    assert_eq!(
        found,
        [
            (Running, "2024-02-29 00:00".to_owned()),
            (Met, "2024-02-21 00:00".to_owned())
        ]
    );
    assert_eq!(the(&clocks, "mediate_10wd").state, Running);
}

#[test]
fn a_second_offer_counts_anew_only_when_the_first_has_run_out() {
    let offers = |second| {
        let events = happenings(&[
            ("offered_to_enterprise", "2024-03-01 10:00"),
            ("offered_to_enterprise", second),
        ]);
        let facts = complaint(PUDONG, "2024-03-01 09:00", &events);
        let clocks = Packs::shipped().evaluate(&facts, at("2024-03-06 10:00"));
        let offers = clocks
            .iter()
            .filter(|clock| clock.rule == "pre_settlement_72h");
        offers
            .map(|clock| (clock.state, due(clock)))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        offers("2024-03-04 10:00"),
        [(Missed, "2024-03-04 10:00".to_owned())]
    );
    let anew = [
        (Running, "2024-03-08 10:00".to_owned()),
        (Missed, "2024-03-04 10:00".to_owned()),
    ];
    assert_eq!(offers("2024-03-05 10:00"), anew);
}

#[test]
fn a_clock_behind_by_a_minute_does_not_lose_the_first_action() {
    let events = happenings(&[("first_action", "2024-03-01 08:59")]);
    let facts = complaint(PUDONG, "2024-03-01 09:00", &events);
    assert_eq!(state(&facts, "first_action_1wd", "2024-04-01"), Met);
}

#[test]
fn a_table_with_dates_only_gives_start_and_stop_of_one_day() {
    let events = happenings(&[
        ("settled", "2024-03-01"),
        ("offered_to_enterprise", "2024-03-01"),
        ("closed", "2024-03-01"),
    ]);
    let facts = complaint(PUDONG, "2024-03-01", &events);
    assert_eq!(state(&facts, "pre_settlement_72h", "2025-04-01"), Met);
    assert_eq!(state(&facts, "closed_7wd", "2025-04-01"), Met);
}

#[test]
fn the_most_urgent_clock_is_first_and_the_finished_are_last() {
    let events = happenings(&[
        ("accepted", "2026-05-06 10:00"),
        ("testing_started", "2026-05-07 10:00"),
        ("offered_to_enterprise", "2026-05-06 09:30"),
    ]);
    let facts = complaint(DEPARTMENT, "2026-05-06 09:00", &events);
    let clocks = Packs::shipped().evaluate(&facts, at("2026-05-20"));
    let rules: Vec<_> = clocks
        .iter()
        .map(|clock| (clock.rule, clock.state))
        .collect();
    let expected = [
        ("closed_7wd", Missed),
        ("mediate_60d", Paused),
        ("first_action_1wd", Met),
        ("pre_settlement_72h", Met),
        ("accept_7wd", Met),
    ];
    assert_eq!(rules, expected);
}

#[test]
fn a_clock_is_provisional_until_the_server_has_what_it_rests_on() {
    let mut event = happened("accepted", "2024-03-04 10:00");
    event.provisional = true;
    let events = [event];
    let mut facts = complaint(HANGZHOU, "2024-03-04 09:00", &events);
    let provisional = |facts: &CaseFacts<'_>, rule| {
        the(&Packs::shipped().evaluate(facts, at("2024-03-05")), rule).provisional
    };
    assert!(provisional(&facts, "mediate_10wd"));
    assert!(provisional(&facts, "accept_5wd"));
    assert!(!provisional(&facts, "closed_7wd"));
    facts.received_provisional = true;
    assert!(provisional(&facts, "closed_7wd"));
}

#[test]
fn a_clock_that_reaches_into_an_unannounced_year_is_provisional() {
    // Monday 28 December; 29 30 31 | 4 5 6 7 January, as far as anyone knows.
    let facts = complaint(HANGZHOU, "2026-12-28 09:00", &[]);
    let clocks = Packs::shipped().evaluate(&facts, at("2026-12-28 10:00"));
    let closed = the(&clocks, "closed_7wd");
    assert_eq!(
        (due(closed), closed.provisional),
        ("2027-01-08 00:00".to_owned(), true)
    );
    assert!(!the(&clocks, "first_action_1wd").provisional);
}

#[test]
fn reports_count_working_days_as_clocks_do() {
    let received = at("2024-02-02 10:00");
    assert_eq!(due_after_working_days(received, 7), at("2024-02-19"));
    assert!(within_working_days(received, at("2024-02-18 23:59"), 7));
    assert!(!within_working_days(received, at("2024-02-19"), 7));
    assert!(within_working_days(received, received, 1));
}

#[test]
fn the_end_of_a_case_ends_a_test_that_nobody_ended() {
    let events = happenings(&[
        ("accepted", "2026-05-06 10:00"),
        ("testing_started", "2026-05-11 10:00"),
        ("closed", "2026-05-12 10:00"),
        ("reopened", "2026-05-20 10:00"),
        ("accepted", "2026-05-21 10:00"),
    ]);
    let facts = complaint(DEPARTMENT, "2026-05-06 09:00", &events);
    let clocks = Packs::shipped().evaluate(&facts, at("2026-05-25"));
    let rounds = clocks.iter().filter(|clock| clock.rule == "mediate_60d");
    let states: Vec<_> = rounds.map(|clock| clock.state).collect();
    assert_eq!(states, [Running, Met]);
}

#[test]
fn what_comes_after_the_stop_changes_nothing() {
    let yes = json!({"extension_agreed": true});
    let late = Happened {
        data: yes.as_object().unwrap(),
        provisional: true,
        ..happened("performed", "2024-01-20 10:00")
    };
    let events = [
        happened("accepted", "2023-12-13 09:00"),
        happened("agreed", "2024-01-10 09:00"),
        late,
    ];
    let facts = complaint(PUDONG, "2023-12-13 09:00", &events);
    let clocks = Packs::shipped().evaluate(&facts, at("2024-01-21"));
    let mediate = the(&clocks, "mediate_60d");
    assert_eq!(
        (mediate.state, due(mediate)),
        (Met, "2024-02-19 00:00".to_owned())
    );
    assert!(!mediate.provisional);
}
