//! Erasing a record everywhere: the ledger first, then the store, then the key.
//!
//! ```text
//! ledger entry ─▶ tombstone, feed rows `erased`, record's row gone ─▶ changes gone ─▶ flush ─▶ key destroyed ─▶ heard
//!                 └──────────────── one batch ────────────────────┘
//! ```
//!
//! Every step may be done again. What a crash left half done, and what a store has missed that was put back from a copy, is done when
//! the store is opened ([`catch_up`]): the ledger says what was erased, the store says how far it has heard. A record whose key is gone
//! cannot be read any more, so what is left of it is then found by its id (`erase/blind.rs`).
//!
//! Evidence files and projections will be erased here too, when there are any.

mod blind;
mod carry;
pub mod redact;

use std::sync::Arc;

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::record::edit::EditError;
use fieldwatch_schemas::store::{Batch, Store, StoreError};
use fieldwatch_schemas::sync::pull::Presence;

use self::carry::carry_out;
use crate::ledger::{Entry, Erasure, Ledger, LedgerError};
use crate::log::{Log, all_rows};
use crate::tables::tombstone::{HEARD, HeardRow, TombstoneRow};
use crate::tables::unfinished::{redacting_key, redacting_of, redactings};
use crate::tables::{self, FeedRow, RecordRow, prefix};

/// Why a record was not erased, or could not be.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// There is no such record, and never was one that was erased.
    #[error("there is no record {0}")]
    RecordUnknown(RecordId),
    /// It was erased, so that nothing can be made of it.
    #[error("record {0} was erased")]
    RecordErased(RecordId),
    /// A record that takes the other's place must be another.
    #[error("a record cannot take its own place")]
    Itself,
    /// Others rest on records of this kind, and they say nothing about anybody.
    #[error("a {0} cannot be erased: other records rest on it")]
    Kept(Kind),
    /// A record whose id is its key cannot be followed by another.
    #[error(
        "a {0} has the id of its key, and no other record can take its place: correct it, or erase it"
    )]
    Natural(Kind),
    /// Nobody has chosen between the values of these fields.
    #[error("nobody has chosen between the values of {}: a successor would choose for them", .0.join(", "))]
    Conflicts(Vec<String>),
    /// The successor cannot be made like that.
    #[error("the successor cannot be made")]
    Edit(#[from] EditError),
    /// The successor would not be a record that this server takes.
    #[error("the successor cannot be made: {0}")]
    Refused(String),
    /// The keyring holds no more erasures: nothing is begun that could not be ended.
    #[error("too many records were erased here: the keys must be begun anew first")]
    Full,
    /// The ledger.
    #[error("the ledger cannot be used")]
    Ledger(#[from] LedgerError),
    /// The store, or the file of keys.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// The committer takes nothing now.
    #[error("the server takes nothing now")]
    Unavailable(ProblemKind),
}

/// What became of an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// What the ledger says.
    pub erasure: Erasure,
    /// Whether it was erased before, and nothing was done.
    pub was_erased: bool,
}

/// Erases a record. The caller has the store for himself.
pub(crate) fn erase(
    log: &Log,
    ledger: &Ledger,
    record: RecordId,
    replaced_by: Option<RecordId>,
) -> Result<Erased, EraseError> {
    let store = log.store()?;
    if let Some(tombstone) = tombstone_of(&*store, record)? {
        catch_up(log, ledger)?;
        let erasure = Erasure {
            record,
            replaced_by: tombstone.replaced_by,
            at_ms: tombstone.erased_ms,
        };
        let was_erased = true;
        return Ok(Erased {
            erasure,
            was_erased,
        });
    }
    may_go(&*store, record)?;
    if let Some(successor) = replaced_by {
        if successor == record {
            return Err(EraseError::Itself);
        }
        row_of(&*store, successor)?.ok_or(EraseError::RecordUnknown(successor))?;
    }
    drop(store);
    has_room(log)?;
    let erasure = Erasure {
        record,
        replaced_by,
        at_ms: log.now_ms(),
    };
    ledger.append(&Entry::Erased(erasure))?;
    catch_up(log, ledger)?;
    let was_erased = false;
    Ok(Erased {
        erasure,
        was_erased,
    })
}

/// Carries out what the ledger says was erased and the store has not heard; destroys the keys of what the store says was erased.
///
/// Nobody else may write meanwhile. Whoever opens a log calls this before anybody reads it.
///
/// # Errors
///
/// [`EraseError::Ledger`] and [`EraseError::Store`]; what was done stands, the rest is done the next time.
pub fn catch_up(log: &Log, ledger: &Ledger) -> Result<(), EraseError> {
    end_redactions(log, ledger)?;
    let store = log.store()?;
    let heard: HeardRow = tables::read(&*store, "what was erased", &HEARD)?.unwrap_or_default();
    let last = ledger.last();
    let keys_agree = heard.erasures == log.keys().erasures();
    if keys_agree && heard.mark == last {
        ledger.note_carried_out();
        return Ok(());
    }
    let erasures = match ledger.after(&heard.mark) {
        Ok(entries) if keys_agree => erasures_of(entries),
        Ok(_) => all_erasures(&*store, ledger)?,
        // The register has seen that the ledger is not an old one: it was lost, and begins anew.
        Err(LedgerError::Older) => all_erasures(&*store, ledger)?,
        Err(error) => return Err(error.into()),
    };
    drop(store);
    carry_out(log, &erasures)?;
    let mut batch = Batch::new();
    let now = HeardRow {
        mark: ledger.last(),
        erasures: log.keys().erasures(),
    };
    batch.put(HEARD, tables::encode(&now));
    let life = log.life();
    log.apply(&batch, None, life)?;
    log.flush(life)?;
    ledger.note_carried_out();
    Ok(())
}

