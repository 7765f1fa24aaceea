//! Believable field data for the demo: cases and inspections of consumer councils, in Chinese, as plain data.
//!
//! Everything is a pure function of (seed, prefix, region, calls made so far). Chance comes from a generator of our own
//! (`content/rng.rs`), tables are ordered, and no clock is read, so no new compiler, library or day changes the data.
//!
//! ```text
//!   Generator ─┬─ cases ──────▶ case ─┬─ mix        how often: natures, channels, problems, claims
//!              │                      ├─ trade      what was bought        ◀─ goods.txt, services.txt
//!              │                      ├─ person     who complains, of what age
//!              │                      ├─ narrative  what they say          ◀─ patterns.txt
//!              │                      ├─ money      what is at stake, what came back
//!              │                      └─ life       what happened when     ◀─ calendar
//!              └─ inspections ▶ inspection            ◀─ visits.txt
//!                 both choose from `enterprise`, the shops of a region     ◀─ people.txt
//! ```
//!
//! Nobody is meant: names of people are the commonest, shops are invented, telephone numbers lie in ranges given to
//! nobody, organisation codes begin with a letter not yet issued (their check digits are right all the same).

mod calendar;
mod case;
mod credit_code;
mod enterprise;
mod inspection;
mod life;
mod mix;
mod money;
mod narrative;
mod person;
mod phrases;
mod rng;
#[cfg(test)]
mod tests;
mod trade;

pub(super) use case::Case;
pub(super) use inspection::Inspection;
pub(super) use life::Event;
pub(super) use person::Party;

use enterprise::Register;
use phrases::Book;
use rng::Rng;

/// The region whose shops and streets are used unless another is asked for.
const REGION_DEFAULT: &str = "330106";

/// Makes the field data of one station or one volunteer.
///
/// Stations of one region share its shops, so that reports have hot spots; people, texts and numbers differ by seed.
#[derive(Debug)]
pub(super) struct Generator {
    rng: Rng,
    book: Book,
    register: Register,
    prefix: String,
    numbers_given: u64,
}

impl Generator {
    /// Starts a generator whose external numbers carry the seed, in the default region.
    #[must_use]
    pub(super) fn new(seed: u64) -> Self {
        let book = Book::embedded();
        let register = Register::of_region(&book, REGION_DEFAULT);
        Self {
            rng: Rng::new(seed),
            book,
            register,
            prefix: format!("{seed:04X}"),
            numbers_given: 0,
        }
    }

    /// Puts `prefix` into every external number, so that two stations never give the same one.
    #[must_use]
    pub(super) fn with_prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// Moves to the shops and streets of a region of GB/T 2260; one that `people.txt` does not list gets its first
    /// region's streets under its own code.
    #[must_use]
    pub(super) fn with_region(mut self, code: &str) -> Self {
        self.register = Register::of_region(&self.book, code);
        self
    }

    /// Makes `n` cases received from `from_ms` until before `to_ms`, oldest first.
    ///
    /// Natures and problems are dealt so that any `n` has the proportions of the sources. What would have happened after
    /// `to_ms` has not: the last days' cases are still open.
    #[must_use]
    pub(super) fn cases(&mut self, n: usize, from_ms: i64, to_ms: i64) -> Vec<Case> {
        let mut rng = self.rng.fork();
        let natures = rng.deal(mix::NATURES, n);
        let problems = rng.deal(mix::PROBLEMS, n);
        let mut intake: Vec<case::Intake> = natures
            .into_iter()
            .zip(problems)
            .map(|(nature, problem)| {
                case::Intake::draw(&mut rng, nature, problem, (from_ms, to_ms))
            })
            .collect();
        intake.sort_by_key(|intake| intake.received_at_ms);
        intake
            .into_iter()
            .map(|intake| self.case(&mut rng, &intake, to_ms))
            .collect()
    }

    /// Makes `n` inspections of shops, visited from `from_ms` until before `to_ms`, oldest first.
    #[must_use]
    pub(super) fn inspections(&mut self, n: usize, from_ms: i64, to_ms: i64) -> Vec<Inspection> {
        let mut rng = self.rng.fork();
        let results = rng.deal(mix::RESULTS, n);
        let mut visits: Vec<(i64, &'static str)> = results
            .into_iter()
            .map(|result| (calendar::visit(&mut rng, from_ms, to_ms), result))
            .collect();
        visits.sort_unstable();
        let mut make = |(at_ms, result)| {
            let mut rng = rng.fork();
            inspection::make(
                &mut rng,
                &self.book,
                &self.register,
                result,
                inspection::Window {
                    at_ms,
                    from_ms,
                    to_ms,
                },
            )
        };
        visits.drain(..).map(&mut make).collect()
    }

    fn case(&mut self, rng: &mut Rng, intake: &case::Intake, until_ms: i64) -> Case {
        self.numbers_given = self.numbers_given.saturating_add(1);
        let number = mix::external_no(
            intake.channel,
            &self.prefix,
            intake.received_at_ms,
            self.numbers_given,
        );
        case::make(
            &mut rng.fork(),
            &self.book,
            &self.register,
            intake,
            (number, until_ms),
        )
    }
}
