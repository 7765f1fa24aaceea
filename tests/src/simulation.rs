//! The simulator: one server, devices, people, and everything that can go wrong, in virtual time and from one seed.
//!
//! ```text
//!   plan (seed) ─▶ queue ─▶ people ─▶ devices ══ network ══▶ server         the code of production over disks that lose power
//!                    ▲         │                               │
//!                    └─ faults ┴─▶ books (what was written, what was promised) ─▶ heal ─▶ oracle ─▶ tally
//! ```
//!
//! Devices run the real replica and engine, the server its real desk, log, register and exchange; requests and replies are the real
//! bytes. Nothing here has a socket, a thread or a clock, so that a seed is the whole story. A run ends by healing: everything
//! works again, everybody syncs, and then the oracle compares what is there with what the books say.

mod books;
mod cast;
pub mod clock;
mod device;
pub mod differential;
mod disk;
mod fates;
mod faults;
mod gone;
mod heal;
mod network;
mod office;
mod oracle;
mod people;
pub mod plan;
pub mod report;
mod server;
pub mod shrink;
mod traffic;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fieldwatch_client_core::replica::ReplicaError;
use fieldwatch_schemas::store::StoreError;

use self::books::Books;
use self::clock::Queue;
use self::device::Device;
use self::disk::Disk;
use self::network::Weather;
use self::oracle::Findings;
use self::people::Hand;
use self::plan::{Mask, Plan, Planned, Size, What};
use self::report::Tally;
use self::server::Server;
use self::traffic::Flow;
use crate::chance::Chance;
use crate::fault::{Fault, Told};

/// What a run came to.
#[derive(Debug, Default)]
pub struct Run {
    /// In numbers.
    pub tally: Tally,
    /// What is wrong, in words.
    pub problems: Vec<String>,
}

/// Something that happens in a world.
#[derive(Debug)]
enum Event {
    /// An entry of the plan.
    Planned(Planned),
    /// A request reaches the server.
    Arrives(u64),
    /// The committer takes what waits.
    Gather,
    /// The next page of a reply is due.
    PageDue(u64),
    /// Bytes of a reply reach the device.
    Bytes(u64, Vec<u8>),
    /// A reply, or the way to it, ends.
    Ends(u64, traffic::Ending),
    /// Time goes by for a device that waits for an answer.
    Tick(u64),
    /// The power of the server is back.
    PowerBack,
    /// The server looks whether its disk has room again.
    LookAround,
    /// A device reaches the server again.
    Reconnects(usize),
}

/// Where the disks come from, by name.
type Disks<'a> = dyn Fn(&str) -> Told<Disk> + 'a;

/// A world.
struct World {
    queue: Queue<Event>,
    server: Server,
    devices: Vec<Device>,
    stations: Vec<String>,
    /// Until when each device cannot reach the server.
    cut_off: BTreeMap<usize, i64>,
    books: Books,
    tally: Tally,
    mask: Mask,
    flows: BTreeMap<u64, Flow>,
    waiting: Vec<u64>,
    next_flow: u64,
    is_looking_around: bool,
    /// Whether people work closely together ([`Plan::is_close`]).
    is_close: bool,
    /// How many feeds had to be repaired.
    repairs: usize,
    findings: Findings,
    /// Every change as its author made it, where somebody wants to know.
    made: Option<differential::Made>,
}

/// Runs a seed: its plan but for what the mask leaves out. A panic is a finding like any other.
#[must_use]
pub fn run(seed: u64, size: Size, mask: &Mask) -> Run {
    let attempt = catch_unwind(AssertUnwindSafe(|| {
        let mut world = World::begin(&Plan::of(seed, size), mask, &|_| Ok(Disk::default()))?;
        match world.live().and_then(|()| world.end()) {
            Ok(()) => {}
            Err(fault) => world.findings.diverged(&format!("{fault}")),
        }
        Ok::<_, Fault>(world.told())
    }));
    let mut run = match attempt {
        Ok(Ok(run)) => run,
        Ok(Err(fault)) => Run::failed(fault.to_string()),
        Err(panic) => Run::failed(format!("a panic: {}", words_of(&*panic))),
    };
    run.tally.seeds = 1;
    if !run.problems.is_empty() {
        run.tally.failing.push(seed);
    }
    run
}

impl Run {
    fn failed(why: String) -> Self {
        Self {
            tally: Tally::default(),
            problems: vec![why],
        }
    }
}

