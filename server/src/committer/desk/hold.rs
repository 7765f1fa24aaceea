//! The quarantine of the server: work that its author may not have taken any more, kept until a coordinator releases or discards it.
//!
//! It waits here if it was made in good faith and came too late: by a device that was revoked meanwhile, by a person who lost the grant,
//! on a record that went to another station. Bytes and meaning are judged when it comes and when it is released; policy is what the
//! release stands for. It is bounded per device and in total; what does not fit stays with the device, refused.

mod named;
mod preview;
mod room;
mod rows;

pub use self::named::Waits;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fieldwatch_schemas::feed::{Feed, Grant};
use fieldwatch_schemas::id::{DeviceId, Hash, RecordId};
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::store::{Store, StoreError};
use fieldwatch_schemas::sync::heal::in_causal_order;
use fieldwatch_schemas::sync::pull::Presence;
use fieldwatch_schemas::sync::push::{Outcome, Policy, Pushed, Refusal, Verdict};

pub(super) use self::room::Waiting;
use self::rows::Holding;

use super::super::OwnedAsker;
use super::super::cache::Kept;
use super::hand::{OrderError, refused};
use super::{Desk, Ruling};
use crate::erase::is_erased;

impl Desk {
    /// Keeps what was refused, if it is work that a coordinator may release. Returns what its author is told.
    pub(super) fn hold_if_due(
        &mut self,
        store: &dyn Store,
        asker: &OwnedAsker,
        pushed: &Pushed,
        held: Option<&Kept>,
        refusal: Refusal,
    ) -> Result<Refusal, StoreError> {
        let is_policy = matches!(
            refusal.problem,
            ProblemKind::NotPermitted | ProblemKind::HeldElsewhere
        );
        if asker.policy == Policy::Waived || !is_policy {
            return Ok(refusal);
        }
        let is_due = match held {
            Some(kept) => is_out_of_sight(kept, asker) && was_in_sight(kept, asker),
            None => self.was_permitted(store, asker, pushed)?,
        };
        if !is_due || !self.is_sound(store, asker, pushed, held)? {
            return Ok(refusal);
        }
        Ok(
            match self.hold(asker, pushed, held, refusal.problem.name())? {
                Holding::Waits => Refusal::new(
                    ProblemKind::AwaitsRelease,
                    "the record is with others now: a coordinator has to release this work",
                ),
                // Upon that a device writes it anew as another writer.
                Holding::Clashes => Refusal::new(
                    ProblemKind::ActorReused,
                    "a writer's number was used before, in work that waits",
                ),
                Holding::NoRoom => refusal,
            },
        )
    }

    /// Keeps the unsent work of a revoked device, which is told nothing of it.
    ///
    /// # Errors
    ///
    /// [`OrderError::Store`].
    pub fn hold_revoked(
        &mut self,
        asker: &OwnedAsker,
        outbox: &[Pushed],
    ) -> Result<usize, OrderError> {
        self.at_work(|desk| {
            let store = desk.log.store()?;
            let mut kept_records = 0;
            for pushed in outbox {
                // What a mark covers comes from its heads down.
                let pushed = &in_causal_order(pushed);
                if is_erased(&desk.log, &*store, pushed.record)? {
                    continue;
                }
                let held = desk.look_up(pushed.record)?;
                if desk.is_sound(&*store, asker, pushed, held.as_ref())? {
                    let reason = ProblemKind::DeviceRevoked.name();
                    let holding = desk.hold(asker, pushed, held.as_ref(), reason)?;
                    kept_records += usize::from(holding == Holding::Waits);
                }
                if let Some(kept) = held {
                    desk.cache.put(pushed.record, kept);
                }
            }
            Ok(kept_records)
        })
    }

