//! Chance that can be replayed: a small generator (SplitMix64), and the seed that a run prints.

use std::time::{SystemTime, UNIX_EPOCH};

/// A replayable sequence of numbers.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The sequence of this seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 if `end` is.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next_u64().checked_rem(end).unwrap_or(0)
    }

    /// Whether something happens that happens `percent` times in a hundred.
    pub fn hits(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of several; `T`'s default if there are none.
    pub fn pick<'a, T: ?Sized>(&mut self, among: &[&'a T]) -> Option<&'a T> {
        let end = u64::try_from(among.len()).unwrap_or(u64::MAX);
        let place = usize::try_from(self.below(end)).unwrap_or(0);
        among.get(place).copied()
    }
}

/// The seed of this run, from `FW_SEED` or else from the clock. Prints how to run `test` of the file `binary` with it again.
#[must_use]
pub fn seed(binary: &str, test: &str) -> u64 {
    let fresh = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        Some(u64::from(since.subsec_nanos()) ^ since.as_secs())
    };
    let given = number("FW_SEED");
    let seed = given.or_else(fresh).unwrap_or(1);
    eprintln!(
        "seed {seed}; again: FW_SEED={seed} cargo test -p fieldwatch-tests --test {binary} {test} -- --exact --nocapture"
    );
    seed
}

/// The number in an environment variable, if there is one.
#[must_use]
pub fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn the_same_seed_gives_the_same_sequence() {
        let draw = |seed| {
            let mut chance = Chance::seeded(seed);
            (0..20).map(|_| chance.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert!(draw(9).iter().all(|number| *number < 1000));
    }
}
