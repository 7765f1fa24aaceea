//! Two stations in two counties, and what the tests ask of them.

use fieldwatch_tests::device::Device;
use fieldwatch_tests::fault::{Fault, Told};
use fieldwatch_tests::world::{World, text};
use serde_json::Value;

pub(crate) const FIRST: &str = "330106-0012";
pub(crate) const SECOND: &str = "330108-0001";

/// A world with both stations.
pub(crate) fn two_stations() -> Told<World> {
    let world = World::begin()?;
    world.station(FIRST, "330106")?;
    world.station(SECOND, "330108")?;
    Ok(world)
}

/// A device of a new person of these stations; gives the person too.
pub(crate) fn staff_of(world: &World, name: &str, stations: &[&str]) -> Told<(String, Device)> {
    let place: Vec<&str> = stations
        .iter()
        .flat_map(|station| ["--station", station])
        .collect();
    let person = world.person(name, "station_staff", &place)?;
    let device = world.enrolled(name, &world.ticket(&person, &[])?)?;
    Ok((person, device))
}

/// A device of a new coordinator.
pub(crate) fn coordinator(world: &World, name: &str, region: &str) -> Told<Device> {
    let person = world.person(name, "coordinator", &["--region", region])?;
    world.enrolled(name, &world.ticket(&person, &[])?)
}

/// A case with a consumer behind it; gives both.
pub(crate) fn case_with_consumer(device: &Device) -> Told<(String, String)> {
    let party = device.new_record("party", &["name=王芳", "phone=13800000000"])?;
    let case = device.new_record(
        "case",
        &[
            "nature=complaint",
            "respondent.name=商行",
            &format!("party={party}"),
        ],
    )?;
    Ok((case, party))
}

/// Syncs every device until nothing moves any more.
pub(crate) fn settle(devices: &[&Device]) -> Told<()> {
    for _ in 0..2 {
        for device in devices {
            device.settle()?;
        }
    }
    Ok(())
}

/// Whether a device holds a record.
pub(crate) fn holds(device: &Device, record: &str) -> Told<bool> {
    Ok(device.states()?.contains_key(record))
}

/// A field of a record as a device shows it.
pub(crate) fn field(device: &Device, record: &str, path: &str) -> Told<Value> {
    let shown = device.show(record)?;
    let fields = shown.get("fields").cloned().unwrap_or_default();
    let place = format!("/{}", path.replace('.', "/"));
    Ok(fields.pointer(&place).cloned().unwrap_or_default())
}

/// Every device holds exactly what the server has in its feeds.
pub(crate) fn agree(world: &World, device: &Device, feeds: &[&str]) -> Told<()> {
    for feed in feeds {
        let (theirs, ours) = (world.feed(feed)?, device.feed(feed)?);
        let ours = ours.ok_or_else(|| Fault::new(format!("{} lacks {feed}", device.name())))?;
        match theirs {
            Some(theirs) if theirs != ours => {
                return Err(Fault::new(format!("{feed}: {theirs:?} is not {ours:?}")));
            }
            None if ours.records != 0 => {
                return Err(Fault::new(format!("{feed}: the server has nothing")));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What waits for a release.
pub(crate) fn waiting(world: &World) -> Told<Vec<Value>> {
    world.admin(&["quarantine", "list"])?.lines()
}

/// The one thing that waits: its name, its record, and why.
pub(crate) fn only_waiting(world: &World) -> Told<(String, String, String)> {
    match waiting(world)?.as_slice() {
        [one] => Ok((text(one, "id")?, text(one, "record")?, text(one, "reason")?)),
        several => Err(Fault::new(format!("{several:?}"))),
    }
}

/// The reasons for which a device keeps work back.
pub(crate) fn kept_back(device: &Device) -> Told<Vec<String>> {
    let lines = device.lines(&["quarantine"])?;
    lines.iter().map(|line| text(line, "code")).collect()
}
