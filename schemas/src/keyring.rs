//! One key per record, each of which can be destroyed: a puncturable tree of seeds (Goldreich, Goldwasser, Micali 1986).
//!
//! ```text
//!            root                 a record's tag, 80 bits of a hash of its id, is its way from the root to its leaf
//!          ╱      ╲               child = SHA-256(which side ‖ seed); nobody computes a seed from its children
//!       0            1            to destroy the key of 01…, its way is forgotten and what branches off it is kept:
//!     ╱   ╲        ╱   ╲          {00, 1} and so on down; every other key can still be derived, that one never again
//!   00     01    10     11
//! ```
//!
//! So nothing has to be written when a record is made, and the whole of it is one small file that is rewritten when a record is
//! erased: some 3 KB more for each. Whoever has a copy from before has the keys from before: it is copied apart from stores
//! ([`kept`]).

pub mod kept;

use std::collections::BTreeMap;

use minicbor::bytes::{ByteSlice, ByteVec};
use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

pub use self::kept::RecordKeys;
use crate::id::RecordId;
use crate::limits::KEYRING_SEEDS_MAX;

/// The length of a record's way.
const TAG_BITS: u32 = 80;
/// A seed, or a key.
const SEED_BYTES: usize = 32;
const FORMAT: u8 = 1;

/// Why a keyring cannot be read, or takes no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// Not what any version of this program wrote.
    #[error("the record keys cannot be read")]
    Damaged,
    /// It would have more than [`KEYRING_SEEDS_MAX`] seeds.
    #[error("too many records were erased here")]
    Full,
}

/// The keys of all records but those that were erased.
#[derive(Clone, PartialEq, Eq)]
pub struct Keyring {
    /// No way begins with another: a way is covered by the last that is not behind it, or by none.
    seeds: BTreeMap<Way, [u8; SEED_BYTES]>,
    /// How many keys were destroyed.
    erasures: u64,
}

/// The way from the root to a seed; left-aligned in its bits, zero behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    bits: u128,
    length: u32,
}

/// The file: `[format, erasures, [seed…]]`, each the length of its way, the bits of it in whole bytes, the seed.
#[derive(Encode, Decode)]
struct Written {
    #[n(0)]
    format: u8,
    #[n(1)]
    erasures: u64,
    #[cbor(n(2), decode_with = "some_seeds")]
    seeds: Vec<ByteVec>,
}

/// Reads no more than there may be.
fn some_seeds<Ctx>(
    decoder: &mut minicbor::Decoder<'_>,
    _: &mut Ctx,
) -> Result<Vec<ByteVec>, minicbor::decode::Error> {
    let mut seeds = Vec::new();
    for seed in decoder.array_iter::<&ByteSlice>()? {
        if seeds.len() == KEYRING_SEEDS_MAX {
            return Err(minicbor::decode::Error::message("too many seeds"));
        }
        seeds.push(seed?.to_vec().into());
    }
    Ok(seeds)
}

impl Keyring {
    /// The keys that follow from a random root.
    #[must_use]
    pub fn new(root: [u8; SEED_BYTES]) -> Self {
        Self {
            seeds: BTreeMap::from([(Way { bits: 0, length: 0 }, root)]),
            erasures: 0,
        }
    }

    /// The key of a record; `None` if it was erased.
    #[must_use]
    pub fn key(&self, record: RecordId) -> Option<[u8; SEED_BYTES]> {
        let tag = tag(record);
        let (way, seed) = self.covering(tag)?;
        let seed = (way.length..TAG_BITS).fold(*seed, |seed, depth| child(&seed, side(tag, depth)));
        Some(hash(b"fieldwatch record key leaf", &seed))
    }

    /// Whether the key of a record was destroyed.
    #[must_use]
    pub fn has_erased(&self, record: RecordId) -> bool {
        self.covering(tag(record)).is_none()
    }

    /// How many keys were destroyed: two keyrings of one root that agree in this and in each of them are the same.
    #[must_use]
    pub fn erasures(&self) -> u64 {
        self.erasures
    }

    /// Destroys the key of a record, for good once the copies of this keyring are gone. False if it was before.
    ///
    /// # Errors
    ///
    /// [`KeyringError::Full`]; nothing is changed.
    pub fn erase(&mut self, record: RecordId) -> Result<bool, KeyringError> {
        let tag = tag(record);
        let Some((way, seed)) = self.covering(tag).map(|(way, seed)| (*way, *seed)) else {
            return Ok(false);
        };
        if self.seeds.len() + TAG_BITS as usize > KEYRING_SEEDS_MAX {
            return Err(KeyringError::Full);
        }
        self.seeds.remove(&way);
        let mut seed = seed;
        for depth in way.length..TAG_BITS {
            let goes = side(tag, depth);
            let other = Way::of(flipped(tag, depth), depth + 1);
            self.seeds.insert(other, child(&seed, !goes & 1));
            seed = child(&seed, goes);
        }
        self.erasures += 1;
        Ok(true)
    }

