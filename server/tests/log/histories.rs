//! Random histories: devices, moves, full disks and power loss in any order, and nothing acknowledged is ever missing.

use std::collections::BTreeSet;

use fieldwatch_schemas::id::{Hash, RecordId};
use fieldwatch_schemas::store::memory::Fault;
use fieldwatch_schemas::sync::push::Verdict;
use proptest::prelude::*;

use crate::replica::{Replica, text};
use crate::world::{STATION, World, staff};

#[derive(Debug, Clone)]
enum Step {
    Make { device: usize },
    Edit { device: usize, which: usize },
    Sync { device: usize, budget: Option<u64> },
    Move { region: usize },
    FullDisk { fault: Fault, kept: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let device = 0..3_usize;
    prop_oneof![
        3 => device.clone().prop_map(|device| Step::Make { device }),
        4 => (device.clone(), 0..50_usize).prop_map(|(device, which)| Step::Edit { device, which }),
        6 => (device, prop::option::of(300..3_000_u64))
            .prop_map(|(device, budget)| Step::Sync { device, budget }),
        1 => (0..2_usize).prop_map(|region| Step::Move { region }),
        2 => (prop_oneof![Just(Fault::Apply), Just(Fault::Flush)], 0..4_usize)
            .prop_map(|(fault, kept)| Step::FullDisk { fault, kept }),
    ]
}

struct History {
    world: World,
    devices: Vec<Replica>,
    acknowledged: BTreeSet<(RecordId, Hash)>,
}

impl History {
    fn new() -> Self {
        Self {
            world: World::new(),
            devices: (1..=3)
                .map(|device| Replica::of_station(staff(device)))
                .collect(),
            acknowledged: BTreeSet::new(),
        }
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Make { device } => {
                self.devices[device].new_case();
            }
            Step::Edit { device, which } => self.edit(device, which),
            Step::Sync { device, budget } => {
                self.devices[device].budget_bytes = budget;
                self.sync(device);
            }
            Step::Move { region } => {
                let code = ["330106", "330102"][region].to_owned();
                let mut stations = self.world.stations.lock().unwrap();
                stations.insert(STATION.to_owned(), code);
            }
            Step::FullDisk { fault, kept } => self.fill_the_disk(fault, kept),
        }
    }

    fn edit(&mut self, device: usize, which: usize) {
        let replica = &mut self.devices[device];
        let Some(record) = replica.documents.keys().nth(which).copied() else {
            return;
        };
        let words = format!("{device} {which}");
        replica.try_edit(record, &[text("respondent.name", &words)]);
    }

    fn sync(&mut self, device: usize) {
        let before = self.devices[device].request();
        let reply = self.devices[device].sync(&self.world).unwrap();
        for outcome in &reply.outcomes {
            assert!(matches!(
                outcome.verdict,
                Verdict::Stored | Verdict::Duplicate
            ));
            let hashes = outcome.durable.iter().map(|hash| (outcome.record, *hash));
            self.acknowledged.extend(hashes);
        }
        assert_eq!(reply.outcomes.len(), before.outbox.len());
    }

    /// The disk fills while a device pushes; some batches that were not flushed reach it all the same; then it is opened again.
    fn fill_the_disk(&mut self, fault: Fault, kept: usize) {
        self.devices[0].new_case();
        self.devices[0].new_case();
        self.world.store.fail_next(fault);
        assert!(self.devices[0].sync(&self.world).is_err());
        self.world.store.crash_keeping(kept);
        self.world.log.reopen().unwrap();
    }

    /// A record follows its station to another region with its next write.
    fn touch_every_record(&mut self) {
        let records: Vec<RecordId> = self.devices[0].documents.keys().copied().collect();
        for record in records {
            self.devices[0].edit(record, &[text("respondent.address", "文三路")]);
        }
        for device in [0, 1, 2, 0, 1, 2] {
            self.sync(device);
            assert_eq!(self.devices[device].wants, []);
        }
    }

    fn end(mut self) {
        for device in [0, 0, 1, 1, 2, 2, 0] {
            self.devices[device].budget_bytes = None;
            self.sync(device);
        }
        self.touch_every_record();
        self.world.crash();
        let checked = self.world.check();
        assert_eq!(checked.problems, Vec::<String>::new());
        let mut fresh = Replica::of_station(staff(9));
        fresh.sync(&self.world).unwrap();
        for (record, hash) in &self.acknowledged {
            assert!(fresh.documents[record].has(*hash), "lost {record} {hash}");
        }
        for replica in &self.devices {
            for (record, document) in &replica.documents {
                assert_eq!(document.heads(), fresh.documents[record].heads());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_history_loses_what_was_acknowledged_or_leaves_the_store_unsound(
        steps in prop::collection::vec(step(), 1..40)
    ) {
        let mut history = History::new();
        for step in &steps {
            history.take(step);
        }
        history.end();
    }
}
