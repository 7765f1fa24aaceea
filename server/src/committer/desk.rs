//! The committer's desk: takes one pushed record after another, and answers a group when it is durable.

mod erasing;
mod follow;
mod hand;
mod healing;
mod hold;
mod place;

pub use self::hand::{OrderError, SERVER, Sharing};
pub use self::hold::Waits;
pub use self::place::Placed;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use fieldwatch_schemas::feed::Grant;
use fieldwatch_schemas::id::{Hash, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::view::View;
use fieldwatch_schemas::store::{Store, StoreError};
use fieldwatch_schemas::sync::push::{
    Accepted, Asker, Court, Denied, Held, Judgement, Outcome, Pushed, Refusal, Verdict, Writer,
    judge,
};

use super::again::derived_again;
use super::answer::{answer, durable, known, our_fault, refused, stored};
use super::cache::{Cache, Kept};
use super::rebuild::rebuild;
use super::write::{self, Plan, Stamp};
use super::{Job, Outcomes, OwnedAsker, Push, StationRegion};
use crate::erase::is_erased;
use crate::ledger::Ledger;
use crate::log::Log;
use crate::register::campaigns;
use crate::shelf::{Library, Shelf};
use crate::tables::{self, RecordRow, SummaryRow};

/// Where pushes are judged and written. The committer's thread has one; whoever has no threads sits at one himself.
pub struct Desk {
    log: Arc<Log>,
    station_region: Arc<StationRegion>,
    cache: Cache,
    shelf: Shelf,
    /// The opening of the store that the cache is of.
    life: u64,
    /// Where to look for what was being erased when the disk failed.
    unfinished: Option<Arc<Ledger>>,
    /// What waits for a release, counted; unknown until it is needed.
    waiting: Option<hold::Waiting>,
    /// Whether another opening of the store may have left people who did not follow their case.
    may_be_left_behind: bool,
    /// How many marks of this group were tried in vain.
    futile: usize,
    /// Parts of records that come back, counted; unknown until one comes.
    returning: Option<healing::Returning>,
}

impl Desk {
    /// A desk over a log. There must be one alone.
    #[must_use]
    pub fn new(log: Arc<Log>, station_region: Arc<StationRegion>) -> Self {
        Self {
            log,
            station_region,
            cache: Cache::default(),
            shelf: Shelf::default(),
            life: 0,
            unfinished: None,
            waiting: None,
            may_be_left_behind: true,
            futile: 0,
            returning: None,
        }
    }

    pub(super) fn log(&self) -> Arc<Log> {
        Arc::clone(&self.log)
    }

    /// Forgets what is held in memory: the store may hold less.
    pub(super) fn forget(&mut self) {
        self.cache.clear();
        self.shelf.clear();
        self.waiting = None;
        self.returning = None;
    }

    /// Takes pushes as the committer takes those that wait together: one flush, then every outcome is there.
    ///
    /// # Errors
    ///
    /// In the place of each push, as [`CommitterHandle::push`](super::CommitterHandle::push).
    pub fn take_together(&mut self, pushes: Vec<Push>) -> Vec<Result<Outcomes, ProblemKind>> {
        let (mut group, mut answers) = (Vec::new(), Vec::new());
        for Push { asker, outbox } in pushes {
            let answer = Job::new(&self.log, asker, outbox).map(|(job, outcomes)| {
                group.push(job);
                outcomes
            });
            answers.push(answer);
        }
        self.commit(&group);
        answers
    }

    /// Opens a failed store again, if it can.
    pub fn heal(&mut self) {
        if self.log.is_healthy() {
            return;
        }
        self.forget();
        match self.log.reopen() {
            Ok(()) => self.finish_erasing(),
            Err(error) => tracing::warn!(%error, "the store cannot be opened again yet"),
        }
    }

    /// Takes a group of pushes, makes it durable with one flush, and answers.
    pub(super) fn commit(&mut self, group: &[Job]) {
        self.enter();
        let answers = if self.log.is_healthy() {
            self.take_all(group)
        } else {
            Err(StoreError::Failed)
        };
        match answers {
            Ok(answers) => {
                for (job, outcomes) in group.iter().zip(answers) {
                    for outcome in outcomes {
                        // Whoever asked may be gone; what was taken stays.
                        drop(job.replies.try_send(Ok(outcome)));
                    }
                }
            }
            Err(error) => {
                // Opened again in the middle of the group, it is sound; the group is not.
                if self.log.is_healthy() && self.log.life() == self.life {
                    self.log.fail(&error);
                }
                self.forget();
                for job in group {
                    drop(job.replies.try_send(Err(ProblemKind::Unavailable)));
                }
            }
        }
    }

    /// Looks which opening of the store this is, and finishes what another left half erased.
    pub(super) fn enter(&mut self) {
        let life = self.log.life();
        if life != self.life {
            self.forget();
            self.life = life;
            self.may_be_left_behind = true;
        }
        self.finish_erasing();
        self.finish_following();
    }

    fn take_all(&mut self, group: &[Job]) -> Result<Vec<Vec<Outcome>>, StoreError> {
        self.futile = 0;
        let mut answers = Vec::with_capacity(group.len());
        for job in group {
            let outcomes = job
                .pushed
                .iter()
                .map(|each| self.take_vouched(&job.asker, each));
            answers.push(outcomes.collect::<Result<Vec<_>, _>>()?);
        }
        self.log.flush(self.life)?;
        Ok(answers)
    }

    /// Judges one pushed record and writes it. An error is the store's and concerns everybody; everything else is an outcome.
    fn take(&mut self, asker: &OwnedAsker, pushed: &Pushed) -> Result<Outcome, StoreError> {
        let store = self.log.store()?;
        if is_erased(&self.log, &*store, pushed.record)? {
            let refusal = Refusal::new(ProblemKind::RecordErased, "the record was erased");
            return Ok(refused(pushed, None, &refusal));
        }
        let held = match self.held(&*store, pushed.record) {
            Err(error @ StoreError::Damaged { .. }) => {
                tracing::error!(record = %pushed.record, %error, "a record cannot be read");
                return Ok(refused(pushed, None, &our_fault()));
            }
            held => held?,
        };
        let attempt = AssertUnwindSafe(|| self.judge(&*store, asker, pushed, held.as_ref()));
        let Ok(judged) = catch_unwind(attempt) else {
            tracing::error!(record = %pushed.record, "judging a record panicked");
            return Ok(refused(pushed, None, &our_fault()));
        };
        let ruling = match judged {
            Err(error @ StoreError::Damaged { .. }) => {
                tracing::error!(record = %pushed.record, %error, "a record cannot be written");
                return Ok(refused(pushed, None, &our_fault()));
            }
            ruling => ruling?,
        };
        let outcome = match ruling {
            Ruling::Write(now, mut plan, denied) => {
                let outcome = stored(pushed, &now.0, &denied);
                let moved = follow::of_case(held.as_ref(), &now, asker);
                if let Some(row) = &moved {
                    let key = tables::unfinished::following_key(pushed.record);
                    plan.batch.put(key, tables::encode(row));
                }
                let (document, view) = *now;
                let arrived = held.is_none() && view.kind.is_personal();
                self.write(document, Some(view), *plan, pushed.record)?;
                if let Some(row) = moved {
                    self.follow(pushed.record, &row)?;
                }
                if arrived {
                    self.follow_late(pushed.record)?;
                }
                return Ok(outcome);
            }
            Ruling::Duplicate => durable(pushed, Verdict::Duplicate),
            Ruling::Missing(missing) => {
                let durable = held.as_ref().map(|kept| known(pushed, &kept.document));
                Outcome {
                    missing,
                    ..answer(pushed, Verdict::Missing, durable.unwrap_or_default())
                }
            }
            Ruling::Refuse(refusal) => {
                let refusal = self.hold_if_due(&*store, asker, pushed, held.as_ref(), refusal)?;
                refused(pushed, held.as_ref(), &refusal)
            }
        };
        if let Some(kept) = held {
            self.cache.put(pushed.record, kept);
        }
        Ok(outcome)
    }

    fn judge(
        &self,
        store: &dyn Store,
        asker: &OwnedAsker,
        pushed: &Pushed,
        held: Option<&Kept>,
    ) -> Result<Ruling, StoreError> {
        let writers: Vec<Writer> = held
            .map(|kept| kept.row.writers.iter().map(tables::WriterRow::writer))
            .into_iter()
            .flatten()
            .collect();
        let known = held.map(|kept| Held {
            document: &kept.document,
            owner: kept.row.owner,
            writers: &writers,
            size_bytes: usize::try_from(kept.row.size_bytes).unwrap_or(usize::MAX / 2),
            changes: usize::try_from(kept.row.changes).unwrap_or(usize::MAX / 2),
            proved: kept.proved.as_ref(),
        });
        let judged = |grants: &[Grant]| {
            let who = Asker {
                device: asker.device,
                standing: &asker.standing,
                grants,
                policy: asker.policy,
            };
            let court = Court {
                station_region: &*self.station_region,
                checklists: &self.library(store),
                people: &|person| follow::where_lies(store, person),
            };
            judge(pushed, known, &who, &court)
        };
        let mut judgement = judged(&asker.grants);
        if is_not_permitted(&judgement) {
            // The campaign that it belongs to may have come just before it, in the same push.
            let campaigns = campaigns::grants(store, &asker.standing)?;
            if campaigns.iter().any(|grant| !asker.grants.contains(grant)) {
                judgement = judged(&[asker.grants.as_slice(), &campaigns].concat());
            }
        }
        match judgement {
            Judgement::Duplicate => Ok(Ruling::Duplicate),
            Judgement::Missing(hashes) => Ok(Ruling::Missing(hashes)),
            Judgement::Refuse(refusal) => Ok(Ruling::Refuse(refusal)),
            Judgement::Accept(accepted) => self.plan(store, held, *accepted),
        }
    }

    fn library<'a>(&'a self, store: &'a dyn Store) -> Library<'a> {
        let shelf = &self.shelf;
        Library { shelf, store }
    }

    fn plan(
        &self,
        store: &dyn Store,
        held: Option<&Kept>,
        accepted: Accepted,
    ) -> Result<Ruling, StoreError> {
        let stamp = Stamp {
            position: self.log.position() + 1,
            received_ms: self.log.now_ms(),
        };
        let region = &*self.station_region;
        let summary = SummaryRow::of(&accepted.view, region, &self.library(store));
        let row = held.map(|kept| &kept.row);
        match write::plan(store, row, &accepted, stamp, &summary) {
            Ok(mut plan) => {
                if accepted.view.kind == Kind::Checklist {
                    let again = derived_again(store, &self.shelf, &accepted.view, region)?;
                    plan.ahead.splice(0..0, again);
                }
                Ok(Ruling::Write(
                    Box::new((accepted.document, accepted.view)),
                    Box::new(plan),
                    accepted.denied,
                ))
            }
            Err(error) if error.is_about_size() => Ok(Ruling::Refuse(Refusal::new(
                ProblemKind::RecordTooLarge,
                "the record would grow beyond its limits",
            ))),
            Err(error) => Err(error),
        }
    }

    fn write(
        &mut self,
        document: Document,
        proved: Option<View>,
        plan: Plan,
        record: RecordId,
    ) -> Result<(), StoreError> {
        for batch in &plan.ahead {
            self.log.apply(batch, None, self.life)?;
        }
        self.log
            .apply(&plan.batch, Some(plan.row.position), self.life)?;
        let row = plan.row;
        let kept = Kept {
            row,
            document,
            proved,
        };
        self.cache.put(record, kept);
        Ok(())
    }

    /// The record as the store has it; taken out of the cache, so that a panic leaves nothing half-used there.
    fn held(&mut self, store: &dyn Store, record: RecordId) -> Result<Option<Kept>, StoreError> {
        if let Some(kept) = self.cache.take(record) {
            return Ok(Some(kept));
        }
        let row: Option<RecordRow> = tables::read(store, "a record", &tables::record_key(record))?;
        let Some(row) = row else { return Ok(None) };
        let document = rebuild(store, record, &row)?.document;
        Ok(Some(Kept {
            row,
            document,
            proved: None,
        }))
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk")
            .field("log", &self.log)
            .field("life", &self.life)
            .finish_non_exhaustive()
    }
}

fn is_not_permitted(judgement: &Judgement) -> bool {
    matches!(judgement, Judgement::Refuse(refusal) if refusal.problem == ProblemKind::NotPermitted)
}

/// What becomes of a pushed record.
enum Ruling {
    /// The record, what it says, and how it is written.
    Write(Box<(Document, View)>, Box<Plan>, Vec<Denied>),
    Duplicate,
    Missing(Vec<Hash>),
    Refuse(Refusal),
}
