//! Pushing: what a device brings, and what the server makes of it.
//!
//! The unit is all unsent changes of one record. Server half: [`judge`], the whole of acceptance as a pure function: bytes, meaning,
//! policy, feeds. It never touches a store, so the simulator runs the same code. A refusal concerns one record; the others go on.

mod policy;
mod refusal;

use std::collections::{BTreeMap, BTreeSet};

use minicbor::bytes::{ByteSlice, ByteVec};
use minicbor::{Decode, Encode};

pub use refusal::Refusal;

use super::vouch::Vouched;
use crate::checklist::published::Checklists;
use crate::chunk::Chunk;
use crate::feed::{Feed, Grant, Standing, feeds_of};
use crate::id::{Actor, DeviceId, Hash, PersonId, RecordId};
use crate::kind::Kind;
use crate::limits::{
    PUSH_CHANGES_MAX, RECORD_ACTORS_MAX, RECORD_BYTES_MAX, RECORD_CHANGES_MAX, RECORD_HEADS_MAX,
    RECORD_OPS_MAX,
};
use crate::problem::ProblemKind;
use crate::record::check::{Difference, check_whole, difference};
use crate::record::view::View;
use crate::record::{Document, DocumentError, frozen};

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
    /// Raw chunks in causal order, the frozen one left out. Of too many only so many are read that they can be refused.
    #[cbor(n(2), decode_with = "some_changes")]
    pub changes: Vec<ByteVec>,
    /// What the server once said it had of the record, where it may have lost it since.
    #[n(3)]
    pub vouched: Option<Vouched>,
}

/// Reads one change more than may be, and passes over the rest: an empty one takes a byte, and much more in memory.
fn some_changes<Ctx>(
    decoder: &mut minicbor::Decoder<'_>,
    _: &mut Ctx,
) -> Result<Vec<ByteVec>, minicbor::decode::Error> {
    let mut changes = Vec::new();
    for bytes in decoder.array_iter::<&ByteSlice>()? {
        let bytes = bytes?;
        if changes.len() <= PUSH_CHANGES_MAX {
            changes.push(bytes.to_vec().into());
        }
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
    /// Refused; nothing of it was taken.
    #[n(3)]
    Refused,
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
    /// For `missing`: what the server lacks.
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
}

/// What the server may do with a pushed record.
#[derive(Debug, Clone)]
pub enum Judgement {
    /// Take it: these changes are new, and this is the record with them.
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
    /// What the changes come to.
    pub difference: Difference,
}

/// Judges one pushed record, in this order: bytes, meaning, policy, feeds. `checklists` are those published here.
#[must_use]
pub fn judge(
    pushed: &Pushed,
    held: Option<Held<'_>>,
    asker: &Asker<'_>,
    station_region: &dyn Fn(&str) -> Option<String>,
    checklists: &dyn Checklists,
) -> Judgement {
    match try_judge(pushed, held, asker, station_region, checklists) {
        Ok(judgement) => judgement,
        Err(refusal) => Judgement::Refuse(refusal),
    }
}

fn try_judge(
    pushed: &Pushed,
    held: Option<Held<'_>>,
    asker: &Asker<'_>,
    station_region: &dyn Fn(&str) -> Option<String>,
    checklists: &dyn Checklists,
) -> Result<Judgement, Refusal> {
    let kind: Kind = pushed
        .kind
        .parse()
        .map_err(|_| Refusal::new(ProblemKind::KindUnknown, &pushed.kind))?;
    policy::may_see(held, asker, station_region, pushed.record)?;
    let chunks = read_chunks(pushed, kind, held)?;
    let blank = Document::begin(pushed.record, kind)?;
    let before = held.map_or(&blank, |held| held.document);
    let fresh: Vec<Chunk> = chunks
        .into_iter()
        .filter(|chunk| !before.has(chunk.hash()))
        .collect();
    if fresh.is_empty() {
        return Ok(Judgement::Duplicate);
    }
    let mut after = before.clone();
    match after.accept(&fresh) {
        Ok(()) => {}
        Err(DocumentError::Missing(hashes)) => return Ok(Judgement::Missing(hashes)),
        Err(error) => return Err(error.into()),
    }
    let writers = bind_writers(held, &fresh, kind, asker)?;
    check_size(&after)?;
    if held.is_none() {
        policy::has_its_key(&after, &fresh)?;
    }
    check_whole(&after)?;
    let difference = difference(before, &after)?;
    policy::events_are_legal(&after, &difference, checklists)?;
    policy::sealed_stays(&after, &fresh)?;
    let owner = held.map_or(asker.standing.person, |held| held.owner);
    let view = after.view();
    let feeds = feeds_of(&view, owner, station_region);
    policy::may_make(&difference, &feeds, kind, asker)?;
    let accepted = Accepted {
        document: after,
        view,
        fresh,
        writers,
        owner,
        feeds,
        difference,
    };
    Ok(Judgement::Accept(Box::new(accepted)))
}

/// Bytes: limits, checksums and headers of every chunk, before automerge sees any.
fn read_chunks(pushed: &Pushed, kind: Kind, held: Option<Held<'_>>) -> Result<Vec<Chunk>, Refusal> {
    let invalid = |why: String| Refusal::new(ProblemKind::ChangeInvalid, why);
    if pushed.changes.len() > PUSH_CHANGES_MAX {
        return Err(invalid(format!(
            "more than {PUSH_CHANGES_MAX} changes at once"
        )));
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
    let frozen = frozen::actor(kind);
    match chunks.iter().find(|chunk| chunk.actor() == frozen) {
        Some(_) => Err(invalid("nobody writes as the frozen actor".to_owned())),
        None => Ok(chunks),
    }
}

/// However small its bytes, a record must stay one that others can open, and write upon all of its heads.
fn check_size(after: &Document) -> Result<(), Refusal> {
    if after.operations() > RECORD_OPS_MAX || after.heads().len() > RECORD_HEADS_MAX {
        return Err(Refusal::new(
            ProblemKind::RecordTooLarge,
            "the record would grow beyond its limits",
        ));
    }
    Ok(())
}

/// Binds each actor to the device that brought it first, and refuses numbers that were used before.
fn bind_writers(
    held: Option<Held<'_>>,
    fresh: &[Chunk],
    kind: Kind,
    asker: &Asker<'_>,
) -> Result<Vec<Writer>, Refusal> {
    let known = held.map(|held| held.writers).unwrap_or_default();
    let mut writers: BTreeMap<Actor, Writer> =
        known.iter().map(|writer| (writer.actor, *writer)).collect();
    for chunk in fresh {
        let unbound = Writer {
            actor: chunk.actor(),
            device: asker.device,
            person: asker.standing.person,
            seq: 0,
        };
        let writer = writers.entry(chunk.actor()).or_insert(unbound);
        if writer.device != asker.device {
            return Err(Refusal::new(
                ProblemKind::ActorForeign,
                "the changes are written in another device's name",
            ));
        }
        if chunk.seq() != writer.seq + 1 {
            return Err(Refusal::new(
                ProblemKind::ActorReused,
                "a writer's number was used before, or skipped",
            ));
        }
        writer.seq = chunk.seq();
    }
    if writers.len() > RECORD_ACTORS_MAX {
        return Err(Refusal::new(
            ProblemKind::RecordTooLarge,
            format!("more than {RECORD_ACTORS_MAX} writers of a {kind}"),
        ));
    }
    Ok(writers.into_values().collect())
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod sealed_tests;
#[cfg(test)]
mod tests;
