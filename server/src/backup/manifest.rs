//! What a backup says about itself. It is written last: without it there is no backup.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use fieldwatch_schemas::id::LogId;
use serde::{Deserialize, Serialize};

use super::BackupError;

/// The format of backups.
pub(super) const FORMAT: u32 = 1;

/// What a backup says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format.
    pub format: u32,
    /// Whose it is.
    pub server: String,
    /// The log's id then.
    pub log: LogId,
    /// The position that all of it is of.
    pub position: u64,
    /// When it was made.
    pub at: String,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 over the rows in their order, lengths included; hexadecimal.
    pub hash: String,
}

impl Manifest {
    /// The hash as bytes; `None` if it is none.
    pub(super) fn hash_bytes(&self) -> Option<[u8; 32]> {
        let pairs = (0..self.hash.len()).step_by(2);
        let pairs = pairs.map(|start| self.hash.get(start..start + 2));
        let bytes = pairs.map(|pair| u8::from_str_radix(pair?, 16).ok());
        bytes.collect::<Option<Vec<u8>>>()?.try_into().ok()
    }

    pub(super) fn read(path: &Path) -> Result<Self, BackupError> {
        let folder = || path.parent().unwrap_or(path).to_owned();
        let read = fs::read(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => BackupError::NotWhole(folder()),
            _ => BackupError::File(path.to_owned(), error),
        })?;
        let manifest: Option<Self> = serde_json::from_slice(&read).ok();
        let manifest = manifest.filter(|manifest| manifest.format == FORMAT);
        manifest.ok_or_else(|| BackupError::NotWhole(folder()))
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), BackupError> {
        let write = || -> io::Result<()> {
            let mut options = OpenOptions::new();
            let mut file = options
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)?;
            file.write_all(&serde_json::to_vec_pretty(self)?)?;
            file.sync_all()?;
            match path.parent() {
                Some(folder) => File::open(folder)?.sync_all(),
                None => Ok(()),
            }
        };
        write().map_err(|error| BackupError::File(path.to_owned(), error))
    }
}

pub(super) fn hexadecimal(hash: &[u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
