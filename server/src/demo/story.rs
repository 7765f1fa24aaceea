//! The story itself, chapter by chapter. Every number in it comes from what happened, and what it claims it proves.
//!
//! | chapter | file |
//! |---|---|
//! | a server, three stations, six devices | `story/opening.rs` |
//! | everybody works, nobody has a network | `story/field.rs` |
//! | the first sync, one link cut in the middle | `story/meeting.rs` |
//! | one field of one case, written twice, and settled | `story/conflict.rs` |
//! | the coordinator reviews | `story/review.rs` |
//! | the numbers, and the proof that everybody holds the same | `story/numbers.rs` |
//! | what to try next | `story/closing.rs` |

pub(super) mod closing;
mod conflict;
mod field;
mod meeting;
mod numbers;
mod opening;
mod review;

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::time::Moment;
use fieldwatch_server::data::now_ms;
use serde_json::Value as Json;

use super::DemoError;
use super::cast::{CITY, PEOPLE, Person, STATIONS, Station, VISITS_PER_DISTRICT, VOLUNTEER};
use super::content::{Case, Generator, Inspection};
use super::device::Device;
use super::expect::Expected;
use super::link::Link;
use super::office::Office;
use super::tell::Teller;
use super::work::Logged;

/// How far back the cases go: a quarter.
const PERIOD_MS: i64 = 91 * 86_400_000;
/// The same content for ever.
const SEED: u64 = 20_260;

/// Everything in the story.
#[derive(Debug)]
pub(super) struct World {
    pub(super) office: Office,
    /// The link of the tablet, which is going to be cut.
    link: Link,
    /// The people's ids, as in [`PEOPLE`].
    persons: Vec<String>,
    devices: Vec<Device>,
    tasks: Vec<Task>,
    logged: Vec<Logged>,
    expected: Expected,
    /// The first day of the report, and the last.
    pub(super) days: (String, String),
}

/// What one person is going to record.
#[derive(Debug, Clone, Default)]
struct Task {
    cases: Vec<Case>,
    visits: Vec<Inspection>,
}

/// What the story came to, for programs.
#[derive(Debug)]
pub(super) struct Ending {
    pub(super) report: Json,
    /// How many records were made.
    pub(super) records: u64,
    /// How many feeds on devices agree with the server's, all of them.
    pub(super) feeds_agreeing: u64,
}

/// Tells everything up to the report.
///
/// # Errors
///
/// [`DemoError`] if something failed, or a claim does not hold.
pub(super) async fn tell<W: Write>(
    folder: &Path,
    listen: SocketAddr,
    teller: &mut Teller<W>,
) -> Result<(World, Ending), DemoError> {
    let mut world = opening::tell(folder, listen, teller).await?;
    field::tell(&mut world, teller).await?;
    meeting::tell(&mut world, teller).await?;
    conflict::tell(&mut world, teller).await?;
    review::tell(&mut world, teller).await?;
    let ending = numbers::tell(&mut world, teller).await?;
    Ok((world, ending))
}

impl World {
    /// Takes every device offline, and stops the server.
    ///
    /// # Errors
    ///
    /// [`DemoError`] if the server did not end well.
    pub(super) async fn close(self) -> Result<(), DemoError> {
        drop((self.devices, self.link));
        self.office.close().await
    }

    fn device(&self, place: usize) -> Result<&Device, DemoError> {
        self.devices
            .get(place)
            .ok_or(DemoError::Missing("a device"))
    }

    /// What the people at these places made, of one kind.
    fn made<'a>(
        &'a self,
        place: usize,
        records: impl Fn(&'a Logged) -> &'a [RecordId],
    ) -> &'a [RecordId] {
        self.logged.get(place).map_or(&[], records)
    }
}

/// What everybody is going to record until a moment.
fn tasks(until: Moment) -> Vec<Task> {
    let period = (until.ms - PERIOD_MS, until.ms);
    let task = |(place, person): (usize, &Person)| {
        let seed = SEED + u64::try_from(place).unwrap_or(0);
        let mut task = Task::default();
        if let Some(station) = person.station() {
            let mut generator = Generator::new(seed)
                .with_region(station.region)
                .with_prefix(&format!("{}{place}", station.prefix));
            task.cases = generator.cases(person.cases, period.0, period.1);
        }
        if place == VOLUNTEER {
            task.visits = visits(seed, period);
        }
        task
    };
    PEOPLE.iter().enumerate().map(task).collect()
}

fn visits(seed: u64, (from_ms, to_ms): (i64, i64)) -> Vec<Inspection> {
    let districts = (seed..).zip(&STATIONS);
    let visit = |(seed, station): (u64, &Station)| {
        let mut generator = Generator::new(seed).with_region(station.region);
        generator.inspections(VISITS_PER_DISTRICT, from_ms, to_ms)
    };
    districts.flat_map(visit).collect()
}

fn expected(tasks: &[Task]) -> Expected {
    let mut expected = Expected::default();
    for task in tasks {
        task.cases.iter().for_each(|case| expected.add_case(case));
        task.visits
            .iter()
            .for_each(|visit| expected.add_visit(visit));
    }
    expected
}

/// The days of the report: a quarter, the last of them the one that has just ended.
fn days(until: Moment) -> (String, String) {
    let day = |ms| {
        let text = Moment::china(ms).rfc3339();
        let date = text.split('T').next();
        date.unwrap_or_default().to_owned()
    };
    (day(until.ms - PERIOD_MS), day(until.ms - 1))
}

/// The time now, in China.
fn now() -> Moment {
    Moment::china(now_ms())
}

/// The coordinator's region.
const REGION: &str = CITY;
