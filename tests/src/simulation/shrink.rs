//! Making a failing schedule smaller: entries are left out as long as the seed still fails.

use std::time::{Duration, Instant};

use super::plan::{Mask, Plan, Planned, Size};
use super::run;

/// How long shrinking may take.
const TIME_MAX: Duration = Duration::from_secs(30);

/// What is left of a failing plan.
#[derive(Debug)]
pub struct Shrunk {
    /// What is left out.
    pub mask: Mask,
    /// What is left.
    pub entries: Vec<Planned>,
    /// What still goes wrong.
    pub problems: Vec<String>,
}

/// Leaves out as much of a failing seed's plan as can be left out.
#[must_use]
pub fn shrink(seed: u64, size: Size) -> Shrunk {
    let deadline = Instant::now() + TIME_MAX;
    let plan = Plan::of(seed, size);
    let fails = |mask: &Mask| !run(seed, size, mask).problems.is_empty();
    let mut mask = Mask::default();
    let calm = Mask {
        is_calm: true,
        ..Mask::default()
    };
    if fails(&calm) {
        mask = calm;
    }
    let mut step = plan.entries.len().div_ceil(2);
    while step > 0 && Instant::now() < deadline {
        let left = numbers(&plan, &mask);
        let mut has_shrunk = false;
        for part in left.chunks(step) {
            let mut fewer = mask.clone();
            fewer.without.extend(part);
            if Instant::now() < deadline && fails(&fewer) {
                mask = fewer;
                has_shrunk = true;
            }
        }
        step = match (has_shrunk, step) {
            (true, 1) => 1,
            _ => step / 2,
        };
    }
    let problems = run(seed, size, &mask).problems;
    let entries = plan
        .entries
        .into_iter()
        .filter(|entry| mask.has(entry.number))
        .collect();
    Shrunk {
        mask,
        entries,
        problems,
    }
}

fn numbers(plan: &Plan, mask: &Mask) -> Vec<u64> {
    let all = plan.entries.iter().map(|entry| entry.number);
    all.filter(|number| mask.has(*number)).collect()
}
