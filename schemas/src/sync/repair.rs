//! Repair: finding where a device and the server differ in one feed, without sending what both hold.
//!
//! ```text
//! device                                                server
//!   | -- sums of 256 buckets (2 KB) ----------------------> |
//!   | <- Differs: position, the buckets that differ         |   all of one position
//!   | -- lists of some of those buckets: record, digest --> |
//!   | <- Record     whole: the device lacks it              |
//!   | <- Stands     its heads here: they differ             |
//!   | <- Left, Erased                                       |
//!   | <- Unknown    offer it again, with what was vouched   |
//!   | <- Settled    all of these buckets has been said      |
//! ```
//!
//! When every bucket has been settled, the feed stands at the position of the sums and is pulled from there as always: what moved
//! meanwhile lies behind it. Whatever is cut only repeats work. A record's bucket is the first byte of SHA-256 of its id; in sums and
//! lists a record counts by the first eight bytes of its [`Digest`].

use std::collections::{BTreeMap, BTreeSet};

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use super::vouch::Mac;
use crate::digest::Digest;
use crate::id::{Actor, Hash, RecordId};
use crate::limits::REPAIR_LISTS_MAX;

/// How many buckets a feed has.
const BUCKETS: usize = 256;
const SUM_BYTES: usize = 8;
/// What a record takes in a list.
pub const LINE_BYTES: usize = 16 + SUM_BYTES;

/// A device asks about a feed of the same request. While it does, the feed is not pulled.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RepairAsk {
    /// The feed, by its place in the request.
    #[n(0)]
    pub feed: u8,
    /// What about it.
    #[n(1)]
    pub asked: Asked,
}

/// What a device asks about a feed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Asked {
    /// Which buckets differ.
    #[n(0)]
    Sums(#[n(0)] Sums),
    /// What differs in these.
    #[n(1)]
    Lists(#[cbor(n(0), decode_with = "some_lists")] Vec<BucketList>),
}

/// Reads no more lists than there are buckets: an empty one takes three bytes, and much more in memory.
fn some_lists<Ctx>(
    decoder: &mut minicbor::Decoder<'_>,
    context: &mut Ctx,
) -> Result<Vec<BucketList>, minicbor::decode::Error> {
    let mut lists = Vec::new();
    for list in decoder.array_iter_with::<_, BucketList>(context)? {
        if lists.len() == REPAIR_LISTS_MAX {
            return Err(minicbor::decode::Error::message("more lists than buckets"));
        }
        lists.push(list?);
    }
    Ok(lists)
}

/// What a reply says about a feed in repair, beside records that come, left, or are erased.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum RepairItem {
    /// The answer to sums.
    #[n(0)]
    Differs(#[n(0)] Differs),
    /// The server has other heads of a record that is in the feed.
    #[n(1)]
    Stands(#[n(0)] Stands),
    /// The server does not have what the device says it has: it must be offered again.
    #[n(2)]
    Unknown(#[n(0)] Unknown),
    /// Everything about these buckets has been said.
    #[n(3)]
    Settled(#[n(0)] Settled),
}

/// Which buckets differ.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Differs {
    /// The feed, by its place in the request.
    #[n(0)]
    pub feed: u8,
    /// The log's position at which the sums were compared: where the feed stands when all of these are settled.
    #[n(1)]
    pub position: u64,
    /// The buckets, ascending.
    #[n(2)]
    pub buckets: ByteVec,
}

/// What the server has of a record, by its heads.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Stands {
    /// The feed, by its place in the request.
    #[n(0)]
    pub feed: u8,
    /// The record.
    #[n(1)]
    pub record: RecordId,
    /// Its heads.
    #[n(2)]
    pub heads: Vec<Hash>,
    /// The server's mark that it has them.
    #[n(3)]
    pub mac: Option<Mac>,
    /// The reader's own actor that the mark covers.
    #[n(4)]
    pub actor: Option<Actor>,
}

/// A record that must be offered again.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Unknown {
    /// The feed, by its place in the request.
    #[n(0)]
    pub feed: u8,
    /// The record.
    #[n(1)]
    pub record: RecordId,
}

/// Buckets that are done with.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Settled {
    /// The feed, by its place in the request.
    #[n(0)]
    pub feed: u8,
    /// The buckets.
    #[n(1)]
    pub buckets: ByteVec,
}

/// One record of a feed, as it counts here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// The record.
    pub record: RecordId,
    /// Its digest's first bytes.
    pub short: u64,
}

/// The sums of a feed's buckets, each 8 bytes, little-endian.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Sums(#[n(0)] ByteVec);

/// What a device has in one bucket.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BucketList {
    /// Which.
    #[n(0)]
    pub bucket: u8,
    /// Its records, 16 bytes each and 8 of their digest, little-endian.
    #[n(1)]
    lines: ByteVec,
}

/// Where one bucket differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// Only the server has it in the feed.
    Lacking(RecordId),
    /// Both have it in the feed, with other heads.
    Differing(RecordId),
    /// Only the device has it in the feed.
    Foreign(Line),
}

