//! The differential: histories of several people through our stores, and the same changes through plain automerge.
//!
//! Every change is noted as its author made it. After everybody has synced, what the server and each device hold is compared with a plain
//! automerge document to which the same changes were given in another order that causes allow: the same values, the same heads, the
//! same hashes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use automerge::{Automerge, Change, ReadDoc as _};
use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::{Hash, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::{Document, frozen};
use fieldwatch_schemas::store::Store;
use fieldwatch_schemas::store::sled::{SledOptions, SledStore};
use fieldwatch_server::committer::SERVER;
use fieldwatch_server::tables::{self, RecordRow};

use super::device::Device;
use super::disk::Disk;
use super::oracle::chunks_of;
use super::plan::{Mask, Plan, Size};
use super::{Disks, World};
use crate::chance::Chance;
use crate::fault::{Fault, Told};

/// A history of some weeks without faults.
const SIZE: Size = Size {
    acts: 60,
    syncs: 25,
    faults: 0,
    days: 9,
};

/// What people made: raw changes, by record and hash.
pub(super) type Made = BTreeMap<RecordId, BTreeMap<Hash, Vec<u8>>>;

/// What was compared.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// How many records of how many stores.
    pub records: usize,
    /// How many changes they have together.
    pub changes: usize,
}

/// Runs the history of a seed over stores in memory, and compares.
///
/// # Errors
///
/// A fault that says what differs.
pub fn in_memory(seed: u64) -> Told<Compared> {
    run(seed, &|_| Ok(Disk::default()))
}

/// As [`in_memory`], over sled in a folder.
///
/// # Errors
///
/// As there.
pub fn on_disk(seed: u64, folder: &Path) -> Told<Compared> {
    run(seed, &|name| {
        let path = folder.join(name);
        std::fs::create_dir_all(&path)?;
        Ok(Disk::real(SledStore::open(&path, SledOptions::device())?))
    })
}

fn run(seed: u64, disks: &Disks<'_>) -> Told<Compared> {
    let mask = Mask {
        is_calm: true,
        ..Mask::default()
    };
    let mut world = World::begin(&Plan::of(seed, SIZE), &mask, disks)?;
    world.made = Some(Made::new());
    world.live()?;
    for _ in 0..3 {
        for place in 0..world.devices.len() {
            world.sync(place, Chance::seeded(seed))?;
            world.live()?;
        }
    }
    let mut chance = Chance::seeded(seed ^ 0xd1ff);
    world.compare(&mut chance)
}

impl World {
    fn compare(&self, chance: &mut Chance) -> Told<Compared> {
        let mut all_made = self.made.clone().unwrap_or_default();
        let room = self.server.room()?;
        let store = room.log.store()?;
        let mut compared = Compared::default();
        for (record, made) in &mut all_made {
            note_own_hand(&*store, *record, made)?;
            let made = &*made;
            let held = chunks_of(&*store, *record)?;
            compare(*record, &held, made, chance)?;
            compared.add(held.len());
            for device in &self.devices {
                let held = device.chunks(*record)?;
                let Some(document) = compare(*record, &held, made, chance)? else {
                    continue;
                };
                compared.add(held.len());
                let shown = device.replica.view(*record)?.view;
                same(*record, "what a device shows", shown == document.view())?;
                let heads = device.heads(*record)?;
                same(
                    *record,
                    "what a device calls its heads",
                    heads == Some(document.heads()),
                )?;
            }
        }
        Ok(compared)
    }
}

impl Compared {
    fn add(&mut self, changes: usize) {
        self.records += usize::from(changes > 0);
        self.changes += changes;
    }
}

/// What a device holds of everything, by hash.
pub(super) fn held(device: &Device) -> Told<BTreeSet<(RecordId, Hash)>> {
    let mut held = BTreeSet::new();
    for record in device.replica.records()? {
        for chunk in device.chunks(record)? {
            held.insert((record, Chunk::parse(chunk)?.hash()));
        }
    }
    Ok(held)
}

