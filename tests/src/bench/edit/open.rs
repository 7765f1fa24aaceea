//! A device in this process, so that its connection can stay open.

use fieldwatch_client_core::chance::SystemChance;
use fieldwatch_client_core::engine::Patience;
use fieldwatch_client_core::replica::Replica;
use fieldwatch_client_core::store::{KeySource, open_home};
use fieldwatch_client_core::sync::{Options, Synced, sync};
use fieldwatch_client_core::transport::https::Https;

use super::NOW_MS;
use crate::bench::Bench;
use crate::device::Device;
use crate::fault::{Fault, Told};

/// A device that is open in this process, so that its connection can stay.
pub(super) struct Open(pub(super) Replica);

impl Open {
    pub(super) fn of(device: &Device) -> Told<Self> {
        let store = open_home(device.home(), &KeySource::Device)?;
        Ok(Self(Replica::open(store)?))
    }

    pub(super) fn connect(&self) -> Told<Https> {
        let none = || Fault::new("not enrolled");
        let account = self.0.account()?.ok_or_else(none)?;
        let identity = self.0.identity()?.ok_or_else(none)?;
        Ok(Https::new(account, identity, self.0.nonce()?)?)
    }

    pub(super) fn sync(&self, bench: &Bench, https: &mut Https) -> Told<Synced> {
        let options = Options {
            patience: Patience::Once,
            budget_bytes: None,
        };
        let synced = sync(&self.0, https, options, SystemChance, &|| NOW_MS);
        let synced = bench.runtime.block_on(synced)?;
        match synced.in_sync && synced.round_trips == 1 {
            true => Ok(synced),
            false => Err(Fault::new(format!("not one round trip: {synced:?}"))),
        }
    }
}
