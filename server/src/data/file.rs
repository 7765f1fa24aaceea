//! Files that only their owner can read, replaced whole and durable, or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::DataError;

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, DataError> {
    fs::read(path).map_err(failed(path))
}

/// Opens a file for writing, making it if it is missing; what it holds stays.
pub(super) fn create(path: &Path) -> Result<File, DataError> {
    owners().open(path).map_err(failed(path))
}

/// Writes a file in place of what was there: after a power loss it holds the one or the other.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<(), DataError> {
    let fresh = path.with_extension("new");
    let write = || -> io::Result<()> {
        let mut file = owners().truncate(true).open(&fresh)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        match path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    };
    write().map_err(failed(path))
}

fn owners() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).mode(0o600);
    options
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> DataError {
    let path = path.to_owned();
    move |error| DataError::File(path, error)
}
