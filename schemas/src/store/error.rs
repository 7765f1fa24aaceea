//! What a store can say when it cannot do what was asked.

use std::io;

/// Why a store refused, or could not.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full. The store stays failed until it is opened again, which is worth trying when there is room.
    #[error("the disk is full")]
    DiskFull {
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The disk cannot be read or written. After a write the store stays failed until it is opened again.
    #[error("the disk cannot be read or written")]
    Io {
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// What the disk holds is not what was written to it.
    #[error("the store is damaged: {what}; {hint}")]
    Damaged {
        /// What was found.
        what: String,
        /// What a person can do about it, with the command that helps.
        hint: &'static str,
    },
    /// An earlier failure ended this handle: only opening the store again tells what is durable.
    #[error("the store failed earlier and must be opened again")]
    Failed,
    /// Another process, or another handle in this one, has the store open.
    #[error("the store is in use by another process")]
    Locked,
    /// The folder holds a store of a version that this program does not know.
    #[error("the store has format {found}, this program knows format {known}")]
    UnknownFormat {
        /// The format on the disk.
        found: u32,
        /// The format of this program.
        known: u32,
    },
    /// The batch has more rows or bytes than a batch may have; nothing was written.
    #[error("a batch of {rows} rows and {size_bytes} bytes is too large")]
    BatchTooLarge {
        /// Its rows.
        rows: usize,
        /// The bytes of its keys and values.
        size_bytes: usize,
    },
    /// A value in the batch is too large; nothing was written.
    #[error("a value of {size_bytes} bytes is too large")]
    ValueTooLarge {
        /// Its bytes.
        size_bytes: usize,
    },
    /// A key in the batch is too long; nothing was written.
    #[error("a key of {size_bytes} bytes is too long")]
    KeyTooLong {
        /// Its bytes.
        size_bytes: usize,
    },
    /// The row's key was destroyed, so that it cannot be written any more; nothing was written.
    #[error("what is to be written was erased")]
    Erased,
    /// No further key can be destroyed.
    #[error("too many records were erased here")]
    KeysFull,
}

impl StoreError {
    /// Whether the store would do what was asked if the batch were smaller; every other refusal is about the disk.
    #[must_use]
    pub const fn is_about_size(&self) -> bool {
        matches!(
            self,
            Self::BatchTooLarge { .. } | Self::ValueTooLarge { .. } | Self::KeyTooLong { .. }
        )
    }
}

impl From<io::Error> for StoreError {
    fn from(source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { source },
            _ => Self::Io { source },
        }
    }
}
