//! A server is set up, stations and people are registered, and every device enrols with a ticket of its own.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;

use fieldwatch_schemas::area;
use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::deadline::Authority;
use fieldwatch_schemas::status::Role;
use fieldwatch_server::admin::Command;

use super::{REGION, World, days, expected, now, tasks};
use crate::demo::DemoError;
use crate::demo::cast::{PEOPLE, Person, STATIONS, TABLET};
use crate::demo::device::Device;
use crate::demo::link::Link;
use crate::demo::office::{Office, text};
use crate::demo::tell::{Pick as _, Teller, padded};

pub(super) async fn tell<W: Write>(
    folder: &Path,
    listen: SocketAddr,
    teller: &mut Teller<W>,
) -> Result<World, DemoError> {
    teller.chapter(
        "建立服务器，登记维权站、人员和设备",
        "A server, its stations, people and devices",
    )?;
    let office = Office::open(&folder.join("server"), listen, teller.lang()).await?;
    let (address, pin) = (office.address(), office.pin()?);
    teller.say(
        &format!("服务器 https://{address}，TLS 1.3，自签名证书；设备只认公钥指纹 {pin}"),
        &format!("Server at https://{address}, TLS 1.3, self-signed; devices trust the key {pin} and nothing else"),
    )?;
    register_stations(&office, teller).await?;
    let link = Link::to(address).await?;
    let mut persons = Vec::new();
    let mut devices = Vec::new();
    for (place, person) in PEOPLE.iter().enumerate() {
        let id = register(&office, person).await?;
        let through = (place == TABLET).then(|| format!("https://{}", link.address()));
        let ticket = office.ticket(&id, through).await?;
        let device = Device::enrol(person, &folder.join(person.folder), &ticket).await?;
        introduce(person, &device, teller)?;
        persons.push(id);
        devices.push(device);
    }
    // Up to the beginning of today, so that the story is the same all day.
    let until = now().day();
    let tasks = tasks(until);
    Ok(World {
        office,
        link,
        persons,
        devices,
        expected: expected(&tasks),
        tasks,
        logged: Vec::new(),
        days: days(until),
    })
}

async fn register_stations<W: Write>(
    office: &Office,
    teller: &mut Teller<W>,
) -> Result<(), DemoError> {
    for station in &STATIONS {
        let add = Command::StationAdd {
            id: station.id.to_owned(),
            name: station.name.to_owned(),
            region: station.region.to_owned(),
            authority: Authority::Council,
            kind: "station".to_owned(),
        };
        office.ask(add).await?;
        let place = area::full_name(station.region).unwrap_or_default();
        let name = padded(station.name, 20);
        teller.say(
            &format!("维权站 {}  {name} {place}", station.id),
            &format!("Station {}  {name} {place}", station.id),
        )?;
    }
    Ok(())
}

async fn register(office: &Office, person: &Person) -> Result<String, DemoError> {
    let add = Command::PersonAdd {
        name: person.name.to_owned(),
        role: person.role,
        stations: person
            .station()
            .map(|station| station.id.to_owned())
            .into_iter()
            .collect(),
        region: (person.role == Role::Coordinator).then(|| REGION.to_owned()),
    };
    Ok(text(&office.ask_one(add).await?, "person"))
}

fn introduce<W: Write>(
    person: &Person,
    device: &Device,
    teller: &mut Teller<W>,
) -> Result<(), DemoError> {
    let role = role(person.role, teller.lang());
    let at = match person.station() {
        Some(station) => station.id,
        None if person.role == Role::Coordinator => REGION,
        None => "",
    };
    let who = format!(
        "{} {}",
        padded(person.name, 5),
        padded(&format!("{role} {at}"), 28)
    );
    let (name, id) = (padded(person.device, 11), device.id());
    Ok(teller.say(
        &format!("{who} {name} 凭一次性注册票登记为设备 {id}"),
        &format!("{who} {name} enrolled with a one-time ticket as {id}"),
    )?)
}

fn role(role: Role, lang: Lang) -> &'static str {
    match role {
        Role::Volunteer => lang.pick("志愿者", "volunteer"),
        Role::Coordinator => lang.pick("协调员", "coordinator"),
        _ => lang.pick("工作人员", "staff"),
    }
}
