//! A simulated device: the real replica and the real engine, driven by the same loop as in production, in virtual time.

mod session;

use std::collections::BTreeSet;
use std::sync::Arc;

use fieldwatch_client_core::chance::SeededChance;
use fieldwatch_client_core::engine::{Effect, Engine, Input, Patience, Report};
use fieldwatch_client_core::replica::{Account, HeldChange, Replica, ReplicaError};
use fieldwatch_client_core::store::vault::{Vault, open_keys};
use fieldwatch_schemas::feed::Standing;
use fieldwatch_schemas::id::{DeviceId, Hash, RecordId};
use fieldwatch_schemas::problem::Problem;
use fieldwatch_schemas::store::small::{MemoryFile, SmallFile};
use fieldwatch_schemas::store::{KeyRange, Row};
use fieldwatch_schemas::sync::exchange::Item;
use fieldwatch_schemas::sync::frame::Frames;
use fieldwatch_schemas::time::Moment;

pub(super) use self::session::{Heard, Session, Wish};
use super::disk::{Disk, Past};
use super::network::Weather;
use crate::fault::Told;

/// What every home is sealed under: nobody looks over anybody's shoulder here.
const DATA_KEY: [u8; 32] = [3; 32];

/// A device.
#[derive(Debug)]
pub(super) struct Device {
    /// Who it is to the server.
    pub(super) id: DeviceId,
    /// Its disk.
    pub(super) disk: Arc<Disk>,
    /// The file with the keys of its records.
    record_keys: Arc<MemoryFile>,
    /// A copy that was put away.
    copy: Option<Copied>,
    /// What runs on it.
    pub(super) replica: Replica,
    /// The sync under way.
    pub(super) session: Option<Session>,
    /// How far its clock is off.
    pub(super) clock_off_ms: i64,
    /// How its last sync ended.
    pub(super) last_sync: Option<Result<Report, Problem>>,
    /// Whether the server lets it in no more.
    pub(super) is_revoked: bool,
    /// The records of which it was given receipts by a sync that it finished, if it knows the key that they hold under.
    pub(super) receipted: Option<BTreeSet<RecordId>>,
}

/// What was on a device's disk.
#[derive(Debug, Clone)]
struct Copied {
    rows: Vec<Row>,
    past: Past,
    record_keys: Option<Vec<u8>>,
    receipted: Option<BTreeSet<RecordId>>,
}

impl Device {
    /// A device that has enrolled.
    ///
    /// # Errors
    ///
    /// A fault if its store cannot be opened.
    pub(super) fn enrolled(
        id: DeviceId,
        standing: &Standing,
        (name, receipt_key): (&str, Option<String>),
        disk: Disk,
    ) -> Told<Self> {
        let disk = Arc::new(disk);
        let record_keys = Arc::new(MemoryFile::new());
        let replica = open(&disk, &record_keys)?;
        let account = Account {
            device: id,
            standing: standing.clone(),
            person_name: name.to_owned(),
            server: "simulated".to_owned(),
            url: "https://127.0.0.1:1".to_owned(),
            pin: String::new(),
            receipt_key,
        };
        let receipted = account.receipt_key.is_some().then(BTreeSet::new);
        let grants = fieldwatch_schemas::feed::grants_of(standing);
        replica.enrolled(&account, &grants)?;
        Ok(Self {
            id,
            disk,
            record_keys,
            copy: None,
            replica,
            session: None,
            clock_off_ms: 0,
            last_sync: None,
            is_revoked: false,
            receipted,
        })
    }

    /// Its clock.
    #[must_use]
    pub(super) fn clock(&self, now_ms: i64) -> Moment {
        Moment::china(now_ms + self.clock_off_ms)
    }

    /// Begins to run again over what the disk holds; of what was not flushed, `batches` batches reached it.
    ///
    /// # Errors
    ///
    /// A fault if the store cannot be opened: no crash may lead to that.
    pub(super) fn restart(&mut self, batches: usize) -> Told<()> {
        self.session = None;
        self.disk.light_up(batches);
        self.replica = open(&self.disk, &self.record_keys)?;
        Ok(())
    }

    /// Ends the process and begins it again: nothing is lost.
    ///
    /// # Errors
    ///
    /// As [`Device::restart`].
    pub(super) fn reopen(&mut self) -> Told<()> {
        self.session = None;
        self.disk.reopen();
        self.replica = open(&self.disk, &self.record_keys)?;
        Ok(())
    }

    /// Puts a copy of all that is on the disk away.
    ///
    /// # Errors
    ///
    /// A fault if it cannot be read.
    pub(super) fn put_away(&mut self) -> Told<()> {
        self.copy = Some(Copied {
            rows: self.disk.rows()?,
            past: self.disk.past(),
            record_keys: self.record_keys.read()?,
            receipted: self.receipted.clone(),
        });
        Ok(())
    }

