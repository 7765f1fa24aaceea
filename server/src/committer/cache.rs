//! Documents that were committed lately, so that a busy record is not rebuilt from its changes for every push.
//!
//! Bounded by number and by an estimate of what automerge takes; the one unused for longest goes first. It holds nothing that the
//! store does not, and is emptied whenever the store fails.

use std::collections::BTreeMap;

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::view::View;

use crate::tables::RecordRow;

/// The most documents kept open.
pub(super) const CACHE_RECORDS_MAX: usize = 1_024;
/// The most bytes that they may take, as estimated.
pub(super) const CACHE_BYTES_MAX: usize = 48 << 20;

/// What an open document takes, measured: some 16 KB and several times its changes; and what it says, with its names.
const DOCUMENT_BYTES: usize = 20 << 10;
const BYTES_PER_BYTE: usize = 12;

/// A record as the store has it.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) row: RecordRow,
    pub(super) document: Document,
    /// What it says, where the whole of it was proved since the server began.
    pub(super) proved: Option<View>,
}

#[derive(Debug, Default)]
pub(super) struct Cache {
    kept: BTreeMap<RecordId, (u64, Kept)>,
    by_use: BTreeMap<u64, RecordId>,
    uses: u64,
    size_bytes: usize,
}

impl Cache {
    /// Takes a record out: whoever uses it puts back what the store then has.
    pub(super) fn take(&mut self, record: RecordId) -> Option<Kept> {
        let (used, kept) = self.kept.remove(&record)?;
        self.by_use.remove(&used);
        self.size_bytes = self.size_bytes.saturating_sub(estimate(&kept));
        Some(kept)
    }

    pub(super) fn put(&mut self, record: RecordId, kept: Kept) {
        drop(self.take(record));
        self.uses += 1;
        self.size_bytes += estimate(&kept);
        self.by_use.insert(self.uses, record);
        self.kept.insert(record, (self.uses, kept));
        while self.kept.len() > CACHE_RECORDS_MAX || self.size_bytes > CACHE_BYTES_MAX {
            let Some(oldest) = self.by_use.first_key_value().map(|(_, record)| *record) else {
                return;
            };
            drop(self.take(oldest));
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

fn estimate(kept: &Kept) -> usize {
    let changes = usize::try_from(kept.row.size_bytes).unwrap_or(usize::MAX);
    changes
        .saturating_mul(BYTES_PER_BYTE)
        .saturating_add(DOCUMENT_BYTES)
}
