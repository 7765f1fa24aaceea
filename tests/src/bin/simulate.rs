//! `simulate`: runs seeds of the simulator on all cores, and shrinks the first that fail.
//!
//! `cargo run --release -p fieldwatch-tests --bin simulate -- --seeds N --from S [--json]`. Exit status 1 unless nothing is lost,
//! duplicated, leaked or diverged.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use fieldwatch_tests::simulation::clock::told;
use fieldwatch_tests::simulation::plan::{Mask, Size};
use fieldwatch_tests::simulation::report::Tally;
use fieldwatch_tests::simulation::{Run, run, shrink::shrink};

/// What runs this program.
const COMMAND: &str = "cargo run --release -p fieldwatch-tests --bin simulate --";
/// How many problems of a seed are told.
const TOLD_MAX: usize = 6;
/// How many failing seeds are shrunk.
const SHRUNK_MAX: usize = 3;

struct Wanted {
    seeds: u64,
    from: u64,
    json: bool,
    /// Whether the first seed that fails ends the run, unshrunk.
    first: bool,
    mask: Mask,
}

fn main() -> ExitCode {
    let Some(wanted) = wanted() else {
        eprintln!(
            "usage: simulate [--seeds N] [--from S] [--json] [--first] [--calm] [--only N,N…] [--tell]"
        );
        return ExitCode::from(2);
    };
    // A panic is a finding of its seed, and told with it.
    std::panic::set_hook(Box::new(|_| {}));
    let begun = Instant::now();
    let tally = run_all(&wanted);
    let seconds = begun.elapsed().as_secs_f64();
    eprintln!("{seconds:.1} s");
    let said = match wanted.json {
        true => tally.json().to_string(),
        false => tally.words(),
    };
    drop(writeln!(std::io::stdout(), "{said}"));
    let is_whole = wanted.mask.only.is_none() && !wanted.first;
    for seed in tally.failing.iter().filter(|_| is_whole).take(SHRUNK_MAX) {
        tell_shrunk(*seed);
    }
    match tally.is_clean() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn wanted() -> Option<Wanted> {
    let mut wanted = Wanted {
        seeds: 100,
        from: 1,
        json: false,
        first: false,
        mask: Mask::default(),
    };
    let mut given = std::env::args().skip(1);
    while let Some(option) = given.next() {
        match option.as_str() {
            "--seeds" => wanted.seeds = given.next()?.parse().ok()?,
            "--from" => wanted.from = given.next()?.parse().ok()?,
            "--json" => wanted.json = true,
            "--first" => wanted.first = true,
            "--calm" => wanted.mask.is_calm = true,
            "--tell" => wanted.mask.is_told = true,
            "--only" => wanted.mask.only = Some(numbers(&given.next()?)?),
            _ => return None,
        }
    }
    Some(wanted)
}

fn numbers(text: &str) -> Option<BTreeSet<u64>> {
    text.split(',').map(|number| number.parse().ok()).collect()
}

fn run_all(wanted: &Wanted) -> Tally {
    let next = AtomicU64::new(wanted.from);
    let end = wanted.from.saturating_add(wanted.seeds);
    let tally = Mutex::new(Tally::default());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let run = run(seed, Size::default(), &wanted.mask);
                    tell_failing(seed, &run);
                    if wanted.first && !run.problems.is_empty() {
                        next.store(end, Ordering::Relaxed);
                    }
                    tally
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .add(&run.tally);
                }
            });
        }
    });
    tally.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn tell_failing(seed: u64, run: &Run) {
    if run.problems.is_empty() {
        return;
    }
    eprintln!("seed {seed} fails; again: {COMMAND} --seeds 1 --from {seed}");
    for problem in run.problems.iter().take(TOLD_MAX) {
        eprintln!("  {problem}");
    }
}

fn tell_shrunk(seed: u64) {
    let shrunk = shrink(seed, Size::default());
    let numbers: Vec<String> = shrunk
        .entries
        .iter()
        .map(|entry| entry.number.to_string())
        .collect();
    let calm = if shrunk.mask.is_calm { " --calm" } else { "" };
    eprintln!(
        "seed {seed}, shrunk to {} entries; again, told step by step:",
        numbers.len()
    );
    eprintln!(
        "  {COMMAND} --seeds 1 --from {seed}{calm} --tell --only {}",
        numbers.join(",")
    );
    for entry in &shrunk.entries {
        eprintln!(
            "  {:>4}  {}  {}",
            entry.number,
            told(entry.at_ms),
            entry.what
        );
    }
    for problem in shrunk.problems.iter().take(TOLD_MAX) {
        eprintln!("  {problem}");
    }
}
