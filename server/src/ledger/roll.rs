//! A file that only grows: the ledger's disk, and its twin in memory, which can lose power.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A sequence of bytes that only grows, but for an end that was never finished.
pub trait Roll: Send + Sync + std::fmt::Debug {
    /// All of it.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if the disk cannot be read.
    fn read(&self) -> io::Result<Vec<u8>>;

    /// Adds to its end; it is on the disk for good when this returns.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if the disk fails; any part of it may be there then.
    fn append(&self, bytes: &[u8]) -> io::Result<()>;

    /// Shortens it, for good when this returns.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if the disk fails.
    fn cut(&self, length: u64) -> io::Result<()>;
}

/// A roll that is a file, which only its owner can read.
#[derive(Debug)]
pub struct FileRoll(Mutex<File>);

impl FileRoll {
    /// Opens the file, and makes it if it is missing.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if it cannot be.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let options = options.read(true).append(true).create(true).mode(0o600);
        let file = options.open(path)?;
        file.sync_all()?;
        if let Some(folder) = path.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(Self(Mutex::new(file)))
    }

    fn file(&self) -> MutexGuard<'_, File> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Roll for FileRoll {
    fn read(&self) -> io::Result<Vec<u8>> {
        let mut file = self.file();
        file.seek(SeekFrom::Start(0))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.file();
        file.write_all(bytes)?;
        file.sync_data()
    }

    fn cut(&self, length: u64) -> io::Result<()> {
        let file = self.file();
        file.set_len(length)?;
        file.sync_all()
    }
}

/// A roll without a disk.
#[derive(Debug, Default)]
pub struct MemoryRoll(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    bytes: Vec<u8>,
    tear: Option<usize>,
}

impl MemoryRoll {
    /// An empty roll.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the next append fail after so many of its bytes have reached the disk, as when power goes.
    pub fn tear_next(&self, after_bytes: usize) {
        self.held().tear = Some(after_bytes);
    }

    /// Forgets that anything is to fail: the power is back.
    pub fn restart(&self) {
        self.held().tear = None;
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Roll for MemoryRoll {
    fn read(&self) -> io::Result<Vec<u8>> {
        Ok(self.held().bytes.clone())
    }

    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut held = self.held();
        let torn = held.tear.take();
        let kept = torn.unwrap_or(bytes.len());
        held.bytes.extend(bytes.iter().take(kept));
        match torn {
            Some(_) => Err(io::Error::from(io::ErrorKind::StorageFull)),
            None => Ok(()),
        }
    }

    fn cut(&self, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        self.held().bytes.truncate(length);
        Ok(())
    }
}
