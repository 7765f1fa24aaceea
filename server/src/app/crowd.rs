//! How many syncs there are at once, and how much memory what they bring takes: a small machine must not be brought down by many large
//! pushes, nor one device take everybody's places.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fieldwatch_schemas::id::DeviceId;
use fieldwatch_schemas::limits::{
    BODIES_BYTES_MAX, BODY_FREE_BYTES, DEVICE_SYNCS_MAX, SYNC_WAIT_MS_MAX, SYNCS_MAX,
};
use fieldwatch_schemas::problem::ProblemKind;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::problem::ApiError;

/// What is counted as one, in bytes.
const UNIT_BYTES: usize = 1024;

/// Everybody who syncs just now.
#[derive(Debug)]
pub struct Crowd {
    places: Arc<Semaphore>,
    memory: Arc<Semaphore>,
    devices: Mutex<BTreeMap<DeviceId, usize>>,
}

/// One sync's place, and the memory that its request takes; given back when dropped.
#[derive(Debug)]
pub struct Place {
    crowd: Arc<Crowd>,
    device: DeviceId,
    memory: Option<OwnedSemaphorePermit>,
    _place: OwnedSemaphorePermit,
}

impl Crowd {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            places: Arc::new(Semaphore::new(SYNCS_MAX)),
            memory: Arc::new(Semaphore::new(BODIES_BYTES_MAX / UNIT_BYTES)),
            devices: Mutex::default(),
        })
    }

    /// Waits for a place, to be held until the sync is over.
    ///
    /// # Errors
    ///
    /// `too_many` if none becomes free in time, or the device has as many as one may.
    pub async fn place(self: &Arc<Self>, device: DeviceId) -> Result<Place, ApiError> {
        let wait = Duration::from_millis(SYNC_WAIT_MS_MAX);
        let place = timeout(wait, self.places.clone().acquire_owned()).await;
        let place = place.ok().and_then(Result::ok).ok_or(TOO_MANY)?;
        let mut devices = self.devices();
        let syncs = devices.entry(device).or_default();
        if *syncs >= DEVICE_SYNCS_MAX {
            return Err(TOO_MANY);
        }
        *syncs += 1;
        drop(devices);
        Ok(Place {
            crowd: Arc::clone(self),
            device,
            memory: None,
            _place: place,
        })
    }

    fn devices(&self) -> MutexGuard<'_, BTreeMap<DeviceId, usize>> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const TOO_MANY: ApiError = ApiError::Refused(ProblemKind::TooMany);

impl Place {
    /// Takes memory for a request of which so many bytes have come; small ones are never refused.
    ///
    /// # Errors
    ///
    /// `too_many` if the requests under way take all there is. It does not wait: two that waited for each other would wait for ever.
    pub fn holds(&mut self, size_bytes: usize) -> Result<(), ApiError> {
        let units = size_bytes
            .saturating_sub(BODY_FREE_BYTES)
            .div_ceil(UNIT_BYTES);
        let held = self
            .memory
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        let Some(more) = units.checked_sub(held).filter(|more| *more > 0) else {
            return Ok(());
        };
        let more = u32::try_from(more).map_err(|_| TOO_MANY)?;
        let taken = self.crowd.memory.clone().try_acquire_many_owned(more);
        let taken = taken.map_err(|_| TOO_MANY)?;
        match &mut self.memory {
            Some(memory) => memory.merge(taken),
            None => self.memory = Some(taken),
        }
        Ok(())
    }

    /// Gives the memory back: what the request brought has been taken in.
    pub fn lets_go(&mut self) {
        self.memory = None;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut devices = self.crowd.devices();
        if let Some(syncs) = devices.get_mut(&self.device) {
            *syncs = syncs.saturating_sub(1);
            if *syncs == 0 {
                devices.remove(&self.device);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused<T>(result: &Result<T, ApiError>) -> bool {
        matches!(result, Err(ApiError::Refused(ProblemKind::TooMany)))
    }

    #[tokio::test]
    async fn requests_take_no_more_memory_than_there_is_and_small_ones_always_fit() {
        let crowd = Crowd::new();
        let mut large = Vec::new();
        let each = BODIES_BYTES_MAX / 4 + BODY_FREE_BYTES;
        for number in 0..4 {
            let mut place = crowd.place(DeviceId([number; 16])).await.unwrap();
            place.holds(each / 2).unwrap();
            place.holds(each).unwrap();
            large.push(place);
        }
        let mut late = crowd.place(DeviceId([9; 16])).await.unwrap();
        assert!(refused(&late.holds(BODY_FREE_BYTES + 1)));
        late.holds(BODY_FREE_BYTES).unwrap();
        large[0].lets_go();
        late.holds(each).unwrap();
        drop(large.pop());
        large[0].holds(each).unwrap();
    }

    #[tokio::test]
    async fn one_device_takes_only_a_few_places_and_gets_them_back() {
        let crowd = Crowd::new();
        let alice = DeviceId([1; 16]);
        let mut places = Vec::new();
        for _ in 0..DEVICE_SYNCS_MAX {
            places.push(crowd.place(alice).await.unwrap());
        }
        assert!(refused(&crowd.place(alice).await));
        assert!(crowd.place(DeviceId([2; 16])).await.is_ok());
        places.pop();
        assert!(crowd.place(alice).await.is_ok());
        places.clear();
        assert!(crowd.devices().is_empty());
    }
}
