//! Durable ingest of single changes: many devices at once, each request one change of a record that exists.
//!
//! The reference gets the same bodies from the same clients over the same TLS, appends them to one file and answers after one
//! `fdatasync` for all who wait. Warm, the server has the documents open; cold, it was just started.

mod writers;

use std::sync::Arc;

use self::writers::{Writer, bodies, prove, spread};
use super::bare::Bare;
use super::cold::CHANGES;
use super::line::Line;
use super::phone::{packed, request};
use super::process::processor_us;
use super::round::{figure, median};
use super::source::Source;
use super::{Bench, STATION};
use crate::fault::{Fault, Told};

pub(super) fn measure(bench: &Bench) -> Told<()> {
    let world = bench.world()?;
    let (records, times) = bench.scale.edits;
    let mut writers = Vec::new();
    for number in 0..bench.scale.devices {
        let phone = bench.phone(&world, &format!("writer-{number}"), STATION)?;
        let numbers = number * records..(number + 1) * records;
        let cases = Source::Generator.cases(STATION, numbers, CHANGES)?;
        bench.runtime.block_on(phone.push(&cases))?;
        let phone = Arc::new(phone);
        writers.push(Writer { phone, cases });
    }
    let bare = Bare::start(&world)?;
    let sync = format!("https://localhost:{}/v1/sync", world.port());
    // The first requests make the connections and open the documents.
    let warming = bodies(bench, &mut writers, 1)?;
    spread(bench, &writers, &bare.url("append"), &warming)?;
    prove(bench, &spread(bench, &writers, &sync, &warming)?.1)?;

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mut ours_us, mut theirs_us) = (Vec::new(), Vec::new());
    for _ in 0..bench.scale.rounds.min(3) {
        let round = bodies(bench, &mut writers, times)?;
        let before_us = processor_us(bare.pid())?;
        let (rate, replies) = spread(bench, &writers, &bare.url("append"), &round)?;
        theirs.push(rate);
        theirs_us.push((processor_us(bare.pid())? - before_us) / figure(replies.len()));
        let before_us = processor_us(world.pid()?)?;
        let (rate, replies) = spread(bench, &writers, &sync, &round)?;
        ours_us.push((processor_us(world.pid()?)? - before_us) / figure(replies.len()));
        prove(bench, &replies)?;
        ours.push(rate);
    }
    tell(bench, "ingest_single_warm", median(ours)?, median(theirs)?)?;
    // What the machine's other work does not change.
    let name = Source::Generator.name();
    let line = Line::new(
        "ingest_single_server_time",
        name,
        "us/change",
        median(ours_us)?,
    );
    bench.tell(&line.beside(median(theirs_us)?))?;

    let round = bodies(bench, &mut writers, 1)?;
    world.stop()?;
    world.serve_again()?;
    for writer in &mut writers {
        let phone = Arc::get_mut(&mut writer.phone).ok_or_else(|| Fault::new("still in use"))?;
        phone.hang_up()?;
        // The connection, and nothing of a document.
        bench.runtime.block_on(async {
            phone.renew().await?;
            phone.send(packed(&request(Vec::new(), &[])?).await?).await
        })?;
    }
    let theirs = spread(bench, &writers, &bare.url("append"), &round)?.0;
    let (ours, replies) = spread(bench, &writers, &sync, &round)?;
    prove(bench, &replies)?;
    tell(bench, "ingest_single_cold", ours, theirs)
}

fn tell(bench: &Bench, measure: &str, ours: f64, theirs: f64) -> Told<()> {
    let line = Line::new(measure, Source::Generator.name(), "changes/s", ours);
    bench.tell(&line.beside(theirs).at_least(0.35))
}
