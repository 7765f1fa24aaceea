//! The simulated server: the engine room of the real one over a disk that loses power, without sockets and without threads.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use fieldwatch_schemas::id::{DeviceId, LogId, RecordId};
use fieldwatch_schemas::keyring::RecordKeys;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::store::Store;
use fieldwatch_schemas::store::small::MemoryFile;
use fieldwatch_schemas::sync::exchange::Request;
use fieldwatch_schemas::sync::frame;
use fieldwatch_server::backup::{copy_back, follows, prove};
use fieldwatch_server::committer::{Desk, Push};
use fieldwatch_server::erase::{EraseError, Erased, catch_up};
use fieldwatch_server::exchange::Exchange;
use fieldwatch_server::ledger::Ledger;
use fieldwatch_server::log::compact::Copied;
use fieldwatch_server::log::{Keys, Log};
use fieldwatch_server::notary::Notary;
use fieldwatch_server::register::Register;
use fieldwatch_server::token::new_signing_key;
use fieldwatch_server::vouch::MacKey;

use super::disk::Disk;
use super::office::resume;
use crate::fault::{Fault, Told};

/// What the server keeps on its disks, through every crash.
#[derive(Debug)]
pub(super) struct Server {
    /// The store's disk.
    pub(super) disk: Arc<Disk>,
    pub(super) ledger: Arc<Ledger>,
    /// The file with the keys of its records.
    record_keys: Arc<MemoryFile>,
    /// What receipts are signed with.
    signing_key: Vec<u8>,
    clock: Arc<AtomicI64>,
    room: Option<Room>,
    openings: u64,
    /// The last backup.
    backup: Option<Backup>,
}

/// A backup, on a disk of its own.
#[derive(Debug)]
struct Backup {
    disk: Disk,
    copied: Copied,
}

/// What it is while it runs.
#[derive(Debug)]
pub(super) struct Room {
    /// The log.
    pub(super) log: Arc<Log>,
    /// Stations, people, devices.
    pub(super) register: Arc<Register>,
    pub(super) desk: Desk,
    notary: Arc<Notary>,
    replies: BTreeMap<u64, Exchange>,
}

/// What became of a request.
#[derive(Debug)]
pub(super) enum Answer {
    /// The reply goes on, with these bytes.
    Page(Vec<u8>),
    /// There is nothing more to come.
    Over,
    /// It was refused before it began.
    Refused(ProblemKind),
    /// It ended in the middle.
    Cut,
}

impl Server {
    /// A server that begins.
    ///
    /// # Errors
    ///
    /// A fault if its parts cannot be opened.
    pub(super) fn begin(now_ms: i64, disk: Disk) -> Told<Self> {
        let mut server = Self {
            disk: Arc::new(disk),
            ledger: Arc::new(Ledger::in_memory()?),
            signing_key: new_signing_key()?,
            record_keys: Arc::new(MemoryFile::new()),
            clock: Arc::new(AtomicI64::new(now_ms)),
            room: None,
            openings: 0,
            backup: None,
        };
        server.start()?;
        Ok(server)
    }

    /// Starts the process over what the disks hold.
    ///
    /// # Errors
    ///
    /// A fault if its parts cannot be opened: no crash may lead to that.
    pub(super) fn start(&mut self) -> Told<()> {
        self.openings += 1;
        let (disk, clock) = (Arc::clone(&self.disk), Arc::clone(&self.clock));
        let opener = Box::new(move || {
            disk.reopen();
            Ok(Arc::clone(&disk) as Arc<dyn Store>)
        });
        let random = self.random();
        let keys = RecordKeys::open(Arc::clone(&self.record_keys) as _, [5; 32])?;
        let keys = Keys {
            records: Arc::new(keys),
            marks: MacKey::new(&[6; 32]),
        };
        let log = Log::open(
            opener,
            keys,
            random,
            Arc::new(move || clock.load(Ordering::SeqCst)),
        )?;
        let register = Arc::new(Register::open(Arc::clone(&log), Arc::clone(&self.ledger))?);
        catch_up(&log, &self.ledger)?;
        let stations = Arc::clone(&register);
        let region = Arc::new(move |station: &str| stations.station_region(station));
        let mut desk = Desk::new(Arc::clone(&log), region);
        // What cannot be placed now, because the power goes once more, is placed after the next start.
        drop(resume(&mut desk));
        self.room = Some(Room {
            desk,
            notary: Notary::new("simulated".to_owned(), &self.signing_key)?,
            log,
            register,
            replies: BTreeMap::new(),
        });
        Ok(())
    }

    /// Makes a backup of the store, as the server makes it; the ledger and the keys are kept apart from it. A store that fails gives none.
    ///
    /// # Errors
    ///
    /// A fault if the backup does not hold what was copied.
    pub(super) fn back_up(&mut self) -> Told<()> {
        let disk = Disk::default();
        let copied = self.room.as_ref().map(|room| room.log.copy_to(&disk));
        if let Some(Ok(copied)) = copied {
            prove(&disk, copied.rows, &copied.hash)?;
            self.backup = Some(Backup { disk, copied });
        }
        Ok(())
    }

    /// Whether there is a backup.
    pub(super) fn has_backup(&self) -> bool {
        self.backup.is_some()
    }

