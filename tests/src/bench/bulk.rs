//! Durable ingest of many changes at once: pushes of four changes for each of many records, from two devices.
//!
//! The reference is plain automerge on the same two cores: it loads each record's snapshot and applies the same changes, and stores
//! nothing. The server is started anew before each round, so that it too begins with what is stored.

use std::time::Instant;

use bytes::Bytes;

use super::case::Case;
use super::cold::CHANGES;
use super::line::Line;
use super::phone::{Phone, all_stored, packed, request};
use super::round::{figure, median};
use super::source::Source;
use super::{Bench, STATION, plain};
use crate::fault::{Fault, Told};

/// Changes that each push has for one record.
const EACH: usize = 4;

pub(super) fn measure(bench: &Bench) -> Told<()> {
    for source in &bench.sources {
        measure_with(bench, source)?;
    }
    Ok(())
}

fn measure_with(bench: &Bench, source: &Source) -> Told<()> {
    let (pushes, records) = bench.scale.bulk;
    let count = source.count(pushes * records);
    let mut cases = source.cases(STATION, 0..count, CHANGES)?;
    let world = bench.world()?;
    let mut phones = Vec::new();
    let half = count.div_ceil(2).max(1);
    for (number, own) in cases.chunks(half).enumerate() {
        let phone = bench.phone(&world, &format!("writer-{number}"), STATION)?;
        bench.runtime.block_on(phone.push(own))?;
        phones.push(phone);
    }
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..bench.scale.rounds.min(3) {
        let had = CHANGES + round * EACH;
        for case in &mut cases {
            for _ in 0..EACH {
                case.edit()?;
            }
        }
        world.stop()?;
        world.serve_again()?;
        let groups: Vec<&[Case]> = cases.chunks(half).collect();
        ours.push(push(bench, &mut phones, &groups, had, records)?);
        theirs.push(plain::apply(&groups, had)?);
    }
    let line = Line::new("ingest_bulk", source.name(), "changes/s", median(ours)?);
    bench.tell(&line.beside(median(theirs)?).at_least(0.3))
}

fn push(
    bench: &Bench,
    phones: &mut [Phone],
    groups: &[&[Case]],
    had: usize,
    records: usize,
) -> Told<f64> {
    bench.runtime.block_on(async {
        let mut ready = Vec::new();
        for (phone, cases) in phones.iter_mut().zip(groups) {
            phone.hang_up()?;
            phone.renew().await?;
            phone
                .send(packed(&request(Vec::new(), &[])?).await?)
                .await?;
            let mut bodies = Vec::new();
            for group in cases.chunks(records) {
                let pushed = group.iter().map(|case| case.pushed_from(had)).collect();
                let body = packed(&request(pushed, &[])?).await?;
                bodies.push((body, group.len()));
            }
            ready.push((&*phone, bodies));
        }
        let begun = Instant::now();
        let sent = ready
            .iter()
            .map(|(phone, bodies)| one_by_one(phone, bodies));
        let replies = both(sent.collect()).await?;
        let seconds = begun.elapsed().as_secs_f64();
        let bodies = ready.iter().flat_map(|(_, bodies)| bodies);
        for (reply, (_, count)) in replies.iter().zip(bodies) {
            all_stored(reply, *count).await?;
        }
        let changes: usize = groups.iter().map(|group| group.len() * EACH).sum();
        Ok(figure(changes) / seconds)
    })
}

async fn one_by_one(phone: &Phone, bodies: &[(Bytes, usize)]) -> Told<Vec<Bytes>> {
    let mut replies = Vec::new();
    for (body, _) in bodies {
        replies.push(phone.send(body.clone()).await?);
    }
    Ok(replies)
}

/// Both at once: there are two cores.
async fn both(mut all: Vec<impl Future<Output = Told<Vec<Bytes>>>>) -> Told<Vec<Bytes>> {
    let (second, first) = (all.pop(), all.pop());
    let mut replies = match (first, second) {
        (Some(first), Some(second)) => {
            let (first, second) = tokio::join!(first, second);
            let mut replies = first?;
            replies.extend(second?);
            replies
        }
        (None, Some(only)) => only.await?,
        _ => return Err(Fault::new("nobody pushes")),
    };
    replies.shrink_to_fit();
    Ok(replies)
}
