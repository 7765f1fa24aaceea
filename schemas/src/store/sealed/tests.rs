//! What the sealing layer shows, hides and refuses.

use std::sync::Arc;

use super::*;
use crate::store::memory::MemoryStore;

/// Rows that begin with `c` are clear; the second byte of the others is their key, `x` is destroyed.
#[derive(Debug)]
struct BySecondByte;

impl RowKeys for BySecondByte {
    fn of_row(&self, row_key: &[u8]) -> RowKey {
        match row_key {
            [b'c', ..] => RowKey::Clear,
            [_, b'x', ..] => RowKey::Erased,
            [_, byte, ..] => RowKey::Key([*byte; 32]),
            _ => RowKey::Key([0; 32]),
        }
    }

    fn hint(&self) -> &'static str {
        "look elsewhere"
    }
}

fn put(store: &dyn Store, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    batch.put(key, value);
    store.apply(&batch)
}

fn keys_of(store: &dyn Store) -> Vec<Vec<u8>> {
    let mut keys = Vec::new();
    let mut visit = |key: &[u8], _: &[u8]| {
        keys.push(key.to_vec());
        ControlFlow::Continue(())
    };
    store.scan(&KeyRange::all(), &mut visit).unwrap();
    keys
}

#[test]
fn a_row_whose_key_was_destroyed_is_not_there_cannot_be_written_and_may_be_deleted() {
    let inner = Arc::new(MemoryStore::new());
    let store = Sealed::new(inner.clone(), BySecondByte);
    for key in [&b"ra"[..], b"rx", b"rx2"] {
        put(&*inner, key, &seal(&[b'a'; 32], key, b"value").unwrap()).unwrap();
    }
    assert_eq!(store.get(b"rx").unwrap(), None);
    assert_eq!(keys_of(&store), [b"ra".to_vec()]);
    let mut keys = Vec::new();
    let mut note = |key: &[u8]| {
        keys.push(key.to_vec());
        ControlFlow::Continue(())
    };
    store.keys(&KeyRange::all(), &mut note).unwrap();
    assert_eq!(keys, [b"ra".to_vec()]);
    let last = store.last(&KeyRange::all()).unwrap().unwrap();
    assert_eq!((last.key, last.value), (b"ra".to_vec(), b"value".to_vec()));
    assert_eq!(store.last(&KeyRange::prefix(b"rx")).unwrap(), None);
    assert!(matches!(
        put(&store, b"rx", b"new"),
        Err(StoreError::Erased)
    ));
    let mut batch = Batch::new();
    batch.delete(b"rx");
    store.apply(&batch).unwrap();
    assert_eq!(inner.get(b"rx").unwrap(), None);
}

#[test]
fn a_clear_row_lies_there_as_it_is_and_a_sealed_one_does_not() {
    let inner = Arc::new(MemoryStore::new());
    let store = Sealed::new(inner.clone(), BySecondByte);
    for key in [&b"cl"[..], b"ra"] {
        put(&store, key, b"a value").unwrap();
        assert_eq!(store.get(key).unwrap().as_deref(), Some(&b"a value"[..]));
    }
    let raw = |key: &[u8]| inner.get(key).unwrap().unwrap();
    assert_eq!(raw(b"cl"), b"a value");
    assert_eq!(raw(b"ra").len(), 7 + SEAL_BYTES);
    assert!(!raw(b"ra").windows(7).any(|window| window == b"a value"));
}

#[test]
fn a_value_that_was_moved_changed_or_sealed_under_another_key_does_not_open() {
    let sealed = seal(&[1; 32], b"here", b"a value").unwrap();
    assert_eq!(
        unseal(&[1; 32], b"here", &sealed),
        Some(b"a value".to_vec())
    );
    assert_eq!(unseal(&[1; 32], b"there", &sealed), None);
    assert_eq!(unseal(&[2; 32], b"here", &sealed), None);
    for place in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[place] ^= 1;
        assert_eq!(unseal(&[1; 32], b"here", &changed), None);
        assert_eq!(unseal(&[1; 32], b"here", &sealed[..place]), None);
    }
}

#[test]
fn a_nonce_repeats_only_with_key_row_and_value() {
    let nonce = |key: u8, place: &[u8], value: &[u8]| {
        seal(&[key; 32], place, value).unwrap()[..NONCE_BYTES].to_vec()
    };
    let all = [
        nonce(1, b"place", b"value"),
        nonce(2, b"place", b"value"),
        nonce(1, b"plac", b"evalue"),
        nonce(1, b"place", b"values"),
    ];
    let different: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(different.len(), all.len());
    assert_eq!(all[0], nonce(1, b"place", b"value"));
}

#[test]
fn the_room_that_seals_take_is_left_in_a_batch() {
    let store = Sealed::new(MemoryStore::new(), BySecondByte);
    let mut batch = Batch::new();
    for number in 0..4_u8 {
        batch.put([b'r', number], vec![1; SEALED_VALUE_BYTES_MAX]);
    }
    let over = store.apply(&batch);
    assert!(matches!(over, Err(StoreError::BatchTooLarge { .. })));
    batch.put(
        [b'r', 3],
        vec![1; SEALED_VALUE_BYTES_MAX - BATCH_ROWS_MAX * SEAL_BYTES],
    );
    store.apply(&batch).unwrap();
    let value = put(&store, b"ra", &[1; SEALED_VALUE_BYTES_MAX + 1]);
    assert!(matches!(value, Err(StoreError::ValueTooLarge { .. })));
}

#[test]
fn a_sealed_store_keeps_the_order_and_the_limits_of_the_store_below() {
    let store = Sealed::new(MemoryStore::new(), BySecondByte);
    for key in [&b"rb"[..], b"ra", b"rc"] {
        put(&store, key, key).unwrap();
    }
    assert_eq!(keys_of(&store), [b"ra", b"rb", b"rc"]);
    let last = store.last(&KeyRange::all()).unwrap().unwrap();
    assert_eq!(last.value, b"rc");
    let mut batch = Batch::new();
    batch.delete(b"rc");
    batch.put(b"rd", vec![0; VALUE_BYTES_MAX]);
    let over = store.apply(&batch);
    assert!(matches!(over, Err(StoreError::ValueTooLarge { .. })));
    assert_eq!(store.get(b"rc").unwrap().as_deref(), Some(&b"rc"[..]));
}
