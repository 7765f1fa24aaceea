//! Nothing panics, whatever a record holds: every derivation is tried on records that no edit of ours would make.

use automerge::transaction::Transactable as _;
use automerge::{ROOT, ReadDoc as _, ScalarValue};
use fieldwatch_schemas::acknowledgement;
use fieldwatch_schemas::checklist::published::Shipped;
use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::feed::{Standing, campaign_grants, feeds_of};
use fieldwatch_schemas::field::Shape;
use fieldwatch_schemas::id::{EventId, PersonId};
use fieldwatch_schemas::inspection;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::check::{check_touched, check_whole, difference};
use fieldwatch_schemas::status::{Role, derive};
use fieldwatch_schemas::summary::summarise;
use proptest::prelude::*;

use crate::{raw, sample};

fn scalar() -> impl Strategy<Value = ScalarValue> {
    prop_oneof![
        ".{0,12}".prop_map(|text| ScalarValue::Str(text.into())),
        any::<i64>().prop_map(ScalarValue::Int),
        any::<f64>().prop_map(ScalarValue::F64),
        any::<i64>().prop_map(ScalarValue::Timestamp),
        any::<bool>().prop_map(ScalarValue::Boolean),
        Just(ScalarValue::Null),
        Just(ScalarValue::Bytes(vec![1, 2, 3])),
        Just(ScalarValue::Uint(u64::MAX)),
    ]
}

/// The cell of an event: mostly of a type that the kind knows, with data of any shape.
fn event_cell(events: Vec<&'static str>) -> impl Strategy<Value = String> {
    let mut names: Vec<String> = events.into_iter().map(str::to_owned).collect();
    names.extend(["smelled".to_owned(), String::new()]);
    let data = prop_oneof![
        Just(r#"{"events":["x"],"uphold":7,"reason":{"deep":[]},"refund_fen":-9e99}"#.to_owned()),
        Just(
            r#"{"events":["00000000-0000-4000-8000-000000000001"],"to":null,"outcome":12}"#
                .to_owned()
        ),
        Just("{}".to_owned()),
    ];
    let cell = (
        proptest::sample::select(names),
        any::<i64>(),
        any::<i16>(),
        data,
    );
    let cell = cell.prop_map(|(name, at, offset, data)| {
        let name = serde_json::to_string(&name).unwrap();
        format!(r#"{{"at":{at},"data":{data},"offset_min":{offset},"type":{name}}}"#)
    });
    prop_oneof![9 => cell, 1 => Just("not an event".to_owned())]
}

fn keys(kind: Kind) -> Vec<(Option<&'static str>, String)> {
    let mut keys = vec![(None, "smell".to_owned())];
    for field in kind.table().fields {
        match (field.path.split_once('.'), field.shape) {
            (Some((container, key)), _) => keys.push((Some(container), key.to_owned())),
            (None, Shape::Entries(inner)) => {
                keys.extend(
                    inner
                        .iter()
                        .map(|each| (Some(field.path), format!("e1.{}", each.path))),
                );
                keys.push((Some(field.path), "broken".to_owned()));
            }
            (
                None,
                Shape::Answers | Shape::Raw | Shape::Pieces | Shape::Codes(_) | Shape::Stations,
            ) => {
                keys.push((Some(field.path), "other".to_owned()));
            }
            (None, Shape::LongText) => {}
            (None, _) => keys.push((None, field.path.to_owned())),
        }
    }
    keys
}

type Writing = (
    Kind,
    Vec<((Option<&'static str>, String), ScalarValue)>,
    Vec<String>,
);

fn writing() -> impl Strategy<Value = Writing> {
    proptest::sample::select(Kind::ALL.to_vec()).prop_flat_map(|kind| {
        let cells =
            proptest::collection::vec((proptest::sample::select(keys(kind)), scalar()), 0..12);
        let events =
            proptest::collection::vec(event_cell(kind.table().life_cycle.event_names()), 0..8);
        (Just(kind), cells, events)
    })
}

fn standing() -> Standing {
    Standing {
        person: PersonId([1; 16]),
        role: Role::Coordinator,
        station: None,
        region: Some("330000".to_owned()),
        further_stations: Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_derivation_answers_for_any_record((kind, cells, events) in writing()) {
        let before = sample::record(kind);
        let chunk = raw::written(&before, 9, |tx| {
            for ((container, key), value) in cells {
                let at = match container {
                    None => ROOT,
                    Some(container) => tx.get(ROOT, container).unwrap().unwrap().1,
                };
                tx.put(&at, key.as_str(), value).unwrap();
            }
            let (_, map) = tx.get(ROOT, "events").unwrap().unwrap();
            for (number, cell) in (0_u8..).zip(events) {
                tx.put(&map, EventId([number; 16]).to_string(), cell).unwrap();
            }
            tx.put(ROOT, "always", 1_i64).unwrap();
        });
        let mut after = before.clone();
        after.apply(&[chunk]).unwrap();
        let view = after.view();
        prop_assert_eq!(view.folded.contested.len(), view.events.len());
        prop_assert!(kind.table().life_cycle.statuses().contains(&view.status()));
        let summary = summarise(&view, &Shipped);
        prop_assert!(summary.recovered_fen >= 0);
        let derived = derive::derived(&view);
        prop_assert!(derived.values().all(|value| !value.is_null()));
        let feeds = feeds_of(&view, PersonId([2; 16]), &|_| Some("330106".to_owned()));
        prop_assert!(feeds.len() <= 8);
        prop_assert!(campaign_grants(&view, &standing()).len() <= 2);
        prop_assert!(acknowledgement::page(&view, Lang::Zh).len() > 2);
        drop(inspection::derived(&view, inspection::evaluation(&view, &Shipped).as_ref()));
        // Sound or not, it is said so, not panicked.
        drop((check_whole(&after), difference(&before, &after)));
    }

    #[test]
    fn what_is_proved_where_it_was_touched_is_proved_as_the_whole_is(
        (kind, cells, events) in writing(),
        is_erased in any::<bool>(),
    ) {
        let before = sample::record(kind);
        prop_assume!(check_whole(&before).is_ok());
        prop_assume!(is_erased || !cells.is_empty() || !events.is_empty());
        let chunk = raw::written(&before, 9, |tx| {
            for ((container, key), value) in cells.into_iter().take(3) {
                let at = match container {
                    None => ROOT,
                    Some(container) => tx.get(ROOT, container).unwrap().unwrap().1,
                };
                match is_erased && tx.get(&at, key.as_str()).unwrap().is_some() {
                    true => tx.delete(&at, key.as_str()).unwrap(),
                    false => tx.put(&at, key.as_str(), value).unwrap(),
                }
            }
            let (_, map) = tx.get(ROOT, "events").unwrap().unwrap();
            for (number, cell) in (0_u8..).zip(events.into_iter().take(1)) {
                tx.put(&map, EventId([number; 16]).to_string(), cell).unwrap();
            }
            let (_, map) = tx.get(ROOT, "attachments").unwrap().unwrap();
            if is_erased {
                tx.put(&map, "photo", 1_i64).unwrap();
            }
        });
        let mut after = before.clone();
        let touched = after.accept(&[chunk]).unwrap();
        let whole = check_whole(&after).map_err(|error| error.to_string());
        let seen = check_touched(&after, &touched, &before.view());
        prop_assert_eq!(seen.as_ref().map(|_| ()).map_err(ToString::to_string), whole);
        if let Ok(view) = seen {
            prop_assert_eq!(view, after.view());
        }
    }
}
