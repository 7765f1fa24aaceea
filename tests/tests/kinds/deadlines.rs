//! Deadlines before and after the server has received what they rest on.

use fieldwatch_schemas::time::Moment;
use fieldwatch_tests::device::Device;
use fieldwatch_tests::fault::{Fault, Told};
use fieldwatch_tests::world::World;
use serde_json::{Value, json};

use crate::council::Council;

const DAY_MS: i64 = 86_400_000;

/// The clock of the 72 hours, which rests on no calendar.
fn clock(device: &Device, record: &str) -> Told<Value> {
    let clocks = device.lines(&["deadlines", record])?;
    let found = clocks
        .into_iter()
        .find(|clock| clock["rule"] == "pre_settlement_72h");
    found.ok_or_else(|| Fault::new("no clock of 72 hours"))
}

fn ms(value: &Value) -> Told<i64> {
    let moment = Moment::parse(value.as_str().unwrap_or_default());
    moment
        .map(|at| at.ms)
        .map_err(|error| Fault::new(error.to_string()))
}

#[test]
fn a_deadline_is_provisional_until_the_server_has_received_what_it_rests_on() -> Told<()> {
    let council = Council::begin()?;
    let (li, case) = (&council.li, council.case.as_str());
    li.json(&["event", case, "offered_to_enterprise"])?;
    let before = clock(li, case)?;
    assert_eq!(before["provisional"], true);
    assert_eq!(before["state"], "running");
    li.settle()?;
    council.wang.settle()?;
    for device in [li, &council.wang] {
        let after = clock(device, case)?;
        assert_eq!(after["provisional"], false, "{}", device.name());
        assert_eq!(after["due"], before["due"], "{}", device.name());
    }
    Ok(())
}

#[test]
fn a_time_stated_too_far_from_its_receipt_is_kept_and_replaced_for_deadlines() -> Told<()> {
    let council = Council::begin()?;
    let (li, case) = (&council.li, council.case.as_str());
    li.json(&["event", case, "first_action"])?;
    let now_ms = ms(&li.show(case)?["events"][0]["at"])?;
    let stated = Moment::china(now_ms - 40 * DAY_MS).rfc3339();
    li.json(&["set", case, "received_at", &stated])?;
    li.json(&["event", case, "offered_to_enterprise", "--at", &stated])?;
    assert_eq!(clock(li, case)?["state"], "missed");
    li.settle()?;
    council.wang.settle()?;
    for device in [li, &council.wang] {
        let shown = device.show(case)?;
        let offered = &shown["events"][1];
        assert_eq!(offered["at"], stated.as_str());
        assert_eq!(shown["fields"]["received_at"], stated.as_str());
        assert!(ms(&offered["counts_at"])? > now_ms - DAY_MS, "{offered}");
        assert!(ms(&shown["received_counts_at"])? > now_ms - DAY_MS);
        assert_eq!(shown["events"][0].get("counts_at"), None);
        let running = clock(device, case)?;
        let standing = [&running["state"], &running["provisional"]];
        assert_eq!(standing, [&json!("running"), &json!(false)]);
    }
    Ok(())
}

#[test]
fn a_departments_station_has_the_departments_deadlines_on_its_own_device_and_its_coordinators()
-> Told<()> {
    let world = World::begin()?;
    let id = "330106-0900";
    let station = [
        "station",
        "add",
        "--id",
        id,
        "--name",
        "西湖区局",
        "--region",
        "330106",
    ];
    world.admin(&[&station[..], &["--authority", "department"]].concat())?;
    let zhou = world.person("周", "station_staff", &["--station", id])?;
    let zhou = world.enrolled("zhou", &world.ticket(&zhou, &[])?)?;
    let made = zhou.json(&["new", "case", "--set", "nature=complaint"])?;
    let case = made["record"].as_str().unwrap_or_default().to_owned();
    let packs = |device: &Device| -> Told<Vec<String>> {
        let clocks = device.lines(&["deadlines", &case])?;
        let packs = clocks.iter().filter_map(|clock| clock["pack"].as_str());
        Ok(packs.map(str::to_owned).collect())
    };
    let known_before_any_sync = packs(&zhou)?;
    assert!(
        known_before_any_sync
            .iter()
            .any(|pack| pack.starts_with("department")),
        "{known_before_any_sync:?}"
    );
    zhou.settle()?;
    let gao = world.person("高", "coordinator", &["--region", "330100"])?;
    let gao = world.enrolled("gao", &world.ticket(&gao, &[])?)?;
    gao.settle()?;
    assert_eq!(packs(&gao)?, known_before_any_sync);
    Ok(())
}
