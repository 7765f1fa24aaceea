//! Receipts: the server's signed word that what a device brought was durable at this time.
//!
//! One signature covers everything that one request brought and the server has: it signs a [`Statement`] with the root of a
//! [`tree`] over the records. A device keeps one [`Receipt`] per record, which proves its own record and shows nothing of the others:
//! each leaf is salted, so that a neighbour's hash on the path cannot be guessed at.
//!
//! The heads in a receipt are those of the device's own changes, as it pushed them: what others wrote meanwhile is not in it. Who signs
//! and who verifies bring their own Ed25519; the bytes and the rules are here.

pub mod tree;

use std::collections::{BTreeMap, BTreeSet};

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use self::tree::{Node, Tree};
use super::push::Pushed;
use crate::chunk::Chunk;
use crate::id::{DeviceId, Hash, LogId, RecordId};

/// The version of receipts made here.
pub const VERSION: u8 = 1;

/// Stands before the statement in what is signed: the key signs nothing else that begins like this.
const DOMAIN: &[u8] = b"fieldwatch receipt\0";

/// What the server signs.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Statement {
    /// [`VERSION`].
    #[n(0)]
    pub version: u8,
    /// The server's name.
    #[n(1)]
    pub server: String,
    /// The log that the position belongs to.
    #[n(2)]
    pub log: LogId,
    /// The device that brought it.
    #[n(3)]
    pub device: DeviceId,
    /// Up to where the log was durable then.
    #[n(4)]
    pub position: u64,
    /// The server's clock, in UTC milliseconds.
    #[n(5)]
    pub at_ms: i64,
    /// How many records it covers.
    #[n(6)]
    pub records: u32,
    /// The root of the tree over them.
    #[n(7)]
    pub root: Node,
}

/// A signed statement on its way to the device that rebuilds the tree from what it pushed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SignedReceipt {
    /// The [`Statement`], as it was signed.
    #[n(0)]
    pub statement: ByteVec,
    /// Ed25519 over [`signed_bytes`] of it.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub signature: [u8; 64],
    /// What the salts of the leaves follow from; never handed on.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub seed: [u8; 32],
}

/// The receipt of one record: all that is needed to prove it, but for whose key it is.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Receipt {
    /// The [`Statement`], as it was signed.
    #[n(0)]
    pub statement: ByteVec,
    /// The signature.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub signature: [u8; 64],
    /// The key it is said to be by.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub key: [u8; 32],
    /// The record.
    #[n(3)]
    pub record: RecordId,
    /// The heads of what the device brought of it, sorted.
    #[n(4)]
    pub heads: Vec<Hash>,
    /// The salt of its leaf.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub salt: [u8; 16],
    /// Its place among the leaves.
    #[n(6)]
    pub index: u32,
    /// The way to the root.
    #[n(7)]
    pub path: Vec<Node>,
}

/// Why a receipt does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The bytes are no receipt.
    #[error("these bytes are not a receipt")]
    Unreadable,
    /// It was made by a version that is not known here.
    #[error("the receipt needs a newer version of this program")]
    Version,
    /// The record and its heads are not among those that were signed for.
    #[error("the record and its heads are not what was signed")]
    Tree,
    /// The signature is not the key's over this statement.
    #[error("the signature does not hold")]
    Signature,
}

/// Whether a signature over a message is a key's: `(key, message, signature)`.
pub type Verifies<'a> = dyn Fn(&[u8; 32], &[u8], &[u8; 64]) -> bool + 'a;

/// The bytes that are signed for a statement.
#[must_use]
pub fn signed_bytes(statement: &[u8]) -> Vec<u8> {
    [DOMAIN, statement].concat()
}

/// Of each record that a request brings: its changes, and what each was made upon.
#[derive(Debug, Clone, Default)]
pub struct Brought(BTreeMap<RecordId, BTreeMap<Hash, Vec<Hash>>>);

impl Brought {
    /// Reads what an outbox brings; changes that cannot be read are no part of it.
    #[must_use]
    pub fn of(outbox: &[Pushed]) -> Self {
        let mut brought = Self::default();
        for pushed in outbox {
            let changes = brought.0.entry(pushed.record).or_default();
            let chunks = pushed.changes.iter();
            let chunks = chunks.filter_map(|bytes| Chunk::parse(bytes.to_vec()).ok());
            changes.extend(chunks.map(|chunk| (chunk.hash(), chunk.deps().to_vec())));
        }
        brought
    }

