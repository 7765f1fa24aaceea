//! The lock of a home, and the store behind it.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use fieldwatch_schemas::store::StoreError;

use super::super::error::CliError;
use super::super::relay;
use super::{HOME_LOCK, about};
use crate::store::{self, HomeError, KeySource, Vault};

/// How often, and how many times, a command looks whether the home is free: 10 seconds.
const LOCK_POLL: Duration = Duration::from_millis(50);
const LOCK_POLLS: u32 = 200;

/// Who has a home.
pub(super) enum Locked {
    Here(File),
    Elsewhere(relay::Stream),
}

/// Takes the lock, or finds the watcher that has it.
pub(super) fn lock(place: &Path) -> Result<Locked, CliError> {
    let path = place.join(HOME_LOCK);
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    let file = options.open(&path).map_err(|error| about(&path, &error))?;
    for _ in 0..LOCK_POLLS {
        match file.try_lock() {
            Ok(()) => return Ok(Locked::Here(file)),
            Err(TryLockError::Error(error)) => return Err(about(&path, &error)),
            Err(TryLockError::WouldBlock) => {}
        }
        if let Some(stream) = relay::connect(place) {
            return Ok(Locked::Elsewhere(stream));
        }
        std::thread::sleep(LOCK_POLL);
    }
    Err(CliError::HomeInUse(place.to_owned()))
}

/// Opens the store; one that another process is just letting go of, without our lock, is waited for too.
pub(super) fn open_store(place: &Path, key: &KeySource) -> Result<Vault, CliError> {
    for _ in 0..LOCK_POLLS {
        match store::open_home(place, key) {
            Err(HomeError::Store(StoreError::Locked)) => std::thread::sleep(LOCK_POLL),
            opened => return Ok(opened?),
        }
    }
    Err(CliError::HomeInUse(place.to_owned()))
}