    /// Takes what waits, in its author's name and without policy. What is taken waits no longer.
    ///
    /// # Errors
    ///
    /// [`OrderError::Unknown`] if nothing waits, [`OrderError::Refused`] if it cannot be taken; it waits on then.
    pub fn release(&mut self, record: RecordId, device: DeviceId) -> Result<Outcome, OrderError> {
        self.at_work(|desk| {
            let (asker, pushed) = desk.waiting_work(record, device)?;
            let outcome = desk.take(&asker, &pushed)?;
            if outcome.verdict == Verdict::Missing {
                return Err(OrderError::Refused(Refusal::new(
                    ProblemKind::DepsMissing,
                    ProblemKind::DepsMissing.title(),
                )));
            }
            let taken: BTreeSet<Hash> = outcome.durable.iter().copied().collect();
            desk.drop_waiting(record, device, &|hash| taken.contains(&hash))?;
            match refused(&outcome).filter(|_| taken.is_empty()) {
                Some(refusal) => Err(OrderError::Refused(refusal)),
                None => Ok(outcome),
            }
        })
    }

    /// Gives up what waits. The device keeps its own copy until its person gives that up too.
    ///
    /// # Errors
    ///
    /// [`OrderError::Unknown`] if nothing waits.
    pub fn give_up(&mut self, record: RecordId, device: DeviceId) -> Result<(), OrderError> {
        self.at_work(|desk| {
            desk.waiting_work(record, device)?;
            Ok(desk.drop_waiting(record, device, &|_| true)?)
        })
    }

    /// Whether bytes and meaning could be taken, were it permitted.
    fn is_sound(
        &self,
        store: &dyn Store,
        asker: &OwnedAsker,
        pushed: &Pushed,
        held: Option<&Kept>,
    ) -> Result<bool, StoreError> {
        let waived = OwnedAsker {
            policy: Policy::Waived,
            ..asker.clone()
        };
        let ruling = self.judge_guarded(store, &waived, pushed, held)?;
        Ok(matches!(ruling, Some(Ruling::Write(..))))
    }

    /// As a push is judged; nothing where that is not possible.
    fn judge_guarded(
        &self,
        store: &dyn Store,
        asker: &OwnedAsker,
        pushed: &Pushed,
        held: Option<&Kept>,
    ) -> Result<Option<Ruling>, StoreError> {
        let attempt = AssertUnwindSafe(|| self.judge(store, asker, pushed, held));
        match catch_unwind(attempt) {
            Err(_) | Ok(Err(StoreError::Damaged { .. })) => Ok(None),
            Ok(ruling) => ruling.map(Some),
        }
    }

    /// Whether a record that nobody has could have been made by this person before.
    fn was_permitted(
        &self,
        store: &dyn Store,
        asker: &OwnedAsker,
        pushed: &Pushed,
    ) -> Result<bool, StoreError> {
        let former = asker.former.iter().cloned();
        let mut before = asker.clone();
        before
            .grants
            .extend(former.map(|feed| Grant { feed, write: true }));
        let ruling = self.judge_guarded(store, &before, pushed, None)?;
        Ok(matches!(ruling, Some(Ruling::Write(..))))
    }
}

/// None of the feeds that it lies in is this person's to write.
fn is_out_of_sight(kept: &Kept, asker: &OwnedAsker) -> bool {
    let mut places = kept.row.places.iter();
    let is_granted = |feed: &Feed| {
        let mut grants = asker.grants.iter();
        grants.any(|grant| grant.write && grant.feed == *feed)
    };
    !places.any(|place| place.presence == Presence::Present && is_granted(&place.feed))
}

/// They wrote it before, or it lies, or once lay, in a feed that they write or once wrote.
fn was_in_sight(kept: &Kept, asker: &OwnedAsker) -> bool {
    let person = asker.standing.person;
    let mut writers = kept.row.writers.iter();
    let is_theirs = |feed: &Feed| {
        let mut grants = asker.grants.iter();
        asker.former.contains(feed) || grants.any(|grant| grant.write && grant.feed == *feed)
    };
    writers.any(|writer| writer.person == person)
        || kept.row.places.iter().any(|place| is_theirs(&place.feed))
}