    /// Sets the device back to the copy that was put away. Whether there was one.
    ///
    /// # Errors
    ///
    /// A fault if it cannot be opened.
    pub(super) fn set_back(&mut self) -> Told<bool> {
        let Some(copy) = self.copy.clone() else {
            return Ok(false);
        };
        self.session = None;
        self.disk = Arc::new(Disk::holding(&copy.rows)?.with_past(copy.past));
        self.record_keys = file_of(copy.record_keys.as_deref())?;
        self.receipted = copy.receipted;
        self.replica = open(&self.disk, &self.record_keys)?;
        Ok(true)
    }

    /// Another phone with everything that is on this one.
    ///
    /// # Errors
    ///
    /// A fault if it cannot be opened.
    pub(super) fn twin(&self) -> Told<Self> {
        let disk = Disk::holding(&self.disk.rows()?)?;
        let disk = Arc::new(disk.with_past(self.disk.past()));
        let record_keys = file_of(self.record_keys.read()?.as_deref())?;
        Ok(Self {
            id: self.id,
            replica: open(&disk, &record_keys)?,
            disk,
            record_keys,
            copy: None,
            session: None,
            clock_off_ms: self.clock_off_ms,
            last_sync: None,
            is_revoked: self.is_revoked,
            receipted: self.receipted.clone(),
        })
    }

    /// Every row that can be read on it, its seals opened.
    ///
    /// # Errors
    ///
    /// A fault if a seal does not open.
    pub(super) fn readable_rows(&self) -> Told<Vec<Row>> {
        let vault = vault(&self.disk, &self.record_keys)?;
        let mut rows = Vec::new();
        vault
            .store()
            .scan(&KeyRange::prefix(&[]), &mut |key, value| {
                rows.push(Row {
                    key: key.to_vec(),
                    value: value.to_vec(),
                });
                std::ops::ControlFlow::Continue(())
            })?;
        Ok(rows)
    }

    /// What can be read of everything that was ever written on its disk about a record, with the keys that it has now.
    ///
    /// # Errors
    ///
    /// A fault if the keys cannot be read.
    pub(super) fn readable_past(&self, record: RecordId) -> Told<Vec<Vec<u8>>> {
        let mut values = Vec::new();
        for row in self.disk.ever_held(record) {
            let disk = Arc::new(Disk::holding(std::slice::from_ref(&row))?);
            // What another key sealed cannot be read: nobody has it any more.
            let value = vault(&disk, &self.record_keys)?.store().get(&row.key);
            values.extend(value.ok().flatten());
        }
        Ok(values)
    }

    /// Who its person is, as it was told last.
    ///
    /// # Errors
    ///
    /// A fault if it cannot tell.
    pub(super) fn standing(&self) -> Result<Standing, ReplicaError> {
        let account = self.replica.account()?;
        let account = account.ok_or(ReplicaError::Damaged {
            what: "the account",
        })?;
        Ok(account.standing)
    }

    /// Begins a sync, unless one is under way.
    ///
    /// # Errors
    ///
    /// As [`Device::drive`].
    pub(super) fn sync(
        &mut self,
        seed: u64,
        budget: Option<u64>,
        weather: Weather,
        now_ms: i64,
    ) -> Result<Heard, ReplicaError> {
        if self.session.is_some() {
            return Ok(Heard::default());
        }
        let engine = Engine::new(Patience::Once, budget, SeededChance::new(seed));
        self.session = Some(Session::begin(engine, budget, weather, now_ms));
        let mut heard = Heard::default();
        self.drive(Input::Begin, now_ms, &mut heard)?;
        Ok(heard)
    }

    /// Takes in bytes of a reply.
    ///
    /// # Errors
    ///
    /// As [`Device::drive`].
    pub(super) fn receive(&mut self, bytes: &[u8], now_ms: i64) -> Result<Heard, ReplicaError> {
        let mut heard = Heard::default();
        if let Some(session) = &mut self.session {
            session.traffic.received_bytes += bytes.len() as u64;
            session.frames.push(bytes);
        }
        while let Some(item) = self.next_item() {
            let is_end = item == Ok(Item::End);
            let input = match item {
                Ok(item) => {
                    if let Some(session) = &mut self.session {
                        session.note(&item, &mut heard);
                    }
                    Input::Item(item)
                }
                Err(problem) => Input::Failed(problem),
            };
            if is_end {
                self.tell_traffic();
            }
            self.drive(input, now_ms, &mut heard)?;
            if !heard.wishes.is_empty() {
                break;
            }
        }
        Ok(heard)
    }

    /// The reply, or the way to it, ended.
    ///
    /// # Errors
    ///
    /// As [`Device::drive`].
    pub(super) fn lose(&mut self, input: Input, now_ms: i64) -> Result<Heard, ReplicaError> {
        let mut heard = Heard::default();
        if matches!(input, Input::Ended | Input::Failed(_)) {
            self.tell_traffic();
        }
        self.drive(input, now_ms, &mut heard)?;
        Ok(heard)
    }

