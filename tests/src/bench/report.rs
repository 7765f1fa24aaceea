//! The report of a year's cases from the running server: the command of a coordinator, with its process and its socket.

use super::cold::CHANGES;
use super::line::Line;
use super::round::{rounds, timed};
use super::source::Source;
use super::{Bench, STATION};
use crate::fault::{Fault, Told};
use crate::world::number;

/// Every case of every source was received in between.
const DAYS: [&str; 5] = ["report", "--from", "2000-01-01", "--to", "2099-12-31"];

pub(super) fn measure(bench: &Bench) -> Told<()> {
    for source in &bench.sources {
        measure_with(bench, source)?;
    }
    Ok(())
}

fn measure_with(bench: &Bench, source: &Source) -> Told<()> {
    let count = source.count(bench.scale.report);
    let cases = source.cases(STATION, 0..count, CHANGES)?;
    let (world, _) = bench.stocked(&cases)?;
    let took_ms = rounds(bench.scale.rounds, || {
        let (ms, report) = timed(|| world.admin(&DAYS)?.json())?;
        let demands = report
            .get("demands")
            .ok_or_else(|| Fault::new("no demands"))?;
        match number(demands, "total")? == u64::try_from(count)? {
            true => Ok(ms),
            false => Err(Fault::new(format!("not {count} cases: {report}"))),
        }
    })?;
    let line = Line::new(format!("report_{count}"), source.name(), "ms", took_ms);
    bench.tell(&line.at_most(300.0))
}
