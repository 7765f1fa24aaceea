//! The keys, the settings and the ledger: everything of a data folder that is no store. They are copied apart from backups, and only the
//! newest copy counts: an older one would read what was erased since.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use fieldwatch_schemas::store::small::{DiskFile, SmallFile as _};

use super::BackupError;
use crate::data::{DataError, DataFolder, replace_file};

/// What is copied; the settings last, for they make a data folder of one.
const FILES: [&str; 9] = [
    "tls.key",
    "tls.crt",
    "signing.key",
    "nonce.key",
    "mac.key",
    "receipt.key",
    RECORD_KEYS,
    "ledger",
    "settings.json",
];

const RECORD_KEYS: &str = "record.keys";

/// Makes a folder that only its owner can enter, if it is missing.
pub(super) fn make_folder(folder: &Path) -> Result<(), BackupError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| BackupError::File(folder.to_owned(), error))
}

/// Whether a backup and its keys lie outside the data folder, whose stores are renamed and removed, and the keys outside the backup.
pub(super) fn lie_apart(data: &Path, dir: &Path, keys: Option<&Path>) -> Result<(), BackupError> {
    let (data, dir) = (resolved(data), resolved(dir));
    let keys = keys.map(resolved);
    let mut ways = vec![(&dir, &data)];
    if let Some(keys) = &keys {
        ways.extend([(keys, &data), (keys, &dir)]);
    }
    match ways
        .into_iter()
        .find(|(inner, outer)| inner.starts_with(outer))
    {
        Some((inner, _)) => Err(BackupError::NotApart(inner.clone())),
        None => Ok(()),
    }
}

/// A path without links, as far as it is there.
fn resolved(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let known = path.ancestors().find_map(|known| {
        let rest = path.strip_prefix(known).ok()?;
        Some(fs::canonicalize(known).ok()?.join(rest))
    });
    known.unwrap_or(path)
}

/// Replaces what a folder has of a data folder's keys.
pub(super) fn copy_out(folder: &DataFolder, keys: &Path) -> Result<(), BackupError> {
    make_folder(keys)?;
    for name in FILES {
        copy(&folder.file(name), &keys.join(name))?;
    }
    Ok(())
}

/// Brings back what a data folder lacks.
pub(super) fn fill_in(folder: &DataFolder, keys: &Path) -> Result<(), BackupError> {
    make_folder(&folder.file(""))?;
    for name in FILES {
        let place = folder.file(name);
        if !place.exists() {
            copy(&keys.join(name), &place)?;
        }
    }
    Ok(())
}

/// Copies one file, if it is there, whole and durable.
fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    match fs::read(from) {
        // What the copy could open before is written over, as the original was.
        Ok(content) if to.ends_with(RECORD_KEYS) => Ok(DiskFile::at(to).replace(&content)?),
        Ok(content) => Ok(replace_file(to, &content)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(DataError::File(from.to_owned(), error).into()),
    }
}