    /// Puts the store of the last backup in the place of the present one. Openly it is restored, and takes a new log id; otherwise somebody
    /// copies it back, and tells nobody.
    ///
    /// # Errors
    ///
    /// A fault if it cannot be restored.
    pub(super) fn set_back(&mut self, openly: bool) -> Told<()> {
        let Some(Backup { disk, copied }) = &self.backup else {
            return Ok(());
        };
        let fresh = Disk::default();
        if openly {
            prove(disk, copied.rows, &copied.hash)?;
            follows(&self.ledger, disk)?;
            self.openings += 1;
            copy_back(disk, &fresh, LogId::random(self.random()))?;
        }
        self.room = None;
        self.disk = Arc::new(match openly {
            true => fresh,
            false => Disk::holding(&disk.rows()?)?,
        });
        self.start()
    }

    /// Sixteen bytes that are others after each opening.
    fn random(&self) -> [u8; 16] {
        let mut random = [0x5e; 16];
        random
            .iter_mut()
            .zip(self.openings.to_be_bytes())
            .for_each(|(to, from)| *to = from);
        random
    }

    /// The process ends as it stands; replies under way are cut.
    pub(super) fn stop(&mut self) {
        self.room = None;
    }

    /// The key that its receipts hold under.
    ///
    /// # Errors
    ///
    /// A fault while it is down.
    pub(super) fn receipt_key(&self) -> Told<String> {
        Ok(self.room()?.notary.public_key())
    }

    /// Sets its clock.
    pub(super) fn tell_time(&self, now_ms: i64) {
        self.clock.store(now_ms, Ordering::SeqCst);
    }

    /// The running process.
    ///
    /// # Errors
    ///
    /// A fault while it is down.
    pub(super) fn room(&self) -> Told<&Room> {
        self.room
            .as_ref()
            .ok_or_else(|| Fault::new("the server is down"))
    }

    /// The running process, to be used.
    pub(super) fn room_mut(&mut self) -> Option<&mut Room> {
        self.room.as_mut()
    }
}

impl Room {
    /// Takes requests that arrived together, as the committer's queue would have them: one flush. Each has a number of its own.
    pub(super) fn take(&mut self, requests: Vec<(u64, DeviceId, Vec<u8>)>) -> Vec<(u64, Answer)> {
        let (mut answers, mut begun, mut pushes) = (Vec::new(), Vec::new(), Vec::new());
        for (number, device, bytes) in requests {
            match self.begin(device, &bytes) {
                Ok((exchange, push)) => {
                    begun.push((number, exchange, push.is_some()));
                    pushes.extend(push);
                }
                Err(kind) => answers.push((number, Answer::Refused(kind))),
            }
        }
        let mut taken = self.desk.take_together(pushes).into_iter();
        for (number, mut exchange, has_push) in begun {
            let outcomes = has_push.then(|| taken.next()).flatten().transpose();
            match outcomes {
                Ok(outcomes) => {
                    outcomes
                        .into_iter()
                        .for_each(|each| exchange.answered_by(each));
                    self.replies.insert(number, exchange);
                    answers.push((number, self.page(number)));
                    // Some replies are read while the next group is being written.
                    if number.is_multiple_of(3) {
                        answers.push((number, self.page(number)));
                    }
                }
                Err(kind) => answers.push((number, Answer::Refused(kind))),
            }
        }
        answers
    }

    /// The next page of a reply.
    pub(super) fn page(&mut self, number: u64) -> Answer {
        let Some(exchange) = self.replies.get_mut(&number) else {
            return Answer::Cut;
        };
        match exchange.next_page() {
            Ok(Some(items)) => Answer::Page(items.iter().flat_map(frame::encode).collect()),
            Ok(None) => {
                self.replies.remove(&number);
                Answer::Over
            }
            Err(_) => {
                self.replies.remove(&number);
                Answer::Cut
            }
        }
    }

    /// Erases a record everywhere.
    pub(super) fn erase(
        &mut self,
        ledger: &Arc<Ledger>,
        record: RecordId,
    ) -> Result<Erased, EraseError> {
        self.desk.erase(ledger, record, None)
    }

    /// Opens a failed store again, as the committer does from time to time.
    pub(super) fn heal(&mut self) {
        self.desk.heal();
    }

    fn begin(
        &mut self,
        device: DeviceId,
        bytes: &[u8],
    ) -> Result<(Exchange, Option<Push>), ProblemKind> {
        let device = self
            .register
            .device(device)
            .ok_or(ProblemKind::DeviceUnknown)?;
        let request: Request = minicbor::decode(bytes).map_err(|_| ProblemKind::BadRequest)?;
        let asker = self
            .register
            .asker(&device)
            .map_err(|_| ProblemKind::Unavailable)?;
        if device.revoked_ms.is_some() {
            drop(self.desk.hold_revoked(&asker, &request.outbox));
            return Err(ProblemKind::DeviceRevoked);
        }
        let (mut exchange, push) = Exchange::begin(&self.register, &self.log, asker, request)?;
        if let Some(push) = &push {
            exchange.heard_by(self.notary.hear(device.id, &push.outbox, [9; 32]));
        }
        Ok((exchange, push))
    }
}