    /// The file's content.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let seeds = self.seeds.iter().map(|(way, seed)| {
            let length = u8::try_from(way.length).unwrap_or(u8::MAX);
            let bits = way.bits.to_be_bytes();
            let mut row = vec![length];
            row.extend(bits.iter().take(bytes_of(way.length)));
            row.extend(seed);
            row.into()
        });
        let written = Written {
            format: FORMAT,
            erasures: self.erasures,
            seeds: seeds.collect(),
        };
        minicbor::to_vec(&written).unwrap_or_default()
    }

    /// Reads a file's content.
    ///
    /// # Errors
    ///
    /// [`KeyringError::Damaged`].
    pub fn decode(content: &[u8]) -> Result<Self, KeyringError> {
        let damaged = |_| KeyringError::Damaged;
        let written: Written = minicbor::decode(content).map_err(damaged)?;
        if written.format != FORMAT {
            return Err(KeyringError::Damaged);
        }
        let mut seeds = BTreeMap::new();
        let mut last: Option<Way> = None;
        for row in &written.seeds {
            let (way, seed) = read_seed(row).ok_or(KeyringError::Damaged)?;
            if last.is_some_and(|last| last >= way || last.covers(way.bits)) {
                return Err(KeyringError::Damaged);
            }
            last = Some(way);
            seeds.insert(way, seed);
        }
        Ok(Self {
            seeds,
            erasures: written.erasures,
        })
    }

    fn covering(&self, tag: u128) -> Option<(&Way, &[u8; SEED_BYTES])> {
        let last = self.seeds.range(..=Way::of(tag, TAG_BITS)).next_back();
        last.filter(|(way, _)| way.covers(tag))
    }
}

impl Way {
    /// The first bits of a tag.
    fn of(tag: u128, length: u32) -> Self {
        Self {
            bits: tag & first_bits(length),
            length,
        }
    }

    fn covers(self, tag: u128) -> bool {
        tag & first_bits(self.length) == self.bits
    }
}

/// Says how much, never what.
impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring")
            .field("seeds", &self.seeds.len())
            .field("erasures", &self.erasures)
            .finish()
    }
}

fn read_seed(row: &[u8]) -> Option<(Way, [u8; SEED_BYTES])> {
    let (length, row) = row.split_first()?;
    let length = u32::from(*length);
    let (prefix, seed) = row.split_at_checked(bytes_of(length))?;
    let mut bits = [0; 16];
    let mut to = bits.iter_mut();
    prefix
        .iter()
        .zip(&mut to)
        .for_each(|(from, to)| *to = *from);
    let bits = u128::from_be_bytes(bits);
    let is_sound = length <= TAG_BITS && bits & first_bits(length) == bits;
    is_sound.then_some((Way { bits, length }, seed.try_into().ok()?))
}

fn bytes_of(bits: u32) -> usize {
    bits.div_ceil(8) as usize
}

/// Ones in the first places, zeros behind.
fn first_bits(length: u32) -> u128 {
    u128::MAX.checked_shl(u128::BITS - length).unwrap_or(0)
}

/// Left (0) or right (1) at a depth of a way.
fn side(tag: u128, depth: u32) -> u8 {
    u8::from(tag & bit(depth) != 0)
}

fn flipped(tag: u128, depth: u32) -> u128 {
    tag ^ bit(depth)
}

fn bit(depth: u32) -> u128 {
    1_u128.checked_shl(u128::BITS - 1 - depth).unwrap_or(0)
}

fn tag(record: RecordId) -> u128 {
    let hash = hash(b"fieldwatch record key", record.bytes());
    let bits = hash.first_chunk::<16>().copied().map(u128::from_be_bytes);
    bits.unwrap_or_default() & first_bits(TAG_BITS)
}

fn child(seed: &[u8; SEED_BYTES], side: u8) -> [u8; SEED_BYTES] {
    match side {
        0 => hash(b"fieldwatch record key left", seed),
        _ => hash(b"fieldwatch record key right", seed),
    }
}

fn hash(purpose: &[u8], of: &[u8]) -> [u8; SEED_BYTES] {
    let mut hash = Sha256::new();
    hash.update(purpose);
    hash.update(of);
    hash.finalize().into()
}

#[cfg(test)]
mod tests;
