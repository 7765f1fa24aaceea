//! Nothing is lost, doubled, leaked or diverged, whatever the field does: fifty seeds of the simulator. `simulate` runs more.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use fieldwatch_tests::simulation::plan::{Mask, Size};
use fieldwatch_tests::simulation::report::Tally;
use fieldwatch_tests::simulation::run;

/// How many seeds.
const SEEDS: u64 = 50;

#[test]
fn fifty_seeds_of_the_field_lose_double_leak_and_diverge_nothing() {
    let (next, tally) = (AtomicU64::new(1), Mutex::new(Tally::default()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > SEEDS {
                        return;
                    }
                    let run = run(seed, Size::default(), &Mask::default());
                    for problem in &run.problems {
                        eprintln!("seed {seed}: {problem}");
                    }
                    tally.lock().unwrap().add(&run.tally);
                }
            });
        }
    });
    let tally = tally.into_inner().unwrap();
    eprintln!("{}", tally.words());
    assert!(
        tally.is_clean(),
        "again: cargo run --release -p fieldwatch-tests --bin simulate -- --seeds 1 --from {}",
        tally.failing.first().unwrap_or(&0)
    );
    assert_eq!(tally.seeds, SEEDS);
    assert!(tally.devices >= 5 * SEEDS, "at least five devices a seed");
    assert!(
        tally.changes >= 200 * SEEDS,
        "at least two hundred changes a seed"
    );
    assert!(
        tally.faults.total() >= 10 * SEEDS,
        "at least ten faults a seed"
    );
}

#[test]
fn a_seed_is_the_whole_story() {
    let again = || run(7, Size::default(), &Mask::default()).tally;
    assert_eq!(again(), again());
}
