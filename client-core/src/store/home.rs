//! A home: the folder of one replica, and the key that opens it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fieldwatch_schemas::problem::{Problem, ProblemKind};
use fieldwatch_schemas::store::sled::{SledOptions, SledStore};
use fieldwatch_schemas::store::{Store, StoreError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::key::{self, Stretching, WrappedKey};
use super::sealed::Sealed;
use crate::chance::{Chance, ChanceError, SystemChance};

const STORE: &str = "store";
const KEY: &str = "key.json";
const SALT: &str = "salt.json";
const DEVICE_KEY: &str = "device.key";
/// The longest key file that is read.
const KEY_FILE_BYTES_MAX: u64 = 64 * 1024;

/// Where the key comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A file that the person keeps elsewhere.
    File(PathBuf),
    /// A passphrase.
    Passphrase(String),
    /// A random key beside the store, which protects only files that are copied without it.
    Device,
}

impl KeySource {
    const fn name(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Passphrase(_) => "passphrase",
            Self::Device => "device",
        }
    }
}

/// Never shows a passphrase.
impl std::fmt::Debug for KeySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a home does not open. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// The key is another than the one that the home was made with.
    #[error("the key does not open this home: {}", difference(.expected, .given))]
    KeyWrong {
        /// What sort of key it was made with.
        expected: String,
        /// What sort was given.
        given: &'static str,
    },
    /// The key file cannot be read, or is empty.
    #[error("the key file {path} cannot be used")]
    KeyFile {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of the home is damaged or missing.
    #[error("{name} in this home is missing or damaged")]
    Damaged {
        /// Which.
        name: &'static str,
    },
    /// The disk.
    #[error("{path} cannot be used")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error(transparent)]
    Chance(#[from] ChanceError),
}

fn difference(expected: &str, given: &str) -> String {
    match expected == given {
        true => format!("it was made with another {given} key"),
        false => format!("it was made with a {expected} key, and a {given} key was given"),
    }
}

impl HomeError {
    /// The problem that a command reports.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let kind = match self {
            Self::KeyWrong { .. } => ProblemKind::KeyWrong,
            Self::KeyFile { .. } => ProblemKind::FileInvalid,
            Self::Store(StoreError::Locked) => ProblemKind::HomeInUse,
            Self::Damaged { .. } | Self::Io { .. } | Self::Store(_) => ProblemKind::StoreFailed,
            Self::Chance(_) => ProblemKind::Internal,
        };
        Problem::with_detail(kind, self.to_string())
    }
}

/// Opens the store of a home; an empty or missing folder becomes one, with this key.
///
/// # Errors
///
/// [`HomeError::KeyWrong`], [`HomeError::KeyFile`], [`HomeError::Store`] with [`StoreError::Locked`] while another process uses it.
pub fn open_home(home: &Path, source: &KeySource) -> Result<Arc<dyn Store>, HomeError> {
    let mut chance = SystemChance;
    let data_key = match read_json::<WrappedKey>(home, KEY)? {
        Some(wrapped) => existing_key(home, source, &wrapped)?,
        None => fresh_key(home, source, &mut chance)?,
    };
    prepare(&home.join(STORE))?;
    let inner = SledStore::open(&home.join(STORE), SledOptions::device())?;
    Ok(Arc::new(Sealed::new(inner, &data_key, Box::new(chance))))
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

fn read_key_file(path: &Path) -> Result<[u8; 32], HomeError> {
    let unusable = |source| HomeError::KeyFile {
        path: path.to_owned(),
        source,
    };
    let content = read_limited(path).map_err(unusable)?;
    if content.is_empty() {
        return Err(unusable(io::Error::other("it is empty")));
    }
    Ok(key::of_file(&content))
}

fn read_limited(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let file = File::open(path)?;
    io::Read::read_to_end(
        &mut io::Read::take(file, KEY_FILE_BYTES_MAX + 1),
        &mut content,
    )?;
    if content.len() as u64 > KEY_FILE_BYTES_MAX {
        return Err(io::Error::other("it is too large for a key"));
    }
    Ok(content)
}

fn read_json<T: DeserializeOwned>(home: &Path, name: &'static str) -> Result<Option<T>, HomeError> {
    let path = home.join(name);
    match read_limited(&path) {
        Ok(content) => {
            let read = serde_json::from_slice(&content);
            read.map(Some).map_err(|_| HomeError::Damaged { name })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(HomeError::Io { path, source }),
    }
}

fn write_json<T: Serialize>(home: &Path, name: &'static str, value: &T) -> Result<(), HomeError> {
    let text = serde_json::to_vec_pretty(value).map_err(|_| HomeError::Damaged { name })?;
    write(home, name, &text)
}

fn prepare(folder: &Path) -> Result<(), HomeError> {
    make_folder(folder).map_err(|source| HomeError::Io {
        path: folder.to_owned(),
        source,
    })
}

/// Makes a folder that only its owner can enter, durably; one that exists stays as it is.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let missing: Vec<&Path> = folder.ancestors().take_while(is_missing).collect();
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    #[cfg(unix)]
    for parent in missing.into_iter().filter_map(Path::parent) {
        let is_here = parent.as_os_str().is_empty();
        let parent = if is_here { Path::new(".") } else { parent };
        // A folder that may be written and not read cannot be synced.
        if let Ok(parent) = File::open(parent) {
            parent.sync_all()?;
        }
    }
    Ok(())
}

/// Writes a file that only its owner can read, whole or not at all, and durably.
fn write(home: &Path, name: &str, content: &[u8]) -> Result<(), HomeError> {
    let path = home.join(name);
    let draft = home.join(format!("{name}.new"));
    let attempt = || {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&draft)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&draft, &path)?;
        #[cfg(unix)]
        File::open(home)?.sync_all()?;
        Ok(())
    };
    attempt().map_err(|source| HomeError::Io {
        path: path.clone(),
        source,
    })
}
