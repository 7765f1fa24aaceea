//! How much a device may have read for the repair of its feeds: each answer reads a feed's rows through, so one device that asks for
//! ever, by a mistake of ours or by malice, must not keep the server at it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::DeviceId;
use fieldwatch_schemas::limits::{
    REPAIR_ASK_ROWS_MIN, REPAIR_PASSES_MAX, REPAIR_ROWS_MAX, REPAIR_ROWS_PER_S,
};
use fieldwatch_schemas::store::StoreError;
use fieldwatch_schemas::sync::exchange::Request;

use crate::log::Log;
use crate::tables::{self, FeedHead};

/// What each device has had read, as far as it is not forgotten yet.
#[derive(Debug, Default)]
pub struct Allowances(Mutex<BTreeMap<DeviceId, Spent>>);

#[derive(Debug, Clone, Copy)]
struct Spent {
    rows: u64,
    at_ms: i64,
}

impl Allowances {
    /// Takes what a repair reads from a device's allowance, if anything is left of it. What is taken is forgotten with time.
    pub fn take(&self, device: DeviceId, rows: u64, now_ms: i64) -> bool {
        let mut spent = self.spent();
        spent.retain(|_, spent| spent.left_at(now_ms) > 0);
        let before = spent.get(&device).map_or(0, |spent| spent.left_at(now_ms));
        if before > REPAIR_ROWS_MAX.saturating_add(rows.saturating_mul(REPAIR_PASSES_MAX)) {
            return false;
        }
        let rows = before.saturating_add(rows);
        let at_ms = now_ms;
        spent.insert(device, Spent { rows, at_ms });
        true
    }

    fn spent(&self) -> MutexGuard<'_, BTreeMap<DeviceId, Spent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spent {
    fn left_at(self, now_ms: i64) -> u64 {
        let passed_s = u64::try_from(now_ms.saturating_sub(self.at_ms)).unwrap_or(0) / 1_000;
        self.rows
            .saturating_sub(passed_s.saturating_mul(REPAIR_ROWS_PER_S))
    }
}

/// How many rows the repairs of a request read.
///
/// # Errors
///
/// [`StoreError`] if the heads of the feeds cannot be read.
pub fn repair_rows(log: &Log, request: &Request) -> Result<u64, StoreError> {
    let asks = request.repair.iter().flatten();
    let feeds: Vec<&Feed> = asks
        .filter_map(|ask| request.feeds.get(usize::from(ask.feed)))
        .map(|wanted| &wanted.feed)
        .collect();
    log.read(|reading| {
        let mut rows = 0_u64;
        for feed in feeds {
            let key = tables::feed_head_key(feed);
            let head: Option<FeedHead> = tables::read(reading.store, "the head of a feed", &key)?;
            let records = head.map_or(0, |head| head.records);
            rows = rows.saturating_add(records.max(REPAIR_ASK_ROWS_MIN));
        }
        Ok(rows)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_asks_for_ever_gets_what_time_gives_back_and_others_have_their_own() {
        let allowances = Allowances::default();
        let (alice, bob) = (DeviceId([1; 16]), DeviceId([2; 16]));
        let asks = |device, rows, now_ms| {
            (0..)
                .take_while(|_| allowances.take(device, rows, now_ms))
                .count()
        };
        let large = 1_000_000;
        let first = asks(alice, large, 0);
        // What a device repairs when its largest feed was lost takes fewer.
        assert!((24..64).contains(&first), "{first}");
        assert_eq!(
            asks(alice, large, 1_000),
            0,
            "a second gives nothing back that counts"
        );
        let later = i64::try_from(large / REPAIR_ROWS_PER_S * 1_000).unwrap();
        assert_eq!(asks(alice, large, later), 1);
        assert_eq!(asks(bob, large, later), first);
        let small = asks(DeviceId([3; 16]), REPAIR_ASK_ROWS_MIN, 0);
        assert!((1_000..10_000).contains(&small), "{small}");
        allowances.take(bob, 1, i64::MAX);
        assert_eq!(
            allowances.spent().len(),
            1,
            "what is forgotten takes no room"
        );
    }
}
