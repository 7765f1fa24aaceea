//! A home: the folder of one replica, and the key that opens it.

mod error;
mod files;
mod source;

use std::path::Path;
use std::sync::Arc;

use fieldwatch_schemas::store::sled::{SledOptions, SledStore};
use fieldwatch_schemas::store::small::{DiskFile, SmallFile as _};

pub use self::error::HomeError;
pub(crate) use self::files::make_folder;
use self::files::{prepare, read_json, read_key_file, read_limited, write, write_json};
pub use self::source::KeySource;
use super::key::{Stretching, WrappedKey};
use super::vault::{Vault, open_keys};
use crate::chance::{Chance, SystemChance};

const STORE: &str = "store";
const KEY: &str = "key.json";
const RECORD_KEYS: &str = "record.keys";
const SALT: &str = "salt.json";
const DEVICE_KEY: &str = "device.key";
const RECEIPT_KEY: &str = "receipt.pub";

/// Opens the store of a home, and the keys of its records; an empty or missing folder becomes one, with this key.
///
/// # Errors
///
/// [`HomeError::KeyWrong`], [`HomeError::KeyFile`], [`HomeError::Store`] with [`fieldwatch_schemas::store::StoreError::Locked`] while another process uses it.
pub fn open_home(home: &Path, source: &KeySource) -> Result<Vault, HomeError> {
    let mut chance = SystemChance;
    let data_key = match read_json::<WrappedKey>(home, KEY)? {
        Some(wrapped) => existing_key(home, source, &wrapped)?,
        None => fresh_key(home, source, &mut chance)?,
    };
    let record_keys = DiskFile::at(&home.join(RECORD_KEYS));
    if home.join(STORE).exists() && record_keys.read()?.is_none() {
        return Err(HomeError::Damaged { name: RECORD_KEYS });
    }
    let mut root = [0; 32];
    chance.fill(&mut root)?;
    // The keys are durable before anything is sealed under them.
    let keys = open_keys(Arc::new(record_keys), &data_key, root)?;
    prepare(&home.join(STORE))?;
    let inner = SledStore::open(&home.join(STORE), SledOptions::device())?;
    Ok(Vault::seal(inner, &data_key, keys))
}

/// Keeps the server's receipt key where a receipt can be verified without opening the home. It is no secret, and receipts that this
/// device keeps are checked against the one inside.
///
/// # Errors
///
/// [`HomeError::Io`].
pub fn keep_receipt_key(home: &Path, key: &str) -> Result<(), HomeError> {
    write(home, RECEIPT_KEY, key.as_bytes())
}

/// The server's receipt key, where a home is enrolled; nothing is opened, locked or made.
#[must_use]
pub fn receipt_key(home: &Path) -> Option<String> {
    let content = read_limited(&home.join(RECEIPT_KEY)).ok()?;
    String::from_utf8(content).ok()
}

fn existing_key(
    home: &Path,
    source: &KeySource,
    wrapped: &WrappedKey,
) -> Result<[u8; 32], HomeError> {
    let wrong = || HomeError::KeyWrong {
        expected: wrapped.source.clone(),
        given: source.name(),
    };
    if wrapped.source != source.name() {
        return Err(wrong());
    }
    let given = match source {
        KeySource::File(path) => read_key_file(path)?,
        KeySource::Passphrase(passphrase) => {
            let damaged = HomeError::Damaged { name: SALT };
            let stretching = read_json::<Stretching>(home, SALT)?;
            let key = stretching.and_then(|stretching| stretching.key(passphrase));
            key.ok_or(damaged)?
        }
        KeySource::Device => {
            let key = read_limited(&home.join(DEVICE_KEY)).ok();
            let key = key.and_then(|key| key.try_into().ok());
            key.ok_or(HomeError::Damaged { name: DEVICE_KEY })?
        }
    };
    wrapped.unwrap_key(&given).ok_or_else(wrong)
}

/// Makes the keys of a new home. `key.json` comes last: without it nothing has been sealed yet.
fn fresh_key(
    home: &Path,
    source: &KeySource,
    chance: &mut dyn Chance,
) -> Result<[u8; 32], HomeError> {
    if home.join(STORE).exists() {
        return Err(HomeError::Damaged { name: KEY });
    }
    let given = match source {
        KeySource::File(path) => read_key_file(path)?,
        KeySource::Passphrase(passphrase) => {
            prepare(home)?;
            let stretching = Stretching::fresh(chance)?;
            write_json(home, SALT, &stretching)?;
            let key = stretching.key(passphrase);
            key.ok_or(HomeError::Damaged { name: SALT })?
        }
        KeySource::Device => {
            prepare(home)?;
            let mut key = [0; 32];
            chance.fill(&mut key)?;
            write(home, DEVICE_KEY, &key)?;
            key
        }
    };
    prepare(home)?;
    let mut data_key = [0; 32];
    chance.fill(&mut data_key)?;
    let wrapped = WrappedKey::wrap(source.name(), &given, &data_key, chance)?;
    write_json(home, KEY, &wrapped)?;
    Ok(data_key)
}
