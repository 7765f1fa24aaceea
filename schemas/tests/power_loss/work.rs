//! What the child writes: a function of writer and number, so that whoever comes later knows what must be there.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use fieldwatch_schemas::store::{Batch, KeyRange, Store, StoreError};

/// The threads that write at once, each batches 1, 2, 3… of rows of its own.
pub(crate) const WRITERS: u8 = 3;

/// After how many batches the rows of one are removed.
const KEPT: u32 = 30;

/// One batch: some rows, one row written anew each time, often in pieces, and the removal of an old batch's rows.
pub(crate) fn batch(writer: u8, number: u32) -> Batch {
    let mut batch = Batch::new();
    for (key, value) in rows(writer, number) {
        batch.put(key, value);
    }
    let size = [50, 6_000, 300, 20_000, 4_090][number as usize % 5];
    let mut now = number.to_be_bytes().to_vec();
    now.extend(filler(writer, number, 99, size));
    batch.put(now_key(writer), now);
    if number > KEPT && !number.is_multiple_of(3) {
        for (key, _) in rows(writer, number - KEPT) {
            batch.delete(key);
        }
    }
    batch
}

/// Why it could not be said how far a writer came.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The store gave an error.
    Store(StoreError),
    /// The store gave what was never written.
    Broken(String),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The batches of a writer that are in the store.
///
/// # Errors
/// [`Trouble`]: the rows must be those after that many batches, no more, no fewer, and the same bytes.
pub(crate) fn found(store: &dyn Store, writer: u8) -> Result<u32, Trouble> {
    let mut rows = BTreeMap::new();
    let mut visit = |key: &[u8], value: &[u8]| {
        rows.insert(key.to_vec(), value.to_vec());
        ControlFlow::Continue(())
    };
    store.scan(&KeyRange::prefix(&[writer]), &mut visit)?;
    let number = match rows.get(&now_key(writer)) {
        Some(now) => u32::from_be_bytes(now[..4].try_into().unwrap()),
        None => 0,
    };
    let expected = after(writer, number);
    let keys: BTreeSet<_> = rows.keys().chain(expected.keys()).collect();
    for key in keys {
        let what = match (rows.get(key), expected.get(key)) {
            (found, expected) if found == expected => continue,
            (None, _) => "is missing",
            (_, None) => "should not be there",
            _ => "has another value",
        };
        let words = format!("writer {writer} at batch {number}: {key:?} {what}");
        return Err(Trouble::Broken(words));
    }
    Ok(number)
}

/// What a writer's rows are after so many batches.
fn after(writer: u8, number: u32) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut rows = BTreeMap::new();
    for number in 1..=number {
        for (key, value) in batch(writer, number).iter() {
            match value {
                Some(value) => rows.insert(key.to_vec(), value.to_vec()),
                None => rows.remove(key),
            };
        }
    }
    rows
}

fn now_key(writer: u8) -> Vec<u8> {
    vec![writer, b'n']
}

fn rows(writer: u8, number: u32) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    let chance = mix(u64::from(number) << 8 | u64::from(writer));
    (0..1 + chance.to_le_bytes()[0] % 12).map(move |row| {
        let mut key = vec![writer, b'r'];
        key.extend(number.to_be_bytes());
        key.push(row);
        let size = match (mix(chance ^ u64::from(row)) % 2_000, number % 7, row) {
            (size, 0, 0) => 3_000 + size * 100,
            (size, _, _) => 100 + size,
        };
        let value = filler(writer, number, row, usize::try_from(size).unwrap());
        (key, value)
    })
}

/// Bytes that no other row has.
fn filler(writer: u8, number: u32, row: u8, size: usize) -> Vec<u8> {
    let seed = u64::from(number) << 16 | u64::from(writer) << 8 | u64::from(row);
    let mut bytes = Vec::with_capacity(size + 8);
    let mut at = mix(seed);
    while bytes.len() < size {
        bytes.extend(at.to_le_bytes());
        at = at
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .wrapping_add(seed | 1);
    }
    bytes.truncate(size);
    bytes
}

/// SplitMix64.
pub(crate) fn mix(seed: u64) -> u64 {
    let mut bits = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}
