//! Bytes that claim more than they are.

use automerge::Change;
use sha2::{Digest as _, Sha256};

use crate::chunk::{Chunk, ChunkError};
use crate::limits::CHANGE_OPS_MAX;

fn unsigned(mut number: u64, to: &mut Vec<u8>) {
    while number >= 0x80 {
        to.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    to.push(u8::try_from(number).unwrap());
}

/// The signed length of a run, and its value.
fn run(length: u64, value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A leading zero group keeps the sign.
    unsigned(length | (1 << 62), &mut bytes);
    let last = bytes.len() - 1;
    bytes[last] &= 0x3f;
    bytes.extend(value);
    bytes
}

/// A change of these columns, by the first actor, upon nothing.
fn change(columns: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut body = vec![0, 16];
    body.extend([7; 16]);
    body.extend([1, 1, 0, 0, 0]);
    body.push(u8::try_from(columns.len()).unwrap());
    for (column, bytes) in columns {
        unsigned(u64::from(*column), &mut body);
        body.push(u8::try_from(bytes.len()).unwrap());
    }
    body.extend(columns.iter().flat_map(|(_, bytes)| bytes));
    let mut content = vec![1];
    unsigned(body.len() as u64, &mut content);
    content.extend(body);
    let hash = Sha256::digest(&content);
    [&[0x85, 0x6f, 0x4a, 0x83], &hash[..4], &content].concat()
}

/// Puts of nothing to one key, as many as wanted, each succeeding as many operations as wanted.
fn puts(operations: u64, each_succeeds: u64) -> Vec<u8> {
    let all = operations.saturating_mul(each_succeeds);
    let mut number = Vec::new();
    unsigned(each_succeeds, &mut number);
    let mut columns = vec![
        (0x15, run(operations, &[1, b'x'])),
        (0x34, {
            let mut bytes = Vec::new();
            unsigned(operations, &mut bytes);
            bytes
        }),
        (0x42, run(operations, &[1])),
        (0x56, run(operations, &[0])),
        (0x70, run(operations, &number)),
    ];
    if each_succeeds > 0 {
        columns.push((0x71, run(all, &[0])));
        columns.push((0x73, run(all, &[1])));
    }
    change(&columns)
}

#[test]
fn a_few_bytes_that_stand_for_millions_of_operations_are_refused_before_they_unfold() {
    let fits = puts(1_000, 0);
    let read = Change::from_bytes(fits.clone()).unwrap();
    assert_eq!(read.len(), 1_000, "automerge reads these bytes so");
    assert!(Chunk::parse(fits).is_ok());
    let bomb = puts(CHANGE_OPS_MAX + 1, 0);
    assert!(bomb.len() < 150);
    assert_eq!(
        Chunk::parse(bomb),
        Err(ChunkError::Bounds("number of operations"))
    );
}

#[test]
fn one_operation_cannot_succeed_millions_of_others() {
    let read = Change::from_bytes(puts(1, 500)).unwrap();
    let preds = read.decode().operations[0].pred.len();
    assert_eq!(preds, 500, "automerge reads these bytes so");
    assert!(Chunk::parse(puts(1, 500)).is_ok());
    for (operations, each) in [(1, 1 << 40), (1_000, 1_000)] {
        assert_eq!(
            Chunk::parse(puts(operations, each)),
            Err(ChunkError::Bounds("number of operations"))
        );
    }
}

/// What the limit is for: without it, this takes minutes and gigabytes.
#[test]
fn the_largest_change_that_is_let_in_is_read_in_seconds() {
    let chunk = Chunk::parse(puts(CHANGE_OPS_MAX, 0)).unwrap();
    assert_eq!(chunk.to_change().unwrap().max_op(), CHANGE_OPS_MAX);
}
