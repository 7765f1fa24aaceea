//! Salvaging: whatever is damaged among the rows of a replica, the rest is put in order again.
//!
//! Every record is rebuilt from its changes and compared with what the other rows say of it. What can be read and still applies is
//! kept; what the server has is dropped where it is damaged, and wanted whole; lists, summaries, outbox, memberships and the sums of
//! the feeds are derived anew. Unsent changes that do not apply without what is lost are kept aside until the server has sent it.
//!
//! It reads everything and opens every document, so it runs only on suspicion: when a row could not be read, when digests disagree,
//! when a person asks. Every record is saved by itself, so that a crash in between only repeats work.

mod derived;
mod facts;
mod feeds;
mod glance;
mod harm;
mod overlay;
pub(super) mod rebuild;
mod record;
mod remains;
mod sweep;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::KeyRange;

pub use self::harm::{Harm, Lost, Salvaged, What};
use self::overlay::Overlay;
use super::{Group, Replica, ReplicaError, keys};

/// So many unreadable rows are salvaged however few the others are.
const UNREADABLE_MIN: usize = 64;

impl Replica {
    /// Puts in order what is damaged, as far as that can be done without the server; durable when the call returns.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Damaged`] where so much cannot be read that something else must be wrong; nothing is changed then.
    /// [`ReplicaError::Store`] if the disk fails; what was put in order stays so.
    pub fn salvage(&self) -> Result<Salvaged, ReplicaError> {
        self.batch(|group| group.salvage())
    }

    /// What [`Replica::salvage`] would do; nothing is changed.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn examine(&self) -> Result<Salvaged, ReplicaError> {
        // Nobody writes meanwhile.
        let _group = self.group();
        let beside = Self {
            store: Arc::new(Overlay::over(Arc::clone(&self.store))),
            record_keys: Arc::clone(&self.record_keys),
            memory: Mutex::default(),
        };
        let mut beside = beside.group();
        beside.salvage()
    }
}

impl Group<'_> {
    pub(super) fn salvage(&mut self) -> Result<Salvaged, ReplicaError> {
        self.refuse_ruins()?;
        let mut told = Salvaged::default();
        self.state.checklists.borrow_mut().clear();
        self.state.next_place = self.place_behind_all()?;
        self.state.parting = self.records_parting()?;
        self.sweep_facts(&mut told)?;
        self.restore_feeds(&mut told)?;
        for id in self.records_named()? {
            if !self.has_erased(id) {
                self.salvage_record(id, &mut told)?;
            }
        }
        self.sweep_tables(&mut told)?;
        self.salvage_index(told.harms > 0)?;
        self.sum_feeds(&mut told)?;
        self.state.aside = self.records_aside()?;
        for id in self.state.aside.clone() {
            let chunks = self.aside(id)?;
            told.lost.extend(chunks.iter().map(|chunk| Lost {
                record: id,
                change: Some(chunk.hash()),
            }));
        }
        self.state.next_place = self.place_behind_all()?;
        self.trust()?;
        if told.harms > 0 {
            tracing::warn!(
                harms = told.harms,
                lost = told.lost.len(),
                "damage was found"
            );
        }
        Ok(told)
    }

    /// Where a great part of everything cannot be read, the key or the disk is the matter, and sweeping would destroy what is sound.
    fn refuse_ruins(&self) -> Result<(), ReplicaError> {
        let (mut all, mut readable) = (0_usize, 0_usize);
        self.store().keys(&KeyRange::all(), &mut |_| {
            all += 1;
            std::ops::ControlFlow::Continue(())
        })?;
        self.scan(&KeyRange::all(), &mut |_, _| {
            readable += 1;
            std::ops::ControlFlow::Continue(())
        })?;
        let unreadable = all.saturating_sub(readable);
        if unreadable > UNREADABLE_MIN && unreadable > all / 4 {
            return Err(ReplicaError::Damaged {
                what: "most of what this home holds",
            });
        }
        Ok(())
    }

    /// Every record that a row of its own or one of its changes speaks of.
    fn records_named(&self) -> Result<BTreeSet<RecordId>, ReplicaError> {
        let mut named = BTreeSet::new();
        for table in [keys::RECORDS, keys::CHANGES] {
            for key in self.keys(&KeyRange::prefix(&[table]))? {
                named.extend(keys::record_of_row(&key));
            }
        }
        Ok(named)
    }

    /// The records of which something is kept aside.
    pub(super) fn records_aside(&self) -> Result<BTreeSet<RecordId>, ReplicaError> {
        let keys = self.keys(&KeyRange::prefix(&[keys::ASIDE]))?;
        Ok(keys
            .iter()
            .filter_map(|key| keys::record_of_row(key))
            .collect())
    }

    /// The first place behind the outbox.
    pub(super) fn place_behind_all(&self) -> Result<u64, ReplicaError> {
        let keys = self.keys(&KeyRange::prefix(&[keys::OUTBOX]))?;
        let last = keys.last().and_then(|key| keys::last_place(key));
        Ok(last.map_or(0, |place| place.saturating_add(1)))
    }
}
