//! Healing at the desk: what a device brings under the server's own mark ([`fieldwatch_schemas::sync::heal`]).

mod parts;

pub(super) use self::parts::Returning;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fieldwatch_schemas::id::PersonId;
use fieldwatch_schemas::limits::PUSH_CHANGES_MAX;
use fieldwatch_schemas::store::{KeyRange, Store, StoreError};
use fieldwatch_schemas::sync::heal::{Healed, Part, heal, in_causal_order};
use fieldwatch_schemas::sync::push::{
    Asker, Court, Held, Outcome, Policy, Pushed, Refusal, Verdict, Writer,
};
use fieldwatch_schemas::sync::vouch::{OfRecord, Vouched};

use super::super::answer::{answer, our_fault, refused};
use super::super::cache::Kept;
use super::follow::where_lies;
use super::{Desk, Ruling};
use crate::committer::OwnedAsker;
use crate::erase::is_erased;
use crate::register::PERSONS;
use crate::tables;

/// How many marks of one group may be tried against everybody in vain: each costs as many hashes as there are people.
pub(super) const FUTILE_MAX: usize = 16;

impl Desk {
    /// Takes what a push brings under the server's mark, then judges the rest of it.
    pub(super) fn take_vouched(
        &mut self,
        asker: &OwnedAsker,
        pushed: &Pushed,
    ) -> Result<Outcome, StoreError> {
        let Some(vouched) = &pushed.vouched else {
            return self.take(asker, pushed);
        };
        let store = self.log.store()?;
        if is_erased(&self.log, &*store, pushed.record)? {
            return self.take(asker, pushed);
        }
        if pushed.changes.is_empty() {
            return self.tell_whether_it_is_here(&*store, asker, pushed, vouched);
        }
        let held = match self.held(&*store, pushed.record) {
            Err(StoreError::Damaged { .. }) => return self.take(asker, pushed),
            held => held?,
        };
        let Some(owner) = self.owner_of(&*store, asker, pushed, vouched, held.as_ref())? else {
            self.put_back(pushed, held);
            return self.take_unmarked(asker, pushed, vouched);
        };
        self.count_returning(&*store)?;
        let attempt = AssertUnwindSafe(|| self.part(pushed, vouched, held.as_ref()));
        let part = catch_unwind(attempt).unwrap_or_else(|_| Err(our_fault()));
        let part = match part {
            Ok(part) if part.descent.lacking.is_empty() => part,
            Ok(part) => {
                self.put_back(pushed, held);
                return self.keep_or_take(asker, pushed, vouched, part);
            }
            Err(refusal) => return Ok(self.refuse_healing(pushed, held, &refusal)),
        };
        let whole = self.with_kept(&*store, pushed, &part.descent.below)?;
        let attempt = AssertUnwindSafe(|| {
            self.healed(&*store, asker, (&whole, vouched), held.as_ref(), owner)
        });
        let healed = catch_unwind(attempt).unwrap_or_else(|_| Ok(Err(our_fault())));
        let outcome = match healed? {
            Ok(None) => {
                self.put_back(pushed, held);
                self.take_unmarked(asker, pushed, vouched)?
            }
            Err(refusal) => self.refuse_healing(pushed, held, &refusal),
            Ok(Some(healed)) => self.settle_healed(&*store, asker, pushed, held, healed)?,
        };
        // Taken, or unfit to be taken: either way nothing waits for the rest any more.
        self.forget_parts(pushed.record, &part.descent.below)?;
        Ok(outcome)
    }

    /// Judges a push as if it bore no mark. Of one that is too much for that, the device brings the first changes first.
    fn take_unmarked(
        &mut self,
        asker: &OwnedAsker,
        pushed: &Pushed,
        vouched: &Vouched,
    ) -> Result<Outcome, StoreError> {
        if pushed.changes.len() > PUSH_CHANGES_MAX {
            return Ok(Outcome {
                missing: vouched.heads.clone(),
                ..answer(pushed, Verdict::Missing, Vec::new())
            });
        }
        self.take(asker, &in_causal_order(pushed))
    }

    /// Keeps a part of a record until the rest has come; where there is no room for it, it is judged as if it bore no mark.
    fn keep_or_take(
        &mut self,
        asker: &OwnedAsker,
        pushed: &Pushed,
        vouched: &Vouched,
        part: Part,
    ) -> Result<Outcome, StoreError> {
        let Part { descent, brought } = part;
        if !self.keep_part(asker.device, pushed.record, &brought)? {
            tracing::warn!(record = %pushed.record, "there is no room for parts of a record that comes back");
            return self.take_unmarked(asker, pushed, vouched);
        }
        Ok(Outcome {
            missing: descent.lacking,
            ..answer(pushed, Verdict::Kept, Vec::new())
        })
    }

    fn refuse_healing(
        &mut self,
        pushed: &Pushed,
        held: Option<Kept>,
        refusal: &Refusal,
    ) -> Outcome {
        tracing::warn!(record = %pushed.record, problem = refusal.problem.name(), "vouched changes are unsound");
        let outcome = refused(pushed, held.as_ref(), refusal);
        self.put_back(pushed, held);
        outcome
    }

