//! The store's folder, and the fresh one that a compaction puts in its place.
//!
//! ```text
//! store/ · store.new/ ──▶ store.old/ · store.new/ ──▶ store.old/ · store/ ──▶ store/
//!   a copy in the making    proven and durable          the copy in use
//! ```
//!
//! Opening ends what a crash left: without `store` the copy was proven, and takes its place; with it the others are left over. So it
//! is with `store.restored`, the whole copy of a backup that was to take the place of a store that is kept.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use fieldwatch_schemas::store::sled::{SledOptions, SledStore};
use fieldwatch_schemas::store::{Store, StoreError};

use crate::log::compact::Beside;

/// How often, and how long, a store is waited for that this process is just letting go of: somebody may be reading from it.
const RELEASE_TRIES: u32 = 500;
const RELEASE_WAIT: Duration = Duration::from_millis(10);

/// The copy of a backup, once it is whole and durable.
pub(crate) const RESTORED: &str = "store.restored";

/// The places of a store in its data folder.
#[derive(Debug, Clone)]
pub(super) struct Places {
    folder: PathBuf,
}

impl Places {
    pub(super) fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// Opens the store. Only for who has the folder's lock.
    pub(super) fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        self.settle()?;
        for _ in 1..RELEASE_TRIES {
            match SledStore::open(&self.current(), SledOptions::server()) {
                Err(StoreError::Locked) => thread::sleep(RELEASE_WAIT),
                opened => return Ok(Arc::new(opened?)),
            }
        }
        Err(StoreError::Locked)
    }

    /// Whether there is a store, or one is changing its place.
    pub(super) fn has_store(&self) -> bool {
        let places = [
            self.current(),
            self.old(),
            self.fresh_one(),
            self.restored(),
        ];
        places.iter().any(|place| place.exists())
    }

    /// Ends a compaction that a crash interrupted between its two renames, so that the store has its name again.
    pub(super) fn end_swap(&self) -> io::Result<()> {
        match !self.current().exists() && self.old().exists() {
            true => self.settle(),
            false => Ok(()),
        }
    }

    fn current(&self) -> PathBuf {
        self.folder.join("store")
    }

    fn old(&self) -> PathBuf {
        self.folder.join("store.old")
    }

    fn fresh_one(&self) -> PathBuf {
        self.folder.join("store.new")
    }

    fn restored(&self) -> PathBuf {
        self.folder.join(RESTORED)
    }

    /// Ends what a crash left half done.
    fn settle(&self) -> io::Result<()> {
        let (current, old, fresh) = (self.current(), self.old(), self.fresh_one());
        let restored = self.restored();
        if !current.exists() {
            let compacted = if fresh.exists() { &fresh } else { &old };
            let heir = if old.exists() { compacted } else { &restored };
            if heir.exists() {
                fs::rename(heir, &current)?;
                self.sync()?;
            }
        }
        if current.exists() {
            for left_over in [&fresh, &old, &restored] {
                remove(left_over)?;
            }
        }
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }

    /// Waits until nobody in this process has the store open any more.
    fn wait_until_released(&self) -> Result<(), StoreError> {
        let lock = OpenOptions::new()
            .write(true)
            .open(self.current().join("lock"))?;
        for _ in 1..RELEASE_TRIES {
            if lock.try_lock().is_ok() {
                return Ok(());
            }
            thread::sleep(RELEASE_WAIT);
        }
        Err(StoreError::Locked)
    }
}

impl Beside for Places {
    fn fresh(&self) -> Result<Arc<dyn Store>, StoreError> {
        remove(&self.fresh_one())?;
        let store = SledStore::open(&self.fresh_one(), SledOptions::server())?;
        Ok(Arc::new(store))
    }

    fn swap(&self) -> Result<(), StoreError> {
        self.wait_until_released()?;
        fs::rename(self.current(), self.old())?;
        self.sync()?;
        fs::rename(self.fresh_one(), self.current())?;
        self.sync()?;
        Ok(remove(&self.old())?)
    }

    fn give_up(&self) {
        if let Err(error) = remove(&self.fresh_one()) {
            tracing::warn!(%error, "a copy of the store stays behind until the next start");
        }
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldwatch_schemas::store::Batch;

    /// Makes a store in a folder, told apart by what it holds.
    fn make(folder: &Path, says: &str) {
        let store = SledStore::open(folder, SledOptions::server().cache_bytes(1 << 20)).unwrap();
        let mut batch = Batch::new();
        batch.put("says", says);
        store.apply(&batch).unwrap();
        store.flush().unwrap();
    }

    #[test]
    fn after_a_crash_at_any_point_of_a_swap_one_whole_store_is_opened_and_nothing_is_left_over() {
        // Which of the four there are, and what the one says that is opened.
        let crashes = [
            (["current", "", "", ""], "current"),
            (["current", "", "fresh", ""], "current"),
            (["", "old", "fresh", ""], "fresh"),
            (["", "old", "", ""], "old"),
            (["current", "old", "", ""], "current"),
            (["current", "", "", "restored"], "current"),
            (["", "", "", "restored"], "restored"),
        ];
        for (there, expected) in crashes {
            let folder = tempfile::tempdir().unwrap();
            let places = Places::of(folder.path());
            let left_over = [places.old(), places.fresh_one(), places.restored()];
            let all = [&[places.current()][..], &left_over].concat();
            for (place, says) in all.iter().zip(there) {
                if !says.is_empty() {
                    make(place, says);
                }
            }
            assert!(places.has_store());
            let store = places.open().unwrap();
            let says = store.get(b"says").unwrap();
            assert_eq!(says.as_deref(), Some(expected.as_bytes()));
            assert!(left_over.iter().all(|place| !place.exists()));
        }
    }

    #[test]
    fn a_store_that_somebody_reads_from_is_not_swapped_away_under_him() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::of(folder.path());
        let held = places.open().unwrap();
        make(&places.fresh_one(), "fresh");
        let swapping = {
            let places = places.clone();
            thread::spawn(move || places.swap())
        };
        assert!(held.get(b"says").unwrap().is_none());
        assert!(places.current().exists());
        drop(held);
        swapping.join().unwrap().unwrap();
        let says = places.open().unwrap().get(b"says").unwrap();
        assert_eq!(says.as_deref(), Some(&b"fresh"[..]));
    }
}
