//! After an exchange: whether to go on, to wait, or to end, and what to say.

use std::collections::BTreeSet;

use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::limits::RETRY_AFTER_MS_MAX;
use fieldwatch_schemas::problem::{Problem, ProblemKind};

use super::exchange::Exchange;
use super::{Effect, Engine, Patience, Phase, Traffic};
use crate::chance::Chance;
use crate::replica::{Applied, Page};

/// How often a feed is repaired in one sync before it is said that it differs.
const REPAIRS_MAX: u8 = 2;

impl<C: Chance> Engine<C> {
    /// After a whole reply: is anything left, and do both sides agree?
    pub(super) fn weigh(&mut self, exchange: &Exchange, applied: &Applied) -> Vec<Effect> {
        if let Some(problem) = self.grants_refused.take()
            && !exchange.brought_grants
        {
            return self.fail(problem);
        }
        self.backoff.reset();
        self.later_ms = 0;
        self.renewed = false;
        if applied.wants > 0 {
            self.budget.waiting.extend(&exchange.withheld);
        }
        // What is still to come whole explains a difference, and comes with the next reply.
        let disagreeing = match applied.wants {
            0 => exchange.disagreeing(applied),
            _ => BTreeSet::new(),
        };
        let (again, lost): (BTreeSet<Feed>, BTreeSet<Feed>) = disagreeing
            .into_iter()
            .partition(|feed| self.repairs.get(feed).copied().unwrap_or(0) < REPAIRS_MAX);
        self.diverged.retain(|feed| lost.contains(feed));
        self.diverged.extend(lost);
        if !again.is_empty() && !self.is_spent() {
            tracing::warn!(feeds = again.len(), "digests do not agree: repairing");
            let was_repaired = again.iter().any(|feed| self.repairs.contains_key(feed));
            for feed in &again {
                *self.repairs.entry(feed.clone()).or_default() += 1;
            }
            self.phase = Phase::Distrusting;
            let page = Page {
                salvage: !was_repaired,
                distrust: again.into_iter().collect(),
                ..Page::default()
            };
            return vec![Effect::Apply(Box::new(page))];
        }
        let is_left = exchange.has_more()
            || exchange.brought_grants
            || applied.outbox > 0
            || applied.wants > 0
            || applied.unsure > 0
            || !exchange.is_complete();
        if !is_left || self.is_spent() {
            return self.finish(!is_left && self.diverged.is_empty() && again.is_empty());
        }
        if exchange.progressed || applied.opened || applied.owed > 0 {
            self.has_started_over = false;
            return self.next_offer();
        }
        if self.budget.is_bounded() {
            // What is left pays for nothing more of what there is; a fresh budget may.
            return self.finish(false);
        }
        if exchange.brought_nothing() && applied.outbox > 0 && !self.was_written_upon {
            // Somebody wrote meanwhile: once more, and no more than that.
            self.was_written_upon = true;
            return self.next_offer();
        }
        if !exchange.is_complete() && !self.has_started_over {
            // A log that took a new id between its greeting and its pages says nothing of any feed; the next greeting names it.
            self.has_started_over = true;
            return self.next_offer();
        }
        let words = "the server answers, and nothing moves";
        self.fail(Problem::with_detail(ProblemKind::Internal, words))
    }

    /// After a reply that failed or was cut: what came is kept; go on, wait, or give up.
    pub(super) fn recover(&mut self, exchange: &Exchange, problem: Problem) -> Vec<Effect> {
        let kind = problem.kind();
        let denied = [ProblemKind::FeedNotGranted, ProblemKind::RegionNotGranted];
        if kind.is_some_and(|kind| denied.contains(&kind)) && self.grants_refused.is_none() {
            self.grants_refused = Some(problem);
            return self.next_offer();
        }
        if kind == Some(ProblemKind::NonceStale) && !self.renewed {
            // The refusal brought a fresh one.
            self.renewed = true;
            return match self.is_spent() {
                true => self.finish(false),
                false => self.next_offer(),
            };
        }
        self.grants_refused = None;
        if kind == Some(ProblemKind::Offline) && exchange.progressed && !self.is_spent() {
            return self.next_offer();
        }
        let passes = [
            ProblemKind::Offline,
            ProblemKind::Unavailable,
            ProblemKind::TooMany,
        ];
        if self.patience == Patience::Watch && kind.is_some_and(|kind| passes.contains(&kind)) {
            self.phase = Phase::Waiting;
            let asked_ms = std::mem::take(&mut self.later_ms).min(RETRY_AFTER_MS_MAX);
            let jitter_ms = self.backoff.next_ms(&mut self.chance);
            return vec![Effect::Wait(asked_ms.saturating_add(jitter_ms))];
        }
        self.fail(problem)
    }

    /// The bytes that went both ways so far.
    pub(super) fn spent(&self) -> u64 {
        let Traffic {
            sent_bytes,
            received_bytes,
            ..
        } = self.traffic;
        sent_bytes.saturating_add(received_bytes)
    }

    pub(super) fn is_spent(&self) -> bool {
        self.budget.is_spent(self.spent())
    }

    pub(super) fn finish(&mut self, in_sync: bool) -> Vec<Effect> {
        self.phase = Phase::Finished;
        self.report.in_sync = in_sync;
        if !in_sync {
            self.report.waiting.append(&mut self.budget.waiting);
        }
        if !self.diverged.is_empty() {
            tracing::error!(
                feeds = self.diverged.len(),
                "feeds differ from the server's"
            );
        }
        vec![Effect::Done(Ok(self.report.clone()))]
    }

    pub(super) fn fail(&mut self, problem: Problem) -> Vec<Effect> {
        self.phase = Phase::Finished;
        vec![Effect::Done(Err(problem))]
    }
}
