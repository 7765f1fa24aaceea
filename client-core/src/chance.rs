//! Chance: random bytes as an argument, so that tests and the simulator can replay what a device did.

/// The system had no random bytes to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct ChanceError;

/// Where random bytes come from.
pub trait Chance {
    /// Fills `to` with random bytes.
    ///
    /// # Errors
    ///
    /// [`ChanceError`] if there are none; `to` must not be used then.
    fn fill(&mut self, to: &mut [u8]) -> Result<(), ChanceError>;

    /// Sixteen random bytes: enough for an id or an actor.
    ///
    /// # Errors
    ///
    /// As [`Chance::fill`].
    fn sixteen(&mut self) -> Result<[u8; 16], ChanceError> {
        let mut bytes = [0; 16];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }
}

/// The operating system's own random bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    fn fill(&mut self, to: &mut [u8]) -> Result<(), ChanceError> {
        getrandom::fill(to).map_err(|_| ChanceError)
    }
}

/// Bytes that follow from a seed (SplitMix64): for tests, demonstrations and simulation, never for keys.
#[derive(Debug, Clone)]
pub struct SeededChance(u64);

impl SeededChance {
    /// The bytes that follow from this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Chance for SeededChance {
    fn fill(&mut self, to: &mut [u8]) -> Result<(), ChanceError> {
        for part in to.chunks_mut(8) {
            let bytes = self.next().to_le_bytes();
            part.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_bytes_again_and_another_gives_others() {
        let first = SeededChance::new(1).sixteen();
        assert_eq!(first, SeededChance::new(1).sixteen());
        assert_ne!(first, SeededChance::new(2).sixteen());
    }
}
