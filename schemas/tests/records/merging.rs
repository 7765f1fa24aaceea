//! Any order of merging gives the same status: three devices work on one record apart, then meet in different orders.

use fieldwatch_schemas::field::Shape;
use fieldwatch_schemas::id::{Actor, EventId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::edit::{Act, Author};
use fieldwatch_schemas::record::event::NewEvent;
use fieldwatch_schemas::record::view::View;
use fieldwatch_schemas::status::{SETTLED_CONTEST, derive};
use fieldwatch_schemas::time::Moment;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use crate::sample;

/// One thing that happens: a device does something, or takes what another has.
#[derive(Debug, Clone, Copy)]
enum Move {
    Work { device: usize, choice: usize },
    Take { device: usize, from: usize },
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let work =
        (0..3_usize, 0..1_000_usize).prop_map(|(device, choice)| Move::Work { device, choice });
    let take = (0..3_usize, 0..3_usize).prop_map(|(device, from)| Move::Take { device, from });
    proptest::collection::vec(prop_oneof![3 => work, 1 => take], 1..14)
}

/// Data that fits the event, as a person would give it.
fn data(kind: Kind, event: &str) -> Map<String, Json> {
    let life_cycle = kind.table().life_cycle;
    let rows = life_cycle.data.iter().filter(|datum| datum.event == event);
    let fitting = |shape: Shape| match shape {
        Shape::Code(list) => json!(fieldwatch_schemas::code::list(list).unwrap().codes()[0].code),
        Shape::Record(_) | Shape::Id => json!("00000000-0000-4000-8000-000000000001"),
        Shape::Fen => json!(100),
        Shape::Integer(low, _) => json!(low),
        Shape::Date => json!("2026-10-14"),
        _ => json!("text"),
    };
    rows.map(|datum| (datum.field.path.to_owned(), fitting(datum.field.shape)))
        .collect()
}

/// Something that is legal now: an event, or a settlement where something is contested.
fn something(view: &View, choice: usize) -> Option<(&'static str, Map<String, Json>)> {
    let contested = view
        .events
        .iter()
        .zip(&view.folded.contested)
        .find(|(_, contested)| **contested);
    if let (Some((event, _)), true) = (contested, choice.is_multiple_of(3)) {
        let id = event.id.to_string();
        let mut data = Map::from_iter([("events".to_owned(), json!([id]))]);
        if choice.is_multiple_of(2) {
            data.insert("uphold".to_owned(), json!(id));
        }
        return Some((SETTLED_CONTEST, data));
    }
    let legal = view.kind.table().life_cycle.legal(view.status());
    let event = *legal.get(choice % legal.len().max(1))?;
    Some((event, data(view.kind, event)))
}

fn work(document: &mut Document, device: usize, number: u8, choice: usize) {
    let Some((event, data)) = something(&document.view(), choice) else {
        return;
    };
    // Clocks tell nothing: each device's is wrong in its own way.
    let now = Moment::china([0, 9_000_000_000, -5_000_000][device] + i64::from(number));
    let author = Author {
        actor: Actor([u8::try_from(device).unwrap() + 1; 16]),
        now,
        role: None,
    };
    let event = NewEvent {
        id: EventId([number.wrapping_mul(83); 16]),
        kind: event.to_owned(),
        at: now,
        data,
    };
    document.edit(&author, &[Act::Happen(event)]).unwrap();
}

fn together(devices: &[Document; 3], order: [usize; 3]) -> Document {
    let [first, second, third] = order.map(|place| &devices[place]);
    let mut document = first.clone();
    for other in [second, third] {
        document.apply(&other.chunks().unwrap()).unwrap();
    }
    document
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_order_of_meeting_gives_the_same_view(place in 0..Kind::ALL.len(), moves in moves()) {
        let begun = sample::record(Kind::ALL[place]);
        let fresh = begun.at(&[begun.chunks().unwrap()[0].hash()]).unwrap();
        let mut devices = [fresh.clone(), fresh.clone(), fresh];
        for (number, step) in (1..).zip(&moves) {
            match *step {
                Move::Work { device, choice } => work(&mut devices[device], device, number, choice),
                Move::Take { device, from } => {
                    let chunks = devices[from].chunks().unwrap();
                    devices[device].apply(&chunks).unwrap();
                }
            }
        }
        let views = [[0, 1, 2], [2, 1, 0], [1, 2, 0]].map(|order| together(&devices, order).view());
        prop_assert_eq!(&views[0], &views[1]);
        prop_assert_eq!(&views[0], &views[2]);
        prop_assert_eq!(derive::derived(&views[0]), derive::derived(&views[1]));
    }
}
