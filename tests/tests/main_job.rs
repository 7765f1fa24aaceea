//! The main job, end to end: two devices of one station import offline halves of one table, edit, meet at the server, and the
//! report is right.
//!
//! The table is generated with the columns of the CFPB's; `FW_TABLE=FILE` takes a real one. What is right is counted from the
//! table here, by its own means ([`count`]).

#[path = "main_job/count.rs"]
mod count;

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_tests::device::{Device, MAPPING};
use fieldwatch_tests::fault::{Fault, Told};
use fieldwatch_tests::table::{COLUMNS, Row, generate, write};
use fieldwatch_tests::world::{World, number, text};
use serde_json::Value;

/// The station, and the feed of its cases.
const STATION: &str = "330106-0012";
const FEED: &str = "station/330106-0012";
/// Rows that are in both halves.
const SHARED: usize = 100;
/// Cases that each person edits.
const EDITS: usize = 5;

#[test]
fn two_devices_import_halves_of_a_table_offline_and_the_report_is_right() -> Told<()> {
    let rows = table()?;
    let (world, li, wang) = station_of_two()?;
    let middle = rows.len() / 2;
    let first = part(&rows, 0, middle + SHARED / 2)?;
    let second = part(&rows, middle - SHARED / 2, rows.len())?;

    world.stop()?;
    let mut totals = Vec::new();
    for (device, half) in [(&li, first), (&wang, second)] {
        let told = import(&world, device, half)?;
        assert_eq!(number(&told, "read")?, half.len() as u64, "{told}");
        assert_eq!(number(&told, "created")?, half.len() as u64, "{told}");
        assert_eq!(told.get("refused"), Some(&Value::Array(Vec::new())));
        totals.push(told);
    }
    let expected = count::unmapped(&mapping()?, first);
    assert_eq!(number(&totals[0], "unmapped")?, expected);
    let mut edits = BTreeMap::new();
    edits.extend(edit(&li, &first[..EDITS], "safety", 10_000)?);
    edits.extend(edit(
        &wang,
        &second[second.len() - EDITS..],
        "counterfeit",
        250,
    )?);
    let (kind, words) = li.refusal(&["sync"])?;
    assert_eq!(kind, ProblemKind::Offline, "{words}");
    world.serve_again()?;

    meet(&li, &wang)?;
    everything_is_everywhere(&world, &rows, [&li, &wang])?;
    the_report_is(&world, &count::count(&mapping()?, &rows, &edits))?;

    for (device, half) in [(&li, first), (&wang, second)] {
        let told = import(&world, device, half)?;
        assert_eq!(number(&told, "unchanged")?, half.len() as u64, "{told}");
        assert_eq!(
            device.sync()?.pushed,
            0,
            "importing again made something new"
        );
    }
    everything_is_everywhere(&world, &rows, [&li, &wang])?;
    the_report_is(&world, &count::count(&mapping()?, &rows, &edits))
}

#[test]
fn what_a_person_edited_is_not_overwritten_by_a_changed_row() -> Told<()> {
    let (world, li, wang) = station_of_two()?;
    let mut rows = generate(11, 0, 8);
    rows[3] = rows[3].clone().with("Issue", "Late fee");
    import(&world, &li, &rows)?;
    let record = numbered(&li)?.remove(rows[3].cell("Complaint ID"));
    let record = record.ok_or_else(|| Fault::new("the case is not there"))?;
    li.json(&["set", &record, "respondent.name", "杭州示范商贸有限公司"])?;
    meet(&li, &wang)?;

    let mut changed = rows.clone();
    changed[3] = rows[3]
        .clone()
        .with("Company", "Another Company, Inc.")
        .with("Issue", "Fraud or scam");
    for (device, updated) in [(&li, 1), (&wang, 0), (&li, 0)] {
        let told = import(&world, device, &changed)?;
        assert_eq!(number(&told, "created")?, 0, "{told}");
        assert_eq!(number(&told, "updated")?, updated, "{told}");
        meet(&li, &wang)?;
        for device in [&li, &wang] {
            let fields = device.show(&record)?["fields"].take();
            let name = &fields["respondent"]["name"];
            assert_eq!(name, "杭州示范商贸有限公司", "{fields}");
            assert_eq!(fields["problem"], "safety", "{fields}");
            assert!(device.lines(&["conflicts"])?.is_empty());
        }
    }
    assert_eq!(world.check()?, 8);
    Ok(())
}

