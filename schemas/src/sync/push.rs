//! Pushing: what a device brings, and what the server makes of it.
//!
//! The unit is all unsent changes of one record, split into segments where their author changes. Server half: [`judge`], the whole of
//! acceptance as a pure function: bytes, meaning, policy, feeds. It never touches a store, so the simulator runs the same code. A
//! refusal concerns one segment of one record, and what depends on it; the others go on.

pub mod people;
mod policy;
mod refusal;
mod segment;
mod transfer;

use std::borrow::Cow;
use std::collections::BTreeSet;

use minicbor::bytes::{ByteSlice, ByteVec};
use minicbor::{Decode, Encode};

pub use refusal::Refusal;

use self::segment::{Bench, Said};
use super::vouch::Vouched;
use crate::checklist::published::Checklists;
use crate::chunk::Chunk;
use crate::feed::{Feed, Grant, Standing, feeds_of};
use crate::id::{Actor, DeviceId, Hash, PersonId, RecordId};
use crate::kind::Kind;
use crate::limits::{CHANGE_BYTES_MIN, PUSH_CHANGES_MAX, RECORD_BYTES_MAX, RECORD_CHANGES_MAX};
use crate::problem::ProblemKind;
use crate::record::check::check_whole;
use crate::record::view::View;
use crate::record::{Document, frozen};

/// The unsent changes of one record.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Pushed {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// The kind, by name: an unknown one is refused by itself.
    #[n(1)]
    pub kind: String,
    /// Raw chunks in causal order, the frozen one left out; where they are only a part of what `vouched` covers, from the heads down. Of
    /// too many only so many are read that they can be refused.
    #[cbor(n(2), decode_with = "some_changes")]
    pub changes: Vec<ByteVec>,
    /// What the server once said it had of the record, where it may have lost it since.
    #[n(3)]
    pub vouched: Option<Vouched>,
}

/// Reads one change more than may be, and passes over the rest; so too behind one that is too short to be one: an empty one takes a
/// byte, and much more in memory.
fn some_changes<Ctx>(
    decoder: &mut minicbor::Decoder<'_>,
    _: &mut Ctx,
) -> Result<Vec<ByteVec>, minicbor::decode::Error> {
    let (mut changes, mut is_over) = (Vec::new(), false);
    for bytes in decoder.array_iter::<&ByteSlice>()? {
        let bytes = bytes?;
        if !is_over && changes.len() <= RECORD_CHANGES_MAX {
            changes.push(bytes.to_vec().into());
        }
        is_over |= bytes.len() < CHANGE_BYTES_MIN;
    }
    Ok(changes)
}

/// What became of a pushed record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Verdict {
    /// Durable now.
    #[n(0)]
    Stored,
    /// Durable before.
    #[n(1)]
    Duplicate,
    /// The server lacks changes that these depend on: send the whole record.
    #[n(2)]
    Missing,
    /// Refused; of it only what is named durable was taken.
    #[n(3)]
    Refused,
    /// Of vouched changes: kept unseen until the rest has come. What is lacking next is named missing ([`super::heal`]).
    #[n(4)]
    Kept,
}

/// The answer to one pushed record; sent only after what it says is durable.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Outcome {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// What became of it.
    #[n(1)]
    pub verdict: Verdict,
    /// Of the changes pushed, those that are durable on the server now.
    #[n(2)]
    pub durable: Vec<Hash>,
    /// For `missing` and `kept`: what the server lacks.
    #[n(3)]
    pub missing: Vec<Hash>,
    /// For `refused`: the kind of problem, by name.
    #[n(4)]
    pub problem: Option<String>,
    /// For `refused`: why, in words.
    #[n(5)]
    pub words: Option<String>,
    /// For `refused`, where only some segments were: which changes, and why. Absent: all that are not durable.
    #[n(6)]
    pub refused: Option<Vec<RefusedSegment>>,
}

/// Changes of one author that were refused together.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RefusedSegment {
    /// Which changes.
    #[n(0)]
    pub changes: Vec<Hash>,
    /// The kind of problem, by name.
    #[n(1)]
    pub problem: String,
    /// Why, in words.
    #[n(2)]
    pub words: String,
}

/// Who pushes.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The device.
    pub device: DeviceId,
    /// The person, their role and place.
    pub standing: &'a Standing,
    /// What they may read and write.
    pub grants: &'a [Grant],
    /// Whether they are asked what they may do.
    pub policy: Policy,
}

