//! The keys, the settings and the ledger: everything of a data folder that is no store. They are copied apart from backups, and only the
//! newest copy counts: an older one would read what was erased since.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use std::sync::Arc;

use fieldwatch_schemas::keyring::RecordKeys;
use fieldwatch_schemas::store::Store;
use fieldwatch_schemas::store::small::{DiskFile, MemoryFile, SmallFile as _};

use super::BackupError;
use crate::data::keys::{MAC_KEY, RECEIPT_KEY, RECORD_KEYS, read_mac_key};
use crate::data::{DataError, DataFolder, LostKeys, replace_file};
use crate::log::fit::{fit, opened};

/// What is copied; the settings last, for they make a data folder of one.
const FILES: [&str; 9] = [
    "tls.key",
    "tls.crt",
    "signing.key",
    "nonce.key",
    MAC_KEY,
    RECEIPT_KEY,
    RECORD_KEYS,
    "ledger",
    "settings.json",
];

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

/// Proves that the keys which a restored store will lie beside are its own: those of the data folder, and of those that it lacks the
/// copies. Nothing is changed. Returns how many rows cannot be opened although the keys are the right ones: they were damaged before.
///
/// # Errors
///
/// [`BackupError::KeyMissing`] and [`BackupError::KeyUnfit`], naming the file.
pub(super) fn prove(
    source: &dyn Store,
    folder: &DataFolder,
    keys: Option<&Path>,
    lost: LostKeys,
) -> Result<u64, BackupError> {
    let path = used(folder, keys, RECORD_KEYS)?;
    let content = fs::read(&path).map_err(|error| BackupError::File(path.clone(), error))?;
    let file = MemoryFile::new();
    file.replace(&content)?;
    // Nothing is written: the file is not absent.
    let records = RecordKeys::open(Arc::new(file), [0; 32]);
    let records = Arc::new(records.map_err(|_| BackupError::KeyUnfit(path.clone()))?);
    let marks = match used(folder, keys, MAC_KEY) {
        Err(BackupError::KeyMissing(_)) if lost == LostKeys::Renewed => None,
        path => Some(path?),
    };
    if lost == LostKeys::Missed {
        used(folder, keys, RECEIPT_KEY)?;
    }
    let mac_key = marks.as_deref().map(read_mac_key).transpose()?;
    let mac_key = mac_key.unwrap_or_else(|| crate::vouch::MacKey::new(&[0; 32]));
    let fits = fit(source, &records, &mac_key)?;
    let (open, shut) = opened(source, records)?;
    if !fits.records || (shut > 0 && open == 0) {
        return Err(BackupError::KeyUnfit(path));
    }
    match marks.filter(|_| !fits.marks && lost == LostKeys::Missed) {
        Some(path) => Err(BackupError::KeyUnfit(path)),
        None => Ok(shut),
    }
}

/// Where a key lies that a restored store will be used with.
fn used(folder: &DataFolder, keys: Option<&Path>, name: &str) -> Result<PathBuf, BackupError> {
    let own = folder.file(name);
    let copy = keys.map(|keys| keys.join(name));
    let places = [Some(own.clone()), copy].into_iter().flatten();
    let found = places.into_iter().find(|path| path.exists());
    found.ok_or(BackupError::KeyMissing(own))
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
