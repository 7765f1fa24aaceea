//! What sled promised stays, whatever ends the process: a kill, or the power.
//!
//! A child writes batches and says which are acknowledged; at a random moment it is killed, or the disk forgets all that was not
//! really synced. The next child opens what is left: nothing acknowledged may be missing, and every batch must be there whole or
//! not at all. A power loss is simulated in two ways, by a file system that is shut down without its journal (needs root), and by
//! a library that records what was synced (needs a C compiler).
//!
//! `FW_ROUNDS=150 cargo test -p fieldwatch-schemas --test power_loss` for more rounds than the few of every day.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed, in its functions too"
)]

#[path = "power_loss/child.rs"]
mod child;
#[path = "power_loss/ext4.rs"]
mod ext4;
#[path = "power_loss/recorder.rs"]
mod recorder;
#[path = "power_loss/rounds.rs"]
mod rounds;
#[path = "power_loss/work.rs"]
mod work;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use child::{Child, Word};
use ext4::Ext4;
use recorder::Recorder;
use rounds::{Disk, run};

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    child::obey();
    struct Folder(tempfile::TempDir);
    impl Disk for Folder {
        fn store(&self) -> PathBuf {
            self.0.path().join("store")
        }
        fn lose_power(&mut self, child: &mut Child) {
            child.kill();
        }
        fn renew(&mut self) {
            self.0 = tempfile::tempdir().unwrap();
        }
    }
    let disk = Folder(tempfile::tempdir().unwrap());
    run(
        "nothing_acknowledged_is_lost_when_the_process_is_killed",
        disk,
        12,
    );
}

#[test]
fn nothing_acknowledged_is_lost_when_the_file_system_forgets_what_was_not_synced() {
    child::obey();
    match Ext4::new(256 << 20) {
        Ok(disk) => run(
            "nothing_acknowledged_is_lost_when_the_file_system_forgets_what_was_not_synced",
            disk,
            10,
        ),
        Err(why) => skipped("a file system that loses power", &why),
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_only_what_was_synced_is_left() {
    child::obey();
    match Recorder::new() {
        Ok(disk) => run(
            "nothing_acknowledged_is_lost_when_only_what_was_synced_is_left",
            disk,
            8,
        ),
        Err(why) => skipped("a recorder of what was synced", &why),
    }
}

#[test]
fn a_full_disk_fails_the_store_until_it_is_opened_again_with_all_that_was_acknowledged() {
    child::obey();
    let name =
        "a_full_disk_fails_the_store_until_it_is_opened_again_with_all_that_was_acknowledged";
    let disk = match Ext4::new(64 << 20) {
        Ok(disk) => disk,
        Err(why) => return skipped("a file system that fills up", &why),
    };
    let ballast = disk.folder().join("ballast");
    fill(&ballast, 32 << 20);
    let mut acked = [0; work::WRITERS as usize];
    let mut was_full = false;
    let mut found = 0;
    let mut child = Child::start(name, &disk.store(), 1, &[]);
    while let Some(word) = child.next() {
        match word {
            Word::DiskFull if !was_full => {
                was_full = true;
                fs::remove_file(&ballast).unwrap();
                child.go_on();
            }
            Word::Found { writer, number } if was_full => {
                let acked = acked[usize::from(writer)];
                assert!(number >= acked, "{writer}: {number} of {acked}");
                found += 1;
            }
            Word::Acked { .. } if was_full => break,
            Word::Acked { writer, number } => acked[usize::from(writer)] = number,
            Word::Wrong(words) | Word::Unreadable(words) => panic!("{words}"),
            _ => {}
        }
    }
    assert!(was_full, "the disk never filled up");
    assert_eq!(found, work::WRITERS, "it was not opened again");
    child.kill();
}

fn fill(path: &Path, size_bytes: usize) {
    let mut file = File::create(path).unwrap();
    file.write_all(&vec![1; size_bytes]).unwrap();
    file.sync_all().unwrap();
}

/// Says so, and fails where `FW_POWER_LOSS=required`.
fn skipped(what: &str, why: &str) {
    let required = std::env::var("FW_POWER_LOSS").is_ok_and(|value| value == "required");
    assert!(!required, "{what}: {why}");
    eprintln!("skipped: {what} cannot be had here: {why}");
}
