//! The fence around sled: its errors in our words, its panics as errors, and no write after a failed one.
//!
//! sled panics on about a third of damaged files, at open or later, and once a write has failed only opening again tells what is
//! durable: the operating system may have dropped what it could not write.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use super::StoreError;

/// What stands between sled and those who call it.
#[derive(Debug)]
pub(super) struct Guard {
    hint: &'static str,
    failed: AtomicBool,
}

impl Guard {
    pub(super) const fn new(hint: &'static str) -> Self {
        Self {
            hint,
            failed: AtomicBool::new(false),
        }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::SeqCst)
    }

    pub(super) fn refuse_if_failed(&self) -> Result<(), StoreError> {
        if self.has_failed() {
            return Err(StoreError::Failed);
        }
        Ok(())
    }

    /// Ends the handle if a write could not even be prepared because the disk failed.
    pub(super) fn fail_if_disk(&self, error: &StoreError) {
        if matches!(error, StoreError::Io { .. } | StoreError::DiskFull { .. }) {
            self.failed.store(true, Ordering::SeqCst);
        }
    }

    /// Calls sled to read. A read that fails leaves the handle usable, unless sled found damage.
    pub(super) fn read<T>(
        &self,
        call: impl FnOnce() -> Result<T, ::sled::Error>,
    ) -> Result<T, StoreError> {
        let result = self.call(call);
        if matches!(result, Err(StoreError::Damaged { .. })) {
            self.failed.store(true, Ordering::SeqCst);
        }
        result
    }

    /// Calls sled to write. Any error ends the handle.
    pub(super) fn write<T>(
        &self,
        call: impl FnOnce() -> Result<T, ::sled::Error>,
    ) -> Result<T, StoreError> {
        let result = self.call(call);
        if result.is_err() {
            self.failed.store(true, Ordering::SeqCst);
        }
        result
    }

    /// Writes a file of sled's without sled. Any error ends the handle.
    pub(super) fn write_file(
        &self,
        call: impl FnOnce() -> io::Result<()>,
    ) -> Result<(), StoreError> {
        self.write(|| call().map_err(::sled::Error::Io))
    }

    pub(super) fn damaged(&self, what: impl Into<String>) -> StoreError {
        StoreError::Damaged {
            what: what.into(),
            hint: self.hint,
        }
    }

    fn call<T>(&self, call: impl FnOnce() -> Result<T, ::sled::Error>) -> Result<T, StoreError> {
        match catch_unwind(AssertUnwindSafe(call)) {
            Ok(result) => result.map_err(|error| self.in_our_words(error)),
            Err(panic) => Err(self.damaged(panic_words(&*panic))),
        }
    }

    fn in_our_words(&self, error: ::sled::Error) -> StoreError {
        match error {
            ::sled::Error::Io(source) => match source.kind() {
                io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => {
                    self.damaged(source.to_string())
                }
                _ => source.into(),
            },
            other => self.damaged(other.to_string()),
        }
    }
}

fn panic_words(panic: &(dyn std::any::Any + Send)) -> String {
    let words = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    words.unwrap_or("sled gave no reason").to_owned()
}

#[cfg(test)]
mod tests;
