//! Random batches: sled must end where memory ends, and be there still after it was opened again.

use std::ops::ControlFlow;

use fieldwatch_schemas::store::memory::MemoryStore;
use fieldwatch_schemas::store::{Batch, KeyRange, Row, Store};
use proptest::prelude::*;

use crate::open;

/// One act: the key, and what to put there.
type Act = (Vec<u8>, Option<(u8, usize)>);

/// Few short keys of few bytes, so that acts meet; the greatest byte among them.
fn key() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop::sample::select(vec![0_u8, 1, b'p', b'r', 0xff]);
    prop::collection::vec(byte, 0..4)
}

fn act() -> impl Strategy<Value = Act> {
    let size = prop_oneof![
        0..20_usize,
        4_090..4_100_usize,
        8_185..8_200_usize,
        0..30_000_usize
    ];
    (key(), prop::option::weighted(0.8, (any::<u8>(), size)))
}

fn batch(acts: &[Act]) -> Batch {
    let mut batch = Batch::new();
    for (key, value) in acts {
        match value {
            Some((byte, size)) => batch.put(key.clone(), vec![*byte; *size]),
            None => batch.delete(key.clone()),
        }
    }
    batch
}

fn rows(store: &dyn Store, range: &KeyRange) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut visit = |key: &[u8], value: &[u8]| {
        rows.push(Row {
            key: key.to_vec(),
            value: value.to_vec(),
        });
        ControlFlow::Continue(())
    };
    store.scan(range, &mut visit).unwrap();
    rows
}

fn alike(one: &dyn Store, other: &dyn Store, range: &KeyRange) {
    assert!(rows(one, range) == rows(other, range), "{range:?}");
    assert_eq!(one.last(range).unwrap(), other.last(range).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn sled_ends_where_memory_ends(
        batches in prop::collection::vec(prop::collection::vec(act(), 0..12), 1..12),
        prefix in key(),
        bounds in (key(), key()),
        reopened_after in 0..12_usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let memory = MemoryStore::new();
        let mut sled = open(folder.path());
        for (number, acts) in batches.iter().enumerate() {
            memory.apply(&batch(acts)).unwrap();
            sled.apply(&batch(acts)).unwrap();
            if number == reopened_after {
                sled.flush().unwrap();
                drop(sled);
                sled = open(folder.path());
            }
        }
        for range in [
            KeyRange::all(),
            KeyRange::prefix(&prefix),
            KeyRange::from_to(&bounds.0, &bounds.1),
            KeyRange::prefix(&prefix).after(&bounds.0),
        ] {
            alike(&memory, &sled, &range);
        }
    }
}
