//! A disk that loses power, without root: of a folder only what was really synced is left.
//!
//! `recorder.c`, loaded into the child, copies each file and each folder's entries when they are synced. To lose power is to build
//! the folder anew from those copies: a file that was never synced is empty, an entry of a folder that was not synced since is not
//! there, and one that was removed since is back.

use std::fs;
use std::os::linux::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::child::Child;
use crate::rounds::Disk;

/// A folder, and beside it the record of what is durable in it.
pub(crate) struct Recorder {
    place: tempfile::TempDir,
    live: PathBuf,
    durable: PathBuf,
    library: PathBuf,
}

impl Recorder {
    /// Builds the library with the C compiler of this machine.
    ///
    /// # Errors
    /// Why this cannot be had here.
    pub(crate) fn new() -> Result<Self, String> {
        let place = tempfile::tempdir().map_err(|error| error.to_string())?;
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/power_loss/recorder.c");
        let at = place
            .path()
            .canonicalize()
            .map_err(|error| error.to_string())?;
        let recorder = Self {
            live: at.join("live"),
            durable: at.join("durable"),
            library: at.join("recorder.so"),
            place,
        };
        let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
        let said = Command::new(compiler)
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .args([&recorder.library, &source])
            .args(["-ldl", "-lpthread"])
            .output()
            .map_err(|error| error.to_string())?;
        if !said.status.success() {
            return Err(String::from_utf8_lossy(&said.stderr).into_owned());
        }
        if fs::metadata(recorder.place.path())
            .and_then(|place| place.created())
            .is_err()
        {
            return Err("the file system does not know when a file was born".to_owned());
        }
        recorder.empty();
        Ok(recorder)
    }

    fn empty(&self) {
        for folder in [&self.live, &self.durable] {
            if folder.exists() {
                fs::remove_dir_all(folder).unwrap();
            }
            fs::create_dir(folder).unwrap();
        }
    }

    /// Builds a folder from what was recorded of it.
    fn restore(&self, recorded: &Path, id: &str, folder: &Path) {
        // A folder that was never synced is empty.
        let entries = fs::read_to_string(recorded.join(format!("folder-{id}"))).unwrap_or_default();
        for entry in entries.lines() {
            let (kind, rest) = entry.split_once(' ').unwrap();
            let (id, name) = rest.split_once(' ').unwrap();
            let to = folder.join(name);
            if kind == "d" {
                fs::create_dir(&to).unwrap();
                self.restore(recorded, id, &to);
                continue;
            }
            let record = recorded.join(format!("file-{id}"));
            if record.exists() {
                fs::copy(record, &to).unwrap();
            } else {
                fs::write(&to, b"").unwrap();
            }
        }
    }

    /// Records what lies in a folder as durable, for it has outlived a loss of power.
    fn record(&self, folder: &Path) {
        let mut entries = String::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let id = id(&path);
            if path.is_dir() {
                entries.push_str(&format!("d {id} {name}\n"));
                self.record(&path);
            } else {
                entries.push_str(&format!("f {id} {name}\n"));
                fs::copy(&path, self.durable.join(format!("file-{id}"))).unwrap();
            }
        }
        fs::write(self.durable.join(format!("folder-{}", id(folder))), entries).unwrap();
    }
}

impl Disk for Recorder {
    fn store(&self) -> PathBuf {
        self.live.join("made/store")
    }

    fn env(&self) -> Vec<(&'static str, &Path)> {
        vec![
            ("LD_PRELOAD", &self.library),
            ("FW_LIVE", &self.live),
            ("FW_DURABLE", &self.durable),
        ]
    }

    fn lose_power(&mut self, child: &mut Child) {
        child.kill();
        let recorded = self.place.path().join("recorded");
        let live_id = id(&self.live);
        fs::rename(&self.durable, &recorded).unwrap();
        self.empty();
        self.restore(&recorded, &live_id, &self.live);
        fs::remove_dir_all(&recorded).unwrap();
        self.record(&self.live);
    }

    fn renew(&mut self) {
        self.empty();
    }
}

/// Inode and time of birth, as `recorder.c` writes them.
fn id(path: &Path) -> String {
    let metadata = fs::metadata(path).unwrap();
    let born = metadata.created().unwrap();
    let born = born.duration_since(std::time::UNIX_EPOCH).unwrap();
    format!(
        "{}-{}.{:09}",
        metadata.st_ino(),
        born.as_secs(),
        born.subsec_nanos()
    )
}
