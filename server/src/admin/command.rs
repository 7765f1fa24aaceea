//! What can be asked of the server's administration, as it travels through the socket.

use std::path::PathBuf;

use fieldwatch_schemas::deadline::Authority;
use fieldwatch_schemas::id::{DeviceId, PersonId, RecordId};
use fieldwatch_schemas::status::Role;
use serde::{Deserialize, Serialize};

/// What moves, is shared, or waits for a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "moving", rename_all = "snake_case")]
pub enum Moving {
    /// Moves a station to another region.
    Station {
        /// Which.
        id: String,
        /// Its region from now on, GB/T 2260.
        region: String,
    },
    /// Shares a record with a second station.
    Share {
        /// Which.
        record: RecordId,
        /// With whom.
        station: String,
    },
    /// Shares a record with a station no longer.
    Unshare {
        /// Which.
        record: RecordId,
        /// With whom.
        station: String,
    },
    /// Everything that waits for a release.
    List,
    /// What one thing that waits would change.
    Show {
        /// Its name.
        id: String,
    },
    /// Takes it in its author's name.
    Release {
        /// Its name.
        id: String,
    },
    /// Gives it up.
    Discard {
        /// Its name.
        id: String,
    },
}

/// An administrative command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// Makes the first administrator, if there is none.
    FirstAdministrator,
    /// Takes in a station.
    StationAdd {
        /// Its id.
        id: String,
        /// Its name.
        name: String,
        /// Its region, GB/T 2260.
        region: String,
        /// Whose it is.
        authority: Authority,
        /// What kind of station: a code of the list `station_kind`.
        kind: String,
    },
    /// All stations.
    StationList,
    /// Takes in a person.
    PersonAdd {
        /// Their name.
        name: String,
        /// Their role.
        role: Role,
        /// The stations of a station's staff, the first one first.
        stations: Vec<String>,
        /// The region of a coordinator.
        region: Option<String>,
    },
    /// Gives a person another role or another place.
    PersonChange {
        /// Who.
        person: PersonId,
        /// Their role from now on, if another.
        role: Option<Role>,
        /// Their stations from now on, if others.
        stations: Vec<String>,
        /// Their region from now on, if another.
        region: Option<String>,
    },
    /// All people.
    PersonList,
    /// A one-time ticket for a person's device.
    Ticket {
        /// Whose device.
        person: PersonId,
        /// How long it is good, in milliseconds.
        valid_ms: i64,
        /// Where devices reach the server, if not as `init` and `serve` were told.
        url: Option<String>,
    },
    /// All devices.
    DeviceList,
    /// Revokes a device.
    DeviceRevoke {
        /// Which.
        device: DeviceId,
    },
    /// All feeds.
    Feeds,
    /// The numbers of a period.
    Report {
        /// The first day.
        from: String,
        /// The last day.
        to: String,
        /// The region; all of them if absent.
        region: Option<String>,
    },
    /// Proves the whole store.
    Check,
    /// What moves, is shared, or waits for a release.
    Moving(Moving),
    /// Erases a record everywhere.
    Erase {
        /// Which.
        record: RecordId,
        /// The record that takes its place.
        replaced_by: Option<RecordId>,
    },
    /// Copies what is live into a fresh store.
    Compact,
    /// Copies the store, at one position, into a folder.
    Backup {
        /// Where to.
        dir: PathBuf,
        /// Where the keys and the ledger are copied to.
        keys: Option<PathBuf>,
    },
    /// Makes a successor that says some things otherwise, and erases the record.
    Redact {
        /// Which.
        record: RecordId,
        /// The paths, and what they are to say.
        set: Vec<(String, String)>,
    },
}
