//! Two people write one field while apart: both values stay, with their authors and times, until a person chooses.

use fieldwatch_schemas::time::Moment;
use fieldwatch_tests::device::Device;
use fieldwatch_tests::fault::Told;
use fieldwatch_tests::world::{World, number};
use serde_json::Value;

const STATION: &str = "330106-0012";

/// The values that two people wrote into one case.
struct Apart {
    _world: World,
    li: Device,
    wang: Device,
    record: String,
}

fn apart() -> Told<Apart> {
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    let li = world.staff("李芳", STATION)?;
    let wang = world.staff("王强", STATION)?;
    let record = li.new_record("case", &["nature=complaint", "respondent.name=商行"])?;
    meet(&li, &wang)?;
    li.json(&["set", &record, "problem", "quality"])?;
    wang.json(&["set", &record, "problem", "price"])?;
    Ok(Apart {
        _world: world,
        li,
        wang,
        record,
    })
}

fn meet(li: &Device, wang: &Device) -> Told<()> {
    for device in [li, wang, li, wang] {
        device.settle()?;
    }
    Ok(())
}

#[test]
fn both_devices_show_the_same_conflict_with_values_authors_and_times() -> Told<()> {
    let it = apart()?;
    assert!(it.li.lines(&["conflicts"])?.is_empty());
    meet(&it.li, &it.wang)?;
    let shown = it.li.lines(&["conflicts"])?;
    assert_eq!(shown, it.wang.lines(&["conflicts"])?);
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0]["record"], it.record.as_str());
    assert_eq!(shown[0]["path"], "problem");
    let values = shown[0]["values"].as_array().cloned().unwrap_or_default();
    let mut told: Vec<(&str, &str)> = values
        .iter()
        .map(|value| (text(value, "value"), text(value, "by")))
        .collect();
    told.sort_unstable();
    assert_eq!(told, [("price", "王强"), ("quality", "李芳")]);
    for value in &values {
        let at = text(value, "at");
        let has_offset =
            at.ends_with('Z') || at.get(19..).is_some_and(|rest| rest.contains(['+', '-']));
        assert!(Moment::parse(at).is_ok() && has_offset, "{value}");
    }
    for device in [&it.li, &it.wang] {
        assert_eq!(number(&device.status()?, "conflicts")?, 1);
        let whole = device.show(&it.record)?;
        assert_eq!(
            whole["conflicts"].as_array().map(Vec::len),
            Some(1),
            "{whole}"
        );
    }
    Ok(())
}

#[test]
fn resolving_on_one_device_clears_the_conflict_on_the_other() -> Told<()> {
    let it = apart()?;
    meet(&it.li, &it.wang)?;
    let shown = it.li.lines(&["conflicts"])?;
    let chosen = shown[0]["values"][1]["value"].clone();
    it.li
        .json(&["resolve", &it.record, "problem", "--choose", "2"])?;
    assert!(it.li.lines(&["conflicts"])?.is_empty());
    assert_eq!(it.wang.lines(&["conflicts"])?, shown);
    meet(&it.li, &it.wang)?;
    for device in [&it.li, &it.wang] {
        assert!(device.lines(&["conflicts"])?.is_empty());
        assert_eq!(device.show(&it.record)?["fields"]["problem"], chosen);
        assert_eq!(number(&device.status()?, "conflicts")?, 0);
    }
    Ok(())
}

#[test]
fn the_same_value_written_twice_is_no_conflict() -> Told<()> {
    let it = apart()?;
    for device in [&it.li, &it.wang] {
        device.json(&["set", &it.record, "problem", "safety"])?;
    }
    meet(&it.li, &it.wang)?;
    for device in [&it.li, &it.wang] {
        assert!(device.lines(&["conflicts"])?.is_empty());
    }
    Ok(())
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
