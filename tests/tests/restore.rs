//! A server is set back to an older state of itself: nothing that was acknowledged is lost, nothing that both sides hold is sent again,
//! and what was revoked, registered or erased since stays so.

use std::path::Path;
use std::process::Command;

use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_tests::device::{Device, Synced};
use fieldwatch_tests::fault::{Fault, Told};
use fieldwatch_tests::world::{World, number, text};
use serde_json::Value;

const STATION: &str = "330106-0012";
const CASES: usize = 30;

fn case(device: &Device, number: usize) -> Told<String> {
    // Long enough, and different enough, that sending it again would show.
    let words: String = (0..60)
        .map(|word| format!("{} ", (number * 7_919 + word * 104_729) % 99_991))
        .collect();
    let sets = [
        "nature=complaint".to_owned(),
        format!("narrative={number}: {words}"),
    ];
    device.new_record("case", &sets.each_ref().map(String::as_str))
}

fn set(device: &Device, record: &str, value: &str) -> Told<Value> {
    device.json(&["set", record, "respondent.name", value])
}

fn name_in(device: &Device, record: &str) -> Told<String> {
    let shown = device.show(record)?;
    let name = shown.pointer("/fields/respondent/name");
    Ok(name.and_then(Value::as_str).unwrap_or_default().to_owned())
}

fn synced(device: &Device) -> Told<Synced> {
    let synced = device.sync()?;
    assert!(synced.in_sync, "{} {synced:?}", device.name());
    assert_eq!(synced.refused, 0, "{} {synced:?}", device.name());
    Ok(synced)
}

fn copy(from: &Path, to: &Path) -> Told<()> {
    let done = Command::new("cp")
        .args(["-r", "--"])
        .args([from, to])
        .status()?;
    match done.success() {
        true => Ok(()),
        false => Err(Fault::new("a folder cannot be copied")),
    }
}

fn revoke_the_last(world: &World) -> Told<()> {
    let devices = world.admin(&["device", "list"])?.lines()?;
    let last = devices.last().ok_or(Fault::new("no devices"))?;
    world.admin(&["device", "revoke", &text(last, "device")?])?;
    Ok(())
}

/// Nobody is sent again what they have.
fn was_sent_little(who: &str, healed: &Synced, cold: &Synced) {
    assert!(
        healed.bytes_received * 3 < cold.bytes_received,
        "{who} {healed:?}, from the beginning {cold:?}"
    );
}

/// Devices hold the same, all of it acknowledged and none of it refused.
fn hold_the_same(devices: &[&Device]) -> Told<()> {
    let mut held = Vec::new();
    for device in devices {
        let status = device.status()?;
        for count in ["outbox", "quarantined"] {
            assert_eq!(number(&status, count)?, 0, "{} {count}", device.name());
        }
        held.push(device.states()?);
    }
    assert!(held.iter().all(|states| Some(states) == held.first()));
    Ok(())
}

#[test]
fn what_was_acknowledged_after_the_backup_comes_back_from_devices_and_what_was_undone_does_not()
-> Told<()> {
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    let (alice, bob) = (world.staff("alice", STATION)?, world.staff("bob", STATION)?);
    let carol = world.staff("carol", STATION)?;
    let cases: Vec<String> = (0..CASES).map(|n| case(&alice, n)).collect::<Told<_>>()?;
    for device in [&alice, &bob, &carol] {
        synced(device)?;
    }
    let (backup, keys) = (world.path("backup"), world.path("keys"));
    let [backup, keys] = [&backup, &keys].map(|path| path.to_string_lossy().into_owned());
    let made = world.admin(&["backup", &backup, "--keys", &keys])?.json()?;
    assert!(number(&made, "position")? >= 30);

    // Everything from here on is not in the backup. Alice's work reaches bob; bob's reaches only the server.
    let [first, second, erased, ..] = cases.as_slice() else {
        return Err(Fault::new("there are no cases"));
    };
    set(&alice, first, "alice after the backup")?;
    let hers = case(&alice, 100)?;
    synced(&alice)?;
    synced(&bob)?;
    set(&bob, first, "bob after alice")?;
    set(&bob, second, "bob after the backup")?;
    let his = case(&bob, 200)?;
    synced(&bob)?;
    world.admin(&["erase", erased])?;
    revoke_the_last(&world)?;
    let dave = world.person("dave", "station_staff", &["--station", STATION])?;
    world.stop()?;

    let held = world.attempt(&["restore", &backup])?;
    assert_eq!(held.code(), Some(1), "a store is not replaced unasked");
    let restored = world.admin(&["restore", &backup, "--replace"])?.json()?;
    assert_ne!(text(&restored, "log")?, text(&made, "log")?);
    world.serve_again()?;

    let healed = synced(&bob)?;
    assert!(healed.repaired > 0, "{healed:?}");
    let again = synced(&alice)?;
    assert!(again.repaired > 0, "{again:?}");
    synced(&bob)?;
    let fresh = world.enrolled("dave", &world.ticket(&dave, &[])?)?;
    let cold = synced(&fresh)?;
    hold_the_same(&[&alice, &bob, &fresh])?;
    for device in [&alice, &bob, &fresh] {
        assert_eq!(name_in(device, first)?, "bob after alice");
        assert_eq!(name_in(device, second)?, "bob after the backup");
        let states = device.states()?;
        assert!(states.contains_key(&hers) && states.contains_key(&his));
        assert!(!states.contains_key(erased), "{}", device.name());
        assert_eq!(states.len(), CASES + 1);
    }
    was_sent_little("bob", &healed, &cold);
    was_sent_little("alice", &again, &cold);
    let (kind, _) = carol.refusal(&["sync"])?;
    assert_eq!(kind, ProblemKind::DeviceRevoked);
    set(&alice, &hers, "and work goes on")?;
    synced(&alice)?;
    synced(&bob)?;
    assert_eq!(name_in(&bob, &hers)?, "and work goes on");
    world.check()?;
    Ok(())
}

