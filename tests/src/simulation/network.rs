//! The way between device and server: what one request and its reply meet, drawn from the chance of the sync they belong to.

use super::clock::SECOND_MS;
use super::report::Faults;
use crate::chance::Chance;

/// What the messages of one sync meet.
#[derive(Debug, Clone)]
pub(super) struct Weather {
    chance: Chance,
    /// How many messages in a hundred meet each sort of harm.
    harm: u64,
}

/// What one request and its reply meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fate {
    /// How long the request takes.
    pub(super) there_ms: i64,
    /// How long each part of the reply takes.
    pub(super) back_ms: i64,
    /// The request, or all of its reply, goes astray.
    pub(super) lost: Option<Lost>,
    /// It arrives once more, so much later.
    pub(super) again_ms: Option<i64>,
    /// The reply is cut behind this many bytes.
    pub(super) cut_after: Option<usize>,
}

/// How a message goes astray.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// The request never arrives, and the device is told so.
    Refused,
    /// The request never arrives, and the device waits.
    Silent,
    /// The request arrives and the reply does not.
    Unanswered,
}

impl Weather {
    /// A link on which everything arrives at once.
    #[must_use]
    pub(super) fn calm() -> Self {
        Self {
            chance: Chance::seeded(0),
            harm: 0,
        }
    }

    /// A link that does harm to so many messages in a hundred.
    #[must_use]
    pub(super) fn rough(chance: Chance, harm: u64) -> Self {
        Self { chance, harm }
    }

    /// What the next request meets; counted.
    pub(super) fn next_fate(&mut self, faults: &mut Faults) -> Fate {
        let mut fate = Fate {
            there_ms: 1,
            back_ms: 1,
            lost: None,
            again_ms: None,
            cut_after: None,
        };
        if self.harm == 0 {
            return fate;
        }
        fate.there_ms = self.milliseconds(800);
        fate.back_ms = self.milliseconds(800);
        if self.chance.hits(self.harm) {
            fate.there_ms += self.milliseconds(20 * SECOND_MS.unsigned_abs());
            fate.back_ms += self.milliseconds(20 * SECOND_MS.unsigned_abs());
            faults.delay += 1;
        }
        if self.chance.hits(self.harm) {
            let sorts = [Lost::Refused, Lost::Silent, Lost::Unanswered];
            fate.lost = self.chance.pick(&sorts.each_ref()).copied();
            faults.loss += 1;
        }
        if self.chance.hits(self.harm) {
            fate.again_ms = Some(self.milliseconds(60 * SECOND_MS.unsigned_abs()));
            faults.duplication += 1;
        }
        if self.chance.hits(self.harm) {
            let scale = self
                .chance
                .pick(&[&40, &400, &4_000])
                .copied()
                .unwrap_or(40);
            fate.cut_after = usize::try_from(self.chance.below(scale)).ok();
        }
        fate
    }

    fn milliseconds(&mut self, end: u64) -> i64 {
        1 + self.chance.below(end).cast_signed()
    }
}
