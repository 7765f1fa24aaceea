//! The replica: everything one device holds, on a store.
//!
//! An edit is durable when the call returns. One lock is held over every act and every reading, because the rows of one batch become
//! visible one by one. What the rows are is said in [`keys`](self) (`replica/keys.rs`); changes are kept raw, documents are opened
//! only to be edited or shown, lists are read from summaries.
//!
//! Invariants, after a crash at any point too: the digest of a feed is the sum over the records that say they are in it; a cursor
//! never stands beyond what is durably applied; a record with unsent changes is in the outbox, or in quarantine.

mod account;
mod arrive;
mod aside;
mod changes;
mod checklists;
mod cores;
mod echo;
mod erase;
mod error;
mod facts;
mod feeds;
mod gather;
mod graph;
mod group;
mod heard;
mod held;
mod import;
mod index;
mod keys;
mod line;
mod list;
mod offer;
mod page;
mod parting;
mod rebase;
mod receipts;
mod refused;
mod repair;
mod returning;
mod rows;
mod salvage;
mod save;
mod search;
mod settle;
mod show;
mod sound;
mod status;
mod take;
mod unproven;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fieldwatch_schemas::checklist::Checklist;
use fieldwatch_schemas::id::{EventId, Hash, RecordId};
use fieldwatch_schemas::keyring::RecordKeys;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::edit::Act;
use fieldwatch_schemas::record::event::NewEvent;
use fieldwatch_schemas::record::import::Row;
use fieldwatch_schemas::store::Store;

pub use account::Account;
pub use changes::HeldChange;
pub use error::ReplicaError;
pub use group::{Edited, Group, Happened};
pub use import::Imported;
pub use list::{Absent, Bodies, Filter, Listed};
pub use offer::Offer;
pub use page::{Applied, Arrival, Page};
pub use receipts::Received;
pub use refused::Refused;
pub use salvage::{Harm, Lost, Salvaged, What};
pub use show::{Shown, State, Timed, Value};
pub use status::{FeedStatus, Quarantined, Status, Unsettled};

pub(crate) use self::keys::record_of_row;
use self::rows::FeedRow;
use crate::chance::Chance;
use crate::store::Vault;
use fieldwatch_schemas::time::Moment;

/// Everything one device holds. Any number of threads may use it.
#[derive(Debug)]
pub struct Replica {
    store: Arc<dyn Store>,
    record_keys: Arc<RecordKeys>,
    memory: Mutex<Memory>,
}

/// What is read once and kept, under the lock.
#[derive(Debug, Default)]
struct Memory {
    feeds: Vec<FeedRow>,
    next_place: u64,
    sending: BTreeSet<RecordId>,
    repairs: repair::Repairs,
    /// Whether the feeds were compared with their records.
    is_summed: bool,
    /// The records of the last offer, and how many changes each had then.
    offered: BTreeMap<RecordId, usize>,
    /// How many receipts there are, or were before some went; counted when the first one comes.
    receipts: Option<u64>,
    /// Records of which something is kept aside until the server has sent them whole.
    aside: BTreeSet<RecordId>,
    /// What was acknowledged, and no feed has shown yet.
    unechoed: BTreeMap<RecordId, echo::Told>,
    /// Records that are hidden until the server has answered for them.
    parting: BTreeSet<RecordId>,
    /// How often in a row parts of records that go back led no further.
    futile_parts: BTreeMap<RecordId, u32>,
    /// Whether something was found damaged.
    suspects: Cell<bool>,
    /// Records that somebody opened since the last offer and whose bodies are not here.
    opened: RefCell<BTreeSet<RecordId>>,
    /// What is known of the index of what records say.
    index: RefCell<search::Index>,
    /// Published checklists that were needed: no version ever changes.
    checklists: RefCell<BTreeMap<RecordId, Arc<Checklist>>>,
}

impl Replica {
    /// Opens the replica that a store holds, or begins one in an empty store.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`] and [`ReplicaError::Damaged`].
    pub fn open(vault: impl Into<Vault>) -> Result<Self, ReplicaError> {
        let Vault { store, keys } = vault.into();
        let replica = Self {
            store,
            record_keys: keys,
            memory: Mutex::default(),
        };
        let mut group = replica.group();
        let (feeds, lost) = group.read_feeds()?;
        group.state.feeds = feeds;
        if lost > 0 {
            group.suspect();
        }
        group.state.next_place = group.place_behind_all()?;
        group.state.aside = group.records_aside()?;
        group.read_unechoed()?;
        group.state.parting = group.records_parting()?;
        group.finish_erasing()?;
        drop(group);
        Ok(replica)
    }