/// Whether what a person may do decides about their changes. Bytes and meaning are judged always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// It does.
    Judged,
    /// Somebody who may has decided already.
    Waived,
}

/// Who wrote a record with one actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Writer {
    /// The actor.
    #[n(0)]
    pub actor: Actor,
    /// The device it was bound to at first acceptance.
    #[n(1)]
    pub device: DeviceId,
    /// The person whose device it was.
    #[n(2)]
    pub person: PersonId,
    /// The number of its last change.
    #[n(3)]
    pub seq: u64,
}

impl Writer {
    /// An actor of which nobody knows whose it is: what it wrote came back without who wrote it.
    #[must_use]
    pub const fn nobodys(actor: Actor) -> Self {
        Self {
            actor,
            device: DeviceId([0; 16]),
            person: PersonId([0; 16]),
            seq: 0,
        }
    }

    /// Whether nobody knows whose it is.
    #[must_use]
    pub fn is_nobodys(&self) -> bool {
        self.device == DeviceId([0; 16]) && self.person == PersonId([0; 16])
    }
}

/// What the server holds of the record.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// The document.
    pub document: &'a Document,
    /// Who made the record.
    pub owner: PersonId,
    /// Everyone who has written it.
    pub writers: &'a [Writer],
    /// The bytes of its changes.
    pub size_bytes: usize,
    /// The number of its changes.
    pub changes: usize,
    /// What it says, where the whole record was proved sound by this very program; without it everything is proved anew.
    pub proved: Option<&'a View>,
}

impl<'a> Held<'a> {
    /// What it says.
    pub(super) fn said(&self) -> Cow<'a, View> {
        let read = || Cow::Owned(self.document.view());
        self.proved.map_or_else(read, Cow::Borrowed)
    }
}

/// What the server may do with a pushed record.
#[derive(Debug, Clone)]
pub enum Judgement {
    /// Take it, or all of it but some segments: these changes are new, and this is the record with them.
    Accept(Box<Accepted>),
    /// Every change is here already.
    Duplicate,
    /// These are not here, and the pushed ones depend on them.
    Missing(Vec<Hash>),
    /// Take nothing of it.
    Refuse(Refusal),
}

/// A record with accepted changes.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The record after merging.
    pub document: Document,
    /// What it says.
    pub view: View,
    /// The changes that are new, in causal order.
    pub fresh: Vec<Chunk>,
    /// Everyone who has written it, with these changes.
    pub writers: Vec<Writer>,
    /// Who made the record.
    pub owner: PersonId,
    /// The feeds it belongs to now.
    pub feeds: BTreeSet<Feed>,
    /// The segments that were not taken.
    pub denied: Vec<Denied>,
}

/// A segment that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// Its changes.
    pub changes: Vec<Hash>,
    /// Why.
    pub refusal: Refusal,
}

impl From<Denied> for RefusedSegment {
    fn from(denied: Denied) -> Self {
        Self {
            changes: denied.changes,
            problem: denied.refusal.problem.name().to_owned(),
            words: denied.refusal.words,
        }
    }
}

/// What judging rests on besides the record and who pushes.
#[derive(Clone, Copy)]
pub struct Court<'a> {
    /// The region (GB/T 2260) of a station that the register knows.
    pub station_region: &'a dyn Fn(&str) -> Option<String>,
    /// The checklists published here.
    pub checklists: &'a dyn Checklists,
    /// Where the records of people lie that are here.
    pub people: &'a people::WhereLies<'a>,
}

/// Judges one pushed record, in this order: bytes, then segment by segment meaning, policy, feeds.
#[must_use]
pub fn judge(
    pushed: &Pushed,
    held: Option<Held<'_>>,
    asker: &Asker<'_>,
    court: &Court<'_>,
) -> Judgement {
    match try_judge(pushed, held, asker, court) {
        Ok(judgement) => judgement,
        Err(refusal) => Judgement::Refuse(refusal),
    }
}

