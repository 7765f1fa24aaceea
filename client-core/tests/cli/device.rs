//! A device for tests: a home that is enrolled without a server, and the binary run upon it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fieldwatch_client_core::chance::SeededChance;
use fieldwatch_client_core::identity::Identity;
use fieldwatch_client_core::replica::{Account, Replica};
use fieldwatch_client_core::store::{KeySource, open_home};
use fieldwatch_schemas::feed::{Standing, grants_of};
use fieldwatch_schemas::id::{DeviceId, PersonId};
use fieldwatch_schemas::status::Role;
use serde_json::Value as Json;
use tempfile::TempDir;

pub(crate) const STATION: &str = "330106-0012";

/// A home and the folder it lies in.
pub(crate) struct Device {
    folder: TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The JSON lines on stdout.
    pub(crate) fn lines(&self) -> Vec<Json> {
        let lines = self.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The one JSON value of a command that was done.
    pub(crate) fn json(&self) -> Json {
        assert_eq!(self.status, 0, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// The kind and the detail of the problem of a command that failed.
    pub(crate) fn problem(&self) -> (String, String) {
        assert_eq!(self.status, 1, "{self:?}");
        let problem: Json = serde_json::from_str(&self.stdout).unwrap();
        let kind = problem["type"]
            .as_str()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap();
        (
            kind.to_owned(),
            problem["detail"].as_str().unwrap_or_default().to_owned(),
        )
    }
}

impl Device {
    /// A device that is not enrolled.
    pub(crate) fn blank() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A device of 李, on a station's staff.
    pub(crate) fn of_station() -> Self {
        Self::of(Standing {
            person: PersonId::random([1; 16]),
            role: Role::StationStaff,
            station: Some(STATION.to_owned()),
            region: None,
            further_stations: Vec::new(),
        })
    }

    /// A device of a volunteer.
    pub(crate) fn of_volunteer() -> Self {
        Self::of(Standing {
            person: PersonId::random([2; 16]),
            role: Role::Volunteer,
            station: None,
            region: None,
            further_stations: Vec::new(),
        })
    }

    fn of(standing: Standing) -> Self {
        let device = Self::blank();
        let grants = grants_of(&standing);
        let account = Account {
            device: DeviceId::random([3; 16]),
            standing,
            person_name: "李".to_owned(),
            server: "localhost".to_owned(),
            url: "https://localhost:1".to_owned(),
            pin: "A".repeat(43),
            receipt_key: None,
        };
        let store = open_home(&device.home(), &KeySource::Device).unwrap();
        let replica = Replica::open(store).unwrap();
        let identity = Identity::generate(&mut SeededChance::new(1)).unwrap();
        replica.keep_identity(&identity).unwrap();
        replica.enrolled(&account, &grants).unwrap();
        device
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Writes a file beside the home.
    pub(crate) fn file(&self, name: &str, parts: &[&[u8]]) -> String {
        let path = self.folder.path().join(name);
        let mut file = std::fs::File::create(&path).unwrap();
        parts.iter().for_each(|part| file.write_all(part).unwrap());
        text(&path)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fieldwatch"));
        command
            .args(arguments)
            .arg("--home")
            .arg(self.home())
            .stdin(Stdio::null());
        for name in [
            "FIELDWATCH_HOME",
            "FIELDWATCH_KEY_FILE",
            "FIELDWATCH_PASSPHRASE",
            "LC_ALL",
            "LC_MESSAGES",
            "LANG",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// Runs a command as a person does.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        Ran {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs a command as a program does.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Ran {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        self.run(&arguments)
    }

    /// Makes a record. Returns its id.
    pub(crate) fn make(&self, arguments: &[&str]) -> String {
        let arguments: Vec<&str> = ["new"].iter().chain(arguments).copied().collect();
        self.ask(&arguments).json()["record"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub(crate) fn show(&self, record: &str) -> Json {
        self.ask(&["show", record]).json()
    }
}

pub(crate) fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
