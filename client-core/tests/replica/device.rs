//! A device of a station, and short words for what a person does on it.

use std::sync::Arc;

use fieldwatch_client_core::replica::{Account, Replica};
use fieldwatch_schemas::feed::{Grant, Standing, grants_of};
use fieldwatch_schemas::field::{FieldValue, Scalar};
use fieldwatch_schemas::id::{DeviceId, PersonId};
use fieldwatch_schemas::record::edit::Act;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::store::memory::MemoryStore;
use fieldwatch_schemas::time::Moment;

pub(crate) const STATION: &str = "330106-0012";
pub(crate) const NOW: Moment = Moment {
    ms: 1_760_000_000_000,
    offset_min: 480,
};

/// So many minutes later.
pub(crate) fn later(minutes: i64) -> Moment {
    Moment {
        ms: NOW.ms + minutes * 60_000,
        ..NOW
    }
}

pub(crate) fn open(store: &Arc<MemoryStore>) -> Replica {
    Replica::open(store.clone()).unwrap()
}

pub(crate) fn say(path: &str, text: &str) -> Act {
    Act::Set {
        path: path.to_owned(),
        value: FieldValue::Scalar(Scalar::Text(text.to_owned())),
    }
}

pub(crate) fn long(path: &str, text: &str) -> Act {
    Act::Set {
        path: path.to_owned(),
        value: FieldValue::LongText(text.to_owned()),
    }
}

pub(crate) fn account(role: Role) -> Account {
    Account {
        device: DeviceId([1; 16]),
        standing: Standing {
            person: PersonId([2; 16]),
            role,
            station: Some(STATION.to_owned()),
            region: None,
            further_stations: Vec::new(),
        },
        person_name: "王".to_owned(),
        server: "test".to_owned(),
        url: "https://localhost:1".to_owned(),
        pin: String::new(),
        receipt_key: None,
    }
}

pub(crate) fn grants() -> Vec<Grant> {
    grants_of(&account(Role::StationStaff).standing)
}
