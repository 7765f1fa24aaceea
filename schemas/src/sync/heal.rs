//! Healing: a server that was set back takes again what it once gave away.
//!
//! A device that has the server's mark over a record's heads ([`super::vouch`]) brings what the server lacks below them. The server
//! had judged all of it before, so bytes and soundness are looked at again and policy is not, whoever wrote it and whoever brings it.
//! Nothing above the vouched heads is taken here; it is judged as always, on the healed record.
//!
//! **In parts.** A record is brought from its heads down, the newest changes first, as many as a request may carry. The mark covers the heads,
//! and each change names by their hashes those that it rests on: so whatever leads down from the heads is known to be the server's own
//! before anything below it has come, and nothing else is kept ([`Descent`]). Parts are kept unseen until one of them reaches what is held;
//! then all of it is taken at once. Until then the answer is [`Kept`](super::push::Verdict::Kept), with the hashes that are lacking next.
//!
//! Whose device an actor is was lost too. The actor that the mark covers is bound to the device that shows it; any other to nobody, until a
//! device shows a mark that covers it, or goes on writing with it.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::bytes::ByteVec;

use super::push::{Accepted, Asker, Court, Held, Pushed, Refusal, Writer, acceptable};
use super::vouch::Vouched;
use crate::chunk::Chunk;
use crate::feed::feeds_of;
use crate::id::{Actor, Hash, PersonId};
use crate::limits::RECORD_CHANGES_MAX;
use crate::problem::ProblemKind;
use crate::record::Document;

/// How far what is brought leads down from vouched heads to what is held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Descent {
    /// What was met on the way and is not held.
    pub below: BTreeSet<Hash>,
    /// Where a way down ended at what is neither held nor brought.
    pub lacking: Vec<Hash>,
}

impl Descent {
    /// Goes down from `heads`; `deps` are those of a change that was brought. Whatever is met is vouched for: each hash on the way is
    /// named by the heads, or by a change whose hash was.
    #[must_use]
    pub fn from<'a>(
        heads: &[Hash],
        is_held: impl Fn(Hash) -> bool,
        deps: impl Fn(&Hash) -> Option<&'a [Hash]>,
    ) -> Self {
        let mut descent = Self::default();
        let (mut met, mut open) = (BTreeSet::new(), heads.to_vec());
        while let Some(hash) = open.pop() {
            if is_held(hash) || !met.insert(hash) {
                continue;
            }
            match deps(&hash) {
                Some(deps) => {
                    descent.below.insert(hash);
                    open.extend(deps);
                }
                None => descent.lacking.push(hash),
            }
        }
        descent
    }
}

/// What healing comes to.
#[derive(Debug, Clone)]
pub struct Healed {
    /// The record with what it lacked; absent if it lacked nothing.
    pub accepted: Option<Accepted>,
    /// Of the changes pushed, those that lie below the vouched heads.
    pub covered: Vec<Hash>,
    /// What is left to be judged.
    pub rest: Pushed,
}

/// What one push adds to the parts of a record that are kept.
#[derive(Debug, Clone)]
pub struct Part {
    /// How far what is kept and what was brought lead.
    pub descent: Descent,
    /// Of what was brought, what leads down from the vouched heads and is not held.
    pub brought: Vec<Chunk>,
}

/// Goes down from the vouched heads; `kept` are the deps of changes that came before and are kept. The mark was checked by the caller.
///
/// # Errors
///
/// [`Refusal`] if bytes are unsound, or the record would be too large.
pub fn part<'a>(
    pushed: &Pushed,
    vouched: &Vouched,
    held: Option<Held<'_>>,
    kept: impl Fn(&Hash) -> Option<&'a [Hash]>,
) -> Result<Part, Refusal> {
    let kind = super::push::kind_of(pushed)?;
    let chunks = super::push::read_chunks(pushed, kind, held, RECORD_CHANGES_MAX)?;
    let blank = Document::begin(pushed.record, kind)?;
    let before = held.map_or(&blank, |held| held.document);
    let deps: BTreeMap<Hash, &[Hash]> = chunks
        .iter()
        .map(|chunk| (chunk.hash(), chunk.deps()))
        .collect();
    let known = |hash: &Hash| deps.get(hash).copied().or_else(|| kept(hash));
    let descent = Descent::from(&vouched.heads, |hash| before.has(hash), known);
    let is_below = |chunk: &Chunk| descent.below.contains(&chunk.hash());
    let brought = chunks.into_iter().filter(is_below).collect();
    Ok(Part { descent, brought })
}

/// The same push with its changes in causal order, as it is judged where the mark does not help; bytes that cannot be read stay as they
/// are, for the judgement to say so.
#[must_use]
pub fn in_causal_order(pushed: &Pushed) -> Pushed {
    let ordered = read(pushed).map(in_order);
    ordered.map_or_else(|| pushed.clone(), |chunks| with(pushed, chunks))
}

/// The same push with what its mark covers first, from the heads down, so that the first of its changes are a part of the record.
#[must_use]
pub fn heads_first(pushed: &Pushed) -> Pushed {
    let (Some(vouched), Some(chunks)) = (&pushed.vouched, read(pushed)) else {
        return pushed.clone();
    };
    let deps: BTreeMap<Hash, &[Hash]> = chunks
        .iter()
        .map(|chunk| (chunk.hash(), chunk.deps()))
        .collect();
    let known = |hash: &Hash| deps.get(hash).copied();
    let below = Descent::from(&vouched.heads, |_| false, known).below;
    let (mut covered, rest): (Vec<Chunk>, Vec<Chunk>) = in_order(chunks)
        .into_iter()
        .partition(|chunk| below.contains(&chunk.hash()));
    covered.reverse();
    covered.extend(rest);
    with(pushed, covered)
}

