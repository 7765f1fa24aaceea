//! Back-off: exponential, with full jitter, so that devices which lost the server together do not come back together.

use crate::chance::Chance;

/// The bound of the first wait, in milliseconds.
const FIRST_MS: u64 = 1_000;

/// The bound that no wait exceeds, in milliseconds.
pub const WAIT_MAX_MS: u64 = 5 * 60_000;

/// How often in a row something has failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// How long to wait after one more failure, in milliseconds: anything between nothing and a bound that doubles each time.
    pub fn next_ms(&mut self, chance: &mut dyn Chance) -> u64 {
        let bound = self.bound_ms();
        self.failures = self.failures.saturating_add(1);
        let mut bytes = [0; 8];
        match chance.fill(&mut bytes) {
            Ok(()) => u64::from_be_bytes(bytes) % (bound + 1),
            Err(_) => bound,
        }
    }

    /// Begins anew, after something succeeded.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    fn bound_ms(&self) -> u64 {
        let doubled = 1_u64.checked_shl(self.failures).unwrap_or(u64::MAX);
        FIRST_MS.saturating_mul(doubled).min(WAIT_MAX_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::SeededChance;

    #[test]
    fn the_bound_doubles_up_to_its_maximum_and_waits_spread_below_it() {
        let mut chance = SeededChance::new(1);
        let mut backoff = Backoff::default();
        for failures in 0..100_u32 {
            let bound = (1_000 << failures.min(20)).min(WAIT_MAX_MS);
            assert_eq!(backoff.bound_ms(), bound);
            assert!(backoff.next_ms(&mut chance) <= bound);
        }
        let first = |seed| Backoff::default().next_ms(&mut SeededChance::new(seed));
        let waits: std::collections::BTreeSet<_> = (0..50).map(first).collect();
        assert!(waits.len() > 40, "full jitter");
        backoff.reset();
        assert_eq!(backoff, Backoff::default());
    }
}
