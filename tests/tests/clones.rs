//! Copies of one home: two phones with one identity write apart, and a phone is set back to an older copy of itself. Nothing of any
//! is lost, nobody has to do anything, and all go on working.

use std::path::Path;
use std::process::Command;

use fieldwatch_tests::device::{Device, Synced};
use fieldwatch_tests::fault::{Fault, Told};
use fieldwatch_tests::world::{World, number};
use serde_json::Value;

const STATION: &str = "330106-0012";
const ROUNDS: usize = 3;

/// A home as it is now, in another folder.
fn copied(device: &Device, to: &Path) -> Told<Device> {
    let done = Command::new("cp")
        .args(["-r", "--"])
        .args([device.home(), to])
        .status()?;
    if !done.success() {
        return Err(Fault::new("the home cannot be copied"));
    }
    Ok(Device::at(to.to_owned(), "the copy"))
}

/// Syncs, and expects that everything was taken and nothing had to be repaired.
fn synced(device: &Device) -> Told<Synced> {
    let synced = device.sync()?;
    assert_eq!((synced.refused, synced.repaired), (0, 0), "{synced:?}");
    assert!(synced.in_sync, "{synced:?}");
    Ok(synced)
}

fn set(device: &Device, record: &str, path: &str, value: &str) -> Told<Value> {
    device.json(&["set", record, path, value])
}

fn at_rest(devices: &[&Device]) -> Told<()> {
    let mut held = Vec::new();
    for device in devices {
        let status = device.status()?;
        for count in ["outbox", "quarantined"] {
            assert_eq!(number(&status, count)?, 0, "{count}");
        }
        held.push(device.states()?.into_keys().collect::<Vec<_>>());
    }
    assert!(held.iter().all(|records| Some(records) == held.first()));
    Ok(())
}

/// A text of a record.
fn said(device: &Device, record: &str, path: &str) -> Told<String> {
    let shown = device.show(record)?;
    let place = format!("/fields/{}", path.replace('.', "/"));
    let said = shown.pointer(&place).and_then(Value::as_str);
    Ok(said.unwrap_or_default().to_owned())
}

/// The cases that a phone and its copy both write: one in different fields, one in the same.
struct Cases {
    shared: String,
    disputed: String,
}

fn words(who: &str, round: usize) -> String {
    format!("{who} {round}")
}

fn write_apart(wang: &Device, copy: &Device, cases: &Cases, round: usize) -> Told<()> {
    let Cases { shared, disputed } = cases;
    for (who, name, path) in [
        (wang, "wang", "narrative"),
        (copy, "copy", "respondent.address"),
    ] {
        let words = words(name, round);
        set(who, shared, path, &words)?;
        set(who, disputed, "respondent.phone", &words)?;
        who.json(&["event", shared, "first_action"])?;
        let name = format!("respondent.name={words}");
        who.new_record("case", &["nature=complaint", &name])?;
    }
    Ok(())
}

/// Whatever either wrote is here: side by side, or as a conflict in words.
fn holds_both(device: &Device, cases: &Cases, round: usize) -> Told<()> {
    let Cases { shared, .. } = cases;
    let (wang, copy) = (words("wang", round), words("copy", round));
    assert_eq!(said(device, shared, "narrative")?, wang);
    assert_eq!(said(device, shared, "respondent.address")?, copy);
    let conflicts = device.lines(&["conflicts"])?;
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    let values = conflicts.iter().flat_map(|conflict| {
        let values = conflict.get("values").and_then(Value::as_array);
        values.into_iter().flatten()
    });
    let mut told: Vec<(&str, &str)> = values
        .map(|value| (text(value, "value"), text(value, "by")))
        .collect();
    told.sort_unstable();
    assert_eq!(told, [(copy.as_str(), "王强"), (wang.as_str(), "王强")]);
    let shown = device.show(shared)?;
    let events = shown.get("events").and_then(Value::as_array).map(Vec::len);
    assert_eq!(events, Some(2 * (round + 1)));
    Ok(())
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[test]
fn two_phones_with_one_home_write_apart_for_rounds_and_nothing_of_either_is_lost() -> Told<()> {
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    let wang = world.staff("王强", STATION)?;
    let li = world.staff("李芳", STATION)?;
    let cases = Cases {
        shared: wang.new_record("case", &["nature=complaint", "respondent.name=商行"])?,
        disputed: wang.new_record("case", &["nature=complaint"])?,
    };
    synced(&wang)?;
    let copy = copied(&wang, &world.path("copy"))?;
    for round in 0..ROUNDS {
        write_apart(&wang, &copy, &cases, round)?;
        for device in [&wang, &copy, &wang, &li] {
            synced(device)?;
        }
        at_rest(&[&wang, &copy, &li])?;
        for device in [&wang, &copy, &li] {
            holds_both(device, &cases, round)?;
        }
        let disputed = &cases.disputed;
        copy.json(&["resolve", disputed, "respondent.phone", "--choose", "1"])?;
        for device in [&copy, &wang, &li] {
            synced(device)?;
            assert!(device.lines(&["conflicts"])?.is_empty());
        }
    }
    assert_eq!(wang.states()?.len(), 2 + 2 * ROUNDS);
    world.check()?;
    Ok(())
}

#[test]
fn a_phone_set_back_to_an_older_copy_of_its_home_writes_on() -> Told<()> {
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    let wang = world.staff("王强", STATION)?;
    let case = wang.new_record("case", &["nature=complaint"])?;
    synced(&wang)?;
    let old = copied(&wang, &world.path("old"))?;
    set(&wang, &case, "narrative", "退货")?;
    set(&wang, &case, "respondent.phone", "1")?;
    let unsent = wang.new_record("case", &["nature=tip_off"])?;
    synced(&wang)?;
    // The phone is lost; what it had sent by then is not.
    set(&old, &case, "respondent.name", "商行")?;
    set(&old, &case, "respondent.phone", "2")?;
    synced(&old)?;
    assert_eq!(said(&old, &case, "narrative")?, "退货");
    assert_eq!(said(&old, &case, "respondent.name")?, "商行");
    assert_eq!(old.lines(&["conflicts"])?.len(), 1);
    assert!(old.states()?.contains_key(&unsent));
    set(&old, &case, "respondent.phone", "3")?;
    synced(&old)?;
    synced(&wang)?;
    assert_eq!(said(&wang, &case, "respondent.phone")?, "3");
    at_rest(&[&old, &wang])?;
    world.check()?;
    Ok(())
}
