//! The quarantine of the server: work that its author may not have taken any more, kept until a coordinator releases or discards it.
//!
//! It waits here if it was made in good faith and came too late: by a device that was revoked meanwhile, by a person who lost the grant,
//! on a record that went to another station. Bytes and meaning are judged when it comes and when it is released; policy is what the
//! release stands for. It is bounded per device and in total; what does not fit stays with the device, refused.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::feed::{Feed, Grant};
use fieldwatch_schemas::id::{DeviceId, Hash, RecordId};
use fieldwatch_schemas::limits::{
    QUARANTINE_BYTES_MAX, QUARANTINE_DEVICE_BYTES_MAX, QUARANTINE_DEVICE_CHANGES_MAX,
};
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::record::view::View;
use fieldwatch_schemas::store::{BATCH_BYTES_MAX, Batch, KeyRange, Store, StoreError};
use fieldwatch_schemas::sync::pull::Presence;
use fieldwatch_schemas::sync::push::{Outcome, Policy, Pushed, Refusal, Verdict};

use serde_json::{Value as Json, json};

use super::super::OwnedAsker;
use super::super::cache::Kept;
use super::hand::{OrderError, nobody, refused};
use super::{Desk, Ruling};
use crate::erase::is_erased;
use crate::log::all_rows;
use crate::tables::quarantine::{QuarantineRow, quarantine_key, quarantine_of, quarantined};
use crate::tables::{self, prefix};

/// How much waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Waiting {
    size_bytes: usize,
    devices: BTreeMap<DeviceId, (usize, usize)>,
}

impl Waiting {
    fn add(&mut self, device: DeviceId, size_bytes: usize) {
        self.size_bytes += size_bytes;
        let (changes, bytes) = self.devices.entry(device).or_default();
        *changes += 1;
        *bytes += size_bytes;
    }

