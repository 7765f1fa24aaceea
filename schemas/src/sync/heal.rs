//! Healing: a server that was set back takes again what it once gave away.
//!
//! A device that has the server's mark over a record's heads ([`super::vouch`]) brings what the server lacks below them. The server
//! had judged all of it before, so bytes and soundness are looked at again and policy is not, whoever wrote it and whoever brings it.
//! Nothing above the vouched heads is taken here; it is judged as always, on the healed record.
//!
//! Whose device an actor is was lost too. The actor that the mark covers is bound to the device that shows it; any other to nobody, until a
//! device shows a mark that covers it, or goes on writing with it.

use std::collections::{BTreeMap, BTreeSet};

use super::push::{Accepted, Asker, Court, Held, Pushed, Refusal, Writer, acceptable};
use super::vouch::Vouched;
use crate::chunk::Chunk;
use crate::feed::feeds_of;
use crate::id::{Actor, Hash, PersonId};
use crate::limits::RECORD_CHANGES_MAX;
use crate::problem::ProblemKind;
use crate::record::Document;

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
    let Some(below) = below(before, &chunks, &vouched.heads) else {
        return Ok(None);
    };
    let mut seen = BTreeSet::new();
    let (covered, rest): (Vec<Chunk>, Vec<Chunk>) = chunks
        .into_iter()
        .filter(|chunk| seen.insert(chunk.hash()))
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

/// What lies below these heads and is not held; `None` if a way down ends at what is neither held nor brought.
fn below(before: &Document, chunks: &[Chunk], heads: &[Hash]) -> Option<BTreeSet<Hash>> {
    let brought: BTreeMap<Hash, &Chunk> =
        chunks.iter().map(|chunk| (chunk.hash(), chunk)).collect();
    let (mut below, mut open) = (BTreeSet::new(), heads.to_vec());
    while let Some(hash) = open.pop() {
        if before.has(hash) || !below.insert(hash) {
            continue;
        }
        open.extend(brought.get(&hash)?.deps());
    }
    Some(below)
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