/// Records whose successors are made are to be erased: the ledger hears of those that were cut short before it did.
fn end_redactions(log: &Log, ledger: &Ledger) -> Result<(), EraseError> {
    let store = log.store()?;
    for row in all_rows(&*store, &redactings())? {
        let Some(record) = redacting_of(&row.key) else {
            continue;
        };
        let heard = erasures_of(ledger.entries()?);
        if heard.iter().any(|erasure| erasure.record == record) {
            continue;
        }
        if has_room(log).is_err() {
            tracing::error!(%record, "a redaction cannot be finished: too many records were erased here");
            continue;
        }
        let successor: RecordId = tables::decode("the mark of a redaction", &row.value)?;
        tracing::warn!(%record, %successor, "a redaction that was cut short is finished");
        ledger.append(&Entry::Erased(Erasure {
            record,
            replaced_by: Some(successor),
            at_ms: log.now_ms(),
        }))?;
    }
    Ok(())
}

/// The tombstone of an erased record.
pub(crate) fn tombstone_of(
    store: &dyn Store,
    record: RecordId,
) -> Result<Option<TombstoneRow>, StoreError> {
    tables::read(store, "a tombstone", &tables::tombstone_key(record))
}

/// The record that took the place of one that a feed's row says is erased.
pub(crate) fn replaced_by(
    store: &dyn Store,
    row: &FeedRow,
) -> Result<Option<RecordId>, StoreError> {
    match row.presence {
        Presence::Erased => {
            let tombstone = tombstone_of(store, row.record)?;
            Ok(tombstone.and_then(|tombstone| tombstone.replaced_by))
        }
        Presence::Present | Presence::Left => Ok(None),
    }
}

/// Whether a record was erased, or is being erased: one whose successor is made is.
pub(crate) fn is_erased(
    log: &Log,
    store: &dyn Store,
    record: RecordId,
) -> Result<bool, StoreError> {
    let is_marked = |key: Vec<u8>| store.get(&key).map(|row| row.is_some());
    Ok(log.keys().has_erased(record)
        || is_marked(tables::tombstone_key(record))?
        || is_marked(redacting_key(record))?)
}

/// What the ledger says once must be carried out, at every opening: so it is asked before.
pub(crate) fn has_room(log: &Log) -> Result<(), EraseError> {
    match log.keys().has_room() {
        true => Ok(()),
        false => Err(EraseError::Full),
    }
}

fn row_of(store: &dyn Store, record: RecordId) -> Result<Option<RecordRow>, StoreError> {
    tables::read(store, "a record", &tables::record_key(record))
}

/// Whether a record is here, and of a kind that may be erased. One that is damaged may.
fn may_go(store: &dyn Store, record: RecordId) -> Result<(), EraseError> {
    match row_of(store, record) {
        Ok(Some(row)) if row.kind == Kind::Checklist => Err(EraseError::Kept(row.kind)),
        Ok(Some(_)) | Err(StoreError::Damaged { .. }) => Ok(()),
        Ok(None) if is_waiting(store, record)? => Ok(()),
        Ok(None) => Err(EraseError::RecordUnknown(record)),
        Err(error) => Err(error.into()),
    }
}

/// Whether something of it waits for a release, or for the rest of it to come back.
fn is_waiting(store: &dyn Store, record: RecordId) -> Result<bool, StoreError> {
    let has = |table: u8| {
        let last = store.last(&tables::of_record(table, record));
        last.map(|row| row.is_some())
    };
    Ok(has(prefix::QUARANTINE)? || has(prefix::RETURNING)?)
}

fn erasures_of(entries: Vec<Entry>) -> Vec<Erasure> {
    let erased = |entry| match entry {
        Entry::Erased(erasure) => Some(erasure),
        Entry::Rows(_) => None,
    };
    entries.into_iter().filter_map(erased).collect()
}

/// Everything that the ledger or the store says was erased; the ledger learns what it lacks.
fn all_erasures(store: &dyn Store, ledger: &Ledger) -> Result<Vec<Erasure>, EraseError> {
    let mut erasures = erasures_of(ledger.entries()?);
    for row in all_rows(store, &tables::table(prefix::TOMBSTONE))? {
        let Some(record) = tables::record_of(&row.key) else {
            continue;
        };
        if erasures.iter().any(|erasure| erasure.record == record) {
            continue;
        }
        let tombstone: TombstoneRow = tables::decode("a tombstone", &row.value)?;
        let erasure = Erasure {
            record,
            replaced_by: tombstone.replaced_by,
            at_ms: tombstone.erased_ms,
        };
        ledger.append(&Entry::Erased(erasure))?;
        erasures.push(erasure);
    }
    Ok(erasures)
}

impl crate::committer::CommitterHandle {
    /// Erases a record everywhere, in its turn among the pushes. Idempotent. Blocks.
    ///
    /// # Errors
    ///
    /// [`EraseError`]. After [`EraseError::Store`] the record may be half gone: the rest follows by itself.
    pub fn erase(
        &self,
        ledger: &Arc<Ledger>,
        record: RecordId,
        replaced_by: Option<RecordId>,
    ) -> Result<Erased, EraseError> {
        let ledger = Arc::clone(ledger);
        self.at_desk(move |desk| desk.erase(&ledger, record, replaced_by))
            .map_err(EraseError::Unavailable)?
    }
}