/// The bucket of a record.
#[must_use]
pub fn bucket(record: RecordId) -> u8 {
    let hash: [u8; 32] = Sha256::digest(record.bytes()).into();
    let [first, ..] = hash;
    first
}

impl Line {
    /// A record that adds this to its feed's digest.
    #[must_use]
    pub fn new(record: RecordId, digest: Digest) -> Self {
        let short = digest.short();
        Self { record, short }
    }
}

impl Sums {
    /// The sums of a feed that holds these records.
    pub fn of(lines: impl IntoIterator<Item = Line>) -> Self {
        let mut sums = [0_u64; BUCKETS];
        for line in lines {
            if let Some(sum) = sums.get_mut(usize::from(bucket(line.record))) {
                *sum = sum.wrapping_add(line.short);
            }
        }
        let bytes: Vec<u8> = sums.iter().flat_map(|sum| sum.to_le_bytes()).collect();
        Self(bytes.into())
    }

    /// The buckets, ascending, in which two feeds differ; what is no list of sums differs in all.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<u8> {
        let sum = |sums: &Self, bucket: u8| {
            let start = usize::from(bucket) * SUM_BYTES;
            let bytes = sums.0.get(start..start + SUM_BYTES);
            bytes.map(<[u8]>::to_vec)
        };
        let differs = |bucket: &u8| match (sum(self, *bucket), sum(other, *bucket)) {
            (Some(ours), Some(theirs)) => ours != theirs,
            _ => true,
        };
        (0..=u8::MAX).filter(differs).collect()
    }
}

impl BucketList {
    /// The list of a bucket.
    #[must_use]
    pub fn new(bucket: u8, lines: &[Line]) -> Self {
        let mut bytes = Vec::with_capacity(lines.len() * LINE_BYTES);
        for line in lines {
            bytes.extend(line.record.bytes());
            bytes.extend(line.short.to_le_bytes());
        }
        let lines = bytes.into();
        Self { bucket, lines }
    }

    /// How many bytes its records take.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.lines.len()
    }

    /// Its records; what is cut at the end is none.
    pub fn lines(&self) -> impl Iterator<Item = Line> {
        self.lines.chunks_exact(LINE_BYTES).filter_map(|line| {
            let (record, short) = line.split_first_chunk::<16>()?;
            let short = u64::from_le_bytes(short.try_into().ok()?);
            let record = RecordId(*record);
            Some(Line { record, short })
        })
    }

    /// The server's half: where the device's list differs from what the feed has in the same bucket.
    #[must_use]
    pub fn findings(&self, ours: &[Line]) -> Vec<Finding> {
        let mut ours: BTreeMap<RecordId, u64> = ours
            .iter()
            .filter(|line| bucket(line.record) == self.bucket)
            .map(|line| (line.record, line.short))
            .collect();
        let mut findings = Vec::new();
        for line in self.lines() {
            match ours.remove(&line.record) {
                None => findings.push(Finding::Foreign(line)),
                Some(short) if short != line.short => {
                    findings.push(Finding::Differing(line.record));
                }
                Some(_) => {}
            }
        }
        findings.extend(ours.into_keys().map(Finding::Lacking));
        findings
    }
}

/// The server's half of a whole question: per bucket, in the order of the lists, where it differs. A bucket is looked at once, however
/// often it is listed: what an answer takes follows from the feed and the lists together, not from one times the other.
#[must_use]
pub fn findings(
    lists: &[BucketList],
    ours: impl IntoIterator<Item = Line>,
) -> Vec<(u8, Vec<Finding>)> {
    let mut by_bucket = by_bucket(ours);
    let mut seen = BTreeSet::new();
    let once = lists.iter().filter(|list| seen.insert(list.bucket));
    let found = once.map(|list| {
        let ours = by_bucket.remove(&list.bucket).unwrap_or_default();
        (list.bucket, list.findings(&ours))
    });
    found.collect()
}

fn by_bucket(lines: impl IntoIterator<Item = Line>) -> BTreeMap<u8, Vec<Line>> {
    let mut buckets: BTreeMap<u8, Vec<Line>> = BTreeMap::new();
    for line in lines {
        buckets.entry(bucket(line.record)).or_default().push(line);
    }
    buckets
}

/// The device's half: of its records the lists of these buckets, as many as fit into so many bytes, and one at least.
#[must_use]
pub fn lists(
    lines: &[Line],
    buckets: impl IntoIterator<Item = u8>,
    bytes_max: usize,
) -> Vec<BucketList> {
    let mut by_bucket = by_bucket(lines.iter().copied());
    let (mut lists, mut size_bytes) = (Vec::new(), 0);
    for bucket in buckets {
        let list = BucketList::new(bucket, &by_bucket.remove(&bucket).unwrap_or_default());
        size_bytes += list.size_bytes();
        if size_bytes > bytes_max && !lists.is_empty() {
            break;
        }
        lists.push(list);
    }
    lists
}

#[cfg(test)]
mod tests;
