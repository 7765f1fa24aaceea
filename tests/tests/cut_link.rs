//! Links that are cut: a sync with nothing new is one small round trip, and a reply cut at any byte loses nothing.

use std::fs;
use std::path::Path;

use fieldwatch_schemas::sync::enrol::TicketLink;
use fieldwatch_tests::device::{Device, read_synced};
use fieldwatch_tests::fault::{Fault, Told};
use fieldwatch_tests::link::Link;
use fieldwatch_tests::program::Ran;
use fieldwatch_tests::table::{generate, write};
use fieldwatch_tests::wire::Wire;
use fieldwatch_tests::world::{FeedState, World};

const STATION: &str = "330106-0012";
const FEED: &str = "station/330106-0012";
/// Cases that wait on the server; enough for several commit points.
const WAITING: u64 = 260;
/// Cases that wait on the device.
const OWN: u64 = 6;
/// Places at which the reply is cut.
const CUTS: u64 = 64;

#[test]
fn a_sync_with_nothing_new_is_one_round_trip_of_less_than_a_kilobyte() -> Told<()> {
    let (world, link, reader) = reader_with_work()?;
    reader.settle()?;
    let before = link.connections();
    let synced = reader.sync()?;
    assert!(synced.in_sync);
    assert_eq!(
        (synced.pushed, synced.pulled, synced.round_trips),
        (0, 0, 1)
    );
    assert!(
        synced.bytes_sent + synced.bytes_received <= 1024,
        "{synced:?}"
    );
    assert_eq!(link.connections(), before + 1);
    // Nothing new is one round trip after the server was restarted, too: its nonces outlive it.
    world.stop()?;
    world.serve_again()?;
    let synced = reader.sync()?;
    assert_eq!((synced.round_trips, synced.in_sync), (1, true));
    Ok(())
}

#[test]
fn a_connection_resumes_the_session_of_the_last_one_until_the_server_is_another() -> Told<()> {
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    let person = world.person("alice", "station_staff", &["--station", STATION])?;
    let link = TicketLink::parse(&world.ticket(&person, &[])?)?;
    let wire = Wire::of(&link)?;
    let asked = || wire.send("GET /readyz", &[], &[]);
    let (first, second, third) = (asked()?, asked()?, asked()?);
    assert_eq!(
        [&first, &second, &third].map(|answer| (answer.status, answer.is_resumed)),
        [(200, false), (200, true), (200, true)]
    );
    // Its tickets are its own: another process knows none of them, and answers all the same.
    world.stop()?;
    world.serve_again()?;
    let again = asked()?;
    assert_eq!((again.status, again.is_resumed), (200, false));
    assert!(asked()?.is_resumed);
    Ok(())
}

#[test]
fn a_reply_cut_at_any_byte_loses_nothing_and_the_next_sync_finishes() -> Told<()> {
    let (world, link, reader) = reader_with_work()?;
    let before = link.carried();
    let model = copy(&world, &reader, "model")?;
    model.sync()?;
    let whole = link.carried() - before;
    let expected = world.feed(FEED)?;
    let mut went_on = 0;
    for place in 0..CUTS {
        let at = place * whole / CUTS;
        let device = copy(&world, &reader, &format!("cut-{at}"))?;
        link.cut_after(at);
        let cut = device.attempt(&["sync"])?;
        link.mend();
        let pulled = is_whole_after(&device, &cut, expected.as_ref())
            .map_err(|fault| Fault::new(format!("cut at byte {at} of {whole}: {fault}")))?;
        went_on += u64::from(pulled > 0 && pulled < WAITING);
        fs::remove_dir_all(device.home())?;
    }
    assert!(went_on > 0, "no cut left a part that was kept");
    assert_eq!(world.check()?, WAITING + OWN);
    Ok(())
}

/// The next sync of a device whose sync was cut. Gives what it still had to pull.
fn is_whole_after(device: &Device, cut: &Ran, expected: Option<&FeedState>) -> Told<u64> {
    if cut.code().is_none_or(|code| code > 1) {
        return Err(Fault::new(cut.told()));
    }
    let left = device.states()?.len() as u64;
    if left < OWN {
        let words = format!("{left} records are left of {OWN} that were made here");
        return Err(Fault::new(words));
    }
    let synced = read_synced(&device.json(&["sync"])?)?;
    let states = device.states()?;
    let is_all = states.len() as u64 == WAITING + OWN;
    let is_stored = states.values().all(|state| state == "stored");
    let agrees = device.feed(FEED)?.as_ref() == expected;
    match synced.in_sync && is_all && is_stored && agrees {
        true => Ok(synced.pulled),
        false => Err(Fault::new(format!("{synced:?}, {} records", states.len()))),
    }
}

/// A device behind a link, with cases of its own to send and more to fetch.
fn reader_with_work() -> Told<(World, Link, Device)> {
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    let writer = world.staff("writer", STATION)?;
    let link = Link::to(world.port())?;
    let person = world.person("reader", "station_staff", &["--station", STATION])?;
    let ticket = world.ticket(&person, &["--url", &link.url()])?;
    let reader = world.enrolled("reader", &ticket)?;
    import(&world, &writer, 0, WAITING)?;
    writer.settle()?;
    import(&world, &reader, WAITING, OWN)?;
    Ok((world, link, reader))
}

fn import(world: &World, device: &Device, first: u64, count: u64) -> Told<()> {
    let file = world.path(&format!("{}.csv", device.name()));
    write(&file, &generate(5, first, count))?;
    device.import(&file)?;
    Ok(())
}

/// The same device as it was before: every cut meets the same reply.
fn copy(world: &World, device: &Device, name: &str) -> Told<Device> {
    let home = world.path(name);
    copy_folder(device.home(), &home)?;
    Ok(Device::at(home, name))
}

fn copy_folder(from: &Path, to: &Path) -> Told<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_folder(&entry.path(), &place)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), place)?;
        }
    }
    Ok(())
}
