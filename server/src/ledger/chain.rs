//! How entries lie in the ledger's file, each chained to the one before.
//!
//! ```text
//! length of the body, 4, big-endian ‖ first 4 bytes of its SHA-256 ‖ body ‖ Ed25519 signature, 64 ‖ end, 8
//! body = CBOR { 0: number, 1: hash of the entry before, 2: entry };  hash = SHA-256(body ‖ signature)
//! ```
//!
//! Each hash covers all entries before, so reading proves every hash and only the last signature.
//!
//! The end is written when the rest is on the disk for good, and nobody is told before the end is. So what has no end behind it was
//! never acknowledged, whichever of its sectors a power loss left unwritten; what has one was, and anything wrong with it is damage.

use minicbor::{Decode, Encode};
use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};

use super::LedgerError;
use super::entry::Entry;

/// The largest body.
const BODY_BYTES_MAX: usize = 1 << 20;
const HEAD_BYTES: usize = 8;
const SIGNATURE_BYTES: usize = 64;
/// The end of an entry. No text has these bytes, and none of them is zero.
pub(super) const END: [u8; END_BYTES] = *b"\xf5\xffDONE\xff\xf5";
const END_BYTES: usize = 8;
/// What is signed begins with this, so that no signature of the server's stands for anything else.
const PURPOSE: &[u8] = b"fieldwatch ledger entry\0";

/// The hash of an entry and, through the chain, of all before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct EntryHash(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

/// A place in the ledger: behind its last entry, or behind an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Mark {
    /// How many entries there are up to here.
    #[n(0)]
    pub number: u64,
    /// The hash of the last of them; all zeros before the first.
    #[n(1)]
    pub hash: EntryHash,
}

/// A whole ledger, proven.
#[derive(Debug)]
pub(super) struct Links {
    pub(super) entries: Vec<Entry>,
    /// One for each entry.
    pub(super) hashes: Vec<EntryHash>,
    pub(super) last: Mark,
    /// How many bytes they take; what follows was never finished.
    pub(super) length: u64,
}

#[derive(Encode)]
#[cbor(map)]
struct Body<'a> {
    #[n(0)]
    number: u64,
    #[n(1)]
    before: EntryHash,
    #[n(2)]
    entry: &'a Entry,
}

#[derive(Decode)]
#[cbor(map)]
struct ReadBody {
    #[n(0)]
    number: u64,
    #[n(1)]
    before: EntryHash,
    #[n(2)]
    entry: Entry,
}

/// The bytes of the next entry up to its end, and what the one after is chained to.
pub(super) fn next(
    mark: &Mark,
    entry: &Entry,
    key: &Ed25519KeyPair,
) -> Result<(Vec<u8>, Mark), LedgerError> {
    let number = mark.number + 1;
    let body = Body {
        number,
        before: mark.hash,
        entry,
    };
    let body = minicbor::to_vec(&body).map_err(|_| LedgerError::Unwritable)?;
    let length = u32::try_from(body.len()).map_err(|_| LedgerError::Unwritable)?;
    if body.len() > BODY_BYTES_MAX {
        return Err(LedgerError::Unwritable);
    }
    let signature = key.sign(&signed(&body));
    let hash = hash_of(&body, signature.as_ref());
    let mut bytes = Vec::with_capacity(HEAD_BYTES + body.len() + SIGNATURE_BYTES);
    bytes.extend(length.to_be_bytes());
    bytes.extend(check_of(length));
    bytes.extend(&body);
    bytes.extend(signature.as_ref());
    Ok((bytes, Mark { number, hash }))
}

