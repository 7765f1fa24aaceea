//! One edited record: what the device that made the change, and the one that gets it, send and receive besides the change.

mod open;

use fieldwatch_client_core::chance::SystemChance;
use fieldwatch_client_core::sync::Synced;
use fieldwatch_client_core::transport::https::Https;
use fieldwatch_schemas::field::Scalar;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::time::Moment;

use self::open::Open;
use super::case::set;
use super::cold::{CHANGES, started};
use super::line::Line;
use super::round::{figure, figure_of, median};
use super::source::Source;
use super::{Bench, STATION};
use crate::fault::{Fault, Told};

/// A time after every generated record's.
pub(in crate::bench) const NOW_MS: i64 = 1_790_000_000_000;
/// Edits of each round.
const EDITS: usize = 5;

pub(super) fn measure(bench: &Bench) -> Told<()> {
    for source in &bench.sources {
        measure_with(bench, source)?;
    }
    Ok(())
}

fn measure_with(bench: &Bench, source: &Source) -> Told<()> {
    let smallest = bench.scale.growth.first().copied().unwrap_or_default();
    let count = source.count(smallest);
    let cases = source.cases(STATION, 0..count, CHANGES)?;
    let (world, _) = bench.stocked(&cases)?;
    let (_, alice, _) = started(&world, "alice", count)?;
    let (_, bob, _) = started(&world, "bob", count)?;
    let (alice, bob) = (Open::of(&alice)?, Open::of(&bob)?);
    let first = cases.first().ok_or_else(|| Fault::new("no records"))?.id();
    let (mut fresh, mut open) = (Vec::new(), Vec::new());
    for number in 0..EDITS {
        let (mut a, mut b) = (alice.connect()?, bob.connect()?);
        fresh.push(alone(
            bench,
            [&alice, &bob],
            [&mut a, &mut b],
            first,
            number * 2,
        )?);
        open.push(alone(
            bench,
            [&alice, &bob],
            [&mut a, &mut b],
            first,
            number * 2 + 1,
        )?);
    }
    let (fresh_push, fresh_pull): (Vec<f64>, Vec<f64>) = fresh.into_iter().unzip();
    let (open_push, open_pull): (Vec<f64>, Vec<f64>) = open.into_iter().unzip();
    for (measure, bytes, bound) in [
        ("one_edit_sent_new_connection", fresh_push, 600.0),
        ("one_edit_got_new_connection", fresh_pull, 600.0),
        ("one_edit_sent_open_connection", open_push, 300.0),
        ("one_edit_got_open_connection", open_pull, 300.0),
    ] {
        let line = Line::new(measure, source.name(), "B above the change", median(bytes)?);
        bench.tell(&line.at_most(bound))?;
    }
    Ok(())
}

/// What both devices transfer for one edit besides the change: the first makes it, the second gets it.
fn alone(
    bench: &Bench,
    devices: [&Open; 2],
    ways: [&mut Https; 2],
    record: RecordId,
    number: usize,
) -> Told<(f64, f64)> {
    let [maker, reader] = devices;
    let [up, down] = ways;
    let text = format!("第{number}次回访：消费者表示商家已联系，约定三日内退款。");
    let acts = [set("keywords", Scalar::Text(text))];
    let edited = maker
        .0
        .edit(record, &acts, &Moment::china(NOW_MS), &mut SystemChance)?;
    let change = edited.chunk.ok_or_else(|| Fault::new("nothing changed"))?;
    let beside = |synced: &Synced| {
        figure_of(synced.bytes_sent + synced.bytes_received) - figure(change.bytes().len())
    };
    let pushed = beside(&maker.sync(bench, up)?);
    let pulled = beside(&reader.sync(bench, down)?);
    Ok((pushed, pulled))
}