#[test]
fn a_store_that_somebody_copied_back_is_found_out_by_the_first_device_and_healed() -> Told<()> {
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    let (alice, bob) = (world.staff("alice", STATION)?, world.staff("bob", STATION)?);
    let record = case(&alice, 1)?;
    synced(&alice)?;
    synced(&bob)?;
    world.stop()?;
    let (store, copied) = (world.data().join("store"), world.path("copied"));
    copy(&store, &copied)?;
    world.serve_again()?;
    set(&alice, &record, "acknowledged")?;
    let hers = case(&alice, 2)?;
    synced(&alice)?;
    synced(&bob)?;
    world.stop()?;
    std::fs::remove_dir_all(&store)?;
    copy(&copied, &store)?;
    world.serve_again()?;
    // Bob brings back what alice wrote; she need never come again.
    assert!(synced(&bob)?.repaired > 0);
    assert!(synced(&alice)?.repaired > 0);
    hold_the_same(&[&alice, &bob])?;
    let carol = world.staff("carol", STATION)?;
    synced(&carol)?;
    assert_eq!(name_in(&carol, &record)?, "acknowledged");
    assert!(carol.states()?.contains_key(&hers));
    world.check()?;
    Ok(())
}

#[test]
fn who_works_elsewhere_since_the_restore_still_brings_back_what_only_they_hold_and_keeps_nothing()
-> Told<()> {
    const ELSEWHERE: &str = "330108-0001";
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    world.station(ELSEWHERE, "330108")?;
    let (alice, bob) = (world.staff("alice", STATION)?, world.staff("bob", STATION)?);
    let person = world.admin(&["person", "list"])?.lines()?;
    let is_alice = |line: &&Value| line.get("name").is_some_and(|name| name == "alice");
    let person = person.iter().find(is_alice);
    let person = text(person.ok_or(Fault::new("no alice"))?, "person")?;
    let (kept, edited) = (case(&alice, 1)?, case(&bob, 2)?);
    synced(&alice)?;
    synced(&bob)?;
    synced(&alice)?;
    let backup = world.path("backup").to_string_lossy().into_owned();
    world.admin(&["backup", &backup])?;
    // Bob's work reaches alice, and his device is lost; only hers has what came after the backup.
    set(&bob, &edited, "bob after the backup")?;
    let his = case(&bob, 3)?;
    synced(&bob)?;
    synced(&alice)?;
    set(&alice, &edited, "alice after bob")?;
    let hers = case(&alice, 4)?;
    synced(&alice)?;
    world.stop()?;
    world.admin(&["restore", &backup, "--replace"])?;
    world.serve_again()?;
    world.admin(&["person", "change", &person, "--station", ELSEWHERE])?;

    let moved = synced(&alice)?;
    let status = alice.status()?;
    for count in ["records", "outbox", "quarantined"] {
        assert_eq!(number(&status, count)?, 0, "{count}, {moved:?}");
    }
    assert!(alice.states()?.is_empty());
    let (kind, _) = alice.refusal(&["show", &hers])?;
    assert_eq!(kind, ProblemKind::RecordUnknown);
    let carol = world.staff("carol", STATION)?;
    synced(&carol)?;
    let states = carol.states()?;
    assert_eq!(states.len(), 4);
    assert!(
        [&kept, &his, &hers]
            .iter()
            .all(|id| states.contains_key(*id))
    );
    assert_eq!(name_in(&carol, &edited)?, "alice after bob");
    world.check()?;
    Ok(())
}

#[test]
fn a_backup_is_proven_before_anything_is_touched_and_a_lost_folder_comes_back_with_its_keys()
-> Told<()> {
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    let alice = world.staff("alice", STATION)?;
    let record = case(&alice, 1)?;
    synced(&alice)?;
    let (backup, keys) = (world.path("backup"), world.path("keys"));
    let [backup, keys] = [&backup, &keys].map(|path| path.to_string_lossy().into_owned());
    world.admin(&["backup", &backup, "--keys", &keys])?;
    let twice = world.attempt(&["backup", &backup])?;
    assert_eq!(twice.code(), Some(1), "a backup is not written over");
    let running = world.attempt(&["restore", &backup, "--replace"])?;
    assert_eq!(running.code(), Some(1), "the server runs");
    world.stop()?;
    let manifest = Path::new(&backup).join("manifest.json");
    let said = std::fs::read_to_string(&manifest)?;
    let mut wrong: Value = serde_json::from_str(&said)?;
    if let Some(hash) = wrong.get_mut("hash") {
        *hash = "00".repeat(32).into();
    }
    std::fs::write(&manifest, wrong.to_string())?;
    let damaged = world.attempt(&["restore", &backup, "--replace"])?;
    assert_eq!(damaged.code(), Some(1));
    assert!(world.data().join("store").exists());
    std::fs::write(&manifest, said)?;
    // The machine is lost: a backup and the newest keys are all there is.
    std::fs::remove_dir_all(world.data())?;
    let keyless = world.attempt(&["restore", &backup])?;
    assert_eq!(keyless.code(), Some(1));
    world.admin(&["restore", &backup, "--keys", &keys])?;
    world.serve_again()?;
    set(&alice, &record, "on the new machine")?;
    synced(&alice)?;
    let bob = world.staff("bob", STATION)?;
    synced(&bob)?;
    assert_eq!(name_in(&bob, &record)?, "on the new machine");
    world.check()?;
    Ok(())
}
