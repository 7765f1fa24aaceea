//! What every store keeps.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use fieldwatch_schemas::store::{
    BATCH_BYTES_MAX, BATCH_ROWS_MAX, Batch, KEY_BYTES_MAX, KeyRange, Row, Store, StoreError,
    VALUE_BYTES_MAX,
};

/// Sizes around the places where a store may cut a value.
const SIZES: [usize; 12] = [
    0,
    1,
    4_094,
    4_095,
    4_096,
    4_097,
    8_191,
    8_192,
    8_193,
    40_000,
    300_000,
    VALUE_BYTES_MAX,
];

fn put(store: &dyn Store, key: &[u8], value: &[u8]) {
    let mut batch = Batch::new();
    batch.put(key, value);
    store.apply(&batch).unwrap();
}

fn delete(store: &dyn Store, key: &[u8]) {
    let mut batch = Batch::new();
    batch.delete(key);
    store.apply(&batch).unwrap();
}

fn put_all(store: &dyn Store, keys: &[&[u8]]) {
    let mut batch = Batch::new();
    for key in keys {
        batch.put(*key, *key);
    }
    store.apply(&batch).unwrap();
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

/// The keys of a range, which a scan of keys alone meets too.
fn keys(store: &dyn Store, range: &KeyRange) -> Vec<Vec<u8>> {
    let mut keys = Vec::new();
    let mut visit = |key: &[u8]| {
        keys.push(key.to_vec());
        ControlFlow::Continue(())
    };
    store.keys(range, &mut visit).unwrap();
    let rows = rows(store, range).into_iter().map(|row| row.key);
    assert_eq!(rows.collect::<Vec<_>>(), keys);
    keys
}

/// A value that tells its version in every byte, and its size.
fn version(version: u8, size: usize) -> Vec<u8> {
    vec![version; size]
}

pub(crate) fn a_missing_key_has_no_value(store: &dyn Store) {
    put(store, b"a", b"");
    assert_eq!(store.get(b"a").unwrap(), Some(Vec::new()));
    assert_eq!(store.get(b"").unwrap(), None);
    assert_eq!(store.get(b"a\0").unwrap(), None);
    assert_eq!(store.get(&[9; KEY_BYTES_MAX + 1]).unwrap(), None);
}

pub(crate) fn a_scan_goes_up_in_byte_order_and_stops_when_told(store: &dyn Store) {
    put_all(
        store,
        &[b"b", b"", b"a\xff", b"a", b"\xff\xff", b"a\0", b"\xff"],
    );
    let all: [&[u8]; 7] = [b"", b"a", b"a\0", b"a\xff", b"b", b"\xff", b"\xff\xff"];
    assert_eq!(keys(store, &KeyRange::all()), all);
    assert_eq!(
        keys(store, &KeyRange::from_to(b"a\0", b"b")),
        [b"a\0", b"a\xff"]
    );
    let mut seen = 0;
    let mut visit = |_: &[u8], _: &[u8]| {
        seen += 1;
        if seen == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    store.scan(&KeyRange::all(), &mut visit).unwrap();
    assert_eq!(seen, 3);
}

pub(crate) fn a_prefix_of_greatest_bytes_ends_where_it_should(store: &dyn Store) {
    put_all(
        store,
        &[
            b"a",
            b"a\xff",
            b"a\xff\xff",
            b"a\xff\xff\x01",
            b"b",
            b"\xff",
            b"\xff\xff\xff",
        ],
    );
    let of_a: [&[u8]; 3] = [b"a\xff", b"a\xff\xff", b"a\xff\xff\x01"];
    assert_eq!(keys(store, &KeyRange::prefix(b"a\xff")), of_a);
    let at_the_end: [&[u8]; 2] = [b"\xff", b"\xff\xff\xff"];
    assert_eq!(keys(store, &KeyRange::prefix(b"\xff")), at_the_end);
    assert_eq!(keys(store, &KeyRange::prefix(b"")).len(), 7);
}

pub(crate) fn an_empty_range_has_no_rows(store: &dyn Store) {
    put_all(store, &[b"a", b"b", b"c"]);
    for range in [
        KeyRange::from_to(b"b", b"b"),
        KeyRange::from_to(b"c", b"a"),
        KeyRange::prefix(b"bb"),
    ] {
        assert_eq!(rows(store, &range), []);
        assert_eq!(store.last(&range).unwrap(), None);
    }
}

pub(crate) fn the_last_row_is_the_one_with_the_greatest_key(store: &dyn Store) {
    put_all(store, &[b"a\x01", b"b", b"a\xff\xff"]);
    put(store, b"a\xff\xff\0", &version(4, 9_000));
    let last = |range| {
        store
            .last(&range)
            .unwrap()
            .map(|row| (row.key, row.value.len()))
    };
    assert_eq!(
        last(KeyRange::prefix(b"a")),
        Some((b"a\xff\xff\0".to_vec(), 9_000))
    );
    assert_eq!(last(KeyRange::all()), Some((b"b".to_vec(), 1)));
    assert_eq!(
        last(KeyRange::from_to(b"a", b"a\xff")),
        Some((b"a\x01".to_vec(), 2))
    );
}

pub(crate) fn pages_meet_every_row_once(store: &dyn Store) {
    let names: Vec<Vec<u8>> = (0..100_u8)
        .map(|name| vec![name / 10, name, name % 7])
        .collect();
    put_all(store, &names.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let mut met = Vec::new();
    let mut rest = KeyRange::all();
    loop {
        let mut page = Vec::new();
        let mut visit = |key: &[u8], _: &[u8]| {
            page.push(key.to_vec());
            if page.len() == 7 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        store.scan(&rest, &mut visit).unwrap();
        let Some(last) = page.last() else { break };
        rest = rest.after(last);
        met.extend(page);
    }
    assert_eq!(met, names);
}

pub(crate) fn the_later_act_on_a_key_wins(store: &dyn Store) {
    let mut batch = Batch::new();
    batch.put("put", version(1, 9_000));
    batch.put("put", "later");
    batch.put("deleted", version(1, 9_000));
    batch.delete("deleted");
    batch.delete("back");
    batch.put("back", "again");
    store.apply(&batch).unwrap();
    assert_eq!(store.get(b"put").unwrap(), Some(b"later".to_vec()));
    assert_eq!(store.get(b"deleted").unwrap(), None);
    assert_eq!(store.get(b"back").unwrap(), Some(b"again".to_vec()));
}

pub(crate) fn a_deleted_row_is_gone_and_may_come_back(store: &dyn Store) {
    for size in [3, 50_000] {
        put(store, b"k", &version(1, size));
        delete(store, b"k");
        delete(store, b"k");
        assert_eq!(store.get(b"k").unwrap(), None);
        assert_eq!(rows(store, &KeyRange::all()), []);
        put(store, b"k", &version(2, 5_000));
        assert_eq!(store.get(b"k").unwrap(), Some(version(2, 5_000)));
    }
}

pub(crate) fn a_value_of_any_size_comes_back_as_it_was(store: &dyn Store) {
    for (name, size) in (0_u8..).zip(SIZES) {
        put(store, &[name], &version(name, size));
    }
    store.flush().unwrap();
    for (name, row) in (0_u8..).zip(rows(store, &KeyRange::all())) {
        let expected = version(name, SIZES[usize::from(name)]);
        assert!(row.value == expected, "scanned, {} bytes", expected.len());
        assert!(store.get(&[name]).unwrap() == Some(expected), "got, {name}");
    }
    assert!(store.size_bytes().unwrap() >= 1_300_000);
}

pub(crate) fn a_large_value_shrinks_and_grows_again(store: &dyn Store) {
    for (round, size) in (0_u8..).zip(SIZES.into_iter().chain(SIZES.into_iter().rev())) {
        put(store, b"k", &version(round, size));
        assert!(
            store.get(b"k").unwrap() == Some(version(round, size)),
            "{size} bytes"
        );
        assert_eq!(keys(store, &KeyRange::all()), [b"k"]);
    }
}

/// A key that ends like the number of another key's piece.
pub(crate) fn large_values_of_neighbouring_keys_do_not_meet(store: &dyn Store) {
    let names: [&[u8]; 5] = [
        b"k",
        b"k\0\0\0\0",
        b"k\0\0\0\x01",
        b"k\0\0\0\x01\0\0\0\0",
        b"pk",
    ];
    for (round, name) in (1_u8..).zip(names) {
        put(store, name, &version(round, 20_000));
    }
    delete(store, b"k\0\0\0\x01");
    for (round, name) in (1_u8..).zip(names) {
        let expected = (round != 3).then(|| version(round, 20_000));
        assert!(store.get(name).unwrap() == expected, "{name:?}");
    }
}

pub(crate) fn a_batch_beyond_a_limit_writes_nothing(store: &dyn Store) {
    let mut many = Batch::new();
    for name in 0..=u16::try_from(BATCH_ROWS_MAX).unwrap() {
        many.put(name.to_be_bytes(), "");
    }
    assert!(matches!(
        store.apply(&many),
        Err(StoreError::BatchTooLarge { rows: 301, .. })
    ));
    let mut heavy = Batch::new();
    for name in 0..5_u8 {
        heavy.put([name], version(name, VALUE_BYTES_MAX));
    }
    assert!(matches!(
        store.apply(&heavy),
        Err(StoreError::BatchTooLarge { .. })
    ));
    let mut long = Batch::new();
    long.put("fine", "fine");
    long.put(vec![1; KEY_BYTES_MAX + 1], "");
    assert!(matches!(
        store.apply(&long),
        Err(StoreError::KeyTooLong { .. })
    ));
    let mut large = Batch::new();
    large.put("fine", "fine");
    large.put("k", version(1, VALUE_BYTES_MAX + 1));
    let refused = store.apply(&large).unwrap_err();
    assert!(matches!(refused, StoreError::ValueTooLarge { .. }) && refused.is_about_size());
    assert_eq!(rows(store, &KeyRange::all()), []);
    put(store, b"still", b"works");
    store.flush().unwrap();
}

pub(crate) fn the_largest_batch_is_taken(store: &dyn Store) {
    let mut batch = Batch::new();
    let size = BATCH_BYTES_MAX / BATCH_ROWS_MAX - KEY_BYTES_MAX;
    for row in 0..u16::try_from(BATCH_ROWS_MAX).unwrap() {
        let mut key = vec![5; KEY_BYTES_MAX];
        key[..2].copy_from_slice(&row.to_be_bytes());
        batch.put(key, version(6, size));
    }
    store.apply(&batch).unwrap();
    let found = rows(store, &KeyRange::all());
    assert_eq!(found.len(), BATCH_ROWS_MAX);
    assert!(found.iter().all(|row| row.value == version(6, size)));
}

pub(crate) fn a_visitor_may_use_the_store(store: &dyn Store) {
    put_all(store, &[b"a", b"b", b"c"]);
    put(store, b"b", &version(1, 20_000));
    let mut visit = |key: &[u8], _: &[u8]| {
        let copy = [b"z", key].concat();
        if key.starts_with(b"z") {
            return ControlFlow::Break(());
        }
        let value = store.get(key).unwrap().unwrap();
        put(store, &copy, &value);
        ControlFlow::Continue(())
    };
    store.scan(&KeyRange::all(), &mut visit).unwrap();
    assert_eq!(keys(store, &KeyRange::prefix(b"z")), [b"za", b"zb", b"zc"]);
}

/// One writer changes a value between sizes; every reader sees one version, whole.
pub(crate) fn readers_never_see_a_mix_of_two_versions(store: &dyn Store) {
    const ROUNDS: u8 = 250;
    let sizes = |round: u8| [30_000, 9_000, 100, 70_000][usize::from(round % 4)];
    let whole = |value: &[u8]| {
        let round = value[0];
        assert!(value.iter().all(|byte| *byte == round), "a mix of versions");
        assert_eq!(value.len(), sizes(round));
    };
    put(store, b"k", &version(0, sizes(0)));
    let done = &AtomicBool::new(false);
    std::thread::scope(|scope| {
        for scanning in [true, false] {
            scope.spawn(move || {
                while !done.load(Ordering::SeqCst) {
                    if scanning {
                        rows(store, &KeyRange::all())
                            .iter()
                            .for_each(|row| whole(&row.value));
                    } else {
                        whole(&store.get(b"k").unwrap().unwrap());
                    }
                }
            });
        }
        for round in 1..ROUNDS {
            put(store, b"k", &version(round, sizes(round)));
        }
        done.store(true, Ordering::SeqCst);
    });
}

pub(crate) fn writers_at_once_lose_nothing(store: &dyn Store) {
    const WRITERS: u8 = 8;
    const BATCHES: u8 = 25;
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            scope.spawn(move || {
                for number in 0..BATCHES {
                    let mut batch = Batch::new();
                    batch.put([writer, number, 0], version(number, 6_000));
                    batch.put([writer, number, 1], version(number, 10));
                    // Everyone also writes one row: the store must not tear it.
                    batch.put("shared", version(writer, 5_000 + usize::from(writer)));
                    store.apply(&batch).unwrap();
                    store.flush().unwrap();
                }
            });
        }
    });
    let found = rows(store, &KeyRange::all());
    assert_eq!(
        found.len(),
        usize::from(WRITERS) * usize::from(BATCHES) * 2 + 1
    );
    let shared = store.get(b"shared").unwrap().unwrap();
    assert_eq!(shared, version(shared[0], 5_000 + usize::from(shared[0])));
}