fn try_judge(
    pushed: &Pushed,
    held: Option<Held<'_>>,
    asker: &Asker<'_>,
    court: &Court<'_>,
) -> Result<Judgement, Refusal> {
    let kind = kind_of(pushed)?;
    let known = held.map(|held| held.said());
    if let (Some(held), Some(said), Policy::Judged) = (held, &known, asker.policy) {
        let feeds = feeds_of(said, held.owner, court.station_region);
        if let Err(refusal) = policy::may_see(&feeds, held.document, asker) {
            return match is_own_and_here(pushed, held, asker) {
                true => Ok(Judgement::Duplicate),
                false => Err(refusal),
            };
        }
    }
    let chunks = read_chunks(pushed, kind, held, PUSH_CHANGES_MAX)?;
    let blank;
    let before = match held {
        Some(held) => held.document,
        None => {
            blank = Document::begin(pushed.record, kind)?;
            &blank
        }
    };
    let mut seen = BTreeSet::new();
    let fresh: Vec<Chunk> = chunks
        .into_iter()
        .filter(|chunk| !before.has(chunk.hash()) && seen.insert(chunk.hash()))
        .collect();
    if fresh.is_empty() {
        return Ok(Judgement::Duplicate);
    }
    let missing = segment::missing(before, &fresh);
    if !missing.is_empty() {
        return Ok(Judgement::Missing(missing));
    }
    let said = known.unwrap_or_else(|| Cow::Owned(before.view()));
    let mut bench = Bench::new(court, asker, (before, said), held);
    for segment in segment::split(fresh, &bench.writers, asker) {
        bench.hear(segment);
    }
    Ok(rule(bench))
}

/// What became of all segments together.
fn rule(mut bench: Bench<'_>) -> Judgement {
    let Some(Said {
        document,
        view,
        feeds,
    }) = bench.said
    else {
        let first = bench.denied.drain(..).next();
        return first.map_or(Judgement::Duplicate, |denied| {
            Judgement::Refuse(denied.refusal)
        });
    };
    Judgement::Accept(Box::new(Accepted {
        document,
        view,
        fresh: bench.taken,
        writers: bench.writers.into_values().collect(),
        owner: bench.owner,
        feeds,
        denied: bench.denied,
    }))
}

/// Telling a device that its own changes are durable is no leak, though the record has left its sight.
fn is_own_and_here(pushed: &Pushed, held: Held<'_>, asker: &Asker<'_>) -> bool {
    let is_own = |chunk: Chunk| {
        let mut writers = held.writers.iter();
        held.document.has(chunk.hash())
            && writers.any(|writer| writer.actor == chunk.actor() && writer.device == asker.device)
    };
    let mut changes = pushed.changes.iter();
    changes.all(|bytes| Chunk::parse(bytes.to_vec()).is_ok_and(is_own))
}

pub(super) fn kind_of(pushed: &Pushed) -> Result<Kind, Refusal> {
    let kind = pushed.kind.parse();
    kind.map_err(|_| Refusal::new(ProblemKind::KindUnknown, &pushed.kind))
}

/// Bytes: limits, checksums and headers of every chunk, before automerge sees any.
pub(super) fn read_chunks(
    pushed: &Pushed,
    kind: Kind,
    held: Option<Held<'_>>,
    changes_max: usize,
) -> Result<Vec<Chunk>, Refusal> {
    let invalid = |why: String| Refusal::new(ProblemKind::ChangeInvalid, why);
    if pushed.changes.len() > changes_max {
        return Err(invalid(format!("more than {changes_max} changes at once")));
    }
    if held.is_some_and(|held| held.document.kind() != kind) {
        return Err(invalid("the record is of another kind".to_owned()));
    }
    let (size, count) = held.map_or((0, 0), |held| (held.size_bytes, held.changes));
    let added: usize = pushed.changes.iter().map(|bytes| bytes.len()).sum();
    if size + added > RECORD_BYTES_MAX || count + pushed.changes.len() > RECORD_CHANGES_MAX {
        return Err(Refusal::new(
            ProblemKind::RecordTooLarge,
            "the record would grow beyond its limits",
        ));
    }
    let read =
        |bytes: &ByteVec| Chunk::parse(bytes.to_vec()).map_err(|error| invalid(error.to_string()));
    let chunks: Vec<Chunk> = pushed.changes.iter().map(read).collect::<Result<_, _>>()?;
    let frozen = frozen::actors(kind);
    match chunks.iter().find(|chunk| frozen.contains(&chunk.actor())) {
        Some(_) => Err(invalid("nobody writes as the frozen actor".to_owned())),
        None => Ok(chunks),
    }
}

/// Whether a record is sound with changes that have been judged before.
pub(super) fn acceptable(
    before: &Document,
    after: &Document,
    fresh: &[Chunk],
) -> Result<(), Refusal> {
    segment::check_size(after)?;
    if before.is_blank() {
        policy::has_its_key(after, fresh)?;
    }
    check_whole(after)?;
    Ok(())
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod sealed_tests;
#[cfg(test)]
mod tests;
