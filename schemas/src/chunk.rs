//! Change chunks: our own reading of a raw automerge change, before automerge sees it.
//!
//! Layout: magic `85 6f 4a 83` ‖ checksum (4) ‖ type (1 = raw change) ‖ length (unsigned LEB128) ‖ body. The checksum is the head of
//! SHA-256(type ‖ length ‖ body), whose whole is the change's hash. The body begins with deps, actor, seq, startOp, time, message.
//! Deflated chunks (type 2), documents (0) and bundles (3) are refused: what they inflate to is unbounded. What runs of operations
//! unfold to is counted before they are (in the module `ops`).

mod ops;

use automerge::Change;
use sha2::{Digest as _, Sha256};

use crate::id::{Actor, Hash};
use crate::limits::{CHANGE_BYTES_MAX, CHANGE_DEPS_MAX, OP_COUNTER_MAX};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const RAW_CHANGE: u8 = 1;
const MESSAGE_BYTES_MAX: u64 = 64;

/// A raw change chunk whose checksum and header hold. Its operations have not been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    bytes: Vec<u8>,
    hash: Hash,
    deps: Vec<Hash>,
    actor: Actor,
    seq: u64,
    start_op: u64,
    time_s: i64,
}

/// Bytes that are not a sound raw change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// Larger than [`CHANGE_BYTES_MAX`].
    #[error("a change of {0} bytes is larger than {CHANGE_BYTES_MAX}")]
    TooLarge(usize),
    /// Something else than a raw change.
    #[error("not a raw change chunk")]
    NotRawChange,
    /// It ends too early, or goes on too long.
    #[error("the change's length does not agree with its bytes")]
    Length,
    /// A flipped bit, or worse.
    #[error("the change's checksum does not hold")]
    Checksum,
    /// A header value out of bounds.
    #[error("the change's {0} is out of bounds")]
    Bounds(&'static str),
    /// automerge cannot read its operations.
    #[error("the change's operations cannot be read")]
    Operations,
}

impl Chunk {
    /// Reads a chunk and proves its checksum.
    ///
    /// # Errors
    ///
    /// [`ChunkError`], saying what is unsound; nothing is allocated beyond the chunk itself.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, ChunkError> {
        if bytes.len() > CHANGE_BYTES_MAX {
            return Err(ChunkError::TooLarge(bytes.len()));
        }
        let rest = bytes.strip_prefix(&MAGIC).ok_or(ChunkError::NotRawChange)?;
        let (checksum, content) = rest.split_at_checked(4).ok_or(ChunkError::Length)?;
        if content.first() != Some(&RAW_CHANGE) {
            return Err(ChunkError::NotRawChange);
        }
        let hash: [u8; 32] = Sha256::digest(content).into();
        if !hash.starts_with(checksum) {
            return Err(ChunkError::Checksum);
        }
        let mut reader = Reader(content.get(1..).unwrap_or_default());
        let length = reader.unsigned()?;
        if usize::try_from(length) != Ok(reader.0.len()) {
            return Err(ChunkError::Length);
        }
        let (mut chunk, message_length) = read_header(&mut reader)?;
        ops::check(reader, message_length)?;
        chunk.hash = Hash(hash);
        chunk.bytes = bytes;
        Ok(chunk)
    }

    /// Takes the raw chunk out of an automerge change.
    ///
    /// # Errors
    ///
    /// [`ChunkError`] if the change does not keep our bounds.
    pub fn from_change(change: &Change) -> Result<Self, ChunkError> {
        Self::parse(change.raw_bytes().to_vec())
    }

    /// Reads the operations.
    ///
    /// # Errors
    ///
    /// [`ChunkError::Operations`] if automerge refuses them, [`ChunkError::Bounds`] if they count too far.
    pub fn to_change(&self) -> Result<Change, ChunkError> {
        let change = Change::from_bytes(self.bytes.clone()).map_err(|_| ChunkError::Operations)?;
        if change.max_op() > OP_COUNTER_MAX {
            return Err(ChunkError::Bounds("operation counter"));
        }
        Ok(change)
    }

    /// The bytes, as they travel and are stored.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives the bytes away.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Its hash.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The changes it was made upon.
    #[must_use]
    pub fn deps(&self) -> &[Hash] {
        &self.deps
    }

    /// Who wrote it, within this record.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// Its number among its actor's changes, from 1.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The counter of its first operation.
    #[must_use]
    pub fn start_op(&self) -> u64 {
        self.start_op
    }

    /// The time its author stated, in UTC seconds.
    #[must_use]
    pub fn time_s(&self) -> i64 {
        self.time_s
    }
}

/// The header, and the length of the message behind it.
fn read_header(reader: &mut Reader<'_>) -> Result<(Chunk, u64), ChunkError> {
    let count = reader.unsigned()?;
    if count > CHANGE_DEPS_MAX as u64 {
        return Err(ChunkError::Bounds("number of dependencies"));
    }
    let deps = (0..count)
        .map(|_| reader.array().map(Hash))
        .collect::<Result<Vec<_>, _>>()?;
    if reader.unsigned()? != 16 {
        return Err(ChunkError::Bounds("actor"));
    }
    let actor = Actor(reader.array()?);
    let seq = reader.unsigned()?;
    let start_op = reader.unsigned()?;
    let time_s = reader.signed()?;
    let message_length = reader.unsigned()?;
    if seq == 0 || seq > OP_COUNTER_MAX {
        return Err(ChunkError::Bounds("sequence number"));
    }
    if start_op == 0 || start_op > OP_COUNTER_MAX {
        return Err(ChunkError::Bounds("operation counter"));
    }
    if message_length > MESSAGE_BYTES_MAX {
        return Err(ChunkError::Bounds("message"));
    }
    let chunk = Chunk {
        bytes: Vec::new(),
        hash: Hash([0; 32]),
        deps,
        actor,
        seq,
        start_op,
        time_s,
    };
    Ok((chunk, message_length))
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn skip(&mut self, length: u64) -> Result<&'a [u8], ChunkError> {
        let length = usize::try_from(length).map_err(|_| ChunkError::Length)?;
        let (head, rest) = self.0.split_at_checked(length).ok_or(ChunkError::Length)?;
        self.0 = rest;
        Ok(head)
    }

    fn byte(&mut self) -> Result<u8, ChunkError> {
        let (first, rest) = self.0.split_first().ok_or(ChunkError::Length)?;
        self.0 = rest;
        Ok(*first)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ChunkError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(ChunkError::Length)?;
        self.0 = rest;
        Ok(*head)
    }

    fn unsigned(&mut self) -> Result<u64, ChunkError> {
        let mut value = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(ChunkError::Bounds("number"))
    }

    fn signed(&mut self) -> Result<i64, ChunkError> {
        let mut value = 0_i64;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let negative = byte & 0x40 != 0;
                return Ok(if negative && shift < 57 {
                    value | (-1_i64 << (shift + 7))
                } else {
                    value
                });
            }
        }
        Err(ChunkError::Bounds("number"))
    }
}

#[cfg(test)]
mod tests;
