//! A record on its way to a device, without what its reader can tell by itself.
//!
//! Of a chunk: magic, checksum, type and length follow from the rest, and a dependency on a change before it in the same item is its
//! distance. Heads that are the leaves of the item's changes are left out, and a time is told as what has passed since the last one's.
//! Hashes are the bytes that no compressor makes smaller, and most of what short records take. Nothing is lost: what is read is byte for
//! byte what was written, and proved by hash and checksum as ever.
//!
//! ```text
//! chunk = 0 ‖ the chunk as it is  /  1 ‖ number of dependencies ‖ each: distance, or 0 ‖ hash ‖ what follows the dependencies
//! ```

use std::collections::BTreeSet;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Decoder, Encode, Encoder};
use sha2::{Digest as _, Sha256};

use super::pull::{AuthorLabel, ChangeItem, RecordItem};
use super::vouch::Mac;
use crate::id::{Actor, Hash, RecordId};
use crate::limits::{CHANGE_DEPS_MAX, ITEM_BYTES_MAX};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const RAW_CHANGE: u8 = 1;
const VERBATIM: u8 = 0;
const SLIM: u8 = 1;
/// Why an item cannot be read.
const BROKEN: &str = "a change that cannot be put together";

/// A [`RecordItem`] as it travels.
#[derive(Debug, Encode, Decode)]
#[cbor(map)]
struct Travelling {
    #[n(0)]
    feed: u8,
    #[n(1)]
    record: RecordId,
    #[n(2)]
    kind: String,
    #[n(3)]
    position: u64,
    #[n(4)]
    is_whole: bool,
    #[n(5)]
    changes: Vec<ChangeItem>,
    #[n(6)]
    heads: Option<Vec<Hash>>,
    #[n(7)]
    authors: Vec<AuthorLabel>,
    #[n(8)]
    mac: Option<Mac>,
    #[n(9)]
    actor: Option<Actor>,
}

impl<Ctx> Encode<Ctx> for RecordItem {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut Encoder<W>,
        context: &mut Ctx,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        let mut told = Told::default();
        let changes = self.changes.iter().map(|change| told.shorten(change));
        let travelling = Travelling {
            feed: self.feed,
            record: self.record,
            kind: self.kind.clone(),
            position: self.position,
            is_whole: self.is_whole,
            changes: changes.collect(),
            heads: (told.leaves() != self.heads).then(|| self.heads.clone()),
            authors: self.authors.clone(),
            mac: self.mac,
            actor: self.actor,
        };
        travelling.encode(encoder, context)
    }
}

impl<'b, Ctx> Decode<'b, Ctx> for RecordItem {
    fn decode(
        decoder: &mut Decoder<'b>,
        context: &mut Ctx,
    ) -> Result<Self, minicbor::decode::Error> {
        let came = Travelling::decode(decoder, context)?;
        let mut told = Told::default();
        let changes = came.changes.into_iter().map(|change| {
            let restored = told.restore(change);
            restored.ok_or_else(|| minicbor::decode::Error::message(BROKEN))
        });
        Ok(Self {
            feed: came.feed,
            record: came.record,
            kind: came.kind,
            position: came.position,
            is_whole: came.is_whole,
            changes: changes.collect::<Result<_, _>>()?,
            heads: came.heads.unwrap_or_else(|| told.leaves()),
            authors: came.authors,
            mac: came.mac,
            actor: came.actor,
        })
    }
}

/// What the item has told so far.
#[derive(Debug, Default)]
struct Told {
    hashes: Vec<Hash>,
    below: BTreeSet<Hash>,
    received_ms: i64,
    size_bytes: usize,
}

impl Told {
    fn shorten(&mut self, change: &ChangeItem) -> ChangeItem {
        let since_ms = change.received_ms.wrapping_sub(self.received_ms);
        self.received_ms = change.received_ms;
        let chunk = change.chunk.as_ref().map(|chunk| self.shortened(chunk));
        self.hashes.extend(change.known);
        ChangeItem {
            chunk: chunk.map(ByteVec::from),
            known: change.known,
            received_ms: since_ms,
        }
    }

    fn shortened(&mut self, bytes: &[u8]) -> Vec<u8> {
        let Some(parts) = Parts::of(bytes) else {
            self.hashes.push(hash_of(bytes));
            return [&[VERBATIM], bytes].concat();
        };
        let mut slim = vec![SLIM];
        put_unsigned(&mut slim, parts.deps.len());
        for dep in &parts.deps {
            let back = self.hashes.iter().rev().position(|hash| hash == dep);
            put_unsigned(&mut slim, back.map_or(0, |back| back + 1));
            if back.is_none() {
                slim.extend(dep.0);
            }
        }
        slim.extend(parts.rest);
        self.below.extend(parts.deps);
        self.hashes.push(parts.hash);
        slim
    }

