//! The memory of the server that took the records in, without a restart: at rest, and while many devices start cold at once.
//!
//! Records lie at stations of some thousands each, one change a record; each device that starts cold has a station of its own.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use super::line::Line;
use super::phone::{Phone, items, packed, request};
use super::process::resident_bytes;
use super::source::Source;
use super::{Bench, REGION};
use crate::fault::{Fault, Told};
use crate::world::World;
use fieldwatch_schemas::sync::exchange::Item;

const MEGABYTE: f64 = 1_000_000.0;
/// How often memory is read while devices start.
const EVERY: Duration = Duration::from_millis(20);

pub(super) fn measure(bench: &Bench) -> Told<()> {
    let records = bench.scale.memory;
    let (each, starts) = bench.scale.station;
    let world = World::begin()?;
    let mut phones = Vec::new();
    for number in 0..records.div_ceil(each.max(1)) {
        let station = format!("330106-{number:04}");
        world.station(&station, REGION)?;
        let phone = bench.phone(&world, &format!("stock-{number}"), &station)?;
        let wanted = each.min(records - number * each);
        let cases = Source::Generator.cases(&station, 0..wanted, 1)?;
        bench.runtime.block_on(phone.push(&cases))?;
        phones.push((station, phone, wanted));
    }
    let name = Source::Generator.name();
    let idle = resident_bytes(world.pid()?)? / MEGABYTE;
    let line = Line::new(format!("server_memory_idle_{records}"), name, "MB", idle);
    bench.tell(&line.at_most(400.0))?;
    phones.truncate(starts);
    let count = phones.len();
    let peak = peak(&world, || start_all(bench, phones))? / MEGABYTE;
    let measure = format!("server_memory_{count}_cold_starts");
    let line = Line::new(measure, name, "MB", peak).at_most(800.0);
    bench.tell(&match count < starts {
        true => line.short_of_what_was_asked(),
        false => line,
    })?;
    let after = resident_bytes(world.pid()?)? / MEGABYTE;
    let line = Line::new("server_memory_afterwards", name, "MB", after);
    bench.tell(&line.beside(idle))
}

/// The most that the server had resident while something went on.
fn peak(world: &World, work: impl FnOnce() -> Told<()>) -> Told<f64> {
    let pid = world.pid()?;
    let (over, waiting) = channel::<()>();
    let watching = thread::spawn(move || {
        let mut most = 0.0_f64;
        while let Err(RecvTimeoutError::Timeout) = waiting.recv_timeout(EVERY) {
            most = most.max(resident_bytes(pid).unwrap_or(0.0));
        }
        most.max(resident_bytes(pid).unwrap_or(0.0))
    });
    let done = work();
    drop(over);
    let most = watching.join().map_err(|_| Fault::new("nobody watched"))?;
    done.map(|()| most)
}

/// Every device takes all records of its station, all at once.
fn start_all(bench: &Bench, phones: Vec<(String, Phone, usize)>) -> Told<()> {
    bench.runtime.block_on(async {
        let mut under_way = Vec::new();
        for (station, mut phone, wanted) in phones {
            under_way.push(tokio::spawn(async move {
                phone.renew().await?;
                let feed = format!("station/{station}");
                let body = packed(&request(Vec::new(), &[&feed])?).await?;
                let items = items(&phone.send(body).await?).await?;
                let got = items.iter().filter(|item| matches!(item, Item::Record(_)));
                match got.count() == wanted {
                    true => Ok(()),
                    false => Err(Fault::new(format!("{station}: not all {wanted} records"))),
                }
            }));
        }
        for one in under_way {
            one.await??;
        }
        Ok(())
    })
}
