//! The same work upon many things, on more than one core where there is one; what comes of it is taken in their order, so that nobody can
//! tell how many threads there were.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread::{available_parallelism, scope};

/// More threads than this are not begun.
const THREADS_MAX: usize = 4;
/// Fewer things than this are not worth a thread.
const THINGS_MIN: usize = 8;

/// Works upon each of some things, on any thread and in any order, and gives what came of them away in their order, on this thread.
///
/// # Errors
///
/// The first that `take` returns; nothing behind it is given away.
pub(super) fn in_order<T: Sync, R: Send, E>(
    things: &[T],
    work: impl Fn(&T) -> R + Sync,
    take: impl FnMut(&T, R) -> Result<(), E>,
) -> Result<(), E> {
    // Where there are no threads, as in a browser, this is unknown.
    let threads = available_parallelism().map_or(1, NonZero::get);
    match things.len() < THINGS_MIN {
        true => with_threads(1, things, work, take),
        false => with_threads(threads.min(THREADS_MAX), things, work, take),
    }
}

fn with_threads<T: Sync, R: Send, E>(
    threads: usize,
    things: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(&T, R) -> Result<(), E>,
) -> Result<(), E> {
    let next = AtomicUsize::new(0);
    let claim = || {
        let place = next.fetch_add(1, Ordering::Relaxed);
        things.get(place).map(|thing| (place, thing))
    };
    let (work, claim) = (&work, &claim);
    scope(|scope| {
        let (done, results) = channel();
        for _ in 1..threads {
            let done = done.clone();
            scope.spawn(move || {
                while let Some((place, thing)) = claim() {
                    if done.send((place, work(thing))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(done);
        let mut early = BTreeMap::new();
        for (place, thing) in things.iter().enumerate() {
            let result = loop {
                early.extend(results.try_iter());
                if let Some(result) = early.remove(&place) {
                    break result;
                }
                if let Some((other, thing)) = claim() {
                    early.insert(other, work(thing));
                } else if let Ok((other, result)) = results.recv() {
                    early.insert(other, result);
                } else {
                    // Whoever had claimed it is gone.
                    break work(thing);
                }
            };
            take(thing, result).inspect_err(|_| next.store(things.len(), Ordering::Relaxed))?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whatever_the_number_of_threads() {
        let numbers: Vec<u64> = (0..500).collect();
        for threads in 1..=4 {
            let mut taken = Vec::new();
            let take = |number: &u64, square: u64| {
                taken.push((*number, square));
                Ok::<(), ()>(())
            };
            with_threads(threads, &numbers, |number| number * number, take).unwrap();
            assert!(taken.iter().map(|(number, _)| *number).eq(0..500));
            assert!(
                taken
                    .iter()
                    .all(|(number, square)| number * number == *square)
            );
        }
    }

    #[test]
    fn nothing_is_taken_behind_a_failure() {
        let numbers: Vec<u64> = (0..500).collect();
        for threads in 1..=4 {
            let mut taken = 0;
            let take = |_: &u64, result: u64| {
                taken += 1;
                if result == 20 { Err("twenty") } else { Ok(()) }
            };
            let ended = with_threads(threads, &numbers, |number| *number, take);
            assert_eq!((ended, taken), (Err("twenty"), 21));
        }
    }
}