    fn restore(&mut self, change: ChangeItem) -> Option<ChangeItem> {
        self.received_ms = self.received_ms.wrapping_add(change.received_ms);
        let chunk = match change.chunk {
            Some(slim) => Some(self.restored(&slim)?.into()),
            None => None,
        };
        self.hashes.extend(change.known);
        Some(ChangeItem {
            chunk,
            known: change.known,
            received_ms: self.received_ms,
        })
    }

    fn restored(&mut self, slim: &[u8]) -> Option<Vec<u8>> {
        let (how, mut rest) = slim.split_first()?;
        let bytes = match *how {
            VERBATIM => rest.to_vec(),
            SLIM => {
                let count = take_unsigned(&mut rest)?;
                if count > CHANGE_DEPS_MAX {
                    return None;
                }
                let deps = (0..count).map(|_| self.dep(&mut rest));
                let deps = deps.collect::<Option<Vec<Hash>>>()?;
                whole(&deps, rest)
            }
            _ => return None,
        };
        // A distance is a byte, and what it stands for thirty-two: what little can become has an end.
        self.size_bytes += bytes.len();
        if self.size_bytes > ITEM_BYTES_MAX {
            return None;
        }
        if let Some(parts) = Parts::of(&bytes) {
            self.below.extend(parts.deps);
        }
        self.hashes.push(hash_of(&bytes));
        Some(bytes)
    }

    fn dep(&self, rest: &mut &[u8]) -> Option<Hash> {
        let back = take_unsigned(rest)?;
        if back > 0 {
            let place = self.hashes.len().checked_sub(back)?;
            return self.hashes.get(place).copied();
        }
        let (hash, behind) = rest.split_first_chunk()?;
        *rest = behind;
        Some(Hash(*hash))
    }

    /// The changes upon which no other of the item was made, sorted.
    fn leaves(&self) -> Vec<Hash> {
        let leaves = self.hashes.iter().filter(|hash| !self.below.contains(hash));
        let leaves: BTreeSet<Hash> = leaves.copied().collect();
        leaves.into_iter().collect()
    }
}

/// A chunk that can be put together again from its dependencies and what follows them.
struct Parts<'a> {
    hash: Hash,
    deps: Vec<Hash>,
    rest: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let (checksum, content) = bytes.strip_prefix(&MAGIC)?.split_at_checked(4)?;
        let mut body = content.strip_prefix(&[RAW_CHANGE])?;
        let length = take_unsigned(&mut body)?;
        let mut rest = body;
        let count = take_unsigned(&mut rest)?;
        if length != body.len() || count > CHANGE_DEPS_MAX {
            return None;
        }
        let mut deps = Vec::with_capacity(count);
        for _ in 0..count {
            let (hash, behind) = rest.split_first_chunk()?;
            deps.push(Hash(*hash));
            rest = behind;
        }
        let hash = hash_of(bytes);
        hash.0
            .starts_with(checksum)
            .then_some(Self { hash, deps, rest })
    }
}

fn whole(deps: &[Hash], rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(2 + deps.len() * 32 + rest.len());
    put_unsigned(&mut body, deps.len());
    body.extend(deps.iter().flat_map(|dep| dep.0));
    body.extend(rest);
    let mut content = vec![RAW_CHANGE];
    put_unsigned(&mut content, body.len());
    content.extend(body);
    let hash: [u8; 32] = Sha256::digest(&content).into();
    let checksum: [u8; 4] = hash.first_chunk().copied().unwrap_or_default();
    [&MAGIC[..], &checksum, &content].concat()
}

fn hash_of(bytes: &[u8]) -> Hash {
    let content = bytes.get(8..).unwrap_or_default();
    Hash(Sha256::digest(content).into())
}

/// Unsigned LEB128.
fn put_unsigned(to: &mut Vec<u8>, number: usize) {
    let mut left = number;
    loop {
        let [low, ..] = left.to_le_bytes();
        left >>= 7;
        if left == 0 {
            to.push(low & 0x7f);
            return;
        }
        to.push(low | 0x80);
    }
}

/// Reads what [`put_unsigned`] writes, and nothing that it would write otherwise.
fn take_unsigned(from: &mut &[u8]) -> Option<usize> {
    let mut number = 0_usize;
    for shift in [0, 7, 14, 21, 28] {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            let is_shortest = *byte != 0 || shift == 0;
            return is_shortest.then_some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests;
