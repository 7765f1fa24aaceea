//! Reading what can be read: a value that is damaged hinders nobody from reaching the others, and is remembered as a suspicion, so that
//! the next sync salvages what there is ([`super::Replica::salvage`]).

use std::ops::ControlFlow;

use fieldwatch_schemas::store::{Batch, KeyRange, Row, StoreError, Visit};
use minicbor::Decode;

use super::keys::{GLANCED, SUSPECT};
use super::rows::encode;
use super::{Group, ReplicaError, keys};

impl ReplicaError {
    /// Whether it says that something on this device is damaged, which salvaging may mend.
    #[must_use]
    pub const fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Damaged { .. } | Self::Document(_) | Self::Store(StoreError::Damaged { .. })
        )
    }
}

impl Group<'_> {
    /// Visits the rows of a range that can be read.
    pub(super) fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<(), ReplicaError> {
        let mut rest = range.clone();
        loop {
            let mut last = None;
            let scanned = self.store().scan(&rest, &mut |key, value| {
                last = Some(key.to_vec());
                visit(key, value)
            });
            match scanned {
                Ok(()) => return Ok(()),
                Err(StoreError::Damaged { .. }) => {
                    self.suspect();
                    self.note_suspicion()?;
                }
                Err(error) => return Err(error.into()),
            }
            if let Some(last) = last {
                rest = rest.after(&last);
            }
            match self.first_key(&rest)? {
                Some(damaged) => rest = rest.after(&damaged),
                None => return Ok(()),
            }
        }
    }

    /// All rows of a range that can be read.
    pub(super) fn rows(&self, range: &KeyRange) -> Result<Vec<Row>, ReplicaError> {
        let mut rows = Vec::new();
        self.scan(range, &mut |key, value| {
            rows.push(Row {
                key: key.to_vec(),
                value: value.to_vec(),
            });
            ControlFlow::Continue(())
        })?;
        Ok(rows)
    }

    /// All keys of a range, whatever lies under them.
    pub(super) fn keys(&self, range: &KeyRange) -> Result<Vec<Vec<u8>>, ReplicaError> {
        let mut found = Vec::new();
        self.store().keys(range, &mut |key| {
            found.push(key.to_vec());
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    /// How many rows a table has.
    pub(super) fn count(&self, table: u8) -> Result<u64, ReplicaError> {
        self.count_in(&KeyRange::prefix(&[table]))
    }

    /// How many rows a range has.
    pub(super) fn count_in(&self, range: &KeyRange) -> Result<u64, ReplicaError> {
        let mut count = 0;
        self.store().keys(range, &mut |_| {
            count += 1;
            ControlFlow::Continue(())
        })?;
        Ok(count)
    }

    fn first_key(&self, range: &KeyRange) -> Result<Option<Vec<u8>>, ReplicaError> {
        let mut first = None;
        self.store().keys(range, &mut |key| {
            first = Some(key.to_vec());
            ControlFlow::Break(())
        })?;
        Ok(first)
    }

    /// The bytes under a key, if they can be read.
    pub(super) fn readable(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReplicaError> {
        match self.store().get(key) {
            Err(StoreError::Damaged { .. }) => Ok(None),
            read => Ok(read?),
        }
    }

    /// The value under a key, if it can be read.
    pub(super) fn sound<T: for<'b> Decode<'b, ()>>(
        &self,
        key: &[u8],
    ) -> Result<Option<T>, ReplicaError> {
        let bytes = self.readable(key)?;
        Ok(bytes.and_then(|bytes| minicbor::decode(&bytes).ok()))
    }

    /// Does something that damage may hinder: what is suspected is salvaged first, and what turns out to be damaged on the way is
    /// salvaged and tried once more.
    pub(super) fn mending<T>(
        &mut self,
        act: impl Fn(&mut Self) -> Result<T, ReplicaError>,
    ) -> Result<T, ReplicaError> {
        if self.suspects()? {
            self.salvage()?;
        }
        match act(self) {
            Err(error) if error.is_damage() => {
                tracing::warn!(%error, "something is damaged: salvaging");
                self.salvage()?;
                act(self)
            }
            done => done,
        }
    }

    /// Remembers that something is damaged, for as long as this program runs.
    pub(super) fn suspect(&self) {
        self.state.suspects.set(true);
    }

    /// Passes a failure on. One that tells of damage is remembered beyond this program, as far as the disk lets it.
    pub(super) fn noting<T>(&self, result: Result<T, ReplicaError>) -> Result<T, ReplicaError> {
        if result.as_ref().is_err_and(ReplicaError::is_damage) {
            self.suspect();
            if let Err(error) = self.note_suspicion() {
                tracing::warn!(%error, "damage cannot be noted");
            }
        }
        result
    }

    /// Remembers beyond this program that something is damaged.
    pub(super) fn note_suspicion(&self) -> Result<(), ReplicaError> {
        let mut batch = Batch::new();
        batch.put(keys::fact(SUSPECT), Vec::new());
        Ok(self.store().apply(&batch)?)
    }

    /// Remembers when everything was glanced over and nothing was amiss.
    pub(super) fn note_glance(&self, now_ms: i64) -> Result<(), ReplicaError> {
        let mut batch = Batch::new();
        batch.put(keys::fact(GLANCED), encode(&now_ms));
        Ok(self.store().apply(&batch)?)
    }

    /// Whether something was found damaged and not salvaged yet.
    pub(super) fn suspects(&self) -> Result<bool, ReplicaError> {
        let is_noted = || self.first_key(&KeyRange::prefix(&keys::fact(SUSPECT)));
        Ok(self.state.suspects.get() || is_noted()?.is_some())
    }

    /// Forgets that something was damaged.
    pub(super) fn trust(&self) -> Result<(), ReplicaError> {
        self.state.suspects.set(false);
        let mut batch = Batch::new();
        batch.delete(keys::fact(SUSPECT));
        Ok(self.store().apply(&batch)?)
    }
}
