//! What was tried in another way for a record in one sync, so that nothing is tried for ever.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::limits::REBASES_MAX;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::sync::push::{Outcome, Verdict};

/// What was tried in another way.
#[derive(Debug, Default)]
pub(super) struct Tried {
    /// Records whose whole the server was offered because it lacked part of them.
    whole: BTreeSet<RecordId>,
    /// How often the work of a record was written anew because another copy of this home wrote too.
    rebased: BTreeMap<RecordId, u32>,
}

impl Tried {
    /// Whether a record may still be offered whole; it counts as tried then.
    pub(super) fn whole(&mut self, record: RecordId) -> bool {
        self.whole.insert(record)
    }

    /// Whether the work of a record may still be written anew; it counts as tried then.
    pub(super) fn rebase(&mut self, record: RecordId) -> bool {
        let times = self.rebased.entry(record).or_default();
        *times = times.saturating_add(1);
        *times <= REBASES_MAX
    }
}

/// Whether a record was refused, in whole or in part, because another copy of this home wrote, or because this home had another name.
pub(super) fn tells_of_a_copy(outcome: &Outcome) -> bool {
    let kinds = [ProblemKind::ActorReused, ProblemKind::ActorForeign];
    let tells = |problem: &String| kinds.iter().any(|kind| kind.name() == problem);
    let segments = outcome.refused.iter().flatten();
    outcome.verdict == Verdict::Refused
        && (outcome.problem.as_ref().is_some_and(tells)
            || segments.map(|segment| &segment.problem).any(tells))
}
