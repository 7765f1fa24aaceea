//! A day of work on a device without a network: what was logged, and how long each act took to be on the disk for good.

use std::time::{Duration, Instant};

use fieldwatch_client_core::chance::SystemChance;
use fieldwatch_client_core::replica::Replica;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::edit::Act;
use fieldwatch_schemas::time::Moment;

use super::DemoError;
use super::content::{Case, Inspection};
use super::fill;

/// What one device made.
#[derive(Debug, Default)]
pub(super) struct Logged {
    /// The cases, in the order of what they were made from.
    pub(super) cases: Vec<RecordId>,
    /// How many consumers were recorded.
    pub(super) parties: u64,
    /// The visits, in the order of what they were made from.
    pub(super) visits: Vec<RecordId>,
    /// How many acts that was.
    pub(super) acts: u32,
    /// How long the acts took, each until it was durable.
    pub(super) took: Duration,
}

impl Logged {
    /// How many records were made.
    pub(super) fn records(&self) -> u64 {
        let whole = self.cases.len() + self.visits.len();
        self.parties + u64::try_from(whole).unwrap_or(u64::MAX)
    }

    /// How long an act took until it was durable, on average.
    pub(super) fn each(&self) -> Duration {
        self.took.checked_div(self.acts).unwrap_or_default()
    }

    fn timed<T, E>(&mut self, act: impl FnOnce() -> Result<T, E>) -> Result<T, DemoError>
    where
        DemoError: From<E>,
    {
        let begun = Instant::now();
        let done = act()?;
        self.took = self.took.saturating_add(begun.elapsed());
        self.acts = self.acts.saturating_add(1);
        Ok(done)
    }
}

/// A person at their device.
#[derive(Debug, Clone, Copy)]
pub(super) struct Desk<'a> {
    pub(super) replica: &'a Replica,
    pub(super) now: Moment,
}

impl Desk<'_> {
    /// Logs cases at a station: the consumer, the intake, and what came of it.
    ///
    /// # Errors
    ///
    /// [`DemoError`] if the device refuses one, which it does for content that is not sound.
    pub(super) fn log_cases(&self, cases: &[Case], station: &str) -> Result<Logged, DemoError> {
        let mut logged = Logged::default();
        for case in cases {
            let party = match &case.party {
                Some(party) => Some(fill::party(party, station)?.into_acts()),
                None => None,
            };
            let party = match party {
                Some(acts) => Some(logged.timed(|| self.make(Kind::Party, &acts))?),
                None => None,
            };
            logged.parties += u64::from(party.is_some());
            let intake = fill::intake(case, station, party)?;
            let acts = intake.into_acts();
            let record = logged.timed(|| self.make(Kind::Case, &acts))?;
            if let Some(form) = fill::follow_up(case)? {
                let acts = form.into_acts();
                logged.timed(|| self.edit(record, &acts))?;
            }
            logged.cases.push(record);
        }
        Ok(logged)
    }

    /// Records visits.
    ///
    /// # Errors
    ///
    /// As [`Desk::log_cases`].
    pub(super) fn log_visits(&self, visits: &[Inspection]) -> Result<Logged, DemoError> {
        let mut logged = Logged::default();
        for visit in visits {
            let form = fill::visit(visit)?;
            let acts = form.into_acts();
            let record = logged.timed(|| self.make(Kind::Inspection, &acts))?;
            logged.visits.push(record);
        }
        Ok(logged)
    }

    /// Reviews visits that others made. Returns how many verdicts that was.
    ///
    /// # Errors
    ///
    /// As [`Desk::log_cases`].
    pub(super) fn review(
        &self,
        visits: &[Inspection],
        records: &[RecordId],
    ) -> Result<Verdicts, DemoError> {
        let mut verdicts = Verdicts::default();
        for (visit, record) in visits.iter().zip(records) {
            for event in &visit.review {
                self.edit(*record, &[fill::happen(event)?])?;
                match event.event_type {
                    "approved" => verdicts.approved += 1,
                    _ => verdicts.returned.push(*record),
                }
            }
        }
        Ok(verdicts)
    }

    fn make(&self, kind: Kind, acts: &[Act]) -> Result<RecordId, DemoError> {
        let made = self
            .replica
            .new_record(kind, acts, &self.now, &mut SystemChance);
        Ok(made?)
    }

    /// Edits a record: one change.
    ///
    /// # Errors
    ///
    /// As [`Desk::log_cases`].
    pub(super) fn edit(&self, record: RecordId, acts: &[Act]) -> Result<(), DemoError> {
        self.replica
            .edit(record, acts, &self.now, &mut SystemChance)?;
        Ok(())
    }

    /// Chooses a value of a conflict, counted from 1.
    ///
    /// # Errors
    ///
    /// As [`Desk::log_cases`].
    pub(super) fn choose(
        &self,
        record: RecordId,
        path: &str,
        number: usize,
    ) -> Result<(), DemoError> {
        self.replica
            .resolve(record, path, number, &self.now, &mut SystemChance)?;
        Ok(())
    }
}

/// What a coordinator decided.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    pub(super) approved: u64,
    pub(super) returned: Vec<RecordId>,
}
