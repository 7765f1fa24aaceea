//! A device that has a bit of everything, its undamaged twin, and ways to harm its rows.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use fieldwatch_client_core::chance::{Chance as _, SeededChance};
use fieldwatch_client_core::replica::{Filter, Replica};
use fieldwatch_client_core::store::Vault;
use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::{Hash, RecordId};
use fieldwatch_schemas::keyring::RecordKeys;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::store::memory::MemoryStore;
use fieldwatch_schemas::store::{Batch, KeyRange, Store};

use crate::linked::Device;
use crate::server::Server;

const DATA_KEY: [u8; 32] = [5; 32];

pub(crate) type Rows = fn(&MemoryStore, &[u8]);

/// A server, a device with a bit of everything, and what its records say once all is well.
pub(crate) struct World {
    server: Server,
    pub(crate) alice: Device,
    is_sealed: bool,
    keys: Arc<RecordKeys>,
    /// Every record that the device holds.
    pub(crate) records: Vec<RecordId>,
    /// One that was sent, and edited since.
    pub(crate) edited: RecordId,
    pub(crate) unsent_of_edited: usize,
    views: BTreeMap<RecordId, String>,
    lists: Vec<String>,
}

fn open(store: &Arc<MemoryStore>, is_sealed: bool, keys: &Arc<RecordKeys>) -> Replica {
    if is_sealed {
        let vault = Vault::seal(Arc::clone(store), &DATA_KEY, Arc::clone(keys));
        return Replica::open(vault).unwrap();
    }
    Replica::open(Arc::clone(store)).unwrap()
}

impl World {
    pub(crate) fn new() -> Self {
        Self::begin(false)
    }

    pub(crate) fn sealed() -> Self {
        Self::begin(true)
    }

    fn begin(is_sealed: bool) -> Self {
        let server = Arc::new(Mutex::new(Server::new()));
        server.lock().unwrap().names_authors = true;
        let keys = Arc::new(RecordKeys::in_memory());
        let mut alice = Device::new(1, &server);
        if is_sealed {
            let account = alice.replica.account().unwrap().unwrap();
            let grants = alice.replica.grants().unwrap();
            alice.store = Arc::new(MemoryStore::new());
            alice.replica = open(&alice.store, true, &keys);
            alice.replica.enrolled(&account, &grants).unwrap();
        }
        let mut bob = Device::new(2, &server);
        let (stored, disputed, edited) = (
            alice.new_case("a"),
            alice.new_case("b"),
            alice.new_case("c"),
        );
        let refused = alice.new_case("d");
        alice.synced();
        bob.synced();
        bob.new_case("bob's");
        bob.set(disputed, "problem", "price", 1);
        bob.set(edited, "narrative", "李写的", 2);
        alice.set(disputed, "problem", "contract", 3);
        alice.set(stored, "narrative", "王写的", 4);
        bob.synced();
        alice.synced();
        alice.set(refused, "problem", "contract", 5);
        server
            .lock()
            .unwrap()
            .refuses
            .insert(refused, ProblemKind::NotPermitted);
        alice.sync().unwrap();
        alice.set(edited, "narrative", "李写的，王补充", 6);
        alice.set(edited, "problem", "quality", 7);
        let local = alice.new_case("e");
        alice.set(local, "narrative", "未发送", 8);
        let listed = alice.replica.list(&Filter::default()).unwrap();
        let server = server.lock().unwrap().clone();
        let mut world = Self {
            server,
            alice,
            is_sealed,
            keys,
            records: listed.iter().map(|line| line.record).collect(),
            edited,
            unsent_of_edited: 2,
            views: BTreeMap::new(),
            lists: Vec::new(),
        };
        let mut twin = Harmed::of(&world);
        twin.device.synced();
        (world.views, world.lists) = twin.said(&world.records);
        world
    }
}

/// A copy of the device, to be harmed, with a copy of the server.
pub(crate) struct Harmed {
    pub(crate) device: Device,
    is_sealed: bool,
    keys: Arc<RecordKeys>,
}

impl Harmed {
    pub(crate) fn of(world: &World) -> Self {
        let store = Arc::new(MemoryStore::new());
        for (key, value) in everything(&world.alice.store) {
            put(&store, &key, &value);
        }
        let mut link = world.alice.link.clone();
        link.server = Arc::new(Mutex::new(world.server.clone()));
        let device = Device {
            replica: open(&store, world.is_sealed, &world.keys),
            store,
            link,
            chance: SeededChance::new(99),
            clock_ms: world.alice.clock_ms,
        };
        Self {
            device,
            is_sealed: world.is_sealed,
            keys: Arc::clone(&world.keys),
        }
    }

    /// The records' views and the list's lines, in words.
    fn said(&self, records: &[RecordId]) -> (BTreeMap<RecordId, String>, Vec<String>) {
        let replica = &self.device.replica;
        let view = |id: &RecordId| {
            let said = replica
                .view(*id)
                .map(|shown| format!("{:?} {:?}", shown.view, shown.state));
            (*id, said.unwrap_or_else(|error| error.to_string()))
        };
        let mut lines = Vec::new();
        for line in replica.list(&Filter::default()).unwrap() {
            lines.push(format!("{line:?}"));
        }
        lines.extend(
            replica
                .conflicts()
                .unwrap()
                .iter()
                .map(|each| format!("{each:?}")),
        );
        lines.extend(
            replica
                .quarantined()
                .unwrap()
                .iter()
                .map(|each| format!("{each:?}")),
        );
        (records.iter().map(view).collect(), lines)
    }

