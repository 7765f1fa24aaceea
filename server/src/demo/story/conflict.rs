//! Two devices of one station write one field of one case while apart. Nobody's word is lost; a person chooses.

use std::io::Write;

use fieldwatch_client_core::replica::Unsettled;
use fieldwatch_schemas::field::{FieldValue, Scalar};
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::record::edit::Act;

use super::meeting::{describe, prove_in_sync};
use super::{World, now};
use crate::demo::DemoError;
use crate::demo::cast::{FRONT_DESK, PEOPLE, TABLET};
use crate::demo::error::claim;
use crate::demo::figures::label;
use crate::demo::tell::Teller;

/// The field: 问题性质.
const FIELD: &str = "problem";
/// What may be written into it; two of these differ from whatever is there.
const PROBLEMS: [&str; 3] = ["false_advertising", "contract", "quality"];
/// Which value is chosen in the end, counted from 1.
const CHOICE: usize = 2;

/// The case that both write, and what they write.
struct Clash {
    record: RecordId,
    before: &'static str,
    values: [&'static str; 2],
}

pub(super) async fn tell<W: Write>(
    world: &mut World,
    teller: &mut Teller<W>,
) -> Result<(), DemoError> {
    let clash = clash(world)?;
    part(world, &clash, teller)?;
    meet(world, teller).await?;
    let unsettled = show(world, &clash, teller)?;
    settle(world, &clash, &unsettled, teller).await
}

fn clash(world: &World) -> Result<Clash, DemoError> {
    let missing = || DemoError::Missing("a complaint to disagree about");
    let task = world.tasks.get(FRONT_DESK).ok_or_else(missing)?;
    let records = world.made(FRONT_DESK, |logged| &logged.cases);
    let mut complaints = task.cases.iter().zip(records);
    let found = complaints.find(|(case, _)| case.nature == "complaint");
    let (case, record) = found.ok_or_else(missing)?;
    let mut others = PROBLEMS.into_iter().filter(|code| *code != case.problem);
    let values = others.next().zip(others.next()).ok_or_else(missing)?;
    Ok(Clash {
        record: *record,
        before: case.problem,
        values: values.into(),
    })
}

/// Both write, neither knowing of the other.
fn part<W: Write>(world: &World, clash: &Clash, teller: &mut Teller<W>) -> Result<(), DemoError> {
    teller.chapter(
        "同一维权站的两台设备离线修改同一件诉求的同一字段",
        "Two devices of one station, apart, edit one field of one case",
    )?;
    let shown = world.device(FRONT_DESK)?.replica().view(clash.record)?;
    let title = shown
        .view
        .text("respondent.name")
        .unwrap_or_default()
        .to_owned();
    let lang = teller.lang();
    let before = label(lang, FIELD, clash.before);
    teller.say(
        &format!("诉求件 {}（{title}），问题性质原为“{before}”", clash.record),
        &format!(
            "Case {} ({title}); its problem was “{before}”",
            clash.record
        ),
    )?;
    for (place, value) in [FRONT_DESK, TABLET].into_iter().zip(clash.values) {
        let set = Act::Set {
            path: FIELD.to_owned(),
            value: FieldValue::Scalar(Scalar::Text(value.to_owned())),
        };
        world
            .device(place)?
            .desk(now())
            .edit(clash.record, &[set])?;
        let (name, value) = (name(place), label(lang, FIELD, value));
        teller.say(
            &format!("{name}离线改为“{value}”"),
            &format!("{name}, offline, writes “{value}”"),
        )?;
    }
    Ok(())
}

async fn meet<W: Write>(world: &World, teller: &mut Teller<W>) -> Result<(), DemoError> {
    for place in [FRONT_DESK, TABLET, FRONT_DESK] {
        let synced = world.device(place)?.sync().await?;
        describe(name(place), device(place), &synced, teller)?;
        prove_in_sync(name(place), &synced)?;
    }
    Ok(())
}

/// Shows the conflict, which both devices see alike.
fn show<W: Write>(
    world: &World,
    clash: &Clash,
    teller: &mut Teller<W>,
) -> Result<Unsettled, DemoError> {
    teller.chapter(
        "冲突：两个值都保留，由人选定",
        "The conflict: both values are kept until a person chooses",
    )?;
    let mut here = world.device(FRONT_DESK)?.replica().conflicts()?;
    let there = world.device(TABLET)?.replica().conflicts()?;
    let is_this =
        |unsettled: &Unsettled| unsettled.record == clash.record && unsettled.path == FIELD;
    claim(
        here == there && here.len() == 1 && here.iter().all(is_this),
        || format!("两台设备看到的冲突不同：{here:?}；{there:?}"),
        || format!("the two devices see different conflicts: {here:?}; {there:?}"),
    )?;
    let unsettled = here.pop().ok_or(DemoError::Missing("a conflict"))?;
    let authors: Vec<&str> = unsettled
        .values
        .iter()
        .map(|value| value.by.as_str())
        .collect();
    claim(
        authors.len() == 2
            && [FRONT_DESK, TABLET]
                .iter()
                .all(|place| authors.contains(&name(*place))),
        || format!("冲突的作者不对：{authors:?}"),
        || format!("the conflict names the wrong authors: {authors:?}"),
    )?;
    for (number, value) in (1..).zip(&unsettled.values) {
        let said = label(
            teller.lang(),
            FIELD,
            value.value.as_str().unwrap_or_default(),
        );
        let at = value.at.map(|at| at.rfc3339()).unwrap_or_default();
        let by = &value.by;
        teller.say(
            &format!("{number}. {by} 于 {at} 写“{said}”"),
            &format!("{number}. {by} wrote “{said}” at {at}"),
        )?;
    }
    Ok(unsettled)
}

/// One device chooses; the other learns of it with its next sync.
async fn settle<W: Write>(
    world: &mut World,
    clash: &Clash,
    unsettled: &Unsettled,
    teller: &mut Teller<W>,
) -> Result<(), DemoError> {
    let place = CHOICE.saturating_sub(1);
    let chosen = unsettled
        .values
        .get(place)
        .and_then(|value| value.value.as_str());
    let chosen = chosen
        .ok_or(DemoError::Missing("a value to choose"))?
        .to_owned();
    world
        .device(TABLET)?
        .desk(now())
        .choose(clash.record, FIELD, CHOICE)?;
    let said = label(teller.lang(), FIELD, &chosen);
    let who = name(TABLET);
    teller.say(
        &format!("{who}核对后选定第 {CHOICE} 个：“{said}”"),
        &format!("{who} looks into it and chooses number {CHOICE}: “{said}”"),
    )?;
    for place in [TABLET, FRONT_DESK] {
        let synced = world.device(place)?.sync().await?;
        describe(name(place), device(place), &synced, teller)?;
        prove_in_sync(name(place), &synced)?;
        prove_settled(world, place, clash, &chosen)?;
    }
    teller.say(
        "两台设备都已没有冲突，内容一致",
        "Neither device has a conflict any more; both say the same",
    )?;
    world.expected.correct_problem(clash.before, &chosen);
    Ok(())
}

fn prove_settled(
    world: &World,
    place: usize,
    clash: &Clash,
    chosen: &str,
) -> Result<(), DemoError> {
    let replica = world.device(place)?.replica();
    let shown = replica.view(clash.record)?;
    let says = shown.view.text(FIELD).unwrap_or_default();
    claim(
        says == chosen && replica.conflicts()?.is_empty(),
        || format!("{}的设备上仍是 {says:?}，应为 {chosen:?}", name(place)),
        || {
            format!(
                "on {}'s device it is still {says:?}, not {chosen:?}",
                name(place)
            )
        },
    )
}

fn name(place: usize) -> &'static str {
    PEOPLE.get(place).map_or("", |person| person.name)
}

fn device(place: usize) -> &'static str {
    PEOPLE.get(place).map_or("", |person| person.device)
}
