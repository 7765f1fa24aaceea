//! How the cost grows with the records of a server: nothing new, a cold start, and what came in since the last size.
//!
//! One server grows from size to size. At each a fresh device starts cold and then asks for nothing new, again and again, each time a
//! process and a connection of its own, with the feeds of a station's staff.

use super::cold::{CHANGES, started};
use super::line::Line;
use super::phone::Phone;
use super::process::processor_us;
use super::round::{figure, figure_of, timed};
use super::source::Source;
use super::{Bench, STATION};
use crate::device::Device;
use crate::fault::{Fault, Told};
use crate::world::World;

/// The feeds that the bound speaks of; a station's staff have one more, for what everybody has.
const FEEDS_MIN: usize = 3;
/// Records made and pushed before more are made, so that they never lie in memory all at once.
const GROUP: usize = 4_096;
/// What counts as flat: this machine is never quiet.
const FLAT: f64 = 1.5;

pub(super) fn measure(bench: &Bench) -> Told<()> {
    let world = bench.world()?;
    let mut phone = bench.phone(&world, "stock", STATION)?;
    let (mut held, mut first_us) = (0, None);
    for size in &bench.scale.growth {
        let took_ms = fill(bench, &mut phone, held..*size)?;
        let rate = figure((size - held) * CHANGES) * 1_000.0 / took_ms;
        figure_line(bench, "filling", *size, "changes/s", rate)?;
        held = *size;
        let (took_ms, device, synced) = started(&world, &format!("cold-{size}"), held)?;
        figure_line(bench, "cold_start", *size, "ms", took_ms)?;
        let bytes = figure_of(synced.bytes_received);
        figure_line(bench, "cold_start_bytes", *size, "B", bytes)?;
        let server_us = idle(bench, &world, &device, *size)?;
        let first = *first_us.get_or_insert(server_us);
        let measure = format!("nothing_new_server_time_{size}");
        let line = Line::new(measure, Source::Generator.name(), "us", server_us);
        bench.tell(&line.beside(first).at_most(FLAT))?;
    }
    Ok(())
}

fn figure_line(bench: &Bench, what: &str, size: usize, unit: &'static str, ours: f64) -> Told<()> {
    let measure = format!("{what}_{size}");
    bench.tell(&Line::new(measure, Source::Generator.name(), unit, ours))
}

/// Pushes generated cases. Gives how long the pushes took, in milliseconds: making the cases is no part of it.
pub(super) fn fill(bench: &Bench, phone: &mut Phone, numbers: std::ops::Range<usize>) -> Told<f64> {
    let mut from = numbers.start;
    let mut pushing_ms = 0.0;
    while from < numbers.end {
        let until = numbers.end.min(from + GROUP);
        let cases = Source::Generator.cases(STATION, from..until, CHANGES)?;
        let push = || {
            bench.runtime.block_on(async {
                phone.renew().await?;
                phone.push(&cases).await
            })
        };
        pushing_ms += timed(push)?.0;
        from = until;
    }
    Ok(pushing_ms)
}

/// The server's time for one sync that finds nothing new, in microseconds.
fn idle(bench: &Bench, world: &World, device: &Device, size: usize) -> Told<f64> {
    let feeds = device.status()?;
    let feeds = feeds.get("feeds").and_then(serde_json::Value::as_array);
    if feeds.map_or(0, Vec::len) < FEEDS_MIN {
        return Err(Fault::new(format!("not {FEEDS_MIN} feeds: {feeds:?}")));
    }
    device.settle()?;
    let (mut trips, mut bytes) = (0, 0);
    let before_us = processor_us(world.pid()?)?;
    for _ in 0..bench.scale.idles {
        let synced = device.sync()?;
        trips = trips.max(synced.round_trips);
        bytes = bytes.max(synced.bytes_sent + synced.bytes_received);
    }
    let spent_us = (processor_us(world.pid()?)? - before_us).max(0.0);
    let name = Source::Generator.name();
    let line = Line::new(
        format!("nothing_new_round_trips_{size}"),
        name,
        "requests",
        figure_of(trips),
    );
    bench.tell(&line.at_most(1.0))?;
    let line = Line::new(
        format!("nothing_new_bytes_{size}"),
        name,
        "B",
        figure_of(bytes),
    );
    bench.tell(&line.at_most(1_024.0))?;
    Ok(spent_us / figure(bench.scale.idles))
}