fn read(pushed: &Pushed) -> Option<Vec<Chunk>> {
    let read = |bytes: &ByteVec| Chunk::parse(bytes.to_vec()).ok();
    pushed.changes.iter().map(read).collect()
}

fn with(pushed: &Pushed, chunks: Vec<Chunk>) -> Pushed {
    let bytes = chunks.into_iter().map(|chunk| chunk.into_bytes().into());
    Pushed {
        changes: bytes.collect(),
        ..pushed.clone()
    }
}

/// Takes what lies below the vouched heads. The mark was checked by the caller, with `owner` as who made the record. `None` if the
/// changes between the vouched heads and what is held were not all brought: then nothing shows what the mark is about.
///
/// # Errors
///
/// [`Refusal`] if bytes are unsound, or do not fit to what is held; nothing is taken.
pub fn heal(
    pushed: &Pushed,
    vouched: &Vouched,
    held: Option<Held<'_>>,
    owner: PersonId,
    asker: &Asker<'_>,
    court: &Court<'_>,
) -> Result<Option<Healed>, Refusal> {
    let kind = super::push::kind_of(pushed)?;
    let chunks = super::push::read_chunks(pushed, kind, held, RECORD_CHANGES_MAX)?;
    let blank = Document::begin(pushed.record, kind)?;
    let before = held.map_or(&blank, |held| held.document);
    let brought: BTreeMap<Hash, &Chunk> =
        chunks.iter().map(|chunk| (chunk.hash(), chunk)).collect();
    let deps = |hash: &Hash| brought.get(hash).map(|chunk| chunk.deps());
    let Descent { below, lacking } = Descent::from(&vouched.heads, |hash| before.has(hash), deps);
    if !lacking.is_empty() {
        return Ok(None);
    }
    let (covered, rest): (Vec<Chunk>, Vec<Chunk>) = in_order(chunks)
        .into_iter()
        .partition(|chunk| before.has(chunk.hash()) || below.contains(&chunk.hash()));
    let hashes = covered.iter().map(Chunk::hash).collect();
    let fresh: Vec<Chunk> = covered
        .into_iter()
        .filter(|chunk| !before.has(chunk.hash()))
        .collect();
    let rest = rest.into_iter().map(|chunk| chunk.into_bytes().into());
    let healed = |accepted| Healed {
        accepted,
        covered: hashes,
        rest: Pushed {
            changes: rest.collect(),
            vouched: None,
            ..pushed.clone()
        },
    };
    let known = held.map(|held| held.writers).unwrap_or_default();
    let writers = bind(known, &fresh, vouched.actor, asker)?;
    if fresh.is_empty() && writers == known {
        return Ok(Some(healed(None)));
    }
    let mut document = before.clone();
    document.accept(&fresh)?;
    acceptable(before, &document, &fresh)?;
    let view = document.view();
    let owner = held.map_or(owner, |held| held.owner);
    let feeds = feeds_of(&view, owner, court.station_region);
    Ok(Some(healed(Some(Accepted {
        document,
        view,
        fresh,
        writers,
        owner,
        feeds,
        denied: Vec::new(),
    }))))
}

/// What was brought, each change behind what it rests on and behind the one before it of its writer.
fn in_order(chunks: Vec<Chunk>) -> Vec<Chunk> {
    let numbers: BTreeMap<(Actor, u64), Hash> = chunks
        .iter()
        .map(|chunk| ((chunk.actor(), chunk.seq()), chunk.hash()))
        .collect();
    let mut left: BTreeMap<Hash, Chunk> = BTreeMap::new();
    let mut open: Vec<Hash> = chunks.iter().rev().map(Chunk::hash).collect();
    left.extend(chunks.into_iter().map(|chunk| (chunk.hash(), chunk)));
    let mut ordered = Vec::with_capacity(left.len());
    // Numbers are not bound by any hash: a way that leads back to where it began is not gone twice.
    let mut entered = BTreeSet::new();
    while let Some(hash) = open.last() {
        let Some(chunk) = left.get(hash) else {
            open.pop();
            continue;
        };
        let before = numbers.get(&(chunk.actor(), chunk.seq().saturating_sub(1)));
        let rests_on = chunk.deps().iter().chain(before);
        let first: Vec<Hash> = rests_on
            .filter(|dep| left.contains_key(dep))
            .copied()
            .collect();
        if first.is_empty() || !entered.insert(*hash) {
            ordered.extend(left.remove(hash));
            open.pop();
        } else {
            open.extend(first);
        }
    }
    ordered
}

/// Who wrote the record with these changes, as far as it is known.
fn bind(
    known: &[Writer],
    fresh: &[Chunk],
    vouched: Option<Actor>,
    asker: &Asker<'_>,
) -> Result<Vec<Writer>, Refusal> {
    let mut writers: BTreeMap<Actor, Writer> =
        known.iter().map(|writer| (writer.actor, *writer)).collect();
    for chunk in fresh {
        let unbound = Writer::nobodys(chunk.actor());
        let writer = writers.entry(chunk.actor()).or_insert(unbound);
        if chunk.seq() != writer.seq + 1 {
            return Err(Refusal::new(
                ProblemKind::ActorReused,
                "a writer's number was used before, or skipped",
            ));
        }
        writer.seq = chunk.seq();
    }
    if let Some(writer) = vouched.and_then(|actor| writers.get_mut(&actor))
        && writer.is_nobodys()
    {
        writer.device = asker.device;
        writer.person = asker.standing.person;
    }
    Ok(writers.into_values().collect())
}

#[cfg(test)]
mod tests;
