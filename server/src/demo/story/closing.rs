//! What the reader can try next: commands that work as they stand.

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{REGION, World};
use crate::demo::DemoError;
use crate::demo::cast::{COORDINATOR, FRONT_DESK, PEOPLE, Person, VOLUNTEER};
use crate::demo::tell::Teller;

/// Whose further devices may enrol.
const WELCOME: [usize; 3] = [FRONT_DESK, VOLUNTEER, COORDINATOR];

/// Tells what to try with the folder gone.
///
/// # Errors
///
/// [`DemoError::Io`] if nobody can be told.
pub(in crate::demo) fn farewell<W: Write>(teller: &mut Teller<W>) -> Result<(), DemoError> {
    teller.chapter("接下来可以试试", "What to try next")?;
    teller.say(
        "临时文件夹已删除。让服务器继续运行、用自己的设备登记：",
        "The folder is gone. To keep a server running and enrol a device of your own:",
    )?;
    let server = program("fieldwatch-server");
    let server = server.display();
    teller.show(&format!("  {server} demo"))?;
    teller.say("在本机试点：", "For a pilot of your own:")?;
    teller.show(&format!("  {server} --data DIR init --host localhost"))?;
    teller.show(&format!(
        "  {server} --data DIR serve --listen 127.0.0.1:8443"
    ))?;
    Ok(())
}

/// Hands out tickets, and tells what to try while the server runs.
///
/// # Errors
///
/// [`DemoError`] if a ticket cannot be had.
pub(in crate::demo) async fn invite<W: Write>(
    world: &World,
    folder: &Path,
    teller: &mut Teller<W>,
) -> Result<(), DemoError> {
    teller.chapter(
        "接下来可以试试（服务器仍在运行）",
        "What to try next (the server goes on)",
    )?;
    teller.say(
        "在另一个终端用自己的设备登记（每张票只能用一次，24 小时内有效）：",
        "In another terminal, enrol a device of your own (a ticket works once, for 24 hours):",
    )?;
    tell_of_the_device_program(teller)?;
    let device = program("fieldwatch");
    let device = device.display();
    for place in WELCOME {
        let Some((person, id)) = PEOPLE.get(place).zip(world.persons.get(place)) else {
            continue;
        };
        let ticket = world.office.ticket(id, None).await?;
        let home = home(folder, person);
        let (zh, en) = (
            format!("以{}的身份：", person.name),
            format!("As {}:", person.name),
        );
        teller.say(&zh, &en)?;
        teller.show(&format!("  {device} --home {home} enrol '{ticket}'"))?;
    }
    let home = home(folder, &PEOPLE[FRONT_DESK]);
    teller.say("然后：", "Then:")?;
    let new = "new case --set nature=consultation --set narrative=预付卡能退吗";
    for command in ["sync", "list", new, "sync", "status"] {
        teller.show(&format!("  {device} --home {home} {command}"))?;
    }
    teller.say("服务器一侧：", "On the server's side:")?;
    let server = format!(
        "{} --data {}",
        program("fieldwatch-server").display(),
        world.office.path().display()
    );
    let (from, to) = &world.days;
    let report = format!("report --from {from} --to {to} --region {REGION}");
    for command in [report.as_str(), "feeds", "device list", "check"] {
        teller.show(&format!("  {server} {command}"))?;
    }
    teller.say(
        "按 Ctrl-C 结束；临时文件夹随之删除。",
        "Ctrl-C ends it; the temporary folder goes with it.",
    )?;
    Ok(())
}

/// A device's program is not built along with the server.
fn tell_of_the_device_program<W: Write>(teller: &mut Teller<W>) -> Result<(), DemoError> {
    if program("fieldwatch").components().count() > 1 && !program("fieldwatch").is_file() {
        teller.say("先构建设备程序：", "Build the device's program first:")?;
        teller.show("  cargo build --release -p fieldwatch-client-core")?;
    }
    Ok(())
}

/// A program of ours, as it can be called from here: beside the one that runs, if that was called by its path.
fn program(name: &str) -> PathBuf {
    let own = env::args_os().next().map(PathBuf::from).unwrap_or_default();
    own.parent()
        .map_or_else(|| PathBuf::from(name), |folder| folder.join(name))
}

fn home(folder: &Path, person: &Person) -> String {
    folder
        .join(format!("my-{}", person.folder))
        .display()
        .to_string()
}
