//! Everybody works at once, and no device has a network.

use std::io::Write;

use super::{Task, World, now};
use crate::demo::DemoError;
use crate::demo::cast::{PEOPLE, Person};
use crate::demo::device::Device;
use crate::demo::error::claim;
use crate::demo::tell::Teller;
use crate::demo::work::Logged;

pub(super) async fn tell<W: Write>(
    world: &mut World,
    teller: &mut Teller<W>,
) -> Result<(), DemoError> {
    teller.chapter(
        "离线作业：没有网络，照常登记",
        "Offline: everybody records, nobody has a network",
    )?;
    let mut working = Vec::new();
    for ((person, device), task) in PEOPLE.iter().zip(&world.devices).zip(&world.tasks) {
        let (device, task) = (device.clone(), task.clone());
        let work = move || work(person, &device, &task);
        working.push(tokio::task::spawn_blocking(work));
    }
    for (working, (person, device)) in working.into_iter().zip(PEOPLE.iter().zip(&world.devices)) {
        let logged = working.await??;
        describe(person, &logged, teller)?;
        prove_waiting(person, device, &logged)?;
        world.logged.push(logged);
    }
    Ok(())
}

fn work(person: &Person, device: &Device, task: &Task) -> Result<Logged, DemoError> {
    let desk = device.desk(now());
    match person.station() {
        Some(station) => desk.log_cases(&task.cases, station.id),
        None => desk.log_visits(&task.visits),
    }
}

fn describe<W: Write>(
    person: &Person,
    logged: &Logged,
    teller: &mut Teller<W>,
) -> Result<(), DemoError> {
    let (name, device) = (person.name, person.device);
    let (cases, parties, visits) = (logged.cases.len(), logged.parties, logged.visits.len());
    let acts = logged.acts;
    if acts == 0 {
        return Ok(());
    }
    let each_ms = logged.each().as_secs_f64() * 1_000.0;
    let (zh, en) = if visits == 0 {
        (
            format!("诉求件 {cases} 件、消费者 {parties} 人"),
            format!("{cases} cases, {parties} consumers"),
        )
    } else {
        (
            format!("暗访体察 {visits} 次"),
            format!("{visits} inspections"),
        )
    };
    Ok(teller.say(
        &format!("{name}（{device}）{zh}；{acts} 次操作，每次平均 {each_ms:.1} 毫秒落盘"),
        &format!("{name} ({device}): {en}; {acts} acts, each on the disk for good after {each_ms:.1} ms on average"),
    )?)
}

/// What was made is on the device, and waits to be sent.
fn prove_waiting(person: &Person, device: &Device, logged: &Logged) -> Result<(), DemoError> {
    let status = device.replica().status()?;
    let made = logged.records();
    claim(
        status.outbox == made && status.records == made,
        || {
            format!(
                "{}登记了 {made} 条，设备上待发送 {} 条",
                person.name, status.outbox
            )
        },
        || {
            format!(
                "{} made {made} records, {} wait to be sent",
                person.name, status.outbox
            )
        },
    )
}
