//! Rounds: what is measured several times, and the median of it.

use std::time::Instant;

use crate::fault::{Fault, Told};

/// The middle one; the mean of the two in the middle.
pub(super) fn median(mut figures: Vec<f64>) -> Told<f64> {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    let upper = figures.get(middle);
    let lower = match figures.len() % 2 {
        0 => figures.get(middle.wrapping_sub(1)),
        _ => upper,
    };
    match (lower, upper) {
        (Some(lower), Some(upper)) => Ok(f64::midpoint(*lower, *upper)),
        _ => Err(Fault::new("nothing was measured")),
    }
}

/// How long something took, in milliseconds, and what it gave.
pub(super) fn timed<T>(work: impl FnOnce() -> Told<T>) -> Told<(f64, T)> {
    let begun = Instant::now();
    let done = work()?;
    Ok((begun.elapsed().as_secs_f64() * 1_000.0, done))
}

/// The median of so many rounds of what each gives.
pub(super) fn rounds(count: usize, mut work: impl FnMut() -> Told<f64>) -> Told<f64> {
    median((0..count).map(|_| work()).collect::<Told<_>>()?)
}

/// A count as a figure. Above 2⁵³ it is not exact, and nothing here is so large.
#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^53")]
pub(super) fn figure(count: usize) -> f64 {
    count as f64
}

/// As [`figure`], of what the server or the system counted.
#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^53")]
pub(super) fn figure_of(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_the_middle_one() {
        assert!((median(vec![9.0, 1.0, 5.0]).unwrap() - 5.0).abs() < f64::EPSILON);
        assert!((median(vec![4.0, 1.0, 2.0, 9.0]).unwrap() - 3.0).abs() < f64::EPSILON);
        assert!(median(Vec::new()).is_err());
    }
}
