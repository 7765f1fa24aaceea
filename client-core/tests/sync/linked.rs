//! A device with a link to the server in memory, and short words for what it does.

use std::sync::{Arc, Mutex};

use fieldwatch_client_core::chance::SeededChance;
use fieldwatch_client_core::engine::{Patience, Synced};
use fieldwatch_client_core::replica::Replica;
use fieldwatch_client_core::sync::{Options, SyncError, sync};
use fieldwatch_schemas::id::{DeviceId, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::store::memory::MemoryStore;

use crate::device::{NOW, account, grants, later, long, say};
use crate::link::Link;
use crate::server::Server;

/// A device with its link.
pub(crate) struct Device {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) replica: Replica,
    pub(crate) link: Link,
    pub(crate) chance: SeededChance,
    pub(crate) clock_ms: i64,
}

impl Device {
    pub(crate) fn new(number: u8, server: &Arc<Mutex<Server>>) -> Self {
        let store = Arc::new(MemoryStore::new());
        let replica = crate::device::open(&store);
        let mut account = account(Role::StationStaff);
        account.device = DeviceId([number; 16]);
        replica.enrolled(&account, &grants()).unwrap();
        let link = Link {
            server: Arc::clone(server),
            device: account.device,
            standing: account.standing,
            cut_after: usize::MAX,
            doubles: false,
            renames: std::collections::BTreeMap::new(),
            loses_first_change: false,
            requests: 0,
            last: None,
        };
        Self {
            store,
            replica,
            link,
            chance: SeededChance::new(u64::from(number)),
            clock_ms: NOW.ms,
        }
    }

    pub(crate) fn sync(&mut self) -> Result<Synced, SyncError> {
        let options = Options {
            patience: Patience::Once,
            budget_bytes: None,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let chance = SeededChance::new(9);
        runtime.block_on(sync(
            &self.replica,
            &mut self.link,
            options,
            chance,
            &|| self.clock_ms,
        ))
    }

    pub(crate) fn synced(&mut self) -> Synced {
        let synced = self.sync().unwrap();
        assert!(synced.in_sync, "{synced:?}");
        synced
    }

    pub(crate) fn power_loss(&mut self) {
        self.store.crash();
        self.replica = crate::device::open(&self.store);
    }

    pub(crate) fn new_case(&mut self, name: &str) -> RecordId {
        let acts = [say("nature", "complaint"), say("respondent.name", name)];
        let made = self
            .replica
            .new_record(Kind::Case, &acts, &NOW, &mut self.chance);
        made.unwrap()
    }

    pub(crate) fn set(&mut self, record: RecordId, path: &str, text: &str, minute: i64) {
        let act = if path == "narrative" {
            long(path, text)
        } else {
            say(path, text)
        };
        let now = later(minute);
        let edited = self.replica.edit(record, &[act], &now, &mut self.chance);
        assert!(edited.unwrap().chunk.is_some());
    }
}
