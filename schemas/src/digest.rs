//! Digests: whether two sides hold the same, in 32 bytes.
//!
//! A digest is the sum, modulo 2^256, over the records of a feed of SHA-256(record ‖ sorted heads). It is kept up to date by adding
//! and taking away, whatever the order. It detects error and authenticates nothing.

use std::fmt;

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use crate::id::{Hash, RecordId};

/// A 256-bit sum, little-endian.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Digest(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

impl Digest {
    /// What one record adds to the digest of each feed that contains it.
    #[must_use]
    pub fn of(record: RecordId, heads: &[Hash]) -> Self {
        let mut sorted = heads.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let mut hash = Sha256::new();
        hash.update(record.bytes());
        for head in sorted {
            hash.update(head.0);
        }
        Self(hash.finalize().into())
    }

    /// The sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let mut carry = 0_u16;
        let mut sum = self.0;
        for (to, from) in sum.iter_mut().zip(other.0) {
            let [low, high] = (u16::from(*to) + u16::from(from) + carry).to_le_bytes();
            *to = low;
            carry = u16::from(high);
        }
        Self(sum)
    }

    /// Its first eight bytes, as sums and lists of a repair have it.
    #[must_use]
    pub fn short(self) -> u64 {
        let bytes = self.0.first_chunk().copied();
        u64::from_le_bytes(bytes.unwrap_or_default())
    }

    /// Eight bytes that say how a feed stands: its digest, and how many records it has.
    #[must_use]
    pub fn mark(self, records: u64) -> u64 {
        self.short().wrapping_add(records)
    }

    /// The difference.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        let negated = Self(other.0.map(|byte| !byte));
        let one = {
            let mut bytes = [0; 32];
            bytes[0] = 1;
            Self(bytes)
        };
        self.plus(negated).plus(one)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .rev()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn adding_and_taking_away_in_any_order_gives_the_same(a: [u8; 32], b: [u8; 32], c: [u8; 32]) {
            let (a, b, c) = (Digest(a), Digest(b), Digest(c));
            prop_assert_eq!(a.plus(b).plus(c), c.plus(a).plus(b));
            prop_assert_eq!(a.plus(b).minus(b), a);
            prop_assert_eq!(a.minus(a), Digest::default());
        }
    }

    #[test]
    fn the_order_of_heads_does_not_matter_but_every_head_does() {
        let record = RecordId::random([1; 16]);
        let (x, y) = (Hash([1; 32]), Hash([2; 32]));
        assert_eq!(Digest::of(record, &[x, y]), Digest::of(record, &[y, x]));
        assert_ne!(Digest::of(record, &[x, y]), Digest::of(record, &[x]));
    }
}
