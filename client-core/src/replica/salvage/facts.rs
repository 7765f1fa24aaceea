//! Facts about this device that cannot be read are forgotten: what it may read and write is learnt again from the server, a log that is
//! not known makes the feeds begin anew, and a lost identity is a reason to enrol again.

use fieldwatch_schemas::feed::Grant;
use fieldwatch_schemas::id::LogId;
use fieldwatch_schemas::store::{Batch, KeyRange};
use fieldwatch_schemas::sync::station::StationCard;
use minicbor::Decode;

use super::{Salvaged, What};
use crate::identity::Identity;
use crate::replica::facts::{ACCOUNT, GRANTS, IDENTITY, LOG, NONCE, STATIONS, SYNCED};
use crate::replica::{Account, Group, ReplicaError, keys};

impl Group<'_> {
    pub(super) fn sweep_facts(&self, told: &mut Salvaged) -> Result<(), ReplicaError> {
        self.sweep_fact::<Account>(ACCOUNT, told)?;
        self.sweep_fact::<Vec<Grant>>(GRANTS, told)?;
        self.sweep_fact::<Identity>(IDENTITY, told)?;
        self.sweep_fact::<LogId>(LOG, told)?;
        self.sweep_fact::<String>(NONCE, told)?;
        self.sweep_fact::<Vec<StationCard>>(STATIONS, told)?;
        self.sweep_fact::<i64>(SYNCED, told)
    }

    fn sweep_fact<T: for<'b> Decode<'b, ()>>(
        &self,
        name: &str,
        told: &mut Salvaged,
    ) -> Result<(), ReplicaError> {
        let key = keys::fact(name);
        let is_there = self.keys(&KeyRange::prefix(&key))?.contains(&key);
        if is_there && self.sound::<T>(&key)?.is_none() {
            told.note(None, What::Fact);
            let mut batch = Batch::new();
            batch.delete(key);
            self.store().apply(&batch)?;
        }
        Ok(())
    }
}
