//! Small files beside a store: read whole, replaced whole.
//!
//! What has to be forgotten for good cannot be in a store, which keeps removed values readable in its file. It lies in a file of its
//! own behind [`SmallFile`]: on a disk ([`DiskFile`]) or in memory ([`MemoryFile`]).

mod disk;

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use self::disk::DiskFile;
use super::StoreError;

/// A file that is replaced whole: after a loss of power it holds what it held before, or what was written.
pub trait SmallFile: Send + Sync + std::fmt::Debug {
    /// Reads the file; `None` if there is none.
    ///
    /// # Errors
    /// [`StoreError`] if the disk cannot be read.
    fn read(&self) -> Result<Option<Vec<u8>>, StoreError>;

    /// Writes the file in place of what was there; durable when it returns.
    ///
    /// # Errors
    /// [`StoreError`] if the disk fails; the file holds the one or the other then.
    fn replace(&self, content: &[u8]) -> Result<(), StoreError>;
}

/// A file in memory, which can meet a full disk.
#[derive(Default)]
pub struct MemoryFile {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    content: Option<Vec<u8>>,
    /// Whether the next replacement is to fail, and whether what it wrote reaches the disk all the same.
    fault: Option<bool>,
}

impl MemoryFile {
    /// An absent file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the next replacement fail with [`StoreError::DiskFull`], after what it wrote `reached` the disk or before.
    pub fn fail_next(&self, reached: bool) {
        self.state().fault = Some(reached);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SmallFile for MemoryFile {
    fn read(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state().content.clone())
    }

    fn replace(&self, content: &[u8]) -> Result<(), StoreError> {
        let mut state = self.state();
        let fault = state.fault.take();
        if fault != Some(false) {
            state.content = Some(content.to_vec());
        }
        match fault {
            None => Ok(()),
            Some(_) => Err(io::Error::from(io::ErrorKind::StorageFull).into()),
        }
    }
}

/// Says how much, never what.
impl std::fmt::Debug for MemoryFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let size_bytes = self.state().content.as_ref().map(Vec::len);
        f.debug_struct("MemoryFile")
            .field("size_bytes", &size_bytes)
            .finish()
    }
}
