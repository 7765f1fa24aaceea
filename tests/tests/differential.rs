//! Random histories through our stores and through plain automerge come to the same document, heads and hashes.
//!
//! `FW_HISTORIES=5000 cargo test --release -p fieldwatch-tests --test differential` runs more of them.

use fieldwatch_tests::chance::number;
use fieldwatch_tests::simulation::differential::{Compared, in_memory, on_disk};

/// How many histories over stores in memory, and over stores on a disk.
const IN_MEMORY: u64 = 40;
const ON_DISK: u64 = 3;

fn add(sum: Compared, one: Compared) -> Compared {
    Compared {
        records: sum.records + one.records,
        changes: sum.changes + one.changes,
    }
}

#[test]
fn stores_in_memory_hold_what_plain_automerge_holds() {
    let histories = number("FW_HISTORIES").unwrap_or(IN_MEMORY);
    let run = |seed| in_memory(seed).unwrap_or_else(|fault| panic!("history {seed}: {fault}"));
    let compared = (1..=histories).map(run).fold(Compared::default(), add);
    eprintln!("{histories} histories: {compared:?}");
    assert!(compared.records as u64 > 10 * histories && compared.changes as u64 > 40 * histories);
}

#[test]
fn stores_on_a_disk_hold_what_plain_automerge_holds() {
    for seed in 1..=ON_DISK {
        let folder = tempfile::tempdir().unwrap();
        let compared = on_disk(seed, folder.path()).unwrap();
        assert_eq!(compared, in_memory(seed).unwrap(), "history {seed}");
    }
}
