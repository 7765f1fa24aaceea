//! The report against an independent count.

use std::collections::BTreeMap;

use fieldwatch_schemas::field::{FieldValue, Scalar};
use fieldwatch_schemas::record::edit::Act;
use fieldwatch_schemas::time::Moment;
use fieldwatch_server::report::{Question, report};

use crate::replica::{Replica, happen, text};
use crate::world::{STATION, World, staff};

/// One demand of the table: nature, channel, problem, when received, when acted on, when closed, refund.
type Row = (
    &'static str,
    Option<&'static str>,
    Option<&'static str>,
    &'static str,
    Option<&'static str>,
    Option<&'static str>,
    i64,
);

/// 2023-09-29 to 10-06 were holidays, 10-07 and 10-08 (a weekend) working days.
const TABLE: [Row; 7] = [
    (
        "complaint",
        Some("walk_in"),
        Some("contract"),
        "2023-09-28T10:00:00+08:00",
        Some("2023-10-07T17:00:00+08:00"),
        Some("2023-10-13T10:00:00+08:00"),
        12_300,
    ),
    (
        "complaint",
        Some("walk_in"),
        None,
        "2023-09-28T10:00:00+08:00",
        Some("2023-10-08T09:00:00+08:00"),
        Some("2023-10-16T10:00:00+08:00"),
        700,
    ),
    (
        "tip_off",
        Some("hotline"),
        Some("quality"),
        "2023-10-09T00:00:00+08:00",
        Some("2023-10-09T08:00:00+08:00"),
        None,
        0,
    ),
    (
        "consultation",
        None,
        None,
        "2023-10-31T23:59:59+08:00",
        Some("2023-11-01T09:00:00+08:00"),
        Some("2023-11-01T10:00:00+08:00"),
        0,
    ),
    (
        "other",
        None,
        None,
        "2023-11-01T00:00:00+08:00",
        None,
        None,
        0,
    ),
    (
        "complaint",
        Some("hotline"),
        Some("quality"),
        "2023-10-15T12:00:00+08:00",
        None,
        None,
        55,
    ),
    (
        "consultation",
        Some("hotline"),
        None,
        "2023-09-27T23:59:59+08:00",
        None,
        None,
        9_999,
    ),
];

fn ms(text: &str) -> i64 {
    Moment::parse(text).unwrap().ms
}

fn filled() -> World {
    let world = World::new();
    let mut alice = Replica::of_station(staff(1));
    for (nature, channel, problem, received, acted, closed, refund) in TABLE {
        let record = alice.begin(fieldwatch_schemas::kind::Kind::Case);
        let mut acts = vec![text("nature", nature), text("station", STATION)];
        acts.extend(channel.map(|code| text("channel", code)));
        acts.extend(problem.map(|code| text("problem", code)));
        let cell = |path: &str, value| Act::Set {
            path: path.to_owned(),
            value: FieldValue::Scalar(value),
        };
        acts.push(cell("received_at", Scalar::Time(ms(received))));
        acts.push(cell("recovered.refund_fen", Scalar::Int(refund)));
        acts.extend(acted.map(|at| happen("first_action", ms(at), 1)));
        acts.extend(closed.map(|at| happen("closed", ms(at), 2)));
        alice.edit(record, &acts);
    }
    let reply = alice.sync(&world).unwrap();
    assert!(
        reply
            .outcomes
            .iter()
            .all(|outcome| outcome.problem.is_none()),
        "{:?}",
        reply.outcomes
    );
    world
}

fn question(region: Option<&str>) -> Question {
    Question {
        from: "2023-09-28".parse().unwrap(),
        to: "2023-10-31".parse().unwrap(),
        region: region.map(str::to_owned),
    }
}

fn counts(pairs: &[(&str, u64)]) -> BTreeMap<String, u64> {
    pairs
        .iter()
        .map(|(code, count)| ((*code).to_owned(), *count))
        .collect()
}

#[test]
fn a_report_counts_what_an_independent_count_of_the_table_gives() {
    let world = filled();
    let found = report(&world.log, &question(None)).unwrap();
    let days = ms("2023-09-28")..ms("2023-11-01");
    let inside = |row: &&Row| days.contains(&ms(row.3));
    let rows: Vec<&Row> = TABLE.iter().filter(inside).collect();
    assert_eq!(found.demands.total, rows.len() as u64);
    let of = |nature| rows.iter().filter(|row| row.0 == nature).count() as u64;
    assert_eq!(found.demands.complaint, of("complaint"));
    assert_eq!(found.demands.tip_off, of("tip_off"));
    assert_eq!(found.demands.consultation, of("consultation"));
    assert_eq!(
        found.demands.other, 0,
        "received a second after the last day"
    );
    assert_eq!(
        found.by_channel,
        counts(&[("hotline", 2), ("unspecified", 1), ("walk_in", 2)])
    );
    assert_eq!(
        found.by_problem,
        counts(&[("contract", 1), ("quality", 2), ("unspecified", 2)])
    );
    assert_eq!(found.by_category, counts(&[("unspecified", 5)]));
    assert_eq!(
        found.recovered_fen,
        rows.iter().map(|row| row.6).sum::<i64>()
    );
    // The next working day after 09-28 was 10-07: the first is in time, the second a day late.
    assert_eq!((found.first_action.within, found.first_action.of), (3, 5));
    // Seven working days after 09-28: 10-07, 08, 09, 10, 11, 12, 13.
    assert_eq!((found.closed.within, found.closed.of), (2, 5));
}

#[test]
fn a_report_of_a_region_counts_its_stations_and_no_others() {
    let world = filled();
    let total = |region| {
        report(&world.log, &question(Some(region)))
            .unwrap()
            .demands
            .total
    };
    assert_eq!(total("330106"), 5);
    assert_eq!(total("330000"), 5);
    assert_eq!(total("330102"), 0);
    assert_eq!(total("no such region"), 0);
}

#[test]
fn a_report_says_it_in_the_words_that_others_read() {
    let world = filled();
    let found = report(&world.log, &question(Some("330000"))).unwrap();
    let json = serde_json::to_value(found).unwrap();
    assert_eq!(
        (&json["from"], &json["to"]),
        (&"2023-09-28".into(), &"2023-10-31".into())
    );
    assert_eq!(json["region"], "330000");
    assert_eq!(json["demands"]["tip_off"], 1);
    assert_eq!(json["first_action"]["of"], 5);
    assert_eq!(json["inspections"]["critical_fail"], 0);
}
