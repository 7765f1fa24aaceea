//! Processes are killed with signal 9 in the middle of their work, and nothing that was acknowledged is missing afterwards.
//!
//! `FW_ROUNDS` changes how often; the seed is printed. What was promised is kept by [`ledger`] and
//! [`returned`].

#[path = "crash/ledger.rs"]
mod ledger;
#[path = "crash/returned.rs"]
mod returned;

use std::path::Path;
use std::thread;

use fieldwatch_tests::chance::{Chance, number as given, seed};
use fieldwatch_tests::device::{Device, MAPPING};
use fieldwatch_tests::fault::{Fault, Told};
use fieldwatch_tests::table::{generate, write};
use fieldwatch_tests::world::{World, number};
use ledger::Ledger;
use returned::Returned;
use serde_json::Value;

const STATION: &str = "330106-0012";
const FEED: &str = "station/330106-0012";
/// Rows that each device imports between two kills.
const ROWS: u64 = 6;

#[test]
fn an_acknowledged_change_survives_kill_minus_nine_of_the_server() -> Told<()> {
    let test = "an_acknowledged_change_survives_kill_minus_nine_of_the_server";
    let mut chance = Chance::seeded(seed("crash", test));
    let rounds = given("FW_ROUNDS").unwrap_or(50);
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    let devices = [world.staff("alice", STATION)?, world.staff("bob", STATION)?];
    let witness = world.staff("carol", STATION)?;
    let mut ledger = Ledger::default();
    let (mut reach_ms, mut cut_short) = (200, 0);
    for round in 0..rounds {
        for (place, device) in (0..).zip(&devices) {
            work(&world, device, (round * 2 + place) * ROWS, &mut ledger)?;
        }
        let cut = sync_and_kill(&world, &devices, chance.below(reach_ms))?;
        cut_short += cut;
        // About half of the syncs are to reach their end, however fast they are here.
        reach_ms = match cut {
            0 => reach_ms * 4 / 5 + 1,
            1 => reach_ms,
            _ => reach_ms * 5 / 4 + 1,
        };
        for device in &devices {
            ledger.note_acknowledged(device)?;
        }
        world.serve_again()?;
        witness.sync()?;
        ledger.is_held_by(&witness)?;
        if round % 10 == 9 {
            ledger.is_held_by(&fresh(&world, round)?)?;
            world.check()?;
        }
    }
    let acknowledged = ledger.acknowledged();
    eprintln!("{rounds} kills, {cut_short} syncs cut short, {acknowledged} records acknowledged");
    assert!(
        rounds < 20 || (cut_short > 0 && acknowledged > 0),
        "no kill came in the middle"
    );
    for device in &devices {
        device.settle()?;
        ledger.note_acknowledged(device)?;
    }
    assert_eq!(ledger.acknowledged(), usize::try_from(rounds * 2 * ROWS)?);
    let last = fresh(&world, rounds)?;
    ledger.is_wholly_held_by(&last)?;
    for device in devices.iter().chain([&witness, &last]) {
        device.settle()?;
        ledger.is_held_by(device)?;
        assert_eq!(device.feed(FEED)?, world.feed(FEED)?, "{}", device.name());
    }
    assert_eq!(world.check()?, rounds * 2 * ROWS);
    Ok(())
}

#[test]
fn a_record_whose_command_returned_survives_kill_minus_nine_of_the_device() -> Told<()> {
    let test = "a_record_whose_command_returned_survives_kill_minus_nine_of_the_device";
    let mut chance = Chance::seeded(seed("crash", test));
    let rounds = given("FW_ROUNDS").unwrap_or(50);
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    let device = world.staff("alice", STATION)?;
    let mut returned = Returned::begin(&device)?;
    let edited = returned.edited.clone();
    let mut reach_ms = 100;
    let table = world.path("rows.csv");
    let path = table.display().to_string();
    for round in 1..=rounds {
        let fen = round.to_string();
        let rows = generate(9, round * ROWS, ROWS);
        write(&table, &rows)?;
        let line: &[&str] = match chance.below(6) {
            0 => &["sync"],
            1 => &["set", &edited, "claimed_fen", &fen],
            2 => &["import", &path, "--format", "csv", "--mapping", MAPPING],
            _ => &["new", "case", "--set", "nature=complaint"],
        };
        let ran = device.start(line)?.kill_after(chance.below(reach_ms))?;
        returned.note(line[0], &ran, round, &rows)?;
        // About half of the commands are to return, however fast they are here.
        reach_ms = match ran.code() {
            Some(_) => reach_ms * 9 / 10 + 1,
            None => reach_ms * 10 / 9 + 1,
        };
    }
    let (killed, records) = (returned.killed, returned.records());
    eprintln!("{killed} of {rounds} commands killed, {records} records promised");
    assert!(
        rounds < 20 || (killed > 0 && records > 1),
        "no kill came in the middle"
    );
    returned.is_held_by(&device)?;
    device.settle()?;
    returned.is_held_by(&device)?;
    let states = device.states()?;
    let waiting = states.values().filter(|state| *state != "stored").count();
    assert_eq!(waiting, 0);
    assert_eq!(world.check()?, states.len() as u64);
    assert_eq!(device.feed(FEED)?, world.feed(FEED)?);
    Ok(())
}