    /// The heads of those changes of a record that are durable, sorted; none if none are.
    #[must_use]
    pub fn heads(&self, record: RecordId, durable: &[Hash]) -> Vec<Hash> {
        let Some(changes) = self.0.get(&record) else {
            return Vec::new();
        };
        let durable: BTreeSet<&Hash> = durable.iter().collect();
        let kept = || changes.iter().filter(|(hash, _)| durable.contains(hash));
        let below: BTreeSet<&Hash> = kept().flat_map(|(_, deps)| deps).collect();
        kept()
            .map(|(hash, _)| *hash)
            .filter(|hash| !below.contains(hash))
            .collect()
    }
}

/// The records of a receipt and their heads, in the order of their ids.
pub type Covered = BTreeMap<RecordId, Vec<Hash>>;

/// The tree over the records of a receipt; `None` over none.
#[must_use]
pub fn tree_over(covered: &Covered, seed: &[u8; 32]) -> Option<Tree> {
    let leaves = covered.iter().map(|(record, heads)| {
        let salt = salt(seed, *record);
        leaf(&salt, *record, heads)
    });
    Tree::over(leaves.collect())
}

fn leaf(salt: &[u8; 16], record: RecordId, heads: &[Hash]) -> Node {
    let mut parts: Vec<&[u8]> = vec![salt, record.bytes()];
    parts.extend(heads.iter().map(|head| &head.0[..]));
    tree::leaf(&parts)
}

/// Sixteen bytes that nobody without the seed can tell.
fn salt(seed: &[u8; 32], record: RecordId) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(seed);
    hash.update(record.bytes());
    let digest: [u8; 32] = hash.finalize().into();
    digest.first_chunk().copied().unwrap_or_default()
}

impl Statement {
    /// Reads a statement.
    ///
    /// # Errors
    ///
    /// [`ReceiptError::Unreadable`] for bytes that no server wrote so, [`ReceiptError::Version`].
    pub fn read(bytes: &[u8]) -> Result<Self, ReceiptError> {
        let statement: Self = minicbor::decode(bytes).map_err(|_| ReceiptError::Unreadable)?;
        if statement.version != VERSION {
            return Err(ReceiptError::Version);
        }
        let written = minicbor::to_vec(&statement).unwrap_or_default();
        let is_canonical = written == bytes;
        is_canonical
            .then_some(statement)
            .ok_or(ReceiptError::Unreadable)
    }
}

impl SignedReceipt {
    /// The receipts of the records that the device knows it covers; `key` is the one that the device knows the server by.
    ///
    /// # Errors
    ///
    /// [`ReceiptError`] if the statement is about anything else, or the signature is not the key's.
    pub fn receipts(
        &self,
        key: [u8; 32],
        covered: &Covered,
        verifies: &Verifies<'_>,
    ) -> Result<(Statement, Vec<Receipt>), ReceiptError> {
        let statement = Statement::read(&self.statement)?;
        let tree = tree_over(covered, &self.seed).ok_or(ReceiptError::Tree)?;
        let fits = u32::try_from(covered.len()) == Ok(statement.records);
        if !fits || tree.root() != Some(statement.root) {
            return Err(ReceiptError::Tree);
        }
        if !verifies(&key, &signed_bytes(&self.statement), &self.signature) {
            return Err(ReceiptError::Signature);
        }
        let one = |(index, (record, heads)): (u32, (&RecordId, &Vec<Hash>))| Receipt {
            statement: self.statement.clone(),
            signature: self.signature,
            key,
            record: *record,
            heads: heads.clone(),
            salt: salt(&self.seed, *record),
            index,
            path: tree.path(index as usize),
        };
        Ok((statement, (0..).zip(covered).map(one).collect()))
    }
}

impl Receipt {
    /// Reads a receipt.
    ///
    /// # Errors
    ///
    /// [`ReceiptError::Unreadable`]. Nothing is proved yet.
    pub fn read(bytes: &[u8]) -> Result<Self, ReceiptError> {
        minicbor::decode(bytes).map_err(|_| ReceiptError::Unreadable)
    }

    /// The receipt as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// Proves that the holder of `key` signed for this record with these heads, and returns what else was signed.
    ///
    /// # Errors
    ///
    /// [`ReceiptError`] if anything in it is not as it was signed.
    pub fn verify(&self, verifies: &Verifies<'_>) -> Result<Statement, ReceiptError> {
        let statement = Statement::read(&self.statement)?;
        if !verifies(&self.key, &signed_bytes(&self.statement), &self.signature) {
            return Err(ReceiptError::Signature);
        }
        let leaf = leaf(&self.salt, self.record, &self.heads);
        let root = tree::root_of(leaf, self.index, statement.records, &self.path);
        match root == Some(statement.root) {
            true => Ok(statement),
            false => Err(ReceiptError::Tree),
        }
    }
}

#[cfg(test)]
mod tests;