/// The rows of `FW_TABLE`, or generated ones.
fn table() -> Told<Vec<Row>> {
    let Some(path) = std::env::var_os("FW_TABLE") else {
        return Ok(generate(2015, 0, 600));
    };
    let mut reader = csv::Reader::from_path(path)?;
    if reader.headers()? != &csv::StringRecord::from(COLUMNS.to_vec()) {
        return Err(Fault::new("FW_TABLE has other columns"));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        rows.push(Row(record?.iter().map(str::to_owned).collect()));
    }
    Ok(rows)
}

fn part(rows: &[Row], from: usize, to: usize) -> Told<&[Row]> {
    rows.get(from..to)
        .ok_or_else(|| Fault::new("the table is too short to be halved"))
}

fn station_of_two() -> Told<(World, Device, Device)> {
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    let li = world.staff("li", STATION)?;
    let wang = world.staff("wang", STATION)?;
    Ok((world, li, wang))
}

fn mapping() -> Told<toml::Table> {
    Ok(std::fs::read_to_string(MAPPING)?.parse()?)
}

fn import(world: &World, device: &Device, rows: &[Row]) -> Told<Value> {
    let file = world.path(&format!("{}.csv", device.name()));
    write(&file, rows)?;
    device.import(&file)
}

/// The records that a device lists, by their numbers in the table.
fn numbered(device: &Device) -> Told<BTreeMap<String, String>> {
    let lines = device.lines(&["list", "--limit", "1000000"])?;
    lines
        .iter()
        .map(|line| Ok((text(line, "external_no")?, text(line, "record")?)))
        .collect()
}

/// Gives cases another problem, and money back. Tells what they say now, by number.
fn edit(device: &Device, rows: &[Row], problem: &str, fen: u64) -> Told<count::Edits> {
    let records = numbered(device)?;
    let mut edits = count::Edits::new();
    for row in rows {
        let id = row.cell("Complaint ID");
        let record = records
            .get(id)
            .ok_or_else(|| Fault::new(format!("{id} is not there")))?;
        device.json(&["set", record, "problem", problem])?;
        device.json(&["set", record, "recovered.refund_fen", &fen.to_string()])?;
        edits.insert(id.to_owned(), (problem.to_owned(), fen));
    }
    Ok(edits)
}

/// Both sync until nothing is new for either.
fn meet(first: &Device, second: &Device) -> Told<()> {
    for device in [first, second, first, second] {
        let synced = device.settle()?;
        assert_eq!(synced.refused, 0);
    }
    Ok(())
}

/// One case for every different row, on both devices and on the server, all sent, all the same.
fn everything_is_everywhere(world: &World, rows: &[Row], devices: [&Device; 2]) -> Told<()> {
    let ids: BTreeSet<&str> = rows.iter().map(|row| row.cell("Complaint ID")).collect();
    assert_eq!(world.check()?, ids.len() as u64);
    let on_server = world.feed(FEED)?;
    assert_eq!(
        on_server.as_ref().map(|feed| feed.records),
        Some(ids.len() as u64)
    );
    for device in devices {
        let numbers = numbered(device)?;
        assert!(numbers.keys().map(String::as_str).eq(ids.iter().copied()));
        let states = device.states()?;
        let waiting = states.values().filter(|state| *state != "stored").count();
        assert_eq!(waiting, 0, "records of {} are not stored", device.name());
        let status = device.status()?;
        for count in ["outbox", "quarantined", "conflicts"] {
            assert_eq!(number(&status, count)?, 0, "{status}");
        }
        assert_eq!(device.feed(FEED)?, on_server, "{}", device.name());
        let personal = format!("{FEED}/personal");
        let nothing = world.feed(&personal)?.map_or(0, |feed| feed.records);
        assert_eq!(nothing, 0);
    }
    Ok(())
}

/// The report says what was counted, for everywhere and for the station's region, and nothing for another.
fn the_report_is(world: &World, counted: &count::Counts) -> Told<()> {
    let days = ["report", "--from", "2015-01-01", "--to", "2016-12-31"];
    let everywhere = world.admin(&days)?.json()?;
    assert_eq!(count::Counts::read(&everywhere)?, *counted);
    let here = [&days[..], &["--region", "330106"]].concat();
    let here = world.admin(&here)?.json()?;
    assert_eq!(count::Counts::read(&here)?, *counted);
    let elsewhere = [&days[..], &["--region", "310000"]].concat();
    let elsewhere = world.admin(&elsewhere)?.json()?;
    let nothing = count::count(&mapping()?, &[], &count::Edits::new());
    assert_eq!(count::Counts::read(&elsewhere)?, nothing);
    Ok(())
}
