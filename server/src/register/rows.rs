//! Rows of the register: how each sort is keyed, written and read.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use fieldwatch_schemas::store::{Batch, KeyRange, Store};

use super::RegisterError;

/// A sort of row.
pub(super) trait Stored: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()> {
    /// The first byte of its keys.
    const TABLE: u8;
    /// What it is found by in memory.
    type Id: Ord;
    /// What it is found by in memory.
    fn id(&self) -> Self::Id;
    /// The rest of its key on the disk.
    fn key(&self) -> Vec<u8>;

    /// The batch that writes it.
    fn row(&self) -> Result<Batch, RegisterError> {
        let mut key = vec![Self::TABLE];
        key.extend(self.key());
        let mut batch = Batch::new();
        let value = minicbor::to_vec(self).map_err(|_| RegisterError::Unwritable)?;
        batch.put(key, value);
        Ok(batch)
    }
}

/// All rows of a sort.
pub(super) fn all<R: Stored>(store: &dyn Store) -> Result<BTreeMap<R::Id, R>, RegisterError> {
    let mut rows = BTreeMap::new();
    let mut damaged = None;
    store.scan(
        &KeyRange::prefix(&[R::TABLE]),
        &mut |_, value| match minicbor::decode::<R>(value) {
            Ok(row) => {
                rows.insert(row.id(), row);
                ControlFlow::Continue(())
            }
            Err(error) => {
                damaged = Some(error);
                ControlFlow::Break(())
            }
        },
    )?;
    match damaged {
        Some(error) => Err(RegisterError::Damaged(error)),
        None => Ok(rows),
    }
}
