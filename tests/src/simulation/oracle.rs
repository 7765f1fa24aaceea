//! The oracle: after healing, what is there is compared with what the books say and with what follows from the records themselves.

mod devices;
mod erased;
mod receipts;
mod rules;
mod truth;
mod words;

pub(super) use self::truth::{RECORDS, chunks_of};
use super::World;
use super::report::Tally;
use crate::fault::Told;

/// The most problems that one run tells.
const PROBLEMS_MAX: usize = 40;

/// What is wrong.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) problems: Vec<String>,
    lost: u64,
    duplicated: u64,
    leaked: u64,
    diverged: u64,
}

impl Findings {
    /// Something that was kept or promised is not there.
    pub(super) fn lost(&mut self, what: &str) {
        self.lost += 1;
        self.tell("lost", what);
    }

    /// Something is there twice.
    pub(super) fn duplicated(&mut self, what: &str) {
        self.duplicated += 1;
        self.tell("duplicated", what);
    }

    /// Something is where it may not be.
    pub(super) fn leaked(&mut self, what: &str) {
        self.leaked += 1;
        self.tell("leaked", what);
    }

    /// Two sides that should agree do not.
    pub(super) fn diverged(&mut self, what: &str) {
        self.diverged += 1;
        self.tell("diverged", what);
    }

    fn tell(&mut self, sort: &str, what: &str) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(format!("{sort}: {what}"));
        }
    }

    /// Adds them to a tally.
    pub(super) fn count(&self, tally: &mut Tally) {
        tally.lost += self.lost;
        tally.duplicated += self.duplicated;
        tally.leaked += self.leaked;
        tally.diverged += self.diverged;
    }
}

impl World {
    /// Heals, and judges.
    pub(super) fn end(&mut self) -> Told<()> {
        self.heal()?;
        let faults = &self.tally.faults;
        if self.repairs > 0 && faults.restore == 0 && faults.clone == 0 {
            // Repair would hide a mistake from everything below.
            let what = format!(
                "{} feeds were repaired, and nothing had been set back",
                self.repairs
            );
            self.findings.diverged(&what);
        }
        let truth = self.truth()?;
        self.judge_server(&truth)?;
        self.judge_erased(&truth)?;
        self.judge_promises(&truth);
        for place in 0..self.devices.len() {
            self.judge_device(place, &truth)?;
            self.judge_receipts(place, &truth)?;
        }
        self.judge_words(&truth)
    }
}
