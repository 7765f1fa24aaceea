//! A byte budget is kept to within a page, both ways, whatever waits; every sync gets somewhere, and what never fits is named.

use fieldwatch_tests::chance::Chance;
use fieldwatch_tests::device::{Device, read_synced};
use fieldwatch_tests::fault::Told;
use fieldwatch_tests::link::Link;
use fieldwatch_tests::table::{generate, write};
use fieldwatch_tests::world::{World, text};
use serde_json::Value;

const STATION: &str = "330106-0012";
const FEED: &str = "station/330106-0012";
/// What a budget may be exceeded by.
const PAGE: u64 = 64 * 1024;
/// What TLS, HTTP and the handshake of one connection take beside bodies, at most.
const AROUND: u64 = 16 * 1024;

/// One sync with a budget: it keeps to it.
fn sync(device: &Device, budget: u64) -> Told<Value> {
    let said = device.json(&["sync", "--budget", &budget.to_string()])?;
    let synced = read_synced(&said)?;
    let bytes = synced.bytes_sent + synced.bytes_received;
    assert!(
        bytes <= budget + PAGE,
        "{bytes} bytes for a budget of {budget}: {said}"
    );
    Ok(said)
}

/// Syncs with a budget until nothing moves; gives what the last one said.
fn spend(device: &Device, budget: u64) -> Told<Value> {
    loop {
        let said = sync(device, budget)?;
        let synced = read_synced(&said)?;
        if synced.pushed == 0 && synced.pulled == 0 {
            return Ok(said);
        }
    }
}

fn waiting(said: &Value) -> Told<Vec<String>> {
    let waiting = said["waiting"].as_array().cloned().unwrap_or_default();
    waiting.iter().map(|each| text(each, "record")).collect()
}

/// A narrative that cannot be made smaller.
fn long_text(seed: u64, letters: usize) -> String {
    let mut chance = Chance::seeded(seed);
    (0..letters)
        .map(|_| {
            char::from_u32(0x4e00 + u32::try_from(chance.below(20_000)).unwrap_or(0))
                .unwrap_or('一')
        })
        .collect()
}

#[test]
fn whatever_waits_on_the_device_a_budget_is_kept_and_everything_that_fits_is_sent() -> Told<()> {
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    let device = world.staff("li", STATION)?;
    let table = world.path("cases.csv");
    write(&table, &generate(1, 0, 20))?;
    device.import(&table)?;
    let narrative = format!("narrative={}", long_text(1, 30_000));
    let large = device.new_record("case", &["nature=complaint", &narrative])?;
    for number in 0..6 {
        let text = long_text(number + 2, 3_000);
        device.json(&["set", &large, "narrative", &text])?;
    }
    for budget in [1, 6_000] {
        let said = spend(&device, budget)?;
        assert_eq!(waiting(&said)?, [large.as_str()], "{said}");
        assert_eq!(said["in_sync"], false);
    }
    assert_eq!(world.check()?, 20, "everything else is there");
    let said = spend(&device, 300_000)?;
    assert_eq!(said["in_sync"], true, "{said}");
    assert_eq!(world.check()?, 21);
    Ok(())
}

#[test]
fn whatever_waits_on_the_server_a_budget_is_kept_and_everything_that_fits_comes() -> Told<()> {
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    let maker = world.staff("li", STATION)?;
    let table = world.path("cases.csv");
    write(&table, &generate(1, 0, 300))?;
    maker.import(&table)?;
    let narrative = format!("narrative={}", long_text(1, 30_000));
    let large = maker.new_record("case", &["nature=complaint", &narrative])?;
    maker.settle()?;

    let person = world.person("wang", "station_staff", &["--station", STATION])?;
    let link = Link::to(world.port())?;
    let device = world.enrolled("wang", &world.ticket(&person, &["--url", &link.url()])?)?;
    let (before, mut connections) = (link.carried(), link.connections());
    let said = sync(&device, 20_000)?;
    connections = link.connections() - connections;
    assert!(
        link.carried() - before <= 20_000 + PAGE + connections * AROUND,
        "{said}"
    );
    let said = spend(&device, 30_000)?;
    assert_eq!(waiting(&said)?, [large.as_str()], "{said}");
    let needs = said["waiting"][0]["needs_bytes"]
        .as_u64()
        .unwrap_or_default();
    assert!(needs > 80_000, "{said}");
    let lines = device.lines(&["list", "--limit", "1000"])?;
    let absent: Vec<&Value> = lines
        .iter()
        .filter(|line| line.get("body").is_some())
        .collect();
    assert_eq!(
        (lines.len(), absent.len()),
        (301, 1),
        "all but one are there"
    );
    assert_eq!(absent[0]["needs_bytes"], needs);

    let said = spend(&device, needs + 5_000)?;
    assert_eq!(said["in_sync"], true, "{said}");
    assert_eq!(device.feed(FEED)?, world.feed(FEED)?);
    Ok(())
}

#[test]
fn a_large_record_that_goes_in_parts_stays_on_its_device_and_its_feed_agrees() -> Told<()> {
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    let device = world.staff("li", STATION)?;
    let large = device.new_record("case", &["nature=complaint", "respondent.name=甲"])?;
    for number in 0..12 {
        let text = long_text(number, 3_000);
        device.json(&["set", &large, "narrative", &text])?;
    }
    let whole = device.json(&["show", &large])?;
    let mut said = Value::Null;
    for _ in 0..16 {
        said = sync(&device, 40_000)?;
        let shown = device.json(&["show", &large])?;
        assert_eq!(shown["narrative"], whole["narrative"], "{said}");
        assert_eq!(said["repaired"], 0, "nothing was wrong: {said}");
        if said["in_sync"] == true {
            break;
        }
    }
    assert_eq!(said["in_sync"], true, "{said}");
    assert_eq!(waiting(&said)?, Vec::<String>::new(), "{said}");
    assert_eq!(device.feed(FEED)?, world.feed(FEED)?);
    Ok(())
}
