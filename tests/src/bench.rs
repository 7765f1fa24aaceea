//! The benchmark program: Fieldwatch, its peers and the limits of the machine, side by side in one run.
//!
//! ```text
//!   Bench ─┬─ World (the real server, TLS, a temporary folder) ── Device (the real command) or Phone (its requests by hand)
//!          ├─ bare: what no record system could be faster than, in a process of its own
//!          └─ peers: what people would use instead, outside the workspace
//! ```
//!
//! Every group of measures (`GROUPS`) makes its own world and prints its lines as soon as it has them. A ratio is always ours over
//! the reference, in the unit of the line; figures of several rounds are medians.

mod bare;
mod bulk;
mod case;
mod cold;
mod connections;
mod device;
mod disk;
mod edit;
mod growth;
mod ingest;
mod line;
mod memory;
mod peers;
mod phone;
mod plain;
mod process;
mod report;
mod round;
mod scale;
mod source;
mod taking;
mod words;

use tokio::runtime::Runtime;

use crate::fault::{Fault, Told};
use crate::world::World;
use case::Case;
use phone::Phone;

pub use bare::serve as serve_bare;
pub use line::{Form, Line};
pub use scale::Scale;
pub use source::Source;

/// The station of every world, and its region.
const STATION: &str = "330106-0012";
const REGION: &str = "330106";

/// What measures one group.
type Measure = fn(&Bench) -> Told<()>;

/// The groups, in the order in which `all` measures them.
const GROUPS: &[(&str, Measure)] = &[
    ("cold", cold::measure),
    ("peers", peers::measure),
    ("idle", growth::measure),
    ("edit", edit::measure),
    ("ingest", ingest::measure),
    ("bulk", bulk::measure),
    ("connections", connections::measure),
    ("taking", taking::measure),
    ("device", device::measure),
    ("report", report::measure),
    ("disk", disk::measure),
    ("memory", memory::measure),
];

/// One run of the program.
#[derive(Debug)]
pub struct Bench {
    scale: Scale,
    sources: Vec<Source>,
    form: Form,
    runtime: Runtime,
}

/// The names of the groups.
#[must_use]
pub fn groups() -> Vec<&'static str> {
    GROUPS.iter().map(|(name, _)| *name).collect()
}

impl Bench {
    /// A run of this scale.
    ///
    /// # Errors
    ///
    /// [`Fault`] if a table that is to be measured with cannot be read.
    pub fn new(scale: Scale, form: Form) -> Told<Self> {
        Ok(Self {
            scale,
            sources: Source::all(STATION)?,
            form,
            runtime: Runtime::new()?,
        })
    }

    /// Measures one group.
    ///
    /// # Errors
    ///
    /// [`Fault`] if there is no such group, or it cannot be measured.
    pub fn measure(&self, group: &str) -> Told<()> {
        let found = GROUPS.iter().find(|(name, _)| *name == group);
        let (_, measure) = found.ok_or_else(|| Fault::new(format!("no group {group:?}")))?;
        measure(self)
    }

    /// A server with the one station of most measures.
    fn world(&self) -> Told<World> {
        let world = World::begin()?;
        world.station(STATION, REGION)?;
        Ok(world)
    }

    /// A device of a station's staff whose requests are made by hand.
    fn phone(&self, world: &World, name: &str, station: &str) -> Told<Phone> {
        let person = world.person(name, "station_staff", &["--station", station])?;
        let link = world.ticket(&person, &[])?;
        self.runtime.block_on(Phone::enrol(&link))
    }

    /// A server that has these cases, and the device that brought them.
    fn stocked(&self, cases: &[Case]) -> Told<(World, Phone)> {
        let world = self.world()?;
        let phone = self.phone(&world, "stock", STATION)?;
        self.runtime.block_on(phone.push(cases))?;
        Ok((world, phone))
    }

    fn tell(&self, line: &Line) -> Told<()> {
        line.tell(self.form)
    }
}