fn device_at(devices: &[Device], place: usize) -> Told<&Device> {
    devices
        .get(place)
        .ok_or_else(|| Fault::new("there is no such device"))
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> &str {
    let literal = panic.downcast_ref::<&str>().copied();
    let owned = || panic.downcast_ref::<String>().map(String::as_str);
    literal.or_else(owned).unwrap_or("no words")
}

impl World {
    fn begin(plan: &Plan, mask: &Mask, disks: &Disks) -> Told<Self> {
        let server = Server::begin(clock::BEGIN_MS, disks("server")?)?;
        let mut chance = Chance::seeded(plan.seed ^ 0xca57);
        let devices = cast::assemble(&server, (&mut chance, plan.is_close()), disks)?;
        let stations = server.room()?.register.stations();
        let stations = stations.into_iter().map(|station| station.id).collect();
        let mut queue = Queue::new();
        let happening = plan.entries.iter().filter(|entry| mask.has(entry.number));
        for entry in happening {
            queue.at(entry.at_ms, Event::Planned(entry.clone()));
        }
        let tally = Tally {
            devices: devices.len() as u64,
            ..Tally::default()
        };
        Ok(Self {
            queue,
            server,
            devices,
            stations,
            cut_off: BTreeMap::new(),
            books: Books::default(),
            tally,
            mask: mask.clone(),
            flows: BTreeMap::new(),
            waiting: Vec::new(),
            next_flow: 0,
            is_looking_around: false,
            is_close: plan.is_close(),
            repairs: 0,
            findings: Findings::default(),
            made: None,
        })
    }

    /// Everything that is to happen happens.
    fn live(&mut self) -> Told<()> {
        while let Some(event) = self.queue.next_event() {
            self.server.tell_time(self.queue.now_ms());
            self.happen(event)?;
        }
        Ok(())
    }

    fn happen(&mut self, event: Event) -> Told<()> {
        match event {
            Event::Planned(entry) => self.begin_planned(entry)?,
            Event::Arrives(flow) => self.arrive(flow),
            Event::Gather => self.gather(),
            Event::PageDue(flow) => self.page(flow),
            Event::Bytes(flow, bytes) => self.deliver(flow, &bytes)?,
            Event::Ends(flow, ending) => self.conclude(flow, &ending)?,
            Event::Tick(flow) => self.tick(flow)?,
            Event::PowerBack => self.server.start()?,
            Event::LookAround => self.look_around(),
            Event::Reconnects(place) => drop(self.cut_off.remove(&place)),
        }
        self.notice_dark_server();
        self.notice_failed_store();
        Ok(())
    }

    fn begin_planned(&mut self, entry: Planned) -> Told<()> {
        let count = u64::try_from(self.devices.len()).unwrap_or(1);
        let place = usize::try_from(entry.whom.checked_rem(count).unwrap_or(0)).unwrap_or(0);
        if self.mask.is_told {
            eprintln!(
                "{:>4} {} device {place} {}",
                entry.number,
                clock::told(entry.at_ms),
                entry.what
            );
        }
        match entry.what {
            What::Act => self.act(place, entry.chance),
            What::Sync => self.sync(place, entry.chance),
            fault => self.strike(place, fault, entry.chance),
        }
    }

    /// A person does something; what is not possible is not done.
    fn act(&mut self, place: usize, mut chance: Chance) -> Told<()> {
        let now_ms = self.queue.now_ms();
        let Some(device) = self.devices.get_mut(place) else {
            return Ok(());
        };
        if chance.hits(2) {
            device.reopen()?;
        }
        let now = device.clock(now_ms);
        let before = match self.made {
            Some(_) => Some(differential::held(device)?),
            None => None,
        };
        let mut hand = Hand {
            place,
            device,
            books: &mut self.books,
            stations: &self.stations,
            now,
            chance,
            is_close: self.is_close,
            did: String::new(),
        };
        let done = hand.act();
        if self.mask.is_told {
            eprintln!("       {} {done:?}", hand.did);
        }
        if let (Some(before), Some(made)) = (before, &mut self.made) {
            differential::note(device_at(&self.devices, place)?, &before, made)?;
        }
        self.weather_device(place, done)
    }

    /// What a device's own failure leads to: it begins again. A refusal is nothing.
    fn weather_device(&mut self, place: usize, done: Result<(), ReplicaError>) -> Told<()> {
        let Some(device) = self.devices.get_mut(place) else {
            return Ok(());
        };
        if device.disk.is_dark() {
            self.tally.faults.device_crash += 1;
            let batches = usize::try_from(self.books.changes % 5).unwrap_or(0);
            return device.restart(batches);
        }
        if device.disk.was_full() {
            self.tally.faults.disk_full += 1;
            return device.restart(usize::MAX);
        }
        match done {
            Ok(())
            | Err(
                ReplicaError::Edit(_)
                | ReplicaError::Incomplete(_)
                | ReplicaError::AlreadyExists(_)
                | ReplicaError::NotQuarantined(_)
                | ReplicaError::Store(StoreError::Erased),
            ) => Ok(()),
            Err(error) => Err(Fault::new(format!(
                "device {place}: {}",
                Fault::from(error)
            ))),
        }
    }

    fn sync(&mut self, place: usize, mut chance: Chance) -> Told<()> {
        let (seed, budget) = (chance.next_u64(), self.budget(&mut chance));
        let weather = match self.mask.is_calm {
            true => Weather::calm(),
            false => Weather::rough(chance, 8),
        };
        let now_ms = self.queue.now_ms();
        let Some(device) = self.devices.get_mut(place) else {
            return Ok(());
        };
        let heard = device.sync(seed, budget, weather, now_ms);
        self.hear(place, heard)
    }

    /// How many bytes a sync may take, where somebody counts them.
    fn budget(&self, chance: &mut Chance) -> Option<u64> {
        if self.is_close && chance.hits(25) {
            return Some(5_000 + chance.below(60_000));
        }
        chance.hits(10).then(|| 300 + chance.below(4_000))
    }

    fn told(self) -> Run {
        let mut tally = self.tally;
        tally.changes = self.books.changes;
        tally.faults.transfer += self.books.transfers;
        tally.acknowledged = self.books.acknowledged.len() as u64;
        self.findings.count(&mut tally);
        Run {
            tally,
            problems: self.findings.problems,
        }
    }
}
