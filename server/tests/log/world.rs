//! A server's core in memory: a store that can lose power, a clock that stands still, a register of stations.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use fieldwatch_schemas::feed::{Feed, Standing, grants_of};
use fieldwatch_schemas::id::{DeviceId, PersonId};
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::store::Store;
use fieldwatch_schemas::sync::push::{Outcome, Policy, Pushed};
use fieldwatch_server::check::{Checked, check};
use fieldwatch_server::committer::{Committer, CommitterHandle, OwnedAsker, StationRegion};
use fieldwatch_server::log::{FeedLine, Keys, Log};

use crate::faulty::FaultyStore;

pub(crate) const STATION: &str = "330106-0012";
/// Asking the register for this station panics.
pub(crate) const POISONED: &str = "poisoned";
/// 2023-11-15 in Hangzhou, a Wednesday.
pub(crate) const NOW_MS: i64 = 1_700_000_000_000;

pub(crate) struct World {
    pub(crate) store: Arc<FaultyStore>,
    pub(crate) log: Arc<Log>,
    pub(crate) committer: Committer,
    pub(crate) stations: Arc<Mutex<BTreeMap<String, String>>>,
}

impl World {
    pub(crate) fn new() -> Self {
        let store = Arc::new(FaultyStore::default());
        let opened = Arc::clone(&store);
        let opener = Box::new(move || {
            opened.reopen();
            Ok(Arc::clone(&opened) as Arc<dyn Store>)
        });
        let keys = Keys::in_memory();
        let log = Log::open(opener, keys, [7; 16], Arc::new(|| NOW_MS)).unwrap();
        Self::over(store, log)
    }

    /// A server over a log of this store.
    pub(crate) fn over(store: Arc<FaultyStore>, log: Arc<Log>) -> Self {
        let stations = BTreeMap::from([(STATION.to_owned(), "330106".to_owned())]);
        let stations = Arc::new(Mutex::new(stations));
        let committer = Committer::start(Arc::clone(&log), region_of(&stations)).unwrap();
        Self {
            store,
            log,
            committer,
            stations,
        }
    }

    /// Stops, as a server does.
    pub(crate) fn close(self) {
        self.committer.stop();
    }

    pub(crate) fn handle(&self) -> CommitterHandle {
        self.committer.handle()
    }

    pub(crate) fn push(
        &self,
        asker: &OwnedAsker,
        pushed: Vec<Pushed>,
    ) -> Result<Vec<Outcome>, ProblemKind> {
        self.handle()
            .push_blocking(asker.clone(), pushed)?
            .all_blocking()
    }

    pub(crate) fn check(&self) -> Checked {
        check(&self.log, &*region_of(&self.stations)).unwrap()
    }

    pub(crate) fn feed(&self, feed: &Feed) -> FeedLine {
        let lines = self.log.feeds().unwrap();
        let found = lines.into_iter().find(|line| line.feed == feed.as_str());
        found.unwrap()
    }

    /// Loses power, and opens the store again.
    pub(crate) fn crash(&self) {
        self.store.crash();
        self.log.reopen().unwrap();
    }
}

fn region_of(stations: &Arc<Mutex<BTreeMap<String, String>>>) -> Arc<StationRegion> {
    let stations = Arc::clone(stations);
    Arc::new(move |station| {
        assert!(station != POISONED, "the register has a mistake");
        stations.lock().unwrap().get(station).cloned()
    })
}

pub(crate) fn staff(device: u8) -> OwnedAsker {
    asker(device, Role::StationStaff, Some(STATION), None)
}

pub(crate) fn volunteer(device: u8) -> OwnedAsker {
    asker(device, Role::Volunteer, None, None)
}

pub(crate) fn coordinator(device: u8, region: &str) -> OwnedAsker {
    asker(device, Role::Coordinator, None, Some(region))
}

pub(crate) fn asker(
    device: u8,
    role: Role,
    station: Option<&str>,
    region: Option<&str>,
) -> OwnedAsker {
    let standing = Standing {
        person: PersonId([device; 16]),
        role,
        station: station.map(str::to_owned),
        region: region.map(str::to_owned),
        further_stations: Vec::new(),
    };
    OwnedAsker {
        device: DeviceId([device; 16]),
        grants: grants_of(&standing),
        standing,
        former: Vec::new(),
        policy: Policy::Judged,
    }
}