#[test]
fn sixteen_devices_at_once_never_see_a_hole() -> Told<()> {
    let rounds = 3;
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    let person = world.person("周敏", "station_staff", &["--station", STATION])?;
    let mut devices = Vec::new();
    for place in 0..16 {
        let link = world.ticket(&person, &[])?;
        devices.push(world.enrolled(&format!("d{place}"), &link)?);
    }
    let folder = world.folder();
    all_at_once(&devices, |place, device| {
        for round in 0..rounds {
            import(folder, device, (place * rounds + round) * ROWS)?;
            // A hole would show as a digest that disagrees; a repair would hide it.
            let synced = device.sync()?;
            assert!(synced.in_sync, "{synced:?}");
            assert_eq!((synced.refused, synced.repaired), (0, 0), "{synced:?}");
        }
        Ok(())
    })?;
    let on_server = world.feed(FEED)?;
    let made = 16 * rounds * ROWS;
    assert_eq!(on_server.as_ref().map(|feed| feed.records), Some(made));
    all_at_once(&devices, |_, device| {
        device.settle()?;
        assert_eq!(device.feed(FEED)?, on_server, "{}", device.name());
        let states = device.states()?;
        assert_eq!(states.len() as u64, made);
        assert!(states.values().all(|state| state == "stored"));
        Ok(())
    })?;
    assert_eq!(world.check()?, made);
    Ok(())
}

/// Has all devices sync at once and kills the server after so many milliseconds, or as soon as the first has ended. Tells how
/// many syncs did not reach their end.
fn sync_and_kill(world: &World, devices: &[Device], wait_ms: u64) -> Told<u64> {
    let mut syncs = Vec::new();
    for device in devices {
        syncs.push(device.start(&["sync"])?);
    }
    if let Some(first) = syncs.first_mut() {
        first.ends_within(wait_ms);
    }
    world.kill_nine()?;
    let mut cut_short = 0;
    for sync in syncs {
        let ran = sync.finish()?;
        cut_short += u64::from(ran.code() == Some(1));
        assert!(ran.code().is_some_and(|code| code < 2), "{}", ran.told());
    }
    Ok(cut_short)
}

/// Does the same with every device, each in a thread of its own.
fn all_at_once(devices: &[Device], what: impl Fn(u64, &Device) -> Told<()> + Sync) -> Told<()> {
    let what = &what;
    thread::scope(|scope| {
        let places = (0..).zip(devices);
        let threads: Vec<_> = places
            .map(|(place, device)| scope.spawn(move || what(place, device)))
            .collect();
        threads.into_iter().try_for_each(|thread| {
            let died = |_| Err(Fault::new("a device's thread died; its message is above"));
            thread.join().unwrap_or_else(died)
        })
    })
}

/// Makes new cases, and edits one that is on the server already, once.
fn work(world: &World, device: &Device, first: u64, ledger: &mut Ledger) -> Told<()> {
    import(world.folder(), device, first)?;
    if let Some(record) = ledger.next_to_edit(device) {
        let changed = device.json(&["set", &record, "claimed_fen", "88800"])?;
        ledger.note_edit(
            device,
            &record,
            changed.get("heads").unwrap_or(&Value::Null),
        );
    }
    Ok(())
}

fn import(folder: &Path, device: &Device, first: u64) -> Told<()> {
    let file = folder.join(format!("{}.csv", device.name()));
    write(&file, &generate(7, first, ROWS))?;
    let told = device.import(&file)?;
    assert_eq!(number(&told, "created")?, ROWS, "{told}");
    Ok(())
}

/// A device that has seen nothing, after its first sync.
fn fresh(world: &World, round: u64) -> Told<Device> {
    let device = world.staff(&format!("fresh-{round}"), STATION)?;
    device.settle()?;
    Ok(device)
}
