//! The first sync of a large feed: its list comes first, what somebody opens comes next, and the rest when there are bytes for it.

use std::collections::BTreeSet;

use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_tests::device::Device;
use fieldwatch_tests::fault::Told;
use fieldwatch_tests::table::{generate, write};
use fieldwatch_tests::world::{World, text};
use serde_json::Value;

const STATION: &str = "330106-0012";
const FEED: &str = "station/330106-0012";
/// Cases that wait on the server.
const WAITING: u64 = 2_000;
/// Pays for their list and a little more.
const LIST_BUDGET: &str = "200000";

fn list(device: &Device) -> Told<Vec<Value>> {
    device.lines(&["list", "--limit", "10000"])
}

fn without_body(lines: &[Value]) -> Vec<&Value> {
    let is_absent = |line: &&Value| line.get("body") == Some(&Value::Bool(false));
    lines.iter().filter(is_absent).collect()
}

#[test]
fn a_budget_for_the_list_brings_every_title_and_what_is_opened_comes_next() -> Told<()> {
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    let maker = world.staff("li", STATION)?;
    let table = world.path("cases.csv");
    write(&table, &generate(1, 0, WAITING))?;
    maker.import(&table)?;
    maker.settle()?;
    let wanted: BTreeSet<String> = titles(&list(&maker)?)?;

    let device = world.staff("wang", STATION)?;
    device.json(&["sync", "--budget", LIST_BUDGET])?;
    let lines = list(&device)?;
    assert_eq!(lines.len() as u64, WAITING);
    assert_eq!(titles(&lines)?, wanted);
    let absent = without_body(&lines);
    assert!(
        absent.len() as u64 > WAITING / 2,
        "{} are without body",
        absent.len()
    );
    assert!(
        absent
            .iter()
            .all(|line| text(line, "state").is_ok_and(|state| state == "stored"))
    );
    let late = text(absent.last().copied().unwrap_or(&Value::Null), "record")?;
    for command in [vec!["show", &late], vec!["set", &late, "narrative", "新"]] {
        let (kind, words) = device.refusal(&command)?;
        assert_eq!(kind, ProblemKind::BodyAbsent, "{words}");
    }
    device.json(&["sync", "--budget", "20000"])?;
    assert_eq!(device.show(&late)?["record"], late.as_str());
    let absent = list(&device)?;
    assert!(
        without_body(&absent).len() as u64 > WAITING / 2,
        "the others are still to come"
    );

    device.settle()?;
    let lines = list(&device)?;
    assert_eq!(
        (lines.len() as u64, without_body(&lines).len()),
        (WAITING, 0)
    );
    assert_eq!(device.feed(FEED)?, world.feed(FEED)?);
    Ok(())
}

fn titles(lines: &[Value]) -> Told<BTreeSet<String>> {
    let named = |line: &Value| {
        Ok(format!(
            "{} {}",
            text(line, "record")?,
            text(line, "title")?
        ))
    };
    lines.iter().map(named).collect()
}
