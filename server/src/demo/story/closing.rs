//! What the reader can try next: commands that work as they stand.

use std::io::Write;
use std::path::Path;

use super::{REGION, World};
use crate::demo::DemoError;
use crate::demo::cast::{COORDINATOR, FRONT_DESK, PEOPLE, VOLUNTEER};
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
    teller.show("  fieldwatch-server demo")?;
    teller.say("在本机试点：", "For a pilot of your own:")?;
    teller.show("  fieldwatch-server --data DIR init --host localhost")?;
    teller.show("  fieldwatch-server --data DIR serve --listen 127.0.0.1:8443")?;
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
    teller.chapter("接下来可以试试（服务器仍在运行）", "What to try next (the server goes on)")?;
    teller.say(
        "在另一个终端用自己的设备登记（每张票只能用一次，24 小时内有效）：",
        "In another terminal, enrol a device of your own (a ticket works once, for 24 hours):",
    )?;
    for place in WELCOME {
        let Some((person, id)) = PEOPLE.get(place).zip(world.persons.get(place)) else {
            continue;
        };
        let ticket = world.office.ticket(id, None).await?;
        let home = folder.join(format!("my-{}", person.folder));
        teller.say(&format!("以{}的身份：", person.name), &format!("As {}:", person.name))?;
        teller.show(&format!("  fieldwatch --home {} enrol '{ticket}'", home.display()))?;
    }
    let home = folder.join(format!("my-{}", PEOPLE[FRONT_DESK].folder));
    teller.say("然后：", "Then:")?;
    for command in ["sync", "list", "status", "conflicts"] {
        teller.show(&format!("  fieldwatch --home {} {command}", home.display()))?;
    }
    teller.say("服务器一侧：", "On the server's side:")?;
    let data = world.office.path().display();
    let (from, to) = &world.days;
    teller.show(&format!("  fieldwatch-server --data {data} report --from {from} --to {to} --region {REGION}"))?;
    teller.show(&format!("  fieldwatch-server --data {data} feeds"))?;
    teller.show(&format!("  fieldwatch-server --data {data} device list"))?;
    teller.say(
        "按 Ctrl-C 结束；临时文件夹随之删除。",
        "Ctrl-C ends it; the temporary folder goes with it.",
    )?;
    Ok(())
}
