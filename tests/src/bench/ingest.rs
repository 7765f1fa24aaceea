//! Durable ingest of single changes: many devices at once, each request one change of a record that exists.
//!
//! The reference gets the same bodies from the same clients over the same TLS, appends them to one file and answers after one
//! `fdatasync` for all who wait. Warm, the server has the documents open; cold, it was just started.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::bare::Bare;
use super::case::Case;
use super::cold::CHANGES;
use super::line::Line;
use super::phone::{Phone, all_stored, packed, request};
use super::round::{figure, median};
use super::source::Source;
use super::{Bench, STATION};
use crate::fault::{Fault, Told};

/// One device with the cases that it made.
struct Writer {
    phone: Arc<Phone>,
    cases: Vec<Case>,
}

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
    for _ in 0..bench.scale.rounds.min(3) {
        let round = bodies(bench, &mut writers, times)?;
        theirs.push(spread(bench, &writers, &bare.url("append"), &round)?.0);
        let (rate, replies) = spread(bench, &writers, &sync, &round)?;
        prove(bench, &replies)?;
        ours.push(rate);
    }
    tell(bench, "ingest_single_warm", median(ours)?, median(theirs)?)?;

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

/// For each writer the bodies of its next pushes: each of its cases so many times, by turns.
fn bodies(bench: &Bench, writers: &mut [Writer], times: usize) -> Told<Vec<Vec<Bytes>>> {
    let mut all = Vec::new();
    for writer in writers {
        let mut own = Vec::new();
        for _ in 0..times {
            for case in &mut writer.cases {
                let before = case.chunks.len();
                case.edit()?;
                let request = request(vec![case.pushed_from(before)], &[])?;
                own.push(bench.runtime.block_on(packed(&request))?);
            }
        }
        all.push(own);
    }
    Ok(all)
}

/// All devices at once, each one request after the other. Gives the requests per second, and the replies.
fn spread(
    bench: &Bench,
    writers: &[Writer],
    url: &str,
    bodies: &[Vec<Bytes>],
) -> Told<(f64, Vec<Bytes>)> {
    bench.runtime.block_on(async {
        let begun = Instant::now();
        let mut under_way = Vec::new();
        for (writer, own) in writers.iter().zip(bodies) {
            let (phone, own, url) = (Arc::clone(&writer.phone), own.clone(), url.to_owned());
            under_way.push(tokio::spawn(async move {
                let mut replies = Vec::new();
                for body in own {
                    replies.push(phone.send_to(&url, body).await?);
                }
                Ok::<_, Fault>(replies)
            }));
        }
        let mut replies = Vec::new();
        for one in under_way {
            replies.extend(one.await??);
        }
        let rate = figure(replies.len()) / begun.elapsed().as_secs_f64();
        Ok((rate, replies))
    })
}

/// Every single change was stored.
fn prove(bench: &Bench, replies: &[Bytes]) -> Told<()> {
    bench.runtime.block_on(async {
        for reply in replies {
            all_stored(reply, 1).await?;
        }
        Ok(())
    })
}
