//! The home: the folder of one replica, whose lock one process holds at a time.

mod lock;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fieldwatch_schemas::time::Moment;

use self::lock::{Locked, lock, open_store};
use super::World;
use super::error::CliError;
use super::relay;
use super::watch::Watcher;
use crate::chance::SystemChance;
use crate::replica::Replica;
use crate::store::{self, KeySource};

/// The file in a home whose lock says that a process uses it.
pub const HOME_LOCK: &str = "home.lock";

/// A folder with none of these is no home yet, and only `enrol` makes one.
const STORED: [&str; 2] = ["key.json", "store"];

/// An open home.
#[derive(Debug)]
pub(super) struct Home {
    place: PathBuf,
    replica: Arc<Replica>,
    world: World,
    watcher: Option<Watcher>,
    /// Released when the process ends, however it ends.
    _lock: File,
}

/// Where a home is open.
pub(super) enum Opened {
    /// In this process.
    Here(Home),
    /// In a `sync --watch` that runs commands for others.
    Elsewhere(relay::Stream),
}

impl Home {
    /// Opens the home of an enrolled device; waits while another command uses it.
    pub(super) fn open(
        place: &Path,
        key_file: Option<&Path>,
        world: World,
    ) -> Result<Opened, CliError> {
        if !STORED.iter().any(|name| place.join(name).exists()) {
            return Err(CliError::NotEnrolled);
        }
        let lock = match lock(place)? {
            Locked::Here(lock) => lock,
            Locked::Elsewhere(stream) => return Ok(Opened::Elsewhere(stream)),
        };
        let home = Self::of(place, key_file, world, lock)?;
        match home.replica.account()? {
            Some(_) => Ok(Opened::Here(home)),
            None => Err(CliError::NotEnrolled),
        }
    }

    /// Opens a home that is not enrolled, or makes one.
    pub(super) fn open_or_begin(
        place: &Path,
        key_file: Option<&Path>,
        world: World,
    ) -> Result<Self, CliError> {
        store::home::make_folder(place).map_err(|error| about(place, &error))?;
        let Locked::Here(lock) = lock(place)? else {
            return Err(CliError::AlreadyEnrolled);
        };
        let home = Self::of(place, key_file, world, lock)?;
        match home.replica.account()? {
            Some(_) => Err(CliError::AlreadyEnrolled),
            None => Ok(home),
        }
    }

    fn of(
        place: &Path,
        key_file: Option<&Path>,
        world: World,
        lock: File,
    ) -> Result<Self, CliError> {
        // sled reads the clock when it opens, and does not survive a time before its epoch.
        if (world.now)().ms < 0 {
            return Err(CliError::Clock);
        }
        Ok(Self {
            place: place.to_owned(),
            replica: Arc::new(Replica::open(open_store(place, &key(key_file))?)?),
            world,
            watcher: None,
            _lock: lock,
        })
    }

    pub(super) fn place(&self) -> &Path {
        &self.place
    }

    pub(super) fn replica(&self) -> &Arc<Replica> {
        &self.replica
    }

    /// This home, held by a watcher.
    pub(super) fn watched_by(self, watcher: Watcher) -> Self {
        Self {
            watcher: Some(watcher),
            ..self
        }
    }

    /// The watcher of this process, if it is one.
    pub(super) fn watcher(&self) -> Option<&Watcher> {
        self.watcher.as_ref()
    }

    pub(super) fn now(&self) -> Moment {
        (self.world.now)()
    }

    pub(super) fn chance(&self) -> SystemChance {
        SystemChance
    }
}

/// What opens the home: nobody is ever asked for it.
fn key(file: Option<&Path>) -> KeySource {
    let file = file.filter(|file| !file.as_os_str().is_empty());
    // One that is no UTF-8 is a passphrase too: it must never count as none.
    let passphrase = || {
        let given = std::env::var_os("FIELDWATCH_PASSPHRASE");
        given.map(|given| given.to_string_lossy().into_owned())
    };
    match (
        file,
        passphrase().filter(|passphrase| !passphrase.is_empty()),
    ) {
        (Some(file), _) => KeySource::File(file.to_owned()),
        (None, Some(passphrase)) => KeySource::Passphrase(passphrase),
        (None, None) => KeySource::Device,
    }
}

/// The folder of the replica: what was asked for, else the platform's.
pub(super) fn place(asked: Option<&Path>) -> Result<PathBuf, CliError> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let platform = || {
        if let Some(data) = set("XDG_DATA_HOME").or_else(|| set("APPDATA")) {
            return Some(PathBuf::from(data).join("fieldwatch"));
        }
        let home = std::env::home_dir()?;
        let usual = [".local/share", "Library/Application Support"];
        let data = usual
            .iter()
            .map(|part| home.join(part))
            .find(|data| data.is_dir());
        Some(data.map_or_else(|| home.join(".fieldwatch"), |data| data.join("fieldwatch")))
    };
    let asked = asked.filter(|folder| !folder.as_os_str().is_empty());
    asked
        .map(Path::to_owned)
        .or_else(platform)
        .ok_or(CliError::NoHome)
}

/// Reads a small text file that a person gave.
pub(super) fn read_text(path: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(path).map_err(|error| about(path, &error))
}

/// Reads a file that a person gave, no larger than a form may be.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, CliError> {
    std::fs::read(path).map_err(|error| about(path, &error))
}

fn about(path: &Path, error: &io::Error) -> CliError {
    CliError::File {
        file: path.to_owned(),
        why: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_before_1970_is_told_and_nothing_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let world = World {
            now: || Moment::china(-1),
        };
        let home = folder.path().join("home");
        let opened = Home::open_or_begin(&home, None, world);
        assert!(matches!(opened, Err(CliError::Clock)), "{opened:?}");
        assert!(!home.join("store").exists());
    }
}
