//! Why the register refused, or could not.

use fieldwatch_schemas::area::AreaError;
use fieldwatch_schemas::id::{DeviceId, IdError, PersonId};
use fieldwatch_schemas::limits::{NAME_CHARS_MAX, STATIONS_OF_PERSON_MAX};
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::store::StoreError;

use crate::ledger::LedgerError;

/// Why the register refused, or could not.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// A station id is letters, digits and hyphens.
    #[error("the station id cannot be used")]
    StationId(#[source] IdError),
    /// Not a code of GB/T 2260.
    #[error("the region cannot be used")]
    Region(#[source] AreaError),
    /// Not a code of the list of station kinds.
    #[error("{0:?} is no kind of station")]
    StationKind(String),
    /// Empty, too long, or with characters that cannot be shown.
    #[error("a name has 1 to {NAME_CHARS_MAX} visible characters")]
    Name,
    /// Another station has this id.
    #[error("another station has the id {0}")]
    StationExists(String),
    /// There is no such station.
    #[error("there is no station {0}")]
    StationUnknown(String),
    /// There is no such person.
    #[error("there is no person {0}")]
    PersonUnknown(PersonId),
    /// There is no such device.
    #[error("there is no device {0}")]
    DeviceUnknown(DeviceId),
    /// The role lacks its place.
    #[error("the role {} needs {needs}", .role.name())]
    PlaceMissing {
        /// The role.
        role: Role,
        /// The option that is missing.
        needs: &'static str,
    },
    /// More stations than one person may have.
    #[error("a person works at {STATIONS_OF_PERSON_MAX} stations at most")]
    StationsTooMany,
    /// The role has no such place.
    #[error("the role {} takes no {takes_no}", .role.name())]
    PlaceTooMuch {
        /// The role.
        role: Role,
        /// The option that is too much.
        takes_no: &'static str,
    },
    /// A ticket that is good for no time, or for too long.
    #[error("a ticket is good for at least a second and at most 90 days")]
    TicketAge,
    /// There is no ticket with this code.
    #[error("the ticket is not known")]
    TicketUnknown,
    /// A device was enrolled with it.
    #[error("the ticket has been used")]
    TicketUsed,
    /// Its time is over.
    #[error("the ticket has expired")]
    TicketExpired,
    /// A device's key is not one.
    #[error("{0} is not base64url of a 32-byte key")]
    Key(&'static str),
    /// There are as many as there may be.
    #[error("the register is full")]
    Full,
    /// A row that cannot be encoded.
    #[error("a row of the register cannot be written")]
    Unwritable,
    /// A row that no version wrote.
    #[error("a row of the register cannot be read")]
    Damaged(#[source] minicbor::decode::Error),
    /// The ledger refused, or could not.
    #[error("the ledger cannot be used")]
    Ledger(#[from] LedgerError),
    /// The disk failed.
    #[error("the register could not be read or written")]
    Store(#[from] StoreError),
}
