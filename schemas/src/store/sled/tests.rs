//! What only the sled store does: it cuts, it locks, it refuses what it cannot read.

use std::fs;

use super::*;

fn open(path: &Path) -> Result<SledStore, StoreError> {
    SledStore::open(path, SledOptions::device())
}

fn put(store: &SledStore, key: &[u8], value: Vec<u8>) {
    let mut batch = Batch::new();
    batch.put(key, value);
    store.apply(&batch).unwrap();
}

/// The keys of the tree that begin with `p`.
fn pieces_in(store: &SledStore) -> usize {
    store.db().unwrap().scan_prefix(b"p").count()
}

#[test]
fn no_row_of_the_tree_is_above_four_kibibytes_and_none_is_left_over() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    for (size, pieces) in [
        (20_000, 5),
        (4_096, 1),
        (8_193, 3),
        (4_095, 0),
        (9_000, 3),
        (0, 0),
    ] {
        put(&store, b"key", vec![7; size]);
        assert_eq!(pieces_in(&store), pieces, "{size} bytes");
        assert_eq!(store.get(b"key").unwrap(), Some(vec![7; size]));
        let longest = store
            .db()
            .unwrap()
            .iter()
            .values()
            .map(|value| value.unwrap().len())
            .max();
        assert!(longest.unwrap() <= 4_096, "{size} bytes");
    }
    put(&store, b"key", vec![7; 20_000]);
    let mut batch = Batch::new();
    batch.delete(*b"key");
    store.apply(&batch).unwrap();
    assert_eq!(pieces_in(&store), 0);
}

#[test]
fn sled_makes_no_file_of_its_own_for_any_row() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    let key_bytes = super::super::KEY_BYTES_MAX;
    for batch_number in 0..40_u32 {
        let mut batch = Batch::new();
        for row in 0..300_u32 {
            // The largest inner pages: neighbours that differ only at their ends, so that the keys between them are long, and
            // groups of neighbours that share nothing, so that sled cannot leave a shared beginning out.
            let group = (batch_number * 15 + row / 20).reverse_bits();
            let mut key = vec![0; key_bytes];
            key[..4].copy_from_slice(&group.to_be_bytes());
            key[key_bytes - 4..].copy_from_slice(&row.to_be_bytes());
            batch.put(key, vec![1; if row % 30 == 0 { 9_000 } else { 4_000 }]);
        }
        store.apply(&batch).unwrap();
    }
    store.flush().unwrap();
    let blobs = fs::read_dir(folder.path().join("blobs")).unwrap().count();
    assert_eq!(blobs, 0);
}

#[test]
fn a_second_handle_is_refused_while_the_first_is_open_and_not_after() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/on/the/way");
    for round in 0..20_u8 {
        let store = open(&path).unwrap();
        assert!(matches!(open(&path), Err(StoreError::Locked)));
        put(&store, &[round], vec![round; 5_000]);
        store.flush().unwrap();
        drop(store);
    }
    let store = open(&path).unwrap();
    assert_eq!(store.get(&[0]).unwrap(), Some(vec![0; 5_000]));
}

#[test]
fn a_lock_refused_removes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    let summary = folder.path().join("snap.00000000FFFFFFFF.generating");
    fs::write(&summary, b"half").unwrap();
    assert!(matches!(open(folder.path()), Err(StoreError::Locked)));
    assert!(summary.exists());
    drop(store);
    open(folder.path()).unwrap();
    assert!(!summary.exists());
}

#[test]
fn a_store_of_a_later_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    store
        .db()
        .unwrap()
        .insert(FORMAT_KEY, &9_u32.to_be_bytes())
        .unwrap();
    store.flush().unwrap();
    drop(store);
    let refused = open(folder.path()).unwrap_err();
    assert!(
        matches!(refused, StoreError::UnknownFormat { found: 9, .. }),
        "{refused}"
    );
}

#[test]
fn a_value_whose_pieces_are_not_its_own_is_refused_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    put(&store, b"torn", vec![1; 10_000]);
    put(&store, b"sound", vec![2; 10_000]);
    let piece = pieces::piece_key(b"torn", 1);
    store
        .db()
        .unwrap()
        .insert(piece.clone(), vec![3; 4_096])
        .unwrap();
    assert!(matches!(
        store.get(b"torn"),
        Err(StoreError::Damaged { .. })
    ));
    store.db().unwrap().remove(piece).unwrap();
    assert!(matches!(
        store.get(b"torn"),
        Err(StoreError::Damaged { .. })
    ));
    assert_eq!(store.get(b"sound").unwrap(), Some(vec![2; 10_000]));
    put(&store, b"torn", vec![4; 10_000]);
    assert_eq!(store.get(b"torn").unwrap(), Some(vec![4; 10_000]));
}
