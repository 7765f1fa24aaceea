//! The cold start of one device: against downloading the same bytes and loading every record, and its bytes against zstd.
//!
//! Ours is the command `fieldwatch sync` and then `fieldwatch list`, two processes, every body verified, durable, listed. The
//! reference is one process that downloads the same compressed reply over the same TLS, undoes its coding, loads every record from
//! what automerge saved, and writes one batch for 64 records.

use std::path::Path;
use std::time::Duration;

use fieldwatch_schemas::store::sled::{SledOptions, SledStore};

use super::bare::Bare;
use super::line::Line;
use super::phone::{self, Phone, packed, request};
use super::round::{figure, figure_of, median, timed};
use super::source::Source;
use super::{Bench, STATION, plain, taking};
use crate::device::{Device, Synced, read_synced};
use crate::fault::{Fault, Told};
use crate::world::World;

/// Changes of each record.
pub(super) const CHANGES: usize = 3;
/// A hundred thousand records on a busy machine take a while.
const START_MAX: Duration = Duration::from_secs(1_800);
/// Records that one batch of the reference holds.
pub(super) const BATCH_RECORDS: usize = 64;

pub(super) fn measure(bench: &Bench) -> Told<()> {
    for source in &bench.sources {
        measure_with(bench, source)?;
    }
    Ok(())
}

fn measure_with(bench: &Bench, source: &Source) -> Told<()> {
    let count = source.count(bench.scale.cold);
    let cases = source.cases(STATION, 0..count, CHANGES)?;
    let saves = plain::saves(&cases)?;
    let (world, mut phone) = bench.stocked(&cases)?;
    let bare = Bare::start(&world)?;
    let feed = format!("station/{STATION}");
    let reply = bench.runtime.block_on(async {
        let body = packed(&request(Vec::new(), &[&feed])?).await?;
        phone.send(body).await
    })?;
    bare.keep(&reply)?;

    let (mut ours, mut theirs, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..bench.scale.rounds {
        let device = world.staff(&format!("cold-{round}"), STATION)?;
        let (took_ms, synced) = timed(|| start(&device, count))?;
        ours.push(took_ms);
        bytes.push(figure_of(synced.bytes_received));
        phone.hang_up()?;
        let folder = world.path(&format!("reference-{round}"));
        let (took_ms, ()) = timed(|| download(bench, &phone, &bare, &saves, &folder))?;
        theirs.push(took_ms);
    }
    let line = Line::new("cold_start_vs_download", source.name(), "ms", median(ours)?);
    bench.tell(&line.beside(median(theirs)?).at_most(1.5))?;
    let stream = bench.runtime.block_on(phone::zstd(&saves.concat()))?;
    let line = Line::new("cold_start_bytes", source.name(), "B", median(bytes)?);
    bench.tell(&line.beside(figure(stream.len())).at_most(1.35))
}

/// A cold start that ends with the first page of the list; proves that every record is there.
pub(super) fn start(device: &Device, count: usize) -> Told<Synced> {
    let ran = device.start(&["sync"])?.finish_within(START_MAX)?;
    let synced = read_synced(&ran.done()?.json()?)?;
    let listed = device.lines(&["list"])?.len();
    let is_whole = synced.pulled == u64::try_from(count)? && synced.in_sync;
    match is_whole && listed == count.min(50) {
        true => Ok(synced),
        false => Err(Fault::new(format!(
            "not all of {count} records: {synced:?}"
        ))),
    }
}

/// A fresh device of the station that has started cold.
pub(super) fn started(world: &World, name: &str, count: usize) -> Told<(f64, Device, Synced)> {
    let device = world.staff(name, STATION)?;
    let (took_ms, synced) = timed(|| start(&device, count))?;
    Ok((took_ms, device, synced))
}

fn download(
    bench: &Bench,
    phone: &Phone,
    bare: &Bare,
    saves: &[Vec<u8>],
    folder: &Path,
) -> Told<()> {
    let store = SledStore::open(folder, SledOptions::device())?;
    bench.runtime.block_on(async {
        let url = bare.url("download");
        let body = phone.send_to(&url, bytes::Bytes::new()).await?;
        phone::unpacked(&body).await
    })?;
    taking::write_loaded(&store, saves)
}
