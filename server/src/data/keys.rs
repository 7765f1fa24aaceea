//! The keys of a data folder that a store belongs to: made with the folder, and never made anew in silence.
//!
//! A key that is lost is made anew only when somebody says so ([`LostKeys::Renewed`]): what the old one vouched for is lost with it.

use std::fs;
use std::sync::Arc;

use fieldwatch_schemas::keyring::RecordKeys;
use fieldwatch_schemas::store::small::{DiskFile, SmallFile as _};

use super::{DataError, DataFolder, Lock, file};
use crate::app::random;
use crate::log::fit;
use crate::notary::Notary;
use crate::token::new_signing_key;
use crate::vouch::MacKey;

/// What marks are made under.
pub(crate) const MAC_KEY: &str = "mac.key";
/// What receipts are signed with.
pub(crate) const RECEIPT_KEY: &str = "receipt.key";
/// What the records are sealed under.
pub(crate) const RECORD_KEYS: &str = "record.keys";

/// What becomes of keys that are not there, or not those that the store belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostKeys {
    /// They are missed.
    Missed,
    /// They are made anew, those that can be: `mac.key` and `receipt.key`.
    Renewed,
}

impl DataFolder {
    /// Makes the keys that a store belongs to, unless there is one already.
    pub(super) fn begin_keys(&self) -> Result<(), DataError> {
        if self.places().has_store() {
            return Ok(());
        }
        self.keep_missing(RECEIPT_KEY, || Ok(new_signing_key()?))?;
        self.keep_missing(MAC_KEY, || Ok(random::<32>()?.to_vec()))
    }

    /// The key of the server's marks.
    pub(super) fn mac_key(&self) -> Result<MacKey, DataError> {
        read_mac_key(&self.there(MAC_KEY)?)
    }

    /// The keys of the records. A store without them is not opened: what it holds could never be read.
    pub(super) fn record_keys(&self) -> Result<RecordKeys, DataError> {
        let path = self.file(RECORD_KEYS);
        let file = DiskFile::at(&path);
        if self.places().has_store() && file.read()?.is_none() {
            return Err(DataError::KeyLost(path));
        }
        Ok(RecordKeys::open(Arc::new(file), random()?)?)
    }

    /// Who signs receipts.
    ///
    /// # Errors
    ///
    /// [`DataError::NotBegun`] before `init`; [`DataError::KeyLost`]; otherwise as the key's file fails.
    pub fn notary(&self) -> Result<Arc<Notary>, DataError> {
        let settings = self.settings()?;
        let key = file::read(&self.there(RECEIPT_KEY)?)?;
        Ok(Notary::new(settings.name, &key)?)
    }

    /// Makes the keys anew that are lost, or are not those that the store belongs to, where that is possible at all: not the records'.
    /// Returns their names.
    ///
    /// # Errors
    ///
    /// [`DataError`] as files and the store fail.
    pub fn renew_lost_keys(&self, _lock: &Lock) -> Result<Vec<&'static str>, DataError> {
        let mut renewed = Vec::new();
        let receipts = self.file(RECEIPT_KEY);
        if !receipts.exists() {
            file::replace(&receipts, &new_signing_key()?)?;
            renewed.push(RECEIPT_KEY);
        }
        let path = self.file(MAC_KEY);
        let store = match self.places().has_store() {
            true => Some((self.places().open()?, self.record_keys()?)),
            false => None,
        };
        let fits = match &store {
            Some((store, records)) if path.exists() => {
                fit::fit(&**store, records, &self.mac_key()?)?.marks
            }
            _ => path.exists(),
        };
        if !fits {
            file::replace(&path, &random::<32>()?)?;
            renewed.push(MAC_KEY);
            if let Some((store, records)) = &store {
                fit::adopt(&**store, records, &self.mac_key()?)?;
                store.flush()?;
            }
        }
        for name in &renewed {
            tracing::warn!(
                file = name,
                "a lost key was made anew: what it vouched for is lost"
            );
        }
        Ok(renewed)
    }

    /// Where a key is that must be there.
    fn there(&self, name: &str) -> Result<std::path::PathBuf, DataError> {
        let path = self.file(name);
        match fs::exists(&path) {
            Ok(false) => Err(DataError::KeyLost(path)),
            Ok(true) => Ok(path),
            Err(error) => Err(DataError::File(path, error)),
        }
    }
}

/// Reads the key of the marks from a file.
pub(crate) fn read_mac_key(path: &std::path::Path) -> Result<MacKey, DataError> {
    let key = <[u8; 32]>::try_from(file::read(path)?);
    let key = key.map_err(|_| DataError::Content(path.to_owned()))?;
    Ok(MacKey::new(&key))
}
