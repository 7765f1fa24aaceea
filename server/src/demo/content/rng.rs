//! Chance that never changes: SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
//!
//! Good enough for stories, not for secrets. Everything is integer arithmetic, so machines agree to the last bit.

/// A stream of chance; the same seed gives the same stream for ever.
#[derive(Debug, Clone)]
pub(super) struct Rng {
    state: u64,
}

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub(super) fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A stream of its own for one part of the work, so that a part which draws more does not move the others.
    pub(super) fn fork(&mut self) -> Self {
        Self::new(self.draw())
    }

    /// A number below `n`, or 0. The bias of the remainder is below 2⁻⁴⁰ for the small `n` used here.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.draw() % n.max(1)
    }

    /// A number from `low` to `high`, both included; `low` if they are in the wrong order.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = u64::try_from(high.saturating_sub(low)).unwrap_or(0);
        let step = self.below(width.saturating_add(1));
        low.saturating_add(i64::try_from(step).unwrap_or(0))
    }

    /// Whether something happens that happens `per_mille` times in a thousand.
    pub(super) fn happens(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// Any of `choices`, all alike; the default of the type if there are none.
    pub(super) fn pick<T: Copy + Default>(&mut self, choices: &[T]) -> T {
        let at = usize::try_from(self.below(count(choices))).unwrap_or(0);
        choices.get(at).copied().unwrap_or_default()
    }

    /// One of `choices`, the first ones more often, as surnames and shops are in life.
    pub(super) fn early<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        let n = count(choices);
        let at = self.below(n).min(self.below(n));
        choices.get(usize::try_from(at).unwrap_or(0))
    }

    /// One of `choices` by weight.
    pub(super) fn weighted<T: Copy + Default>(&mut self, choices: &[(T, u64)]) -> T {
        let mut left = self.below(choices.iter().map(|(_, weight)| weight).sum());
        for (choice, weight) in choices {
            if left < *weight {
                return *choice;
            }
            left -= weight;
        }
        T::default()
    }

    /// `n` choices in the proportions of the weights, exact but for rounding (largest remainder), in random order.
    pub(super) fn deal<T: Copy>(&mut self, choices: &[(T, u64)], n: usize) -> Vec<T> {
        let total: u128 = choices
            .iter()
            .map(|(_, weight)| u128::from(*weight))
            .sum::<u128>()
            .max(1);
        let share = |weight: u64| u128::from(weight) * u128::try_from(n).unwrap_or(u128::MAX);
        let mut dealt: Vec<T> = Vec::with_capacity(n);
        for (choice, weight) in choices {
            let whole = usize::try_from(share(*weight) / total).unwrap_or(0);
            dealt.extend(std::iter::repeat_n(*choice, whole));
        }
        let mut rest: Vec<(u128, T)> = choices
            .iter()
            .map(|(choice, weight)| (share(*weight) % total, *choice))
            .collect();
        rest.sort_by_key(|(remainder, _)| std::cmp::Reverse(*remainder));
        let missing = n.saturating_sub(dealt.len());
        dealt.extend(rest.into_iter().map(|(_, choice)| choice).take(missing));
        self.shuffle(&mut dealt);
        dealt
    }

    /// Puts `items` into random order (Fisher and Yates).
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(u64::try_from(last).unwrap_or(0).saturating_add(1));
            items.swap(last, usize::try_from(other).unwrap_or(0));
        }
    }
}

fn count<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_published_one() {
        let mut rng = Rng::new(1_234_567);
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423_u64,
        ];
        assert_eq!([rng.draw(), rng.draw(), rng.draw()], published);
    }

    #[test]
    fn dealing_keeps_the_proportions_of_any_number() {
        let mut dealt = Rng::new(1).deal(&[('a', 15_847), ('b', 2_491), ('c', 3_435)], 21_773);
        dealt.sort_unstable();
        assert_eq!(dealt.len(), 21_773);
        assert_eq!(dealt.iter().filter(|c| **c == 'b').count(), 2_491);
        assert_eq!(Rng::new(1).deal(&[('a', 1), ('b', 1)], 7).len(), 7);
    }
}
