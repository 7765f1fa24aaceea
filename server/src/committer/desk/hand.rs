//! The server's own hand: changes that it makes itself, in the name of the person who caused them.
//!
//! They are changes like any other: an actor per record and person (from the log's id, so that a restored server is another writer),
//! bound to a device that is nobody's, judged for bytes and meaning, written, and sent to whoever may see the record.

use std::collections::BTreeSet;

use fieldwatch_schemas::feed::Standing;
use fieldwatch_schemas::field::FieldValue;
use fieldwatch_schemas::id::{Actor, DeviceId, PersonId, RecordId};
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::edit::{Act, Author, EditError};
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::store::StoreError;
use fieldwatch_schemas::sync::push::{Outcome, Policy, Pushed, Refusal};
use fieldwatch_schemas::time::Moment;
use sha2::{Digest as _, Sha256};

use super::super::OwnedAsker;
use super::super::cache::Kept;
use super::Desk;
use crate::tables::WriterRow;

/// The device of the server's own changes.
pub const SERVER: DeviceId = DeviceId([0; 16]);

/// Why the desk did not do what it was ordered.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// There is no such record, or nothing of that name waits.
    #[error("there is nothing of that name")]
    Unknown,
    /// The record, or what waits, is refused.
    #[error("{}", .0.words)]
    Refused(Refusal),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// The committer takes nothing now.
    #[error("the server takes no changes now")]
    Unavailable(ProblemKind),
}

/// Whether a record is to be shared with a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// From now on.
    Shared,
    /// No longer.
    Alone,
}

impl Desk {
    /// Shares a record with a station, or no longer, in a person's name. Returns the stations that it is shared with.
    ///
    /// # Errors
    ///
    /// [`OrderError`]; nothing is changed then.
    pub fn share(
        &mut self,
        record: RecordId,
        station: &str,
        sharing: Sharing,
        by: PersonId,
    ) -> Result<BTreeSet<String>, OrderError> {
        self.at_work(|desk| {
            let mut with = desk.shared_with(record)?;
            match sharing {
                Sharing::Shared => with.insert(station.to_owned()),
                Sharing::Alone => with.remove(station),
            };
            let act = set_shared(with.clone());
            desk.write_by_hand(record, &[act], by)?;
            Ok(with)
        })
    }

    /// Does an order on a store that works, and makes it durable; after a failure the store is as failed as after a push.
    pub(super) fn at_work<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, OrderError>,
    ) -> Result<T, OrderError> {
        self.enter();
        if !self.log.is_healthy() {
            return Err(StoreError::Failed.into());
        }
        let done = work(self).and_then(|done| {
            self.log.flush(self.life)?;
            Ok(done)
        });
        if let Err(OrderError::Store(error)) = &done {
            self.log.fail(error);
            self.forget();
        }
        done
    }

    pub(super) fn look_up(&mut self, record: RecordId) -> Result<Option<Kept>, StoreError> {
        let store = self.log.store()?;
        self.held(&*store, record)
    }

    fn shared_with(&mut self, record: RecordId) -> Result<BTreeSet<String>, OrderError> {
        let kept = self.look_up(record)?.ok_or(OrderError::Unknown)?;
        let with = kept.document.shared_with();
        let can_be = kept.document.kind().field("shared_with").is_some();
        self.cache.put(record, kept);
        match can_be {
            true => Ok(with),
            false => Err(OrderError::Refused(Refusal::new(
                ProblemKind::RecordInvalid,
                "records of this kind are not shared",
            ))),
        }
    }

    /// Makes one change of some acts and writes it; nothing if they change nothing.
    pub(super) fn write_by_hand(
        &mut self,
        record: RecordId,
        acts: &[Act],
        by: PersonId,
    ) -> Result<Option<Outcome>, OrderError> {
        let kept = self.look_up(record)?.ok_or(OrderError::Unknown)?;
        let made = self.make(&kept, acts, by);
        self.cache.put(record, kept);
        let Some(pushed) = made.map_err(OrderError::Refused)? else {
            return Ok(None);
        };
        let outcome = self.take(&hand_of(by), &pushed)?;
        refused(&outcome).map_or(Ok(Some(outcome)), |refusal| {
            Err(OrderError::Refused(refusal))
        })
    }

    fn make(&self, kept: &Kept, acts: &[Act], by: PersonId) -> Result<Option<Pushed>, Refusal> {
        let mut document: Document = kept.document.clone();
        let author = Author {
            actor: self.own_actor(&kept.row.writers, document.id(), by),
            now: Moment::china(self.log.now_ms()),
            role: None,
        };
        let record = document.id();
        let chunk = document.edit(&author, acts).map_err(|error| match error {
            EditError::Document(error) => Refusal::from(error),
            error => Refusal::new(ProblemKind::RecordInvalid, error.to_string()),
        })?;
        Ok(chunk.map(|chunk| Pushed {
            record,
            kind: document.kind().name().to_owned(),
            changes: vec![chunk.into_bytes().into()],
            vouched: None,
        }))
    }

    /// The first actor of the server's for this person that nobody else has taken.
    fn own_actor(&self, writers: &[WriterRow], record: RecordId, by: PersonId) -> Actor {
        let mut number = 0_u32;
        loop {
            let mut hash = Sha256::new();
            hash.update(b"fieldwatch server");
            hash.update(self.log.id().bytes());
            hash.update(record.bytes());
            hash.update(by.bytes());
            hash.update(number.to_be_bytes());
            let digest: [u8; 32] = hash.finalize().into();
            let actor = Actor(digest.first_chunk().copied().unwrap_or_default());
            let holder = writers.iter().find(|writer| writer.actor == actor);
            if holder.is_none_or(|writer| writer.device == SERVER && writer.person == by) {
                return actor;
            }
            number += 1;
        }
    }
}

/// The act that says with whom a record is shared.
pub(super) fn set_shared(with: BTreeSet<String>) -> Act {
    Act::Set {
        path: "shared_with".to_owned(),
        value: FieldValue::Codes(with),
    }
}

/// Who writes in a person's name when it is the server's hand.
fn hand_of(person: PersonId) -> OwnedAsker {
    OwnedAsker {
        device: SERVER,
        standing: nobody(person),
        grants: Vec::new(),
        former: Vec::new(),
        policy: Policy::Waived,
    }
}

/// A standing that grants nothing, for those whose work is taken without policy.
pub(super) fn nobody(person: PersonId) -> Standing {
    Standing {
        person,
        role: Role::Administrator,
        station: None,
        region: None,
        further_stations: Vec::new(),
    }
}

/// Why an outcome is a refusal, if it is one.
pub(super) fn refused(outcome: &Outcome) -> Option<Refusal> {
    let problem = outcome.problem.as_deref()?;
    let kind = ProblemKind::named(problem).unwrap_or(ProblemKind::Internal);
    Some(Refusal::new(
        kind,
        outcome.words.as_deref().unwrap_or_default(),
    ))
}
