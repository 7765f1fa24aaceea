//! Virtual time: what is to happen, ordered by time and, within one moment, by when it was planned.

use std::collections::BTreeMap;

/// One second.
pub const SECOND_MS: i64 = 1_000;
/// One hour.
pub const HOUR_MS: i64 = 3_600 * SECOND_MS;
/// One day.
pub const DAY_MS: i64 = 24 * HOUR_MS;
/// When every simulated world begins: 2026-03-02 in China, a Monday.
pub const BEGIN_MS: i64 = 1_772_380_800_000;

/// A time as people read it: the day of the world, and the hour.
#[must_use]
pub fn told(ms: i64) -> String {
    let minutes = (ms - BEGIN_MS) / 60_000;
    let (day, hour, minute) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    format!("day {day:>2} {hour:02}:{minute:02}")
}

/// Events that wait for their time.
#[derive(Debug)]
pub struct Queue<E> {
    waiting: BTreeMap<(i64, u64), E>,
    number: u64,
    now_ms: i64,
}

impl<E> Queue<E> {
    /// Nothing waits; the time is [`BEGIN_MS`].
    #[must_use]
    pub fn new() -> Self {
        Self {
            waiting: BTreeMap::new(),
            number: 0,
            now_ms: BEGIN_MS,
        }
    }

    /// The time now.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// Has something happen at a time, or now if that has passed.
    pub fn at(&mut self, ms: i64, event: E) {
        self.number += 1;
        self.waiting
            .insert((ms.max(self.now_ms), self.number), event);
    }

    /// Has something happen so much later.
    pub fn after(&mut self, ms: i64, event: E) {
        self.at(self.now_ms + ms, event);
    }

    /// The next event; time goes on to it.
    pub fn next_event(&mut self) -> Option<E> {
        let ((ms, _), event) = self.waiting.pop_first()?;
        self.now_ms = ms;
        Some(event)
    }
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_the_order_of_their_time_and_then_of_their_planning() {
        let mut queue = Queue::new();
        queue.after(5, "third");
        queue.after(1, "first");
        queue.after(1, "second");
        let order: Vec<_> = std::iter::from_fn(|| queue.next_event()).collect();
        assert_eq!(order, ["first", "second", "third"]);
        assert_eq!(queue.now_ms(), BEGIN_MS + 5);
    }
}
