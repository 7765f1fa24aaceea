//! The folder that sled writes to: who may open it, what is removed before, and what is synced that sled leaves unsynced.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::StoreError;

/// sled's names.
const LOG: &str = "db";
const BLOBS: &str = "blobs";
const SNAPSHOT: &str = "snap.";
const UNFINISHED: &str = ".generating";

/// Ours: held while the store is open, so that nothing is removed under another process that has it open.
const LOCK: &str = "lock";

/// How often and how long to wait for sled's threads to let go of a store that this process closed a moment ago.
const RELEASE_TRIES: u32 = 200;
const RELEASE_WAIT: Duration = Duration::from_millis(10);

/// A folder that this handle alone has open.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    log: Option<File>,
    /// Released when the file is closed.
    _lock: File,
}

impl Folder {
    /// Makes the folder, takes its lock, removes what an earlier process left half-made and syncs the rest: sled will write
    /// durable summaries of what it reads, which must therefore be durable itself.
    pub(super) fn prepare(path: &Path) -> Result<Self, StoreError> {
        let made = missing_parents(path);
        fs::create_dir_all(path)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => StoreError::Locked,
            TryLockError::Error(source) => source.into(),
        })?;
        remove_unfinished(path)?;
        let folder = Self {
            path: path.to_owned(),
            log: None,
            _lock: lock,
        };
        folder.sync()?;
        for folder in made {
            sync_folder(&folder)?;
        }
        Ok(folder)
    }

    /// Calls `open` until sled's own lock, which outlives a dropped handle for a moment, is free.
    pub(super) fn when_released<T>(
        &self,
        open: impl Fn() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        for _ in 1..RELEASE_TRIES {
            match open() {
                Err(error) if is_lock(&error) => std::thread::sleep(RELEASE_WAIT),
                result => return result,
            }
        }
        open().map_err(|error| {
            if is_lock(&error) {
                StoreError::Locked
            } else {
                error
            }
        })
    }

    /// Opens our own handle on sled's log file.
    pub(super) fn with_log(mut self) -> io::Result<Self> {
        let log = OpenOptions::new()
            .read(true)
            .write(true)
            .open(self.path.join(LOG))?;
        self.log = Some(log);
        Ok(self)
    }

    /// Syncs the log file: its bytes, size and extents, down to the drive.
    pub(super) fn sync_log(&self) -> io::Result<()> {
        self.log.as_ref().map_or(Ok(()), File::sync_data)
    }

    /// Syncs every file of the store, its folders, and the folder that it is in.
    pub(super) fn sync(&self) -> io::Result<()> {
        for file in self.files()? {
            // A file that was removed meanwhile needs no syncing.
            match OpenOptions::new().read(true).write(true).open(&file) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                opened => opened?.sync_all()?,
            }
        }
        let blobs = self.path.join(BLOBS);
        if blobs.is_dir() {
            sync_folder(&blobs)?;
        }
        sync_folder(&self.path)?;
        sync_folder(&parent(&self.path))
    }

    pub(super) fn size_bytes(&self) -> io::Result<u64> {
        let mut size_bytes = 0;
        for file in self.files()? {
            match fs::metadata(file) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                metadata => size_bytes += metadata?.len(),
            }
        }
        Ok(size_bytes)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn files(&self) -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for folder in [self.path.clone(), self.path.join(BLOBS)] {
            if !folder.is_dir() {
                continue;
            }
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                if entry.file_type()?.is_file() {
                    files.push(entry.path());
                }
            }
        }
        Ok(files)
    }
}

/// sled says this in words only.
fn is_lock(error: &StoreError) -> bool {
    matches!(error, StoreError::Io { source } if source.to_string().contains("could not acquire lock"))
}

/// sled takes the newest of its summaries without looking whether it was finished.
fn remove_unfinished(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(SNAPSHOT) && name.ends_with(UNFINISHED) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The folders that get a new entry when `path` is made.
fn missing_parents(path: &Path) -> Vec<PathBuf> {
    path.ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        .map(parent)
        .collect()
}

fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
        Some(parent) => parent.to_owned(),
        None => path.to_owned(),
    }
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Elsewhere a folder cannot be opened, and its entries are durable with the files.
#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}
