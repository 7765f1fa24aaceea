//! Facts about this device: who it is to the server, what it may read and write, which log its cursors belong to.

use fieldwatch_schemas::feed::{Grant, Standing};
use fieldwatch_schemas::id::LogId;
use fieldwatch_schemas::store::Batch;

use fieldwatch_schemas::sync::enrol::{EnrolReply, TicketLink};
use fieldwatch_schemas::sync::station::StationCard;

use super::rows::{decode, encode};
use crate::identity::Identity;

use super::{Account, Group, Replica, ReplicaError, keys};

pub(super) const ACCOUNT: &str = "account";
pub(super) const GRANTS: &str = "grants";
pub(super) const STATIONS: &str = "stations";
pub(super) const LOG: &str = "log";
pub(super) const SYNCED: &str = "synced";
pub(super) const IDENTITY: &str = "identity";
pub(super) const NONCE: &str = "nonce";

impl Replica {
    /// Who this device is to the server; `None` before it is enrolled.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`] and [`ReplicaError::Damaged`].
    pub fn account(&self) -> Result<Option<Account>, ReplicaError> {
        self.group().account()
    }

    /// What this device's person may read and write.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`] and [`ReplicaError::Damaged`].
    pub fn grants(&self) -> Result<Vec<Grant>, ReplicaError> {
        self.group().grants()
    }

    /// When everything was last known to be in sync, in UTC milliseconds.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`] and [`ReplicaError::Damaged`].
    pub fn last_sync_ms(&self) -> Result<Option<i64>, ReplicaError> {
        self.group().last_sync_ms()
    }

    /// This device's keys; `None` before they were made.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`] and [`ReplicaError::Damaged`].
    pub fn identity(&self) -> Result<Option<Identity>, ReplicaError> {
        self.group().fact(IDENTITY)
    }

    /// Keeps this device's keys, before the server hears of them.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`].
    pub fn keep_identity(&self, identity: &Identity) -> Result<(), ReplicaError> {
        self.batch(|group| {
            let mut batch = Batch::new();
            batch.put(keys::fact(IDENTITY), encode(identity));
            Ok(group.store().apply(&batch)?)
        })
    }

    /// The nonce that the server gave last.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`] and [`ReplicaError::Damaged`].
    pub fn nonce(&self) -> Result<Option<String>, ReplicaError> {
        self.group().fact(NONCE)
    }

    /// Keeps the nonce that the server gave last. It is not flushed: a lost one costs one more request.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`].
    pub fn keep_nonce(&self, nonce: &str) -> Result<(), ReplicaError> {
        let mut batch = Batch::new();
        batch.put(keys::fact(NONCE), encode(&nonce.to_owned()));
        Ok(self.group().store().apply(&batch)?)
    }

    /// What this device knows of a station: its own, and for a coordinator those of the region.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`] and [`ReplicaError::Damaged`].
    pub fn station(&self, id: &str) -> Result<Option<StationCard>, ReplicaError> {
        let stations = self.group().stations()?;
        Ok(stations.into_iter().find(|station| station.id == id))
    }

    /// Keeps all that an enrolment brought, in one batch; durable when the call returns.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`]; nothing of it is kept then.
    pub fn keep_enrolment(
        &self,
        link: &TicketLink,
        reply: &EnrolReply,
    ) -> Result<Account, ReplicaError> {
        let account = Account {
            device: reply.device,
            standing: reply.standing.clone(),
            person_name: reply.person_name.clone(),
            server: reply.server.clone(),
            url: link.server.clone(),
            pin: link.pin.clone(),
            receipt_key: reply.receipt_key.clone(),
        };
        self.batch(|group| {
            let mut batch = Batch::new();
            batch.put(keys::fact(ACCOUNT), encode(&account));
            batch.put(keys::fact(NONCE), encode(&reply.nonce));
            group.put_stations(&reply.stations, &mut batch);
            group.put_grants(&reply.grants, &mut batch);
            Ok::<(), ReplicaError>(group.store().apply(&batch)?)
        })?;
        Ok(account)
    }

    /// Keeps who this device is and what it may do; durable when the call returns.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`].
    pub fn enrolled(&self, account: &Account, grants: &[Grant]) -> Result<(), ReplicaError> {
        self.batch(|group| {
            let mut batch = Batch::new();
            batch.put(keys::fact(ACCOUNT), encode(account));
            group.put_grants(grants, &mut batch);
            Ok(group.store().apply(&batch)?)
        })
    }

    /// Notes that both sides agreed at this time.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`].
    pub fn note_synced(&self, now_ms: i64) -> Result<(), ReplicaError> {
        self.batch(|group| {
            let mut batch = Batch::new();
            batch.put(keys::fact(SYNCED), encode(&now_ms));
            group.store().apply(&batch)?;
            group.tend_index()?;
            group.glance(now_ms)
        })
    }
}

impl Group<'_> {
    fn fact<T: for<'b> minicbor::Decode<'b, ()>>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>, ReplicaError> {
        let bytes = self.store().get(&keys::fact(name))?;
        bytes.map(|bytes| decode(&bytes, name)).transpose()
    }

    pub(super) fn account(&self) -> Result<Option<Account>, ReplicaError> {
        self.fact(ACCOUNT)
    }

    pub(super) fn grants(&self) -> Result<Vec<Grant>, ReplicaError> {
        Ok(self.fact(GRANTS)?.unwrap_or_default())
    }

    pub(super) fn log(&self) -> Result<Option<LogId>, ReplicaError> {
        self.fact(LOG)
    }

    pub(super) fn last_sync_ms(&self) -> Result<Option<i64>, ReplicaError> {
        self.fact(SYNCED)
    }

    pub(super) fn stations(&self) -> Result<Vec<StationCard>, ReplicaError> {
        Ok(self.fact(STATIONS)?.unwrap_or_default())
    }

    pub(super) fn put_stations(&self, stations: &[StationCard], batch: &mut Batch) {
        batch.put(keys::fact(STATIONS), encode(&stations.to_vec()));
    }

    pub(super) fn put_grants(&self, grants: &[Grant], batch: &mut Batch) {
        batch.put(keys::fact(GRANTS), encode(&grants.to_vec()));
    }

    /// Notes who the person is from now on; the rest of the account stays.
    pub(super) fn put_standing(
        &self,
        standing: &Standing,
        batch: &mut Batch,
    ) -> Result<(), ReplicaError> {
        if let Some(mut account) = self.account()? {
            account.standing.clone_from(standing);
            batch.put(keys::fact(ACCOUNT), encode(&account));
        }
        Ok(())
    }

    pub(super) fn put_log(&self, log: LogId, batch: &mut Batch) {
        batch.put(keys::fact(LOG), encode(&log));
    }
}