impl Links {
    /// Reads and proves a ledger; `public_key` is the server's.
    pub(super) fn read(bytes: &[u8], public_key: &[u8]) -> Result<Self, LedgerError> {
        let mut marks = Self {
            entries: Vec::new(),
            hashes: Vec::new(),
            last: Mark::default(),
            length: 0,
        };
        let (mut rest, mut last) = (bytes, None);
        while let Some((body, signature, after)) = marks.split(rest)? {
            if let Err(error) = marks.take(body, signature) {
                // It may be right, and the one before it wrong.
                proven(last, marks.last.number, public_key)?;
                return Err(error);
            }
            marks.length += (rest.len() - after.len()) as u64;
            last = Some((body, signature));
            rest = after;
        }
        proven(last, marks.last.number, public_key)?;
        Ok(marks)
    }

    /// The next body and signature, and what follows them; `None` where nothing follows that was ever acknowledged.
    fn split<'a>(&self, rest: &'a [u8]) -> Result<Option<Parts<'a>>, LedgerError> {
        let read = parts(rest);
        if let Some((body, signature, tail)) = read
            && let Some(after) = tail.strip_prefix(&END)
        {
            return Ok(Some((body, signature, after)));
        }
        if rest.windows(END_BYTES).any(|bytes| bytes == END) {
            return Err(
                self.damaged("something is wrong with it, and its end or a later one is there")
            );
        }
        let (_, _, tail) = read.unwrap_or_default();
        let ends = END.iter().chain(std::iter::repeat(&0));
        let could_be_unwritten = |(byte, end): (&u8, &u8)| *byte == 0 || byte == end;
        match tail.iter().zip(ends).all(could_be_unwritten) {
            true => Ok(None),
            false => Err(self.damaged("its end does not hold")),
        }
    }

    fn take(&mut self, body: &[u8], signature: &[u8]) -> Result<(), LedgerError> {
        let read: ReadBody =
            minicbor::decode(body).map_err(|_| self.damaged("it cannot be read"))?;
        if read.number != self.last.number + 1 || read.before != self.last.hash {
            return Err(self.damaged("it does not follow the one before"));
        }
        self.last = Mark {
            number: read.number,
            hash: hash_of(body, signature),
        };
        self.entries.push(read.entry);
        self.hashes.push(self.last.hash);
        Ok(())
    }

    fn damaged(&self, what: &'static str) -> LedgerError {
        let number = self.last.number + 1;
        LedgerError::Damaged { number, what }
    }
}

/// Proves the signature of an entry, if there is one.
fn proven(
    entry: Option<(&[u8], &[u8])>,
    number: u64,
    public_key: &[u8],
) -> Result<(), LedgerError> {
    let Some((body, signature)) = entry else {
        return Ok(());
    };
    let key = UnparsedPublicKey::new(&ED25519, public_key);
    let what = "its signature does not hold";
    let proven = key.verify(&signed(body), signature);
    proven.map_err(|_| LedgerError::Damaged { number, what })
}

/// A body, its signature, and what follows them.
type Parts<'a> = (&'a [u8], &'a [u8], &'a [u8]);

/// The parts of what begins with an entry, if its length holds and all of it is there.
fn parts(rest: &[u8]) -> Option<Parts<'_>> {
    let (head, tail) = rest.split_at_checked(HEAD_BYTES)?;
    let (length, check) = head.split_at_checked(4)?;
    let length = length.first_chunk().copied().map(u32::from_be_bytes)?;
    let length = Some(length).filter(|length| check_of(*length) == check)?;
    let length = usize::try_from(length).ok()?;
    let (body, tail) = tail.split_at_checked(length)?;
    let (signature, after) = tail.split_at_checked(SIGNATURE_BYTES)?;
    (length <= BODY_BYTES_MAX).then_some((body, signature, after))
}

fn signed(body: &[u8]) -> Vec<u8> {
    [PURPOSE, body].concat()
}

fn hash_of(body: &[u8], signature: &[u8]) -> EntryHash {
    let hash = Sha256::new().chain_update(body).chain_update(signature);
    EntryHash(hash.finalize().into())
}

fn check_of(length: u32) -> [u8; 4] {
    let hash: [u8; 32] = Sha256::digest(length.to_be_bytes()).into();
    hash.first_chunk().copied().unwrap_or_default()
}
