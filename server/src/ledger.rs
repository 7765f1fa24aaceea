//! The ledger: what must outlive the store. Erasures, and every row of the register as it was written (people, stations, devices and
//! their revocation, tickets and their use).
//!
//! One file beside the store, which only grows and is copied apart from backups: a store that is older than its ledger is brought up
//! to it when it is opened, so that who was revoked stays revoked and what was erased stays erased. Each entry carries the hash of
//! the one before and the server's signature; it is on the disk for good before [`Ledger::append`] returns, and before the store
//! hears of it. What a power loss left of an entry that was never acknowledged, whichever parts of it, is cut off at the next opening;
//! anything else that is not as it was written is an error.

mod chain;
mod entry;
pub mod roll;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fieldwatch_schemas::id::RecordId;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use self::chain::Links;
pub use self::chain::{EntryHash, Mark};
pub use self::entry::{Entry, Erasure, RegisterRow};
use self::roll::{MemoryRoll, Roll};

/// Why the ledger refused, or could not.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The disk failed. What was to be appended is not there, unless its end reached the disk all the same and the server ends before
    /// the next entry: then whoever opens the ledger finds it whole, and it counts.
    #[error("the ledger could not be read or written")]
    Disk(#[from] std::io::Error),
    /// It is not what this server wrote.
    #[error("entry {number} of the ledger is damaged: {what}")]
    Damaged {
        /// Which, counted from 1.
        number: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// It lacks what the store has heard from it: it is older than the store, or another server's.
    #[error("the ledger is older than the store, or not this server's: bring back the present one")]
    Older,
    /// The server's own key cannot be used.
    #[error("the server's signing key cannot be used")]
    Key,
    /// An entry that is too large, or cannot be encoded.
    #[error("an entry of the ledger cannot be written")]
    Unwritable,
}

/// The ledger of one server.
#[derive(Debug)]
pub struct Ledger {
    roll: Arc<dyn Roll>,
    key: Ed25519KeyPair,
    tail: Mutex<Tail>,
    erased: Mutex<Erased>,
}

/// What was erased, in the order of its entries.
#[derive(Debug, Default)]
struct Erased {
    records: Vec<RecordId>,
    /// How many of them the store has carried out: of the others its feeds say that they are there.
    carried_out: usize,
}

/// Where the next entry goes.
#[derive(Debug, Clone, Copy)]
struct Tail {
    mark: Mark,
    length: u64,
    /// Whether an append failed since: there may be part of it behind `length`.
    is_unsure: bool,
}

impl Ledger {
    /// Opens a ledger and proves it. `signing_key` is the server's Ed25519 key, PKCS #8. An empty roll is an empty ledger.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Damaged`] naming the first entry that does not hold; [`LedgerError::Disk`] and [`LedgerError::Key`].
    pub fn open(roll: Arc<dyn Roll>, signing_key: &[u8]) -> Result<Self, LedgerError> {
        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(signing_key);
        let key = key.map_err(|_| LedgerError::Key)?;
        let bytes = roll.read()?;
        let links = Links::read(&bytes, key.public_key().as_ref())?;
        if links.length < bytes.len() as u64 {
            tracing::warn!(
                at = links.length,
                "the ledger ended in an entry that was never finished"
            );
            roll.cut(links.length)?;
        }
        let tail = Tail {
            mark: links.last,
            length: links.length,
            is_unsure: false,
        };
        let erased = Erased {
            records: links.entries.iter().filter_map(Entry::erased).collect(),
            carried_out: 0,
        };
        Ok(Self {
            roll,
            key,
            tail: Mutex::new(tail),
            erased: Mutex::new(erased),
        })
    }

    /// An empty ledger without a disk, under a key of its own.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Key`] if the system has no randomness.
    pub fn in_memory() -> Result<Self, LedgerError> {
        let key = crate::token::new_signing_key().map_err(|_| LedgerError::Key)?;
        Self::open(Arc::new(MemoryRoll::new()), &key)
    }

    /// Appends an entry, and says where it stands. It is on the disk for good when this returns.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Disk`] if the disk does not say so; the next append begins where this one did. [`LedgerError::Unwritable`].
    pub fn append(&self, entry: &Entry) -> Result<Mark, LedgerError> {
        let mut tail = self.tail();
        let (bytes, mark) = chain::next(&tail.mark, entry, &self.key)?;
        if tail.is_unsure {
            self.roll.cut(tail.length)?;
        }
        tail.is_unsure = true;
        self.roll.append(&bytes)?;
        self.roll.append(&chain::END)?;
        *tail = Tail {
            mark,
            length: tail.length + (bytes.len() + chain::END.len()) as u64,
            is_unsure: false,
        };
        self.lock_erased().records.extend(entry.erased());
        Ok(mark)
    }

    /// Notes that the store has carried out every erasure. Nobody else may be erasing.
    pub(crate) fn note_carried_out(&self) {
        let mut erased = self.lock_erased();
        erased.carried_out = erased.records.len();
    }

    /// Has those erasures looked at that the store has carried out, in the order of their entries.
    pub fn with_erased<T>(&self, look: impl FnOnce(&[RecordId]) -> T) -> T {
        let erased = self.lock_erased();
        look(erased.records.get(..erased.carried_out).unwrap_or_default())
    }

    /// All entries, in the order in which they were appended.
    ///
    /// # Errors
    ///
    /// As [`Ledger::open`].
    pub fn entries(&self) -> Result<Vec<Entry>, LedgerError> {
        self.after(&Mark::default())
    }

    /// The entries behind a mark that [`Ledger::append`] or [`Ledger::last`] once gave.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Older`] if it never stood there; otherwise as [`Ledger::open`].
    pub fn after(&self, mark: &Mark) -> Result<Vec<Entry>, LedgerError> {
        let tail = self.tail();
        let mut bytes = self.roll.read()?;
        bytes.truncate(usize::try_from(tail.length).unwrap_or(usize::MAX));
        let mut links = Links::read(&bytes, self.key.public_key().as_ref())?;
        let number = usize::try_from(mark.number).unwrap_or(usize::MAX);
        match number.checked_sub(1).map(|place| links.hashes.get(place)) {
            Some(hash) if hash != Some(&mark.hash) => Err(LedgerError::Older),
            _ => Ok(links.entries.split_off(number)),
        }
    }

    /// Where it stands: the hash stands for all of it.
    #[must_use]
    pub fn last(&self) -> Mark {
        self.tail().mark
    }

    fn lock_erased(&self) -> MutexGuard<'_, Erased> {
        self.erased.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
