//! Where the records come from: a generator of Chinese complaints, and a real table where one is named.
//!
//! The generator is chance and words; `FW_TABLE=FILE` names the CFPB's complaints, imported as a device imports them. What is measured
//! with one may not hold for the other, so both are reported.

mod generated;

use std::convert::Infallible;
use std::fs::File;
use std::io::BufReader;
use std::ops::Range;
use std::thread;

use fieldwatch_client_core::import::{Mapping, import};
use fieldwatch_client_core::replica::Imported;
use fieldwatch_schemas::record::import::Row;
use fieldwatch_schemas::time::Moment;

use super::case::Case;
use super::words;
use crate::chance::Chance;
use crate::device::MAPPING;
use crate::fault::{Fault, Told};

/// When the first generated case was received; one follows every five minutes.
const BEGAN_MS: i64 = 1_767_225_600_000;

/// Where records come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// Made by chance, without end.
    Generator,
    /// Rows of a table, as many as there are.
    Table(Vec<Row>),
}

impl Source {
    /// The generator, and the table that `FW_TABLE` names.
    pub(super) fn all(station: &str) -> Told<Vec<Self>> {
        let mut all = vec![Self::Generator];
        if let Some(path) = std::env::var_os("FW_TABLE") {
            let mapping = Mapping::parse(&std::fs::read_to_string(MAPPING)?)?;
            let mut rows = Vec::new();
            let keep = |group: &[Row]| {
                rows.extend_from_slice(group);
                let kept = group.iter().map(|_| Ok(Imported::Created));
                Ok::<_, Infallible>(kept.collect())
            };
            let file = BufReader::new(File::open(path)?);
            import(file, &mapping, Some(station), keep, |_| ())?;
            let mut seen = std::collections::BTreeSet::new();
            rows.retain(|row| seen.insert(row.record));
            all.push(Self::Table(rows));
        }
        Ok(all)
    }

    /// What the lines of these records say.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Generator => "generator",
            Self::Table(_) => "cfpb",
        }
    }

    /// A word that most records have, and one that hardly any has.
    pub(super) fn words(&self) -> [&'static str; 2] {
        match self {
            Self::Generator => [words::COMMON, words::RARE],
            Self::Table(_) => ["account", "notary"],
        }
    }

    /// How many records of so many there are.
    pub(super) fn count(&self, wanted: usize) -> usize {
        match self {
            Self::Generator => wanted,
            Self::Table(rows) => rows.len().min(wanted),
        }
    }

    /// The case of a number, with so many changes, at a station.
    pub(super) fn case(&self, station: &str, number: usize, changes: usize) -> Told<Case> {
        let begun = match self {
            Self::Generator => generated::case(station, number)?,
            Self::Table(rows) => {
                let row = rows.get(number).ok_or_else(|| Fault::new("no such row"))?;
                imported(row, number)?
            }
        };
        begun.grown_to(changes)
    }

    /// Cases of these numbers, with so many changes each, made on two cores.
    pub(super) fn cases(
        &self,
        station: &str,
        numbers: Range<usize>,
        changes: usize,
    ) -> Told<Vec<Case>> {
        let make = |numbers: Range<usize>| -> Told<Vec<Case>> {
            numbers
                .map(|number| self.case(station, number, changes))
                .collect()
        };
        let middle = numbers.start + numbers.len() / 2;
        let (first, second) = (numbers.start..middle, middle..numbers.end);
        let (first, second) = thread::scope(|scope| {
            let first = scope.spawn(|| make(first));
            let second = make(second);
            let panicked = |_| Err(Fault::new("the generator panicked"));
            (first.join().unwrap_or_else(panicked), second)
        });
        let mut cases = first?;
        cases.extend(second?);
        Ok(cases)
    }
}

fn imported(row: &Row, number: usize) -> Told<Case> {
    let (document, chunk) = row.change()?;
    let chance = Chance::seeded(0xCF9B ^ u64::try_from(number)?);
    let now = Moment::china(BEGAN_MS);
    Ok(Case::of(document, chunk.into_iter().collect(), now, chance))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_case_depends_on_its_station_and_number_alone() {
        let case = |station, number| Source::Generator.case(station, number, 3).unwrap();
        let bytes = |case: &Case| -> Vec<Vec<u8>> {
            let chunks = case.chunks.iter();
            chunks.map(|chunk| chunk.bytes().to_vec()).collect()
        };
        assert_eq!(bytes(&case("s1", 7)), bytes(&case("s1", 7)));
        assert_ne!(case("s1", 7).id(), case("s1", 8).id());
        assert_ne!(case("s1", 7).id(), case("s2", 7).id());
        assert_eq!(case("s1", 7).chunks.len(), 3);
    }
}
