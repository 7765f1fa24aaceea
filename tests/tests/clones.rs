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
    for device in devices {
        let status = device.status()?;
        for count in ["outbox", "quarantined"] {
            assert_eq!(number(&status, count)?, 0, "{count}");
        }
        assert_eq!(
            device.states()?.keys().collect::<Vec<_>>(),
            devices[0].states()?.keys().collect::<Vec<_>>()
        );
    }
    Ok(())
}

/// What a record says to anybody.
fn said(device: &Device, record: &str) -> Told<Value> {
    let mut shown = device.show(record)?;
    Ok(shown["fields"].take())
}

#[test]
fn two_phones_with_one_home_write_apart_for_rounds_and_nothing_of_either_is_lost() -> Told<()> {
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    let wang = world.staff("王强", STATION)?;
    let li = world.staff("李芳", STATION)?;
    let shared = wang.new_record("case", &["nature=complaint", "respondent.name=商行"])?;
    let disputed = wang.new_record("case", &["nature=complaint"])?;
    synced(&wang)?;
    let copy = copied(&wang, &world.path("copy"))?;
    for round in 0..ROUNDS {
        let words = |who: &str| format!("{who} {round}");
        set(&wang, &shared, "narrative", &words("wang"))?;
        set(&wang, &disputed, "respondent.phone", &words("wang"))?;
        wang.json(&["event", &shared, "first_action"])?;
        set(&copy, &shared, "respondent.address", &words("copy"))?;
        set(&copy, &disputed, "respondent.phone", &words("copy"))?;
        set(&copy, &disputed, "respondent.name", &words("copy"))?;
        copy.json(&["event", &shared, "first_action"])?;
        for (who, name) in [(&wang, "wang"), (&copy, "copy")] {
            who.new_record(
                "case",
                &[
                    "nature=complaint",
                    &format!("respondent.name={}", words(name)),
                ],
            )?;
        }
        for device in [&wang, &copy, &wang, &li] {
            synced(device)?;
        }
        at_rest(&[&wang, &copy, &li])?;
        for device in [&wang, &copy, &li] {
            let fields = said(device, &shared)?;
            assert_eq!(fields["narrative"], words("wang"), "{}", device.name());
            assert_eq!(fields["respondent"]["address"], words("copy"));
            assert_eq!(
                said(device, &disputed)?["respondent"]["name"],
                words("copy")
            );
            let conflicts = device.lines(&["conflicts"])?;
            assert_eq!(conflicts.len(), 1, "{conflicts:?}");
            let values = conflicts[0]["values"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let mut both: Vec<_> = values.iter().map(|value| &value["value"]).collect();
            both.sort_by_key(|value| value.to_string());
            assert_eq!(both, [words("copy").as_str(), words("wang").as_str()]);
            assert!(
                values.iter().all(|value| value["by"] == "王强"),
                "{values:?}"
            );
            let events = device.show(&shared)?["events"].as_array().map(Vec::len);
            assert_eq!(events, Some(2 * (round + 1)));
        }
        copy.json(&["resolve", &disputed, "respondent.phone", "--choose", "1"])?;
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
    let fields = said(&old, &case)?;
    assert_eq!(
        (
            fields["narrative"].as_str(),
            fields["respondent"]["name"].as_str()
        ),
        (Some("退货"), Some("商行"))
    );
    assert_eq!(old.lines(&["conflicts"])?.len(), 1);
    assert!(old.states()?.contains_key(&unsent));
    set(&old, &case, "respondent.phone", "3")?;
    synced(&old)?;
    synced(&wang)?;
    assert_eq!(said(&wang, &case)?["respondent"]["phone"], "3");
    at_rest(&[&old, &wang])?;
    world.check()?;
    Ok(())
}