/// Notes what a device holds that it did not hold before.
pub(super) fn note(
    device: &Device,
    before: &BTreeSet<(RecordId, Hash)>,
    made: &mut Made,
) -> Told<()> {
    for record in device.replica.records()? {
        for chunk in device.chunks(record)? {
            let hash = Chunk::parse(chunk.clone())?.hash();
            if !before.contains(&(record, hash)) {
                made.entry(record).or_default().insert(hash, chunk);
            }
        }
    }
    Ok(())
}

/// Notes what the server changed of a record by its own hand, as where people follow a case: no device made that.
fn note_own_hand(
    store: &dyn Store,
    record: RecordId,
    made: &mut BTreeMap<Hash, Vec<u8>>,
) -> Told<()> {
    let Some(row) = store.get(&tables::record_key(record))? else {
        return Ok(());
    };
    let row: RecordRow = minicbor::decode(&row)?;
    let is_own = |actor| {
        let mut writers = row.writers.iter();
        writers.any(|writer| writer.actor == actor && writer.device == SERVER)
    };
    for bytes in chunks_of(store, record)? {
        let chunk = Chunk::parse(bytes.clone())?;
        if is_own(chunk.actor()) {
            made.insert(chunk.hash(), bytes);
        }
    }
    Ok(())
}

/// Compares a record as some store holds it with plain automerge; nothing if the store does not have it.
fn compare(
    record: RecordId,
    held: &[Vec<u8>],
    made: &BTreeMap<Hash, Vec<u8>>,
    chance: &mut Chance,
) -> Told<Option<Document>> {
    let chunks = held
        .iter()
        .cloned()
        .map(Chunk::parse)
        .collect::<Result<Vec<_>, _>>()?;
    if chunks.is_empty() {
        return Ok(None);
    }
    let mut changes = Vec::new();
    for chunk in &chunks {
        let as_made = made.get(&chunk.hash());
        let as_made =
            as_made.ok_or_else(|| Fault::new(format!("{record}: nobody made {}", chunk.hash())))?;
        let change = Change::from_bytes(as_made.clone())?;
        same(
            record,
            "a change's hash",
            Hash::from(change.hash()) == chunk.hash(),
        )?;
        changes.push(change);
    }
    let mut plain = Automerge::new();
    let kind = kind_of(&chunks)?;
    for bytes in [frozen::bytes(kind)]
        .into_iter()
        .chain(frozen::further_bytes(kind))
    {
        plain.apply_changes([Change::from_bytes(bytes.to_vec())?])?;
    }
    while let Some(change) = next_ready(&plain, &mut changes, chance) {
        plain.apply_changes([change])?;
    }
    same(record, "the causes of the changes", changes.is_empty())?;
    let ours = Document::from_chunks(record, kind, &chunks)?;
    let heads: Vec<Hash> = plain.get_heads().into_iter().map(Hash::from).collect();
    same(record, "the heads", heads == ours.heads())?;
    same(
        record,
        "the values",
        plain.hydrate(None) == ours.automerge().hydrate(None),
    )?;
    Ok(Some(ours))
}

/// Any of the changes whose causes are there.
fn next_ready(plain: &Automerge, changes: &mut Vec<Change>, chance: &mut Chance) -> Option<Change> {
    let has_causes = |change: &Change| {
        let mut deps = change.deps().iter();
        deps.all(|dep| plain.get_change_by_hash(dep).is_some())
    };
    let ready: Vec<usize> = (0..changes.len())
        .filter(|place| changes.get(*place).is_some_and(has_causes))
        .collect();
    let place = usize::try_from(chance.below(ready.len() as u64)).unwrap_or(0);
    ready.get(place).map(|place| changes.swap_remove(*place))
}

/// The kind whose frozen change the first change rests on.
fn kind_of(chunks: &[Chunk]) -> Told<Kind> {
    let deps: BTreeSet<Hash> = chunks.iter().flat_map(Chunk::deps).copied().collect();
    let kinds = Kind::ALL.into_iter();
    let found = kinds
        .into_iter()
        .find(|kind| frozen::hashes(*kind).iter().any(|hash| deps.contains(hash)));
    found.ok_or_else(|| Fault::new("a record that rests on no frozen change"))
}

fn same(record: RecordId, what: &str, is_same: bool) -> Told<()> {
    match is_same {
        true => Ok(()),
        false => Err(Fault::new(format!(
            "{record}: {what} are not those of plain automerge"
        ))),
    }
}