    /// Opens the harmed home, syncs, looks at everything, syncs again the next day, and compares with its twin.
    pub(crate) fn heals(&mut self, world: &World, what: &str) {
        self.device.clock_ms += 2 * 86_400_000;
        self.is_healed_by(world, what, |harmed| {
            let synced = harmed.device.sync();
            assert!(synced.is_ok(), "{what}: {synced:?}");
            harmed.said(&world.records);
        });
    }

    /// Opens the harmed home, salvages it, and compares with its twin after a sync.
    pub(crate) fn is_salvaged(&mut self, world: &World, what: &str) {
        self.is_healed_by(world, what, |harmed| {
            let salvaged = harmed.device.replica.salvage();
            assert!(salvaged.is_ok(), "{what}: {salvaged:?}");
        });
    }

    fn is_healed_by(&mut self, world: &World, what: &str, heal: impl Fn(&mut Self)) {
        let readable = readable_unsent(self);
        let lost: BTreeSet<Hash> = readable_unsent(&Self::of(world))
            .difference(&readable)
            .copied()
            .collect();
        self.device.replica = open(&self.device.store, self.is_sealed, &self.keys);
        heal(self);
        let synced = self.device.sync();
        let in_sync = synced.as_ref().is_ok_and(|synced| synced.in_sync);
        assert!(in_sync, "{what}: {synced:?}");
        let told = self.device.replica.examine().unwrap();
        assert_eq!(told.harms, 0, "{what}: {told:?}");
        let server = self.device.link.server.lock().unwrap();
        let has = |hash: &Hash| {
            let mut entries = server.records.values();
            let is_told = told.lost.iter().any(|each| each.change == Some(*hash));
            let waits = self.device.replica.quarantined().unwrap().len() == 1;
            is_told || waits || entries.any(|entry| entry.document.has(*hash))
        };
        assert!(readable.iter().all(has), "{what}: unsent work is gone");
        drop(server);
        if lost.is_empty() {
            let (views, lines) = self.said(&world.records);
            for (id, view) in &views {
                assert_eq!(view, &world.views[id], "{what}");
            }
            for (line, twin) in lines.iter().zip(&world.lists) {
                assert_eq!(line, twin, "{what}");
            }
            assert_eq!(lines.len(), world.lists.len(), "{what}");
            assert!(told.lost.is_empty(), "{what}: {told:?}");
        }
    }
}

/// The unsent changes that can be read in the store as it is.
fn readable_unsent(harmed: &Harmed) -> BTreeSet<Hash> {
    let vault = Vault::seal(
        Arc::clone(&harmed.device.store),
        &DATA_KEY,
        Arc::clone(&harmed.keys),
    );
    let mut found = BTreeSet::new();
    for key in keys(&harmed.device.store, b'c') {
        let value = if harmed.is_sealed {
            vault.store().get(&key).ok().flatten()
        } else {
            harmed.device.store.get(&key).unwrap()
        };
        found.extend(value.and_then(|value| unsent(&value)));
    }
    found
}

/// The hash of a change's row, if it can be read and says that the change is unsent.
fn unsent(row: &[u8]) -> Option<Hash> {
    let mut decoder = minicbor::Decoder::new(row);
    let (mut chunk, mut is_unsent) = (None, false);
    for _ in 0..decoder.map().ok()?? {
        match decoder.u8().ok()? {
            0 => chunk = decoder.bytes().ok(),
            1 => is_unsent = decoder.bool().ok()?,
            _ => decoder.skip().ok()?,
        }
    }
    let chunk = Chunk::parse(chunk?.to_vec()).ok()?;
    is_unsent.then(|| chunk.hash())
}

pub(crate) fn everything(store: &MemoryStore) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut rows = Vec::new();
    let mut visit = |key: &[u8], value: &[u8]| {
        rows.push((key.to_vec(), value.to_vec()));
        ControlFlow::Continue(())
    };
    store.scan(&KeyRange::all(), &mut visit).unwrap();
    rows
}

pub(crate) fn all_keys(store: &MemoryStore) -> Vec<Vec<u8>> {
    everything(store).into_iter().map(|(key, _)| key).collect()
}

pub(crate) fn keys(store: &MemoryStore, table: u8) -> Vec<Vec<u8>> {
    let mut keys = all_keys(store);
    keys.retain(|key| key[0] == table);
    keys
}

pub(crate) fn put(store: &MemoryStore, key: &[u8], value: &[u8]) {
    let mut batch = Batch::new();
    batch.put(key, value);
    store.apply(&batch).unwrap();
    store.flush().unwrap();
}

pub(crate) fn forget(store: &MemoryStore, key: &[u8]) {
    let mut batch = Batch::new();
    batch.delete(key);
    store.apply(&batch).unwrap();
    store.flush().unwrap();
}

pub(crate) fn garble(store: &MemoryStore, key: &[u8]) {
    put(store, key, b"\xff\xfe nothing that can be read");
}

/// Changes one bit in the middle.
pub(crate) fn flip(store: &MemoryStore, key: &[u8]) {
    let mut value = store.get(key).unwrap().unwrap_or_default();
    let middle = value.len() / 2;
    match value.get_mut(middle) {
        Some(byte) => *byte ^= 1,
        None => value.push(1),
    }
    put(store, key, &value);
}

pub(crate) fn swap(store: &MemoryStore, one: &[u8], other: &[u8]) {
    let (first, second) = (
        store.get(one).unwrap().unwrap(),
        store.get(other).unwrap().unwrap(),
    );
    put(store, one, &second);
    put(store, other, &first);
}

pub(crate) fn below(chance: &mut SeededChance, end: usize) -> usize {
    let bytes = chance.sixteen().unwrap();
    usize::from(bytes[0]) % end
}