    fn has_room(&self, device: DeviceId, changes: usize, size_bytes: usize) -> bool {
        let (held, bytes) = self.devices.get(&device).copied().unwrap_or_default();
        held + changes <= QUARANTINE_DEVICE_CHANGES_MAX
            && bytes + size_bytes <= QUARANTINE_DEVICE_BYTES_MAX
            && self.size_bytes + size_bytes <= QUARANTINE_BYTES_MAX
    }
}

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
        match self.hold(asker, pushed, held, refusal.problem.name())? {
            true => Ok(Refusal::new(
                ProblemKind::AwaitsRelease,
                "the record is with others now: a coordinator has to release this work",
            )),
            false => Ok(refusal),
        }
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
                if is_erased(&desk.log, &*store, pushed.record)? {
                    continue;
                }
                let held = desk.look_up(pushed.record)?;
                if desk.is_sound(&*store, asker, pushed, held.as_ref())? {
                    let reason = ProblemKind::DeviceRevoked.name();
                    kept_records += usize::from(desk.hold(asker, pushed, held.as_ref(), reason)?);
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

    /// What the record would say if what waits were taken: fields that would change, before and after, and events that would be added.
    ///
    /// # Errors
    ///
    /// [`OrderError::Unknown`] if nothing waits, [`OrderError::Refused`] if it could not be taken.
    pub fn preview(&mut self, record: RecordId, device: DeviceId) -> Result<Json, OrderError> {
        let (asker, pushed) = self.waiting_work(record, device)?;
        let store = self.log.store()?;
        let held = self.look_up(record)?;
        let ruling = self.judge_guarded(&*store, &asker, &pushed, held.as_ref())?;
        let before = held.as_ref().map(|kept| kept.document.view());
        if let Some(kept) = held {
            self.cache.put(record, kept);
        }
        let after = match ruling {
            Some(Ruling::Write(document, _, _)) => document.view(),
            Some(Ruling::Duplicate) => return Ok(json!({ "fields": {}, "events": [] })),
            Some(Ruling::Refuse(refusal)) => return Err(OrderError::Refused(refusal)),
            Some(Ruling::Missing(_)) | None => return Err(OrderError::Unknown),
        };
        Ok(compared(before.as_ref(), &after))
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

    /// What waits of one device and record, as it would be pushed.
    fn waiting_work(
        &self,
        record: RecordId,
        device: DeviceId,
    ) -> Result<(OwnedAsker, Pushed), OrderError> {
        let mut rows = Vec::new();
        for row in all_rows(&*self.log.store()?, &quarantine_of(record, device))? {
            rows.push(tables::decode::<QuarantineRow>("waiting work", &row.value)?);
        }
        let first = rows.first().ok_or(OrderError::Unknown)?;
        let asker = OwnedAsker {
            device,
            standing: nobody(first.person),
            grants: Vec::new(),
            former: Vec::new(),
            policy: Policy::Waived,
        };
        let pushed = Pushed {
            record,
            kind: first.kind.clone(),
            changes: rows.iter().map(|row| row.chunk.clone()).collect(),
            vouched: None,
        };
        Ok((asker, pushed))
    }

    fn drop_waiting(
        &mut self,
        record: RecordId,
        device: DeviceId,
        goes: &dyn Fn(Hash) -> bool,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for row in all_rows(&*self.log.store()?, &quarantine_of(record, device))? {
            let waiting: QuarantineRow = tables::decode("waiting work", &row.value)?;
            if hash_of(&waiting.chunk).is_none_or(goes) {
                batch.delete(row.key);
            }
        }
        self.waiting = None;
        self.log.apply(&batch, None, self.life)
    }

    /// Writes what does not wait already, one row per change. False if there is no room for all of it.
    fn hold(
        &mut self,
        asker: &OwnedAsker,
        pushed: &Pushed,
        held: Option<&Kept>,
        reason: &str,
    ) -> Result<bool, StoreError> {
        let store = self.log.store()?;
        let range = quarantine_of(pushed.record, asker.device);
        let (mut waits, mut next) = (BTreeSet::new(), 0);
        for row in all_rows(&*store, &range)? {
            let waiting: QuarantineRow = tables::decode("waiting work", &row.value)?;
            waits.extend(hash_of(&waiting.chunk));
            let number = quarantined(&row.key).map_or(0, |(_, _, number)| number);
            next = number.saturating_add(1);
        }
        let is_new =
            |hash: Hash| !waits.contains(&hash) && held.is_none_or(|kept| !kept.document.has(hash));
        let fresh = pushed.changes.iter();
        let fresh: Vec<_> = fresh
            .filter(|bytes| hash_of(bytes).is_some_and(is_new))
            .collect();
        let size_bytes = fresh.iter().map(|bytes| bytes.len()).sum();
        let waiting = match self.waiting.take() {
            Some(waiting) => waiting,
            None => count(&*store)?,
        };
        let waiting = self.waiting.insert(waiting);
        if !waiting.has_room(asker.device, fresh.len(), size_bytes) {
            return Ok(false);
        }
        let mut batch = Batch::new();
        for (number, bytes) in (next..).zip(fresh) {
            let row = QuarantineRow {
                kind: pushed.kind.clone(),
                person: asker.standing.person,
                reason: reason.to_owned(),
                received_ms: self.log.now_ms(),
                chunk: bytes.clone(),
            };
            waiting.add(asker.device, bytes.len());
            if batch.size_bytes() + bytes.len() + 256 > BATCH_BYTES_MAX {
                self.log
                    .apply(&std::mem::take(&mut batch), None, self.life)?;
            }
            let key = quarantine_key(pushed.record, asker.device, number);
            batch.put(key, tables::encode(&row));
        }
        self.log.apply(&batch, None, self.life)?;
        tracing::info!(record = %pushed.record, device = %asker.device, reason, "work waits for a release");
        Ok(true)
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

fn compared(before: Option<&View>, after: &View) -> Json {
    let was = |path: &String| before.and_then(|view| view.fields.get(path));
    let gone = before.into_iter().flat_map(|view| view.fields.keys());
    let paths: BTreeSet<&String> = after.fields.keys().chain(gone).collect();
    let changed = paths
        .into_iter()
        .filter(|path| was(path) != after.fields.get(*path))
        .map(|path| {
            let change = json!({ "before": was(path), "after": after.fields.get(path) });
            (path.clone(), change)
        });
    let fields: serde_json::Map<String, Json> = changed.collect();
    let known: BTreeSet<_> = before
        .into_iter()
        .flat_map(|view| view.events.iter().map(|event| event.id))
        .collect();
    let events = after
        .events
        .iter()
        .filter(|event| !known.contains(&event.id));
    let events: Vec<Json> = events
        .map(|event| json!({ "type": event.kind, "at": event.at.rfc3339(), "data": event.data }))
        .collect();
    json!({ "fields": fields, "events": events })
}

fn count(store: &dyn Store) -> Result<Waiting, StoreError> {
    let mut waiting = Waiting::default();
    store.scan(
        &KeyRange::prefix(&[prefix::QUARANTINE]),
        &mut |key, value| {
            if let Some((_, device, _)) = quarantined(key) {
                waiting.add(device, value.len());
            }
            std::ops::ControlFlow::Continue(())
        },
    )?;
    Ok(waiting)
}

fn hash_of(bytes: &[u8]) -> Option<Hash> {
    Chunk::parse(bytes.to_vec()).ok().map(|chunk| chunk.hash())
}
