//! A device of the story: the real client on a home of its own, as `fieldwatch --home` has it.

use std::path::Path;
use std::sync::Arc;

use fieldwatch_client_core::chance::SystemChance;
use fieldwatch_client_core::engine::Patience;
use fieldwatch_client_core::identity::Identity;
use fieldwatch_client_core::replica::Replica;
use fieldwatch_client_core::store::home::{KeySource, open_home};
use fieldwatch_client_core::sync::{Options, Synced, sync};
use fieldwatch_client_core::transport::https::{self, Https};
use fieldwatch_schemas::id::DeviceId;
use fieldwatch_schemas::sync::enrol::TicketLink;
use fieldwatch_schemas::time::Moment;
use fieldwatch_server::data::now_ms;

use super::DemoError;
use super::cast::Person;
use super::work::Desk;

/// An enrolled device.
#[derive(Debug, Clone)]
pub(super) struct Device {
    id: DeviceId,
    replica: Arc<Replica>,
}

impl Device {
    /// Makes a home and enrols it with a ticket's link.
    ///
    /// # Errors
    ///
    /// [`DemoError`] as the home, the ticket or the network fail.
    pub(super) async fn enrol(person: &Person, home: &Path, link: &str) -> Result<Self, DemoError> {
        let link = TicketLink::parse(link).map_err(std::io::Error::other)?;
        let replica = Replica::open(open_home(home, &KeySource::Device)?)?;
        let identity = Identity::generate(&mut SystemChance)?;
        replica.keep_identity(&identity)?;
        let reply = https::enrol(&link, person.device, &identity).await?;
        let account = replica.keep_enrolment(&link, &reply)?;
        Ok(Self {
            id: account.device,
            replica: Arc::new(replica),
        })
    }

    /// Its id.
    pub(super) fn id(&self) -> DeviceId {
        self.id
    }

    /// What it holds.
    pub(super) fn replica(&self) -> &Replica {
        &self.replica
    }

    /// Somebody sits down at it.
    pub(super) fn desk(&self, now: Moment) -> Desk<'_> {
        Desk {
            replica: &self.replica,
            now,
        }
    }

    /// Syncs until both sides agree, over a connection of its own.
    ///
    /// # Errors
    ///
    /// [`DemoError::Sync`] if the server cannot be reached or says no; what was achieved is kept.
    pub(super) async fn sync(&self) -> Result<Synced, DemoError> {
        let lacks = |what| move || DemoError::Missing(what);
        let account = self.replica.account()?.ok_or_else(lacks("an account"))?;
        let identity = self.replica.identity()?.ok_or_else(lacks("a key"))?;
        let mut server = Https::new(account, identity, self.replica.nonce()?)?;
        let options = Options {
            patience: Patience::Once,
            budget_bytes: None,
        };
        Ok(sync(&self.replica, &mut server, options, SystemChance, &now_ms).await?)
    }
}
