//! The report, and the proof: its numbers are what was made, and every device holds what the server holds.

use std::collections::BTreeMap;
use std::io::Write;

use fieldwatch_client_core::replica::{Filter, State};
use fieldwatch_server::admin::Command;
use serde_json::Value as Json;

use super::{Ending, REGION, World};
use crate::demo::DemoError;
use crate::demo::cast::{PEOPLE, Person};
use crate::demo::device::Device;
use crate::demo::error::claim;
use crate::demo::figures;
use crate::demo::office::text;
use crate::demo::tell::Teller;

/// The server's feeds: digest and number of records by name.
type Feeds = BTreeMap<String, (String, u64)>;

pub(super) async fn tell<W: Write>(
    world: &mut World,
    teller: &mut Teller<W>,
) -> Result<Ending, DemoError> {
    for device in &world.devices {
        device.sync().await?;
    }
    let (from, to) = world.days.clone();
    teller.chapter(
        &format!("统计报表（杭州市，{from} 至 {to}）"),
        &format!("The report (Hangzhou, {from} to {to})"),
    )?;
    let report = Command::Report {
        from,
        to,
        region: Some(REGION.to_owned()),
    };
    let report = world.office.ask_one(report).await?;
    figures::show(teller, &report)?;
    prove_report(world, &report)?;
    teller.chapter("核对", "Proof")?;
    let total = world.expected.total();
    teller.say(
        &format!("报表的每个数字都与各设备登记的 {total} 件诉求一致"),
        &format!("Every number of the report agrees with the {total} cases that were recorded"),
    )?;
    let feeds_agreeing = prove_devices(world, teller).await?;
    let records = prove_store(world, teller).await?;
    Ok(Ending {
        report,
        records,
        feeds_agreeing,
    })
}

fn prove_report(world: &World, report: &Json) -> Result<(), DemoError> {
    let wrong = world.expected.wrong_in(report);
    let list = |says: &str, made: &str| {
        let each = wrong
            .iter()
            .map(|wrong| format!("{}{says}{}{made}{}", wrong.at, wrong.says, wrong.made));
        each.collect::<Vec<_>>().join("; ")
    };
    claim(
        wrong.is_empty(),
        || list(" 报表为 ", "，实际为 "),
        || list(" says ", ", made were "),
    )
}

/// Every device: all records stored, every feed as on the server. Returns how many feeds that were.
async fn prove_devices<W: Write>(world: &World, teller: &mut Teller<W>) -> Result<u64, DemoError> {
    let feeds = feeds(world).await?;
    let mut agreeing = 0;
    for (person, device) in PEOPLE.iter().zip(&world.devices) {
        prove_stored(person, device)?;
        agreeing += prove_feeds(person, device, &feeds)?;
    }
    teller.say(
        &format!(
            "6 台设备的 {agreeing} 个数据流（feed）摘要与服务器完全相同，所有记录均为“服务器已确认”"
        ),
        &format!(
            "{agreeing} feeds on 6 devices have the server's digests, and every record is `stored`"
        ),
    )?;
    Ok(agreeing)
}

async fn feeds(world: &World) -> Result<Feeds, DemoError> {
    let lines = world.office.ask(Command::Feeds).await?;
    let line = |line: &Json| {
        let records = line.get("records").and_then(Json::as_u64).unwrap_or(0);
        (text(line, "feed"), (text(line, "digest"), records))
    };
    Ok(lines.iter().map(line).collect())
}

fn prove_stored(person: &Person, device: &Device) -> Result<(), DemoError> {
    let filter = Filter {
        limit: usize::MAX,
        ..Filter::default()
    };
    let listed = device.replica().list(&filter)?;
    let unsure = listed
        .iter()
        .filter(|line| line.state != State::Stored)
        .count();
    let status = device.replica().status()?;
    claim(
        unsure == 0 && status.outbox == 0 && status.quarantined == 0 && status.conflicts == 0,
        || format!("{}的设备上有 {unsure} 条未确认：{status:?}", person.name),
        || {
            format!(
                "on {}'s device {unsure} records are not stored: {status:?}",
                person.name
            )
        },
    )
}

fn prove_feeds(person: &Person, device: &Device, feeds: &Feeds) -> Result<u64, DemoError> {
    let mut agreeing = 0;
    for here in device.replica().status()?.feeds {
        let name = here.feed.as_str();
        let there = feeds.get(name);
        let agrees = match there {
            Some((digest, records)) => {
                *digest == here.digest.to_string() && *records == here.records
            }
            None => here.records == 0,
        };
        claim(
            agrees,
            || format!("{}的 {name} 与服务器不同：{here:?}；{there:?}", person.name),
            || {
                format!(
                    "{}'s {name} is not the server's: {here:?}; {there:?}",
                    person.name
                )
            },
        )?;
        agreeing += 1;
    }
    Ok(agreeing)
}

/// The server reads its whole store and finds nothing wrong, and exactly what was made.
async fn prove_store<W: Write>(world: &World, teller: &mut Teller<W>) -> Result<u64, DemoError> {
    let made: u64 = world.logged.iter().map(super::Logged::records).sum();
    let checked = world.office.ask_one(Command::Check).await?;
    let count = |name: &str| checked.get(name).and_then(Json::as_u64).unwrap_or(0);
    let (records, changes) = (count("records"), count("changes"));
    let problems = checked.get("problems").and_then(Json::as_array);
    claim(
        records == made && problems.is_some_and(Vec::is_empty),
        || format!("共登记 {made} 条记录，服务器自检得到：{checked}"),
        || format!("{made} records were made, the server's check says: {checked}"),
    )?;
    teller.say(
        &format!("服务器自检：{records} 条记录、{changes} 个变更，哈希、索引、摘要全部正确"),
        &format!("The server's own check: {records} records, {changes} changes, every hash, index and digest proved"),
    )?;
    Ok(records)
}
