//! Re-basing: work of a cloned or restored phone, written anew under another writer.
//!
//! Two copies of one home write with the same actor. The copy whose changes reach the server first keeps it; what the other made from
//! the first number that clashes on is written again: the same operations, times and messages, counted from 1 under an actor of its
//! own, upon the same dependencies. Whatever was made upon it is mapped along.
//!
//! That actor follows from the record and the first change that is rewritten. So it is fresh, because nobody else has that change;
//! and everybody who has it (a copy of the copy, somebody it reached before a server forgot it) comes to the same bytes, and no event
//! is ever there twice.

use std::collections::BTreeMap;

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId};
use automerge::{ActorId, Change};
use sha2::{Digest as _, Sha256};

use super::{Document, DocumentError, guarded};
use crate::chunk::Chunk;
use crate::id::{Actor, Hash, RecordId};
use crate::kind::Kind;

/// Changes after a re-base.
#[derive(Debug, Clone)]
pub struct Rebased {
    /// All changes, in the order in which they were given; those that are not concerned are as they were.
    pub chunks: Vec<Chunk>,
    /// The record that they make.
    pub document: Document,
    /// Who writes in whose place.
    pub actors: BTreeMap<Actor, Actor>,
}

/// A writer that is replaced.
#[derive(Debug, Clone, Copy)]
struct Renamed {
    actor: Actor,
    /// Its first number and the counter of its first operation that are written anew.
    first_seq: u64,
    first_op: u64,
}

/// Another's changes, by writer and number.
#[derive(Debug, Clone, Default)]
pub struct Numbers(BTreeMap<(Actor, u64), Hash>);

impl Numbers {
    /// The numbers that these changes bear.
    pub fn of<'a>(chunks: impl IntoIterator<Item = &'a Chunk>) -> Self {
        let number = |chunk: &Chunk| ((chunk.actor(), chunk.seq()), chunk.hash());
        Self(chunks.into_iter().map(number).collect())
    }

    /// Whether another change bears this one's number.
    #[must_use]
    pub fn clash(&self, chunk: &Chunk) -> bool {
        let their = self.0.get(&(chunk.actor(), chunk.seq()));
        their.is_some_and(|hash| *hash != chunk.hash())
    }
}

/// Writes anew what clashes, and what was made upon it. `chunks` are all changes of the record but the frozen one, in causal order;
/// of each actor everything is written anew from the first change on that `clashes`.
///
/// What was written anew may clash again: a copy of the same work was re-based before, and went on with the actor that follows from it.
/// It is written anew again, until nothing clashes. That ends, because each time takes another first change of theirs.
///
/// # Errors
///
/// [`DocumentError`] if the changes do not make a record, before or after.
pub fn rebase(
    record: RecordId,
    kind: Kind,
    chunks: &[Chunk],
    clashes: impl Fn(&Chunk) -> bool,
) -> Result<Rebased, DocumentError> {
    let (mut rewritten, mut actors) = (chunks.to_vec(), BTreeMap::new());
    loop {
        let (anew, heirs) = rebase_once(record, &rewritten, &clashes)?;
        if heirs.is_empty() {
            break;
        }
        rewritten = anew;
        for is in actors.values_mut() {
            *is = heirs.get(is).copied().unwrap_or(*is);
        }
        for (was, is) in heirs {
            actors.entry(was).or_insert(is);
        }
    }
    let mut document = Document::begin(record, kind)?;
    document.accept(&rewritten)?;
    Ok(Rebased {
        chunks: rewritten,
        document,
        actors,
    })
}

/// The changes with every actor that clashes replaced once, and who writes in whose place.
fn rebase_once(
    record: RecordId,
    chunks: &[Chunk],
    clashes: &impl Fn(&Chunk) -> bool,
) -> Result<(Vec<Chunk>, BTreeMap<Actor, Actor>), DocumentError> {
    let mut renamed: BTreeMap<Actor, Renamed> = BTreeMap::new();
    let mut hashes: BTreeMap<Hash, Hash> = BTreeMap::new();
    let mut rewritten = Vec::with_capacity(chunks.len());
    for chunk in chunks {
        let is_upon = chunk.deps().iter().any(|dep| hashes.contains_key(dep));
        let mut anew = chunk.clone();
        if is_upon || renamed.contains_key(&chunk.actor()) {
            anew = written_anew(chunk, &renamed, &hashes)?;
        }
        if !renamed.contains_key(&chunk.actor()) && clashes(&anew) {
            let heir = Renamed {
                actor: heir(record, chunk.hash()),
                first_seq: chunk.seq(),
                first_op: chunk.start_op(),
            };
            renamed.insert(chunk.actor(), heir);
            anew = written_anew(chunk, &renamed, &hashes)?;
        }
        if anew.hash() != chunk.hash() {
            hashes.insert(chunk.hash(), anew.hash());
        }
        rewritten.push(anew);
    }
    let actors = renamed.iter().map(|(was, is)| (*was, is.actor));
    Ok((rewritten, actors.collect()))
}

/// Who writes in the place of the author of a record's change.
fn heir(record: RecordId, change: Hash) -> Actor {
    let mut hash = Sha256::new();
    hash.update(b"fieldwatch rebase 1");
    hash.update(record.bytes());
    hash.update(change.0);
    let digest: [u8; 32] = hash.finalize().into();
    Actor(digest.first_chunk().copied().unwrap_or_default())
}

fn written_anew(
    chunk: &Chunk,
    renamed: &BTreeMap<Actor, Renamed>,
    hashes: &BTreeMap<Hash, Hash>,
) -> Result<Chunk, DocumentError> {
    let hash = chunk.hash();
    let unsound = |source| DocumentError::Chunk { hash, source };
    let change = guarded(|| {
        let mut expanded = chunk.to_change()?.decode();
        if let Some(is) = renamed.get(&chunk.actor()) {
            expanded.actor_id = ActorId::from(is.actor.0);
            expanded.seq = expanded.seq.saturating_sub(is.first_seq) + 1;
        }
        for dep in &mut expanded.deps {
            if let Some(anew) = hashes.get(&Hash::from(*dep)) {
                *dep = (*anew).into();
            }
        }
        for op in &mut expanded.operations {
            rename(op, renamed);
        }
        expanded.hash = None;
        Ok(Change::from(expanded))
    })?;
    Chunk::from_change(&change.map_err(unsound)?).map_err(unsound)
}

/// Renames whose operations an operation names.
fn rename(op: &mut Op, renamed: &BTreeMap<Actor, Renamed>) {
    if let ObjectId::Id(id) = &mut op.obj {
        *id = named_anew(id, renamed);
    }
    if let Key::Seq(ElementId::Id(id)) = &mut op.key {
        *id = named_anew(id, renamed);
    }
    op.pred = op.pred.iter().map(|id| named_anew(id, renamed)).collect();
}

fn named_anew(id: &OpId, renamed: &BTreeMap<Actor, Renamed>) -> OpId {
    let actor = id.1.to_bytes().try_into().map(Actor).ok();
    match actor.and_then(|actor| renamed.get(&actor)) {
        Some(is) if id.0 >= is.first_op => OpId(id.0, ActorId::from(is.actor.0)),
        _ => id.clone(),
    }
}

#[cfg(test)]
mod tests;
