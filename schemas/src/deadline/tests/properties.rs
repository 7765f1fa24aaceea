//! Laws of deadlines that hold for any events at any times.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Authority, CaseFacts, ClockState, Happened, NO_DATA, Packs, at};
use crate::{
    calendar::Calendar,
    deadline::{Limit, period},
};

static AGREED: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    json!({"extension_agreed": true})
        .as_object()
        .cloned()
        .unwrap_or_default()
});

const TYPES: [&str; 18] = [
    "received",
    "first_action",
    "accepted",
    "not_accepted",
    "offered_to_enterprise",
    "settled",
    "offer_refused",
    "referred",
    "mediation_started",
    "testing_started",
    "testing_ended",
    "suspended",
    "resumed",
    "agreed",
    "terminated",
    "closed",
    "reopened",
    "something_newer",
];

fn moment() -> impl Strategy<Value = i64> {
    let (first, last) = (at("2023-11-01"), at("2027-03-01"));
    let days = (0_i64..1_200).prop_map(move |day| first + day * 86_400_000);
    prop_oneof![6 => first..last, 3 => days, 1 => any::<i64>()]
}

fn event() -> impl Strategy<Value = Happened<'static>> {
    (
        proptest::sample::select(&TYPES[..]),
        moment(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(event_type, at_ms, provisional, agreed)| Happened {
            event_type,
            at_ms,
            provisional,
            data: if agreed { &AGREED } else { &NO_DATA },
        })
}

fn shuffled() -> impl Strategy<Value = (Vec<Happened<'static>>, Vec<Happened<'static>>)> {
    proptest::collection::vec(event(), 0..14)
        .prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle()))
}

fn station() -> impl Strategy<Value = (Option<&'static str>, Authority)> {
    let region = proptest::sample::select(
        &[None, Some("330106"), Some("310115"), Some("11"), Some("无")][..],
    );
    (
        region,
        proptest::sample::select(&[Authority::Council, Authority::Department][..]),
    )
}

fn facts<'a>(
    received_at_ms: i64,
    station: (Option<&'a str>, Authority),
    events: &'a [Happened<'a>],
) -> CaseFacts<'a> {
    let (region, authority) = station;
    CaseFacts {
        received_at_ms,
        received_provisional: false,
        nature: None,
        region,
        authority,
        events,
    }
}

fn limit() -> impl Strategy<Value = Limit> {
    let amount = 1_u32..100;
    amount.prop_flat_map(|amount| {
        proptest::sample::select(vec![
            Limit::Hours(amount),
            Limit::Days(amount),
            Limit::WorkingDays(amount),
        ])
    })
}

proptest! {
    #[test]
    fn the_order_events_are_given_in_does_not_matter(
        (events, other) in shuffled(), received in moment(), now in moment(), station in station(),
    ) {
        let one = Packs::shipped().evaluate(&facts(received, station, &events), now);
        let two = Packs::shipped().evaluate(&facts(received, station, &other), now);
        prop_assert_eq!(one, two);
    }

    #[test]
    fn every_clock_is_whole_whatever_the_times(
        (events, _) in shuffled(), received in any::<i64>(), now in any::<i64>(), station in station(),
    ) {
        for clock in Packs::shipped().evaluate(&facts(received, station, &events), now) {
            prop_assert!(clock.due_ms >= clock.starts_ms);
            match clock.state {
                ClockState::Running => prop_assert!(clock.stopped_ms.is_none() && clock.left_ms >= 0),
                ClockState::Paused => prop_assert!(clock.stopped_ms.is_none()),
                ClockState::Met => prop_assert!(clock.stopped_ms.is_some() && clock.left_ms >= 0),
                ClockState::Missed => prop_assert!(clock.left_ms <= 0),
            }
        }
        for pack in Packs::shipped().iter() {
            prop_assert!(Packs::shipped().evaluate_under(&pack.id, &facts(received, station, &events), now).is_ok());
        }
    }

    #[test]
    fn a_later_start_is_never_due_earlier(one in moment(), other in moment(), limit in limit(), extra in 0_i64..50) {
        let (early, late) = (one.min(other), one.max(other));
        let due = |at_ms| period::due(Calendar::china(), at_ms, limit, extra).at_ms;
        prop_assert!(due(early) <= due(late));
        prop_assert!(early <= due(early));
    }

    #[test]
    fn a_longer_pause_is_never_due_earlier(start in moment(), limit in limit(), one in 0_i64..400, other in 0_i64..400) {
        let due = |extra| period::due(Calendar::china(), start, limit, extra).at_ms;
        prop_assert!(due(one.min(other)) <= due(one.max(other)));
    }

    #[test]
    fn while_time_is_left_a_paused_clock_keeps_all_of_it(pause_days in 0_i64..200, accepted_day in 0_i64..60) {
        let accepted = at("2026-04-15 10:00") + accepted_day * 86_400_000;
        let event = |event_type, at_ms| Happened { event_type, at_ms, provisional: false, data: &NO_DATA };
        let paused = accepted + 86_400_000;
        let events = [event("accepted", accepted), event("testing_started", paused)];
        let facts = facts(accepted, (None, Authority::Department), &events);
        let clocks = Packs::shipped().evaluate(&facts, paused + pause_days * 86_400_000);
        let mediate = clocks.iter().find(|clock| clock.rule == "mediate_60d").unwrap();
        prop_assert_eq!(mediate.state, ClockState::Paused);
        // 59 days are left, and the last one may move over a holiday of nine days.
        let left_days = mediate.left_ms / 86_400_000;
        prop_assert!((59..=69).contains(&left_days), "{} days left", left_days);
    }
}
