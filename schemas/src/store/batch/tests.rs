//! Batches, held to their word.

use super::*;

#[test]
fn the_later_act_on_a_key_wins_and_the_size_follows() {
    let mut batch = Batch::new();
    batch.put("key", "a long value");
    batch.put("key", "v");
    assert_eq!((batch.len(), batch.size_bytes()), (1, 4));
    let mut later = Batch::new();
    later.delete("key");
    batch.append(later);
    assert_eq!(batch.get(b"key"), Some(None));
    assert_eq!((batch.len(), batch.size_bytes()), (1, 3));
}

#[test]
fn a_batch_beyond_a_limit_names_it() {
    let mut batch = Batch::new();
    batch.put(vec![1; KEY_BYTES_MAX + 1], "");
    assert!(matches!(batch.check(), Err(StoreError::KeyTooLong { .. })));
    let mut batch = Batch::new();
    batch.put("k", vec![1; VALUE_BYTES_MAX + 1]);
    assert!(matches!(
        batch.check(),
        Err(StoreError::ValueTooLarge { .. })
    ));
    let mut batch = Batch::new();
    for key in 0..5_u8 {
        batch.put([key], vec![1; VALUE_BYTES_MAX]);
    }
    assert!(matches!(
        batch.check(),
        Err(StoreError::BatchTooLarge { rows: 5, .. })
    ));
}
