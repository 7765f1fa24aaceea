//! The work of a cloned or restored phone: what clashes with what another copy of this home wrote is written anew under another writer
//! ([`fieldwatch_schemas::record::rebase`]), and goes on its way as if nothing had happened.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::{Actor, Hash};
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::rebase::{Rebased, rebase};
use fieldwatch_schemas::sync::push::Outcome;

use super::held::Held;
use super::rows::is_a_row;
use super::{Group, ReplicaError};

impl Held {
    /// Writes anew what `clashes`, and what was made upon it; the next edit is written by the new writer too. Returns who writes in
    /// whose place: nobody, if nothing clashes.
    pub(super) fn rebase(
        &mut self,
        clashes: impl Fn(&Chunk) -> bool,
    ) -> Result<BTreeMap<Actor, Actor>, ReplicaError> {
        let chunks = self.chunks()?;
        let rebased = rebase(self.id, self.kind()?, &chunks, clashes)?;
        let Rebased {
            chunks: anew,
            actors,
            ..
        } = rebased;
        if actors.is_empty() {
            return Ok(actors);
        }
        for ((change, was), is) in self.changes.iter_mut().zip(chunks).zip(anew) {
            if was.hash() != is.hash() {
                change.chunk = is.into_bytes().into();
                change.is_unsent = true;
                change.received_ms = 0;
            }
        }
        self.write_all_anew();
        let is = |was: Actor| actors.get(&was).copied().unwrap_or(was);
        self.row.actor = self.row.actor.map(is);
        Ok(actors)
    }
}

impl Group<'_> {
    /// Says of a new writer what is said of the one before it.
    pub(super) fn label_heirs(
        &self,
        held: &mut Held,
        actors: &BTreeMap<Actor, Actor>,
    ) -> Result<(), ReplicaError> {
        if actors.is_empty() {
            return Ok(());
        }
        let labels = self.labels(held.id, held.row.actor)?;
        let own = held.row.actor.and_then(|own| labels.get(&own).cloned());
        for (was, is) in actors {
            let known = labels.get(was).cloned();
            let label = known.or_else(|| own.clone().filter(|_| held.row.actor == Some(*is)));
            if let Some(label) = label {
                held.label(*was, &label);
                held.label(*is, &label);
            }
        }
        Ok(())
    }

    /// Writes anew what the server refused because another copy of this home wrote under the same numbers. `None` if there is nothing
    /// that could be the cause.
    pub(super) fn rebase_refused(
        &self,
        held: &mut Held,
        outcome: &Outcome,
    ) -> Result<Option<Document>, ReplicaError> {
        let Some(from) = clashing(held, outcome) else {
            return Ok(None);
        };
        let concerned = |chunk: &Chunk| {
            let first = from.get(&chunk.actor());
            first.is_some_and(|first| chunk.seq() >= *first)
        };
        let actors = match held.rebase(concerned) {
            Ok(actors) => actors,
            Err(ReplicaError::Store(error)) => return Err(error.into()),
            Err(error) => {
                tracing::error!(record = %held.id, %error, "work of a copy cannot be written anew");
                return Ok(None);
            }
        };
        self.label_heirs(held, &actors)?;
        Ok(Some(held.document()?))
    }
}

/// Of each writer that may be the cause of a refusal, the first number that the server has not taken. It is this installation's own
/// writer; only where that has nothing to do with it, and a number was used twice, any but an imported row. What others wrote, and the
/// server has lost, is theirs to bring.
fn clashing(held: &Held, outcome: &Outcome) -> Option<BTreeMap<Actor, u64>> {
    let (reused, foreign) = (ProblemKind::ActorReused, ProblemKind::ActorForeign);
    let mut unsent = BTreeMap::new();
    let mut named: BTreeSet<(Actor, &str)> = BTreeSet::new();
    for (change, chunk) in held.changes.iter().zip(held.readable()) {
        let Some(chunk) = chunk.filter(|chunk| change.is_unsent && !is_a_row(chunk)) else {
            continue;
        };
        let first = unsent.entry(chunk.actor()).or_insert(chunk.seq());
        *first = chunk.seq().min(*first);
        named.extend(refusal_of(outcome, chunk.hash()).map(|why| (chunk.actor(), why)));
    }
    let is_named = |actor: Actor, kind: ProblemKind| named.contains(&(actor, kind.name()));
    let own = held.row.actor.filter(|own| {
        unsent.contains_key(own) && (is_named(*own, reused) || is_named(*own, foreign))
    });
    match own {
        Some(own) => unsent.retain(|actor, _| *actor == own),
        None => unsent.retain(|actor, _| is_named(*actor, reused)),
    }
    (!unsent.is_empty()).then_some(unsent)
}

/// Why a change was refused.
fn refusal_of(outcome: &Outcome, hash: Hash) -> Option<&str> {
    let Some(segments) = &outcome.refused else {
        return outcome.problem.as_deref();
    };
    let mut segments = segments.iter();
    let segment = segments.find(|segment| segment.changes.contains(&hash))?;
    Some(&segment.problem)
}
