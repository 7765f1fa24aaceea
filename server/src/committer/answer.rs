//! The answers to pushed records: which of the pushed changes the disk has.

use std::collections::BTreeSet;

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::Hash;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::sync::push::{Denied, Outcome, Pushed, Refusal, RefusedSegment, Verdict};

use super::cache::Kept;

pub(super) fn our_fault() -> Refusal {
    Refusal::new(
        ProblemKind::Internal,
        "the server could not judge this record",
    )
}

pub(super) fn durable(pushed: &Pushed, verdict: Verdict) -> Outcome {
    let hashes = pushed.changes.iter().filter_map(|bytes| hash_of(bytes));
    answer(pushed, verdict, hashes.collect())
}

/// The answer to what was taken, but for the segments that were not.
pub(super) fn stored(pushed: &Pushed, document: &Document, denied: &[Denied]) -> Outcome {
    let Some(first) = denied.first() else {
        return durable(pushed, Verdict::Stored);
    };
    Outcome {
        problem: Some(first.refusal.problem.name().to_owned()),
        words: Some(first.refusal.words.clone()),
        refused: Some(denied.iter().cloned().map(RefusedSegment::from).collect()),
        ..answer(pushed, Verdict::Refused, known(pushed, document))
    }
}

pub(super) fn refused(pushed: &Pushed, held: Option<&Kept>, refusal: &Refusal) -> Outcome {
    // To somebody who may not see the record, not even that much is told.
    let tells = !matches!(
        refusal.problem,
        ProblemKind::NotPermitted | ProblemKind::HeldElsewhere
    );
    let durable = if tells {
        held.map_or_else(Vec::new, |kept| known(pushed, &kept.document))
    } else {
        Vec::new()
    };
    Outcome {
        problem: Some(refusal.problem.name().to_owned()),
        words: Some(refusal.words.clone()),
        ..answer(pushed, Verdict::Refused, durable)
    }
}

pub(super) fn known(pushed: &Pushed, document: &Document) -> Vec<Hash> {
    let hashes: BTreeSet<Hash> = pushed
        .changes
        .iter()
        .filter_map(|bytes| hash_of(bytes))
        .collect();
    hashes
        .into_iter()
        .filter(|hash| document.has(*hash))
        .collect()
}

pub(super) fn answer(pushed: &Pushed, verdict: Verdict, durable: Vec<Hash>) -> Outcome {
    Outcome {
        record: pushed.record,
        verdict,
        durable,
        missing: Vec::new(),
        problem: None,
        words: None,
        refused: None,
    }
}

fn hash_of(bytes: &[u8]) -> Option<Hash> {
    Chunk::parse(bytes.to_vec()).ok().map(|chunk| chunk.hash())
}