    /// Answers somebody who brings nothing but a mark: `duplicate` if what it is about is here, else `missing`. That a record is here at
    /// all is told to nobody without its mark.
    fn tell_whether_it_is_here(
        &mut self,
        store: &dyn Store,
        asker: &OwnedAsker,
        pushed: &Pushed,
        vouched: &Vouched,
    ) -> Result<Outcome, StoreError> {
        let held = match self.held(store, pushed.record) {
            Err(StoreError::Damaged { .. }) => None,
            held => held?,
        };
        let has_all = held.as_ref().is_some_and(|kept| {
            let mut heads = vouched.heads.iter();
            heads.all(|head| kept.document.has(*head))
        });
        let is_ours = |desk: &mut Self| {
            let owner = desk.owner_of(store, asker, pushed, vouched, held.as_ref());
            owner.map(|owner| owner.is_some())
        };
        let is_here = has_all && is_ours(self)?;
        self.put_back(pushed, held);
        Ok(match is_here {
            true => answer(pushed, Verdict::Duplicate, Vec::new()),
            false => Outcome {
                missing: vouched.heads.clone(),
                ..answer(pushed, Verdict::Missing, Vec::new())
            },
        })
    }

    fn settle_healed(
        &mut self,
        store: &dyn Store,
        asker: &OwnedAsker,
        pushed: &Pushed,
        held: Option<Kept>,
        healed: Healed,
    ) -> Result<Outcome, StoreError> {
        let mut verdict = Verdict::Duplicate;
        match healed.accepted {
            None => self.put_back(pushed, held),
            Some(accepted) => match self.plan(store, held.as_ref(), accepted)? {
                Ruling::Write(now, plan, _) => {
                    let (document, view) = *now;
                    tracing::info!(record = %pushed.record, "a record is healed");
                    let arrived = held.is_none() && view.kind.is_personal();
                    self.write(document, Some(view), *plan, pushed.record)?;
                    if arrived {
                        self.follow_late(pushed.record)?;
                    }
                    verdict = Verdict::Stored;
                }
                Ruling::Refuse(refusal) => {
                    let outcome = refused(pushed, held.as_ref(), &refusal);
                    self.put_back(pushed, held);
                    return Ok(outcome);
                }
                Ruling::Duplicate | Ruling::Missing(_) => {}
            },
        }
        if healed.rest.changes.is_empty() {
            return Ok(answer(pushed, verdict, healed.covered));
        }
        let mut outcome = self.take(asker, &healed.rest)?;
        let mut durable: BTreeSet<_> = outcome.durable.into_iter().collect();
        durable.extend(healed.covered);
        outcome.durable = durable.into_iter().collect();
        Ok(outcome)
    }

    fn healed(
        &self,
        store: &dyn Store,
        asker: &OwnedAsker,
        (pushed, vouched): (&Pushed, &Vouched),
        held: Option<&Kept>,
        owner: PersonId,
    ) -> Result<Result<Option<Healed>, Refusal>, StoreError> {
        let rows = held.iter().flat_map(|kept| &kept.row.writers);
        let writers: Vec<Writer> = rows.map(tables::WriterRow::writer).collect();
        let known = held.map(|kept| Held {
            document: &kept.document,
            owner: kept.row.owner,
            writers: &writers,
            size_bytes: usize::try_from(kept.row.size_bytes).unwrap_or(usize::MAX / 2),
            changes: usize::try_from(kept.row.changes).unwrap_or(usize::MAX / 2),
            proved: kept.proved.as_ref(),
        });
        let who = Asker {
            device: asker.device,
            standing: &asker.standing,
            grants: &asker.grants,
            policy: Policy::Waived,
        };
        let court = Court {
            station_region: &*self.station_region,
            checklists: &self.library(store),
            people: &|person| where_lies(store, person),
        };
        Ok(heal(pushed, vouched, known, owner, &who, &court))
    }

    /// As whose record the mark holds; `None` if it does not hold at all.
    fn owner_of(
        &mut self,
        store: &dyn Store,
        asker: &OwnedAsker,
        pushed: &Pushed,
        vouched: &Vouched,
        held: Option<&Kept>,
    ) -> Result<Option<PersonId>, StoreError> {
        let key = self.log.mac_key();
        let holds = |owner: PersonId| {
            let said = OfRecord {
                record: pushed.record,
                heads: &vouched.heads,
                owner,
                actor: vouched.actor,
            };
            key.knows_record(&said, &vouched.mac)
        };
        let likely = held.map(|kept| kept.row.owner);
        let likely = likely.into_iter().chain([asker.standing.person]);
        if let Some(owner) = likely.into_iter().find(|owner| holds(*owner)) {
            return Ok(Some(owner));
        }
        if self.futile >= FUTILE_MAX {
            return Ok(None);
        }
        let mut found = None;
        store.scan(&KeyRange::prefix(&[PERSONS]), &mut |key, _| {
            let person = tables::record_of(key).map(|id| PersonId(*id.bytes()));
            found = person.filter(|person| holds(*person));
            match found {
                Some(_) => ControlFlow::Break(()),
                None => ControlFlow::Continue(()),
            }
        })?;
        self.futile += usize::from(found.is_none());
        Ok(found)
    }

    fn put_back(&mut self, pushed: &Pushed, held: Option<Kept>) {
        if let Some(kept) = held {
            self.cache.put(pushed.record, kept);
        }
    }
}
