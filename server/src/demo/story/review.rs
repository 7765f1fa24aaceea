//! The coordinator syncs the region, sees no consumer's name, and reviews the volunteer's visits.

use std::io::Write;

use fieldwatch_client_core::replica::Filter;
use fieldwatch_schemas::kind::Kind;

use super::meeting::{describe, prove_in_sync};
use super::{World, now};
use crate::demo::DemoError;
use crate::demo::cast::{COORDINATOR, PEOPLE, VOLUNTEER};
use crate::demo::device::Device;
use crate::demo::error::claim;
use crate::demo::tell::Teller;
use crate::demo::work::Verdicts;

pub(super) async fn tell<W: Write>(
    world: &mut World,
    teller: &mut Teller<W>,
) -> Result<(), DemoError> {
    teller.chapter(
        "协调员：查看全市情况，审核暗访体察",
        "The coordinator sees the whole city, and reviews inspections",
    )?;
    sync(world, COORDINATOR, teller).await?;
    let coordinator = world.device(COORDINATOR)?;
    let cases = count(coordinator, Kind::Case, None)?;
    let visits = count(coordinator, Kind::Inspection, None)?;
    let parties = count(coordinator, Kind::Party, None)?;
    claim(
        parties == 0 && cases == world.expected.total(),
        || {
            format!(
                "协调员应看到 {} 件诉求、0 位消费者，实为 {cases} 件、{parties} 位",
                world.expected.total()
            )
        },
        || {
            format!(
                "the coordinator should see {} cases and no consumer, not {cases} and {parties}",
                world.expected.total()
            )
        },
    )?;
    teller.say(
        &format!("全市诉求件 {cases} 件、已提交的暗访体察 {visits} 次；消费者个人信息 {parties} 条（不在协调员的权限内）"),
        &format!("{cases} cases and {visits} submitted inspections of the whole city; {parties} consumers' data (not the coordinator's to see)"),
    )?;
    let verdicts = review(world)?;
    let (approved, returned) = (verdicts.approved, verdicts.returned.len());
    teller.say(
        &format!("审核：通过 {approved} 次，退回补充 {returned} 次"),
        &format!("Reviewed: {approved} approved, {returned} returned for more"),
    )?;
    sync(world, COORDINATOR, teller).await?;
    sync(world, VOLUNTEER, teller).await?;
    let seen = count(world.device(VOLUNTEER)?, Kind::Inspection, Some("returned"))?;
    claim(
        seen == u64::try_from(returned).unwrap_or(u64::MAX),
        || format!("志愿者应看到 {returned} 次退回，实为 {seen} 次"),
        || format!("the volunteer should see {returned} returned visits, not {seen}"),
    )?;
    Ok(teller.say(
        &format!("志愿者的手机上已显示 {seen} 次被退回"),
        &format!("The volunteer's phone now shows {seen} of them as returned"),
    )?)
}

async fn sync<W: Write>(
    world: &World,
    place: usize,
    teller: &mut Teller<W>,
) -> Result<(), DemoError> {
    let person = PEOPLE.get(place).ok_or(DemoError::Missing("a person"))?;
    let synced = world.device(place)?.sync().await?;
    describe(person.name, person.device, &synced, teller)?;
    prove_in_sync(person.name, &synced)
}

fn review(world: &World) -> Result<Verdicts, DemoError> {
    let task = world.tasks.get(VOLUNTEER);
    let task = task.ok_or(DemoError::Missing("the volunteer's visits"))?;
    let records = world.made(VOLUNTEER, |logged| &logged.visits);
    let coordinator = world.device(COORDINATOR)?;
    coordinator.desk(now()).review(&task.visits, records)
}

fn count(device: &Device, kind: Kind, status: Option<&str>) -> Result<u64, DemoError> {
    let filter = Filter {
        kind: Some(kind),
        status: status.map(str::to_owned),
        search: None,
        limit: usize::MAX,
        ..Filter::default()
    };
    let listed = device.replica().list(&filter)?;
    Ok(u64::try_from(listed.len()).unwrap_or(u64::MAX))
}
