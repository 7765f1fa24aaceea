//! The devices meet the server one after the other. The tablet's link is cut in the middle of a reply.

use std::io::Write;

use fieldwatch_client_core::sync::Synced;

use super::World;
use crate::demo::DemoError;
use crate::demo::cast::{FRONT_DESK, PEOPLE, TABLET};
use crate::demo::error::claim;
use crate::demo::tell::{Teller, padded, size};
use fieldwatch_schemas::code::Lang;

/// How much of the server's replies passes before the cut: some pages, not all.
const CUT_AFTER_BYTES: u64 = 80 * 1024;

pub(super) async fn tell<W: Write>(
    world: &mut World,
    teller: &mut Teller<W>,
) -> Result<(), DemoError> {
    teller.chapter("恢复网络，逐台同步", "The network is back: sync")?;
    for (place, person) in PEOPLE.iter().enumerate() {
        if place == TABLET || place > super::VOLUNTEER {
            continue;
        }
        let synced = world.device(place)?.sync().await?;
        describe(person.name, person.device, &synced, teller)?;
        prove_in_sync(person.name, &synced)?;
    }
    cut_and_go_on(world, teller).await
}

async fn cut_and_go_on<W: Write>(
    world: &mut World,
    teller: &mut Teller<W>,
) -> Result<(), DemoError> {
    let tablet = world.device(TABLET)?;
    let before = tablet.replica().status()?;
    world.link.cut_after(CUT_AFTER_BYTES);
    let cut = tablet.sync().await;
    let between = tablet.replica().status()?;
    claim(
        cut.is_err() && world.link.is_cut(),
        || "平板的网络没有在传输途中断开".to_owned(),
        || "the tablet's link was not cut in the middle".to_owned(),
    )?;
    let (kept, sent) = (
        between.records.saturating_sub(before.records),
        before.outbox.saturating_sub(between.outbox),
    );
    let (name, device) = (PEOPLE[TABLET].name, PEOPLE[TABLET].device);
    teller.say(
        &format!("{name}（{device}）：收到 {} 后断网；已确认发送 {sent} 条，已存下他人记录 {kept} 条", size(CUT_AFTER_BYTES)),
        &format!("{name} ({device}): cut after {}; {sent} records sent for good, {kept} of others' already kept", size(CUT_AFTER_BYTES)),
    )?;
    world.link.mend();
    let synced = tablet.sync().await?;
    let after = tablet.replica().status()?;
    describe(name, device, &synced, teller)?;
    prove_in_sync(name, &synced)?;
    let whole = [FRONT_DESK, TABLET]
        .iter()
        .filter_map(|place| world.logged.get(*place));
    let whole: u64 = whole.map(super::Logged::records).sum();
    claim(
        after.records == whole && after.outbox == 0,
        || format!("续传后平板应有 {whole} 条，实有 {} 条", after.records),
        || {
            format!(
                "after the cut the tablet should hold {whole} records, it holds {}",
                after.records
            )
        },
    )
}

/// One line about one sync.
pub(super) fn describe<W: Write>(
    name: &str,
    device: &str,
    synced: &Synced,
    teller: &mut Teller<W>,
) -> Result<(), DemoError> {
    let who = match teller.lang() {
        Lang::Zh => format!("{name}（{device}）"),
        Lang::En => format!("{name} ({device})"),
    };
    let who = padded(&who, 19);
    let Synced {
        pushed,
        pulled,
        round_trips,
        bytes_sent,
        bytes_received,
        ..
    } = synced;
    let (sent, received) = (size(*bytes_sent), size(*bytes_received));
    Ok(teller.say(
        &format!("{who}发送 {pushed:>4} 条，接收 {pulled:>4} 条，往返 {round_trips} 次，上行 {sent}，下行 {received}"),
        &format!("{who}pushed {pushed:>4}, pulled {pulled:>4}, round trips: {round_trips}, {sent} up, {received} down"),
    )?)
}

/// Both sides are done, and nothing was refused.
pub(super) fn prove_in_sync(name: &str, synced: &Synced) -> Result<(), DemoError> {
    claim(
        synced.in_sync && synced.refused == 0,
        || format!("{name}的设备没有同步完：{synced:?}"),
        || format!("{name}'s device is not in sync: {synced:?}"),
    )
}
