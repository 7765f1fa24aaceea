//! How a value lies in the tree: in its row if it is small, else in pieces of at most 4 KiB.
//!
//! The row of a value in pieces holds its length and the beginning of its SHA-256, so that a value is returned as it was written or
//! not at all.

use std::ops::{Bound, Range};

use sha2::{Digest, Sha256};

use crate::store::{KeyRange, VALUE_BYTES_MAX};

/// Nothing longer goes into sled as one value.
const PIECE_BYTES_MAX: u32 = 4 << 10;

const ROW: u8 = b'r';
const PIECE: u8 = b'p';
const INLINE: u8 = 0;
const CUT: u8 = 1;
const CHECK_BYTES: usize = 8;

/// A row as it lies in the tree.
#[derive(Debug)]
pub(super) enum Stored {
    /// The value.
    Inline(::sled::IVec),
    /// What is known about a value in pieces.
    Cut(Cut),
}

impl Stored {
    /// Reads a row; `None` if no version of this program wrote it.
    pub(super) fn parse(row: &::sled::IVec) -> Option<Self> {
        match row.split_first()? {
            (&INLINE, _) => Some(Self::Inline(row.subslice(1, row.len() - 1))),
            (&CUT, rest) => {
                let (value_bytes, check) = rest.split_first_chunk::<4>()?;
                let cut = Cut {
                    value_bytes: u32::from_be_bytes(*value_bytes),
                    check: check.try_into().ok()?,
                };
                (cut.value_bytes() <= VALUE_BYTES_MAX).then_some(Self::Cut(cut))
            }
            _ => None,
        }
    }
}

/// The row of a value in pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    value_bytes: u32,
    check: [u8; CHECK_BYTES],
}

impl Cut {
    fn of(value: &[u8]) -> Option<Self> {
        Some(Self {
            value_bytes: u32::try_from(value.len()).ok()?,
            check: *Sha256::digest(value).first_chunk()?,
        })
    }

    /// Whether the pieces together are the value that was written.
    pub(super) fn is_of(&self, value: &[u8]) -> bool {
        Self::of(value).as_ref() == Some(self)
    }

    /// The numbers of the pieces.
    pub(super) fn pieces(&self) -> Range<u32> {
        0..self.value_bytes.div_ceil(PIECE_BYTES_MAX)
    }

    pub(super) fn value_bytes(&self) -> usize {
        self.value_bytes as usize
    }

    fn row(&self) -> Vec<u8> {
        let mut row = vec![CUT];
        row.extend_from_slice(&self.value_bytes.to_be_bytes());
        row.extend_from_slice(&self.check);
        row
    }
}

/// Adds the rows of one act to a batch, and says how many pieces the key has then.
pub(super) fn put(batch: &mut ::sled::Batch, key: &[u8], value: Option<&[u8]>) -> u32 {
    let Some(value) = value else {
        batch.remove(row_key(key));
        return 0;
    };
    let piece_bytes_max = PIECE_BYTES_MAX as usize;
    // One byte of the row says which it is.
    let cut = (value.len() >= piece_bytes_max).then(|| Cut::of(value));
    let Some(cut) = cut.flatten() else {
        batch.insert(row_key(key), [&[INLINE], value].concat());
        return 0;
    };
    batch.insert(row_key(key), cut.row());
    for (number, piece) in cut.pieces().zip(value.chunks(piece_bytes_max)) {
        batch.insert(piece_key(key, number), piece);
    }
    cut.pieces().end
}

/// Where the row of a key lies.
pub(super) fn row_key(key: &[u8]) -> Vec<u8> {
    [&[ROW], key].concat()
}

/// The key of a row; `None` if it is none.
pub(super) fn key_of_row(row_key: &[u8]) -> Option<&[u8]> {
    row_key.strip_prefix(&[ROW])
}

/// Where a piece of a key's value lies. Two keys cannot meet here: the length tells where the number begins.
pub(super) fn piece_key(key: &[u8], number: u32) -> Vec<u8> {
    [&[PIECE], key, &number.to_be_bytes()].concat()
}

/// Where the rows of a range lie.
pub(super) fn row_keys(range: &KeyRange) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
    let end = range.end().map_or(vec![ROW + 1], row_key);
    (
        Bound::Included(row_key(range.start())),
        Bound::Excluded(end),
    )
}
