//! A store over another that is only read: what is written stays in memory and is forgotten. So what salvaging would do can be told by
//! doing it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fieldwatch_schemas::store::{Batch, KeyRange, Row, Store, StoreError, Visit, VisitKey};

/// A store over another that is only read.
#[derive(Debug)]
pub(super) struct Overlay {
    inner: Arc<dyn Store>,
    written: Mutex<Written>,
}

/// The rows that were written; `None` for those that were deleted.
type Written = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

impl Overlay {
    pub(super) fn over(inner: Arc<dyn Store>) -> Self {
        Self {
            inner,
            written: Mutex::default(),
        }
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keys_now(&self, range: &KeyRange) -> Result<Vec<Vec<u8>>, StoreError> {
        let written = self.written();
        let mut keys = Vec::new();
        self.inner.keys(range, &mut |key| {
            if !written.contains_key(key) {
                keys.push(key.to_vec());
            }
            ControlFlow::Continue(())
        })?;
        let put = written.iter().filter(|(_, value)| value.is_some());
        keys.extend(
            put.map(|(key, _)| key.clone())
                .filter(|key| range.contains(key)),
        );
        drop(written);
        keys.sort_unstable();
        Ok(keys)
    }
}

impl Store for Overlay {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let written = self.written().get(key).cloned();
        match written {
            Some(value) => Ok(value),
            None => self.inner.get(key),
        }
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        for key in self.keys_now(range)? {
            if let Some(value) = self.get(&key)?
                && visit(&key, &value).is_break()
            {
                break;
            }
        }
        Ok(())
    }

    fn keys(&self, range: &KeyRange, visit: &mut VisitKey<'_>) -> Result<(), StoreError> {
        for key in self.keys_now(range)? {
            if visit(&key).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn last(&self, range: &KeyRange) -> Result<Option<Row>, StoreError> {
        for key in self.keys_now(range)?.into_iter().rev() {
            if let Some(value) = self.get(&key)? {
                return Ok(Some(Row { key, value }));
            }
        }
        Ok(None)
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        batch.check()?;
        let rows = batch
            .iter()
            .map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec)));
        self.written().extend(rows);
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn size_bytes(&self) -> Result<u64, StoreError> {
        self.inner.size_bytes()
    }
}