    /// The driver: the loop of `client-core/src/sync.rs`, with virtual time.
    ///
    /// # Errors
    ///
    /// The replica's; the sync is over then.
    fn drive(
        &mut self,
        mut input: Input,
        now_ms: i64,
        heard: &mut Heard,
    ) -> Result<(), ReplicaError> {
        loop {
            let Some(session) = &mut self.session else {
                return Ok(());
            };
            let mut next = None;
            for effect in session.engine.handle(input, now_ms - session.began_ms) {
                match effect {
                    Effect::Offer => next = Some(Input::Offered(self.replica.offer()?)),
                    Effect::Apply(page) => next = Some(Input::Applied(self.replica.apply(&page)?)),
                    Effect::Send(request) => {
                        let records = request.outbox.iter().map(|pushed| pushed.record);
                        self.replica.mark_sending(records.collect());
                        let bytes = minicbor::to_vec(&request).unwrap_or_default();
                        session.frames = Frames::default();
                        session.traffic.requests += 1;
                        session.traffic.sent_bytes += bytes.len() as u64;
                        heard.wishes.push(Wish::Send(bytes));
                    }
                    Effect::Abandon => session.request = 0,
                    // Only whoever watches waits; these devices end their sync and begin another.
                    Effect::Wait(_) => {}
                    Effect::Done(result) => {
                        let given = std::mem::take(&mut session.receipted);
                        if let (true, Some(receipted)) = (result.is_ok(), &mut self.receipted) {
                            receipted.extend(given);
                        }
                        if result.as_ref().is_ok_and(|report| report.in_sync) {
                            self.replica.note_synced(now_ms)?;
                        }
                        heard.wishes.push(Wish::Done(result));
                    }
                }
            }
            match next {
                Some(next) => input = next,
                None => return Ok(()),
            }
        }
    }

    /// By how many bytes the sync under way has exceeded its budget.
    #[must_use]
    pub(super) fn over_budget(&self) -> u64 {
        self.session.as_ref().map_or(0, Session::over_budget)
    }

    fn next_item(&mut self) -> Option<Result<Item, Problem>> {
        let session = self.session.as_mut()?;
        let unreadable = |error: fieldwatch_schemas::sync::frame::FrameError| {
            let kind = fieldwatch_schemas::problem::ProblemKind::Internal;
            Problem::with_detail(kind, error.to_string())
        };
        session.frames.next_item().map_err(unreadable).transpose()
    }

    fn tell_traffic(&mut self) {
        if let Some(session) = &mut self.session {
            let traffic = session.traffic;
            drop(session.engine.handle(Input::Traffic(traffic), 0));
        }
    }

    /// The heads of a record, or none if it is not here.
    ///
    /// # Errors
    ///
    /// A fault if the replica cannot tell.
    pub(super) fn heads(&self, record: RecordId) -> Told<Option<Vec<Hash>>> {
        Ok(known(self.replica.heads(record))?)
    }

    /// The changes of a record, none if it is not here.
    ///
    /// # Errors
    ///
    /// A fault if the replica cannot tell.
    pub(super) fn changes(&self, record: RecordId) -> Told<Vec<HeldChange>> {
        Ok(known(self.replica.changes(record))?.unwrap_or_default())
    }

    /// Their bytes.
    ///
    /// # Errors
    ///
    /// A fault if the replica cannot tell.
    pub(super) fn chunks(&self, record: RecordId) -> Told<Vec<Vec<u8>>> {
        let changes = self.changes(record)?;
        Ok(changes.into_iter().map(|change| change.chunk).collect())
    }
}

/// What a replica says of a record; nothing if it is not here.
fn known<T>(said: Result<T, ReplicaError>) -> Result<Option<T>, ReplicaError> {
    match said {
        Err(ReplicaError::RecordUnknown(_)) => Ok(None),
        said => said.map(Some),
    }
}

/// Opens a replica as a home is opened, its rows sealed.
fn open(disk: &Arc<Disk>, record_keys: &Arc<MemoryFile>) -> Told<Replica> {
    Ok(Replica::open(vault(disk, record_keys)?)?)
}

fn vault(disk: &Arc<Disk>, record_keys: &Arc<MemoryFile>) -> Told<Vault> {
    let file: Arc<dyn SmallFile> = Arc::clone(record_keys) as _;
    let keys = open_keys(file, &DATA_KEY, [7; 32])?;
    Ok(Vault::seal(Arc::clone(disk), &DATA_KEY, keys))
}

fn file_of(content: Option<&[u8]>) -> Told<Arc<MemoryFile>> {
    let file = MemoryFile::new();
    content.map(|content| file.replace(content)).transpose()?;
    Ok(Arc::new(file))
}
