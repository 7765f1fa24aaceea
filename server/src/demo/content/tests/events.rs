//! What happens to cases: in time for most, in order for all, never after the end.

use std::collections::BTreeSet;

use super::super::calendar::{DAY_MS, Day};
use super::{Case, FROM_MS, TO_MS, YEAR, cases, listed, time_of, types};

#[test]
fn nearly_all_are_acted_on_within_a_working_day_and_most_closed_within_seven() {
    let year = &*YEAR;
    let due = TO_MS - 12 * DAY_MS;
    let within = |event_type: &str, days: i64| {
        let judged: Vec<&Case> = year
            .iter()
            .filter(|case| case.received_at_ms < due)
            .collect();
        let kept = judged.iter().filter(|case| {
            let deadline = Day::of(case.received_at_ms).working_after(days);
            time_of(case, event_type).is_some_and(|at_ms| Day::of(at_ms) <= deadline)
        });
        100.0 * kept.count() as f64 / judged.len() as f64
    };
    let (acted, closed) = (within("first_action", 1), within("closed", 7));
    assert!((99.0..100.0).contains(&acted), "{acted}");
    assert!((87.0..90.0).contains(&closed), "{closed}");
    let same_day = year
        .iter()
        .filter(|case| case.nature == "consultation")
        .filter(|case| {
            time_of(case, "closed")
                .is_some_and(|at_ms| Day::of(at_ms) == Day::of(case.received_at_ms))
        });
    let same_day = same_day.count();
    assert!(same_day > 700, "{same_day} of 1,004");
}

#[test]
fn events_ascend_from_receipt_and_stop_at_the_end() {
    for case in cases(3, 5_000) {
        assert_eq!(
            (case.events[0].event_type, case.events[0].at_ms),
            ("received", case.received_at_ms)
        );
        assert!((FROM_MS..TO_MS).contains(&case.received_at_ms));
        assert!(
            case.events
                .windows(2)
                .all(|two| two[0].at_ms < two[1].at_ms),
            "{:?}",
            case.events
        );
        assert!(case.events.iter().all(|event| event.at_ms <= TO_MS));
    }
}

#[test]
fn every_order_of_events_is_legal_for_its_nature() {
    let complaint = [
        "received first_action accepted mediation_started agreed performed closed",
        "received first_action accepted mediation_started terminated closed",
        "received first_action offered_to_enterprise settled closed",
        "received first_action not_accepted closed",
    ];
    let mut seen = BTreeSet::new();
    for case in cases(4, 6_000) {
        let order = types(&case.events);
        let legal = match case.nature {
            "complaint" => complaint.iter().any(|whole| whole.starts_with(&order)),
            "tip_off" => [
                "received first_action closed",
                "received first_action referred",
            ]
            .iter()
            .any(|whole| whole.starts_with(&order)),
            _ => "received first_action closed".starts_with(&order),
        };
        assert!(legal, "{}: {order}", case.nature);
        seen.insert(order);
        for event in &case.events {
            let reason = event.data.get("reason").and_then(|reason| reason.as_str());
            match event.event_type {
                "not_accepted" => {
                    assert!(reason.is_some_and(|reason| listed("1 2 3 4 5 6 7", reason)));
                }
                "terminated" => {
                    assert!(reason.is_some_and(|reason| listed("1 2 3 4 5 6 7 8", reason)));
                }
                "referred" => assert!(event.data.contains_key("to")),
                "agreed" => assert!(
                    event
                        .data
                        .values()
                        .all(|fen| fen.as_i64().is_some_and(|fen| fen > 0))
                ),
                _ => assert!(event.data.is_empty()),
            }
        }
    }
    assert!(complaint.iter().all(|whole| seen.contains(*whole)));
}
