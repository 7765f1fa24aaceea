//! Receipts: checked before they are kept, one row per record and receipt.
//!
//! Of one record the first is kept, which says when it first was on the server, and the newest; of all of them no more than
//! [`RECEIPTS_MAX`]. They outlast a record that leaves this device, and go with one that is erased.

use std::ops::ControlFlow;

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::limits::{RECEIPTS_MAX, RECEIPTS_PER_RECORD_MAX};
use fieldwatch_schemas::store::{Batch, KeyRange};
use fieldwatch_schemas::sync::receipt::{Covered, Receipt, ReceiptError, SignedReceipt, Statement};

use super::rows::decode;
use super::{Group, Replica, ReplicaError, keys};
use crate::receipt::{key_from_text, verifies};

/// How many receipts one batch holds.
const BATCH_RECEIPTS: usize = 100;

/// A receipt that came, and the records that it must be for: those of the request that the server said it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// What came.
    pub signed: SignedReceipt,
    /// What it must cover.
    pub covered: Covered,
}

/// Why a receipt is not kept.
#[derive(Debug, thiserror::Error)]
enum Unkept {
    #[error(transparent)]
    Unsound(#[from] ReceiptError),
    #[error("this device does not know the key that the server signs receipts with")]
    NoKey,
    #[error("the receipt is for another device, log or server")]
    Foreign,
}

impl Replica {
    /// The receipts of a record, or of all records, the oldest of each first.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`] and [`ReplicaError::Damaged`].
    pub fn receipts(&self, record: Option<RecordId>) -> Result<Vec<Receipt>, ReplicaError> {
        let prefix = match record {
            Some(record) => keys::of_record(keys::RECEIPTS, record),
            None => vec![keys::RECEIPTS],
        };
        let group = self.group();
        let rows = group.rows(&KeyRange::prefix(&prefix))?;
        let read = |row: &fieldwatch_schemas::store::Row| {
            let read = group.noting(decode(&row.value, "a receipt"));
            read.ok()
        };
        Ok(rows.iter().filter_map(read).collect())
    }
}

impl Group<'_> {
    /// Keeps a receipt that holds. One that does not is told in the log and stops nothing.
    pub(super) fn keep_receipt(&mut self, received: &Received) -> Result<(), ReplicaError> {
        self.have_receipt(received.covered.keys())?;
        match self.check_receipt(received)? {
            Ok((statement, receipts)) => self.put_receipts(&statement, &receipts),
            Err(why) => {
                tracing::warn!(%why, "a receipt does not hold and is not kept");
                Ok(())
            }
        }
    }

    fn check_receipt(
        &self,
        received: &Received,
    ) -> Result<Result<(Statement, Vec<Receipt>), Unkept>, ReplicaError> {
        let account = self.account()?;
        let text = account.as_ref().and_then(|it| it.receipt_key.as_deref());
        let Some((account, key)) = account.as_ref().zip(text.and_then(key_from_text)) else {
            return Ok(Err(Unkept::NoKey));
        };
        let read = received.signed.receipts(key, &received.covered, &verifies);
        let (statement, receipts) = match read {
            Ok(read) => read,
            Err(error) => return Ok(Err(error.into())),
        };
        let is_ours = statement.device == account.device
            && statement.server == account.server
            && Some(statement.log) == self.log()?;
        Ok(match is_ours {
            true => Ok((statement, receipts)),
            false => Err(Unkept::Foreign),
        })
    }

    fn put_receipts(
        &mut self,
        statement: &Statement,
        receipts: &[Receipt],
    ) -> Result<(), ReplicaError> {
        for some in receipts.chunks(BATCH_RECEIPTS) {
            let mut batch = Batch::new();
            for receipt in some {
                let key = keys::receipt(receipt.record, statement.position);
                if self.make_room_beside(receipt.record, &key, &mut batch)? {
                    batch.put(key, receipt.to_bytes());
                }
            }
            self.store().apply(&batch)?;
        }
        let kept = match self.state.receipts {
            Some(kept) => kept + receipts.len() as u64,
            None => self.count(keys::RECEIPTS)?,
        };
        let left = self.drop_oldest(kept)?;
        self.state.receipts = Some(left);
        Ok(())
    }

    /// Of the receipts that a record has, the second oldest goes where they are too many. False where this one is kept already.
    fn make_room_beside(
        &self,
        record: RecordId,
        fresh: &[u8],
        batch: &mut Batch,
    ) -> Result<bool, ReplicaError> {
        let mut held = Vec::new();
        let range = KeyRange::prefix(&keys::of_record(keys::RECEIPTS, record));
        self.store().scan(&range, &mut |key, _| {
            held.push(key.to_vec());
            ControlFlow::Continue(())
        })?;
        let is_new = !held.iter().any(|key| key == fresh);
        let too_many = (held.len() + 1).saturating_sub(RECEIPTS_PER_RECORD_MAX);
        held.into_iter()
            .skip(1)
            .take(too_many)
            .filter(|_| is_new)
            .for_each(|key| batch.delete(key));
        Ok(is_new)
    }

    /// Beyond the limit the tenth with the lowest positions goes. `kept` counts no fewer than there are. Returns how many are left.
    fn drop_oldest(&self, kept: u64) -> Result<u64, ReplicaError> {
        if kept <= RECEIPTS_MAX as u64 {
            return Ok(kept);
        }
        let mut held = Vec::new();
        let range = KeyRange::prefix(&[keys::RECEIPTS]);
        self.store().scan(&range, &mut |key, _| {
            held.push((keys::last_place(key), key.to_vec()));
            ControlFlow::Continue(())
        })?;
        held.sort_unstable();
        let left = held.len().min(RECEIPTS_MAX - RECEIPTS_MAX / 10);
        held.truncate(held.len() - left);
        for some in held.chunks(BATCH_RECEIPTS) {
            let mut batch = Batch::new();
            some.iter().for_each(|(_, key)| batch.delete(key.clone()));
            self.store().apply(&batch)?;
        }
        Ok(left as u64)
    }

    /// Forgets the receipts of a record that is erased.
    pub(super) fn forget_receipts(&self, record: RecordId) -> Result<(), ReplicaError> {
        let range = KeyRange::prefix(&keys::of_record(keys::RECEIPTS, record));
        let mut batch = Batch::new();
        for row in self.rows(&range)? {
            batch.delete(row.key);
        }
        Ok(self.store().apply(&batch)?)
    }
}