    /// Several acts, durable together when the call returns. Acts before one that fails are kept.
    ///
    /// # Errors
    ///
    /// What `acts` returns, and [`ReplicaError::Store`] if the disk fails.
    pub fn batch<T, E: From<ReplicaError>>(
        &self,
        acts: impl FnOnce(&mut Group<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let done = acts(&mut self.group());
        self.flush()?;
        done
    }

    /// Makes a record. Fields that every record of its kind has and that are not given are filled in: when a case was received (now),
    /// the station or region of this device's person. A record with a natural key gets the id that follows from it: a case from its channel
    /// and its number there, an enterprise from its credit code.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Edit`] naming the field that is wrong or missing, [`ReplicaError::AlreadyExists`] for a natural key that is here.
    pub fn new_record(
        &self,
        kind: Kind,
        acts: &[Act],
        now: &Moment,
        chance: &mut dyn Chance,
    ) -> Result<RecordId, ReplicaError> {
        self.batch(|group| group.new_record(kind, acts, now, chance))
    }

    /// Edits a record: one change of all the acts, or none if they change nothing.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::RecordUnknown`], [`ReplicaError::Edit`] for the first act that is not possible; nothing is changed then.
    pub fn edit(
        &self,
        record: RecordId,
        acts: &[Act],
        now: &Moment,
        chance: &mut dyn Chance,
    ) -> Result<Edited, ReplicaError> {
        self.batch(|group| {
            let edited = group.edit(record, acts, now, chance);
            group.noting(edited)
        })
    }

    /// Adds an event of a type, with its data, that happened at `event.at`.
    ///
    /// # Errors
    ///
    /// As [`Replica::edit`]; [`fieldwatch_schemas::status::EventError`] inside says why an event cannot happen.
    pub fn add_event(
        &self,
        record: RecordId,
        event: &NewEvent,
        now: &Moment,
        chance: &mut dyn Chance,
    ) -> Result<Happened, ReplicaError> {
        self.batch(|group| {
            let happened = group.add_event(record, event, now, chance);
            group.noting(happened)
        })
    }

    /// A fresh id for an event.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Chance`].
    pub fn fresh_event_id(&self, chance: &mut dyn Chance) -> Result<EventId, ReplicaError> {
        Ok(EventId::random(chance.sixteen()?))
    }

    /// Chooses between the values of a conflict; `number` counts from 1 in the order of [`Replica::conflicts`].
    ///
    /// # Errors
    ///
    /// As [`Replica::edit`].
    pub fn resolve(
        &self,
        record: RecordId,
        path: &str,
        number: usize,
        now: &Moment,
        chance: &mut dyn Chance,
    ) -> Result<Edited, ReplicaError> {
        let path = path.to_owned();
        self.edit(record, &[Act::Choose { path, number }], now, chance)
    }

    /// Imports one row of a table.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Edit`] if the row does not make, or does not fit, a sound record; nothing of it is kept.
    pub fn import_row(
        &self,
        row: &Row,
        now: &Moment,
        chance: &mut dyn Chance,
    ) -> Result<Imported, ReplicaError> {
        self.batch(|group| group.import_row(row, now, chance))
    }

    /// Imports rows, durable together when the call returns. A row that fails is told in its place, the others go on.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`] if the disk fails.
    pub fn import_rows(
        &self,
        rows: &[Row],
        now: &Moment,
        chance: &mut dyn Chance,
    ) -> Result<Vec<Result<Imported, ReplicaError>>, ReplicaError> {
        self.batch(|group| {
            let imported = rows.iter().map(|row| group.import_row(row, now, chance));
            Ok(imported.collect())
        })
    }

    /// A record as a person sees it.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::RecordUnknown`], [`ReplicaError::KindUnknown`], or the store's.
    pub fn view(&self, record: RecordId) -> Result<Shown, ReplicaError> {
        let group = self.group();
        group.noting(group.show(record))
    }

    /// The heads of everything held of a record.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::RecordUnknown`], or the store's.
    pub fn heads(&self, record: RecordId) -> Result<Vec<Hash>, ReplicaError> {
        let group = self.group();
        Ok(group.noting(group.held(record))?.row.heads)
    }

    /// Records, the newest first, without opening a document. A search that finds much that is not in the index yet puts it there.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`] and [`ReplicaError::Damaged`].
    pub fn list(&self, filter: &Filter) -> Result<Vec<Listed>, ReplicaError> {
        self.group().list(filter)
    }

    /// What a volunteer needs to know.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`] and [`ReplicaError::Damaged`].
    pub fn status(&self) -> Result<Status, ReplicaError> {
        self.group().status()
    }

    /// Every conflict that nobody has settled.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`] and [`ReplicaError::Damaged`].
    pub fn conflicts(&self) -> Result<Vec<Unsettled>, ReplicaError> {
        self.group().conflicts()
    }

    /// Says which records are on their way to the server just now; nothing of it is kept.
    pub fn mark_sending(&self, records: BTreeSet<RecordId>) {
        self.group().state.sending = records;
    }

    fn group(&self) -> Group<'_> {
        Group {
            replica: self,
            state: self.lock(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn flush(&self) -> Result<(), ReplicaError> {
        Ok(self.store.flush()?)
    }
}

impl Group<'_> {
    fn store(&self) -> &dyn Store {
        &*self.replica.store
    }
}
