//! The data folder: keys, settings and the store, of one server, in one folder that only its owner can enter.
//!
//! ```text
//! DATA/            0700
//!   lock           held by whoever has the store open: the server, or one command
//!   init.lock      held while `init` makes what is missing
//!   settings.json  the server's name, its hosts, and what the last `serve` was reached by
//!   tls.key tls.crt      the server's own key, for ever, and its self-signed certificate
//!   signing.key nonce.key   what tokens are signed with, and nonces recognised by
//!   receipt.key    what receipts are signed with, for ever
//!   mac.key        what it knows again by what it gave away
//!   ledger         what outlives the store, copied apart from backups
//!   record.keys    the keys of the records: rewritten when one is erased, and never copied with the store
//!   admin.sock     while the server runs
//!   store/         sled; store.new and store.old while it is compacted (`data/store.rs`)
//! ```

mod file;
pub(crate) mod keys;
mod settings;
pub(crate) mod store;

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fieldwatch_schemas::store::StoreError;

pub use self::keys::LostKeys;
pub use self::settings::{Served, Settings};
use self::store::Places;
use crate::app::{App, random};
use crate::ledger::roll::FileRoll;
use crate::ledger::{Ledger, LedgerError};
use crate::log::compact::Beside;
use crate::log::{Keys, Log};
use crate::problem::ApiError;
use crate::tls::{self, Identity, TlsError};
use crate::token::nonce::NonceKey;
use crate::token::{Gate, TokenError, new_signing_key};

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// `init` was never run here.
    #[error("{0} is not a data folder yet: run `fieldwatch-server init --host NAME`")]
    NotBegun(PathBuf),
    /// The server, or another command, is using it.
    #[error("another process uses {0}")]
    InUse(PathBuf),
    /// A host that cannot be in a certificate or a link.
    #[error("{0:?} is not a host name or an IP address")]
    Host(String),
    /// A file could not be read or written.
    #[error("{0} could not be read or written")]
    File(PathBuf, #[source] io::Error),
    /// A file does not hold what it should.
    #[error("{0} does not hold what it should")]
    Content(PathBuf),
    /// A key that the store belongs to is not there.
    #[error("{0} is missing, and the store belongs to it: put back its copy{rest}", rest = renewal(.0))]
    KeyLost(PathBuf),
    /// The certificate or its key.
    #[error("the certificate could not be made or read")]
    Tls(#[from] TlsError),
    /// The signing key.
    #[error("the signing key could not be made or read")]
    Token(#[from] TokenError),
    /// The store.
    #[error("the store could not be opened")]
    Store(#[from] StoreError),
    /// The ledger.
    #[error("the ledger cannot be used")]
    Ledger(#[from] LedgerError),
    /// The rest of the server.
    #[error("the server could not begin")]
    App(#[from] ApiError),
}

/// A data folder.
#[derive(Debug, Clone)]
pub struct DataFolder {
    path: PathBuf,
}

/// The right to open the store; given up when dropped.
#[derive(Debug)]
pub struct Lock {
    /// Locked as long as it is open.
    _file: File,
}

impl DataFolder {
    /// The folder at a path, which need not exist.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// Where a file of the folder is.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Where the admin socket is while the server runs.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.file("admin.sock")
    }

    /// The server's own key and certificate.
    #[must_use]
    pub fn own_identity(&self) -> Identity {
        Identity {
            certificate: self.file("tls.crt"),
            key: self.file("tls.key"),
        }
    }

    /// Makes what is missing: the folder, keys, settings, certificate. What is there stays; hosts given now come first.
    ///
    /// # Errors
    ///
    /// [`DataError::Host`] if a host cannot be used, nothing done; otherwise [`DataError`] as files fail.
    pub fn begin(&self, hosts: &[String]) -> Result<Settings, DataError> {
        let before = self.settings().ok();
        let settings = Settings::with_hosts(before, hosts)?;
        self.make()?;
        let beginning = file::create(&self.file("init.lock"))?;
        let failed = |error| DataError::File(self.file("init.lock"), error);
        beginning.lock().map_err(failed)?;
        self.keep_missing("signing.key", || Ok(new_signing_key()?))?;
        self.keep_missing("nonce.key", || Ok(random::<32>()?.to_vec()))?;
        self.begin_keys()?;
        self.keep_missing("tls.key", || Ok(tls::new_key()?.into_bytes()))?;
        let certificate = tls::self_signed(&self.text("tls.key")?, &settings.hosts)?;
        file::replace(&self.file("tls.crt"), certificate.as_bytes())?;
        self.keep_settings(&settings)?;
        Ok(settings)
    }

    /// The settings.
    ///
    /// # Errors
    ///
    /// [`DataError::NotBegun`] before `init`; [`DataError::Content`] if they cannot be read.
    pub fn settings(&self) -> Result<Settings, DataError> {
        let path = self.file("settings.json");
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| DataError::Content(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(DataError::NotBegun(self.path.clone()))
            }
            Err(error) => Err(DataError::File(path, error)),
        }
    }

    /// Keeps the settings.
    ///
    /// # Errors
    ///
    /// [`DataError::File`] if the disk fails.
    pub fn keep_settings(&self, settings: &Settings) -> Result<(), DataError> {
        let text = serde_json::to_vec_pretty(settings).unwrap_or_default();
        file::replace(&self.file("settings.json"), &text)
    }

    /// The right to open the store.
    ///
    /// # Errors
    ///
    /// [`DataError::NotBegun`] before `init`, [`DataError::InUse`] while another process has it.
    pub fn lock(&self) -> Result<Lock, DataError> {
        self.settings()?;
        let path = self.file("lock");
        let file = file::create(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(fs::TryLockError::WouldBlock) => Err(DataError::InUse(self.path.clone())),
            Err(fs::TryLockError::Error(error)) => Err(DataError::File(path, error)),
        }
    }

    /// Opens everything. The lock shows that nobody else has.
    ///
    /// # Errors
    ///
    /// [`DataError`] as files and the store fail.
    pub fn open(&self, _lock: &Lock) -> Result<Arc<App>, DataError> {
        let settings = self.settings()?;
        let gate = self.gate(&settings)?;
        let places = self.places();
        let opener = move || places.open();
        let keys = Keys {
            records: Arc::new(self.record_keys()?),
            marks: self.mac_key()?,
        };
        let log = Log::open(Box::new(opener), keys, random()?, Arc::new(now_ms))?;
        Ok(App::new(log, self.ledger()?, gate, self.notary()?)?)
    }

    pub(crate) fn ledger(&self) -> Result<Arc<Ledger>, DataError> {
        let path = self.file("ledger");
        let roll = FileRoll::open(&path).map_err(|error| DataError::File(path, error))?;
        let signing_key = file::read(&self.file("signing.key"))?;
        Ok(Arc::new(Ledger::open(Arc::new(roll), &signing_key)?))
    }

    /// How the store is compacted.
    pub(crate) fn beside(&self) -> Arc<dyn Beside> {
        Arc::new(self.places())
    }

    /// Gives a store its name again that a crash left without while it was compacted. The lock shows that nobody has it open.
    pub(crate) fn end_swap(&self, _lock: &Lock) -> Result<(), DataError> {
        let failed = |error| DataError::File(self.path.clone(), error);
        self.places().end_swap().map_err(failed)
    }

    fn places(&self) -> Places {
        Places::of(&self.path)
    }

    fn gate(&self, settings: &Settings) -> Result<Gate, DataError> {
        let path = self.file("nonce.key");
        let nonces = file::read(&path)?;
        let nonces = <[u8; 32]>::try_from(nonces).map_err(|_| DataError::Content(path))?;
        let signing_key = file::read(&self.file("signing.key"))?;
        let nonces = NonceKey::new(&nonces);
        Ok(Gate::new(settings.name.clone(), nonces, &signing_key)?)
    }

    fn make(&self) -> Result<(), DataError> {
        let failed = |error| DataError::File(self.path.clone(), error);
        let mut builder = fs::DirBuilder::new();
        builder
            .recursive(true)
            .mode(0o700)
            .create(&self.path)
            .map_err(failed)?;
        fs::set_permissions(&self.path, fs::Permissions::from_mode(0o700)).map_err(failed)
    }

    fn keep_missing(
        &self,
        name: &str,
        make: impl FnOnce() -> Result<Vec<u8>, DataError>,
    ) -> Result<(), DataError> {
        let path = self.file(name);
        match path.exists() {
            true => Ok(()),
            false => file::replace(&path, &make()?),
        }
    }

    fn text(&self, name: &str) -> Result<String, DataError> {
        let path = self.file(name);
        String::from_utf8(file::read(&path)?).map_err(|_| DataError::Content(path))
    }
}

/// What is said of keys that can be made anew: what is lost with the old one, and how to go on without it.
fn renewal(path: &Path) -> &'static str {
    match path.file_name().and_then(std::ffi::OsStr::to_str) {
        Some(keys::MAC_KEY) => {
            ", or run `init --renew-lost-keys`: then devices bring back after a restore only what their own people wrote"
        }
        Some(keys::RECEIPT_KEY) => {
            ", or run `init --renew-lost-keys`: then receipts that were given cannot be checked against this server any more"
        }
        _ => "; without it no record can be read",
    }
}

/// Writes a file that only its owner can read in place of what was there, whole and durable.
///
/// # Errors
///
/// [`DataError::File`] if the disk fails.
pub(crate) fn replace_file(path: &Path, content: &[u8]) -> Result<(), DataError> {
    file::replace(path, content)
}

/// The system's clock, in UTC milliseconds.
#[must_use]
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
