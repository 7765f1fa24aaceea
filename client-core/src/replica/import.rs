//! Importing rows of a table: the same row is one record on every device, and no field that a person edited is overwritten.

use fieldwatch_schemas::id::Hash;
use fieldwatch_schemas::record::import::{Row, update};
use fieldwatch_schemas::store::Batch;
use fieldwatch_schemas::time::Moment;

use super::held::Held;
use super::{Group, ReplicaError};
use crate::chance::Chance;

/// What importing a row came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// The record was not here.
    Created,
    /// It was here, and the row said something new.
    Updated,
    /// It was here, and said all of it.
    Unchanged,
}

impl Group<'_> {
    /// As [`super::Replica::import_row`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn import_row(
        &mut self,
        row: &Row,
        now: &Moment,
        chance: &mut dyn Chance,
    ) -> Result<Imported, ReplicaError> {
        let (fresh, chunk) = row.change()?;
        let held = self.find(row.record)?;
        let Some(mut held) = held.filter(|held| !held.changes.is_empty()) else {
            let mut held = Held::new(row.record, row.kind.name());
            match chunk {
                Some(chunk) => self.save_own(&mut held, &fresh, &chunk)?,
                None => self.save(&mut held, Some(&fresh), Batch::new())?,
            }
            return Ok(Imported::Created);
        };
        let hash: Option<Hash> = chunk.map(|chunk| chunk.hash());
        if hash.is_none() || held.hashes().contains(&hash) {
            return Ok(Imported::Unchanged);
        }
        let mut document = held.document()?;
        let author = self.author(&mut held, now, chance)?;
        match update(&mut document, row, &author)? {
            Some(chunk) => {
                self.save_own(&mut held, &document, &chunk)?;
                Ok(Imported::Updated)
            }
            None => Ok(Imported::Unchanged),
        }
    }
}
