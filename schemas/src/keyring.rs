//! One key per record, each of which can be destroyed: a puncturable tree of seeds (Goldreich, Goldwasser, Micali 1986).
//!
//! ```text
//!            root                 a record's tag, 80 bits of a hash of its id, is its way from the root to its leaf,
//!       ╱   ╱     ╲   ╲           two bits a step; child = SHA-256(which ‖ seed): nobody computes a seed from its children
//!     0    1       2    3         to destroy the key of 12…, its way is forgotten and what branches off it is kept:
//!        ╱ ╱ ╲ ╲                  {0, 10, 11, 13, 2, 3} and so on down; every other key can still be derived, that one
//!      10 11 12 13                never again
//! ```
//!
//! So nothing has to be written when a record is made, and the whole of it is one small file that is rewritten when a record is
//! erased: some 4 KB more for each. (Four ways at each step, not two: half the hashes for a key, half as much again for an erasure.) Whoever has a copy from before has the keys from before: it is copied apart from stores
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
/// The bits of one step, and the children of a seed.
const STEP_BITS: u32 = 2;
const CHILDREN: u8 = 1 << STEP_BITS;
/// How many seeds an erasure adds at most.
const ERASURE_SEEDS: usize = (TAG_BITS / STEP_BITS * (CHILDREN as u32 - 1)) as usize;
/// Behind the children, what makes a key of a leaf.
const LEAF: u8 = CHILDREN;
/// Behind those, what makes a mark of one.
const MARK: u8 = LEAF + 1;
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
        Some(child(&descend(tag, *way, *seed), LEAF))
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

    /// What tells keyrings of this root from all others, whatever was erased, and says nothing of any key.
    #[must_use]
    pub fn mark(&self) -> [u8; 16] {
        let tag = tag_of(b"fieldwatch keyring mark", &[]);
        let leaf = self.covering(tag);
        let leaf = leaf.map(|(way, seed)| descend(tag, *way, *seed));
        let mark = child(&leaf.unwrap_or_default(), MARK);
        mark.first_chunk().copied().unwrap_or_default()
    }

    /// Whether one more key can be destroyed, whichever.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.seeds.len() + ERASURE_SEEDS <= KEYRING_SEEDS_MAX
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
        if !self.has_room() {
            return Err(KeyringError::Full);
        }
        self.seeds.remove(&way);
        let mut seed = seed;
        for step in way.steps() {
            let goes = branch(tag, step);
            for other in (0..CHILDREN).filter(|other| *other != goes) {
                let off = Way::of(turned(tag, step, other), step + STEP_BITS);
                self.seeds.insert(off, child(&seed, other));
            }
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

    /// Where each step from here to a leaf begins.
    fn steps(self) -> impl Iterator<Item = u32> {
        (self.length..TAG_BITS).step_by(STEP_BITS as usize)
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
    let is_sound =
        length <= TAG_BITS && length % STEP_BITS == 0 && bits & first_bits(length) == bits;
    is_sound.then_some((Way { bits, length }, seed.try_into().ok()?))
}

fn bytes_of(bits: u32) -> usize {
    bits.div_ceil(8) as usize
}

/// Ones in the first places, zeros behind.
fn first_bits(length: u32) -> u128 {
    u128::MAX.checked_shl(u128::BITS - length).unwrap_or(0)
}

/// The leaf's seed, from one above it.
fn descend(tag: u128, way: Way, seed: [u8; SEED_BYTES]) -> [u8; SEED_BYTES] {
    way.steps()
        .fold(seed, |seed, step| child(&seed, branch(tag, step)))
}

/// Which child a way goes to at a step.
fn branch(tag: u128, step: u32) -> u8 {
    let bits = tag >> (u128::BITS - STEP_BITS - step);
    u8::try_from(bits & u128::from(CHILDREN - 1)).unwrap_or(0)
}

/// A way that goes to another child at a step.
fn turned(tag: u128, step: u32, child: u8) -> u128 {
    let shift = u128::BITS - STEP_BITS - step;
    let cleared = tag & !(u128::from(CHILDREN - 1) << shift);
    cleared | (u128::from(child) << shift)
}

fn tag(record: RecordId) -> u128 {
    tag_of(b"fieldwatch record key", record.bytes())
}

fn tag_of(purpose: &[u8], id: &[u8]) -> u128 {
    let hash = Sha256::new().chain_update(purpose).chain_update(id);
    let hash: [u8; SEED_BYTES] = hash.finalize().into();
    let bits = hash.first_chunk::<16>().copied().map(u128::from_be_bytes);
    bits.unwrap_or_default() & first_bits(TAG_BITS)
}

/// One block of SHA-256.
fn child(seed: &[u8; SEED_BYTES], which: u8) -> [u8; SEED_BYTES] {
    let mut block = [which; 1 + SEED_BYTES];
    let (_, rest) = block.split_at_mut(1);
    rest.copy_from_slice(seed);
    Sha256::digest(block).into()
}

#[cfg(test)]
mod tests;
