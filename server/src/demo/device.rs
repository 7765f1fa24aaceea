//! A device of the story: the real client on a home of its own, as `fieldwatch --home` has it.

use std::path::Path;
use std::sync::Arc;

use fieldwatch_client_core::replica::Replica;
use fieldwatch_schemas::time::Moment;

use super::DemoError;
use super::cast::Person;
use super::work::Desk;

/// An enrolled device.
#[derive(Debug, Clone)]
pub(super) struct Device {
    replica: Arc<Replica>,
}

/// What one sync came to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Synced {
    pub(super) pushed: u64,
    pub(super) pulled: u64,
    pub(super) refused: u64,
    pub(super) round_trips: u64,
    pub(super) bytes_sent: u64,
    pub(super) bytes_received: u64,
    pub(super) in_sync: bool,
}

impl Device {
    pub(super) async fn enrol(_: &Person, _: &Path, _: &str) -> Result<Self, DemoError> {
        Err(DemoError::Missing("enrol"))
    }
    pub(super) fn id(&self) -> String {
        String::new()
    }
    pub(super) fn replica(&self) -> &Replica {
        &self.replica
    }
    pub(super) fn desk(&self, now: Moment) -> Desk<'_> {
        Desk {
            replica: &self.replica,
            now,
        }
    }
    pub(super) async fn sync(&self) -> Result<Synced, DemoError> {
        Err(DemoError::Missing("sync"))
    }
}
