//! Administration: every command is one function over the opened server, wherever it runs.
//!
//! ```text
//! fieldwatch-server COMMAND ── server running ──▶ DATA/admin.sock ─▶ Backstage::run
//!                           └─ not running ─────▶ opens the store ─▶ Backstage::run
//! ```
//!
//! A command answers with JSON values, one after the other, or with a reason.

mod backing;
mod command;
mod erasing;
mod error;
mod moving;
pub mod reach;
pub mod socket;
mod words;

use std::sync::Arc;

use fieldwatch_schemas::area;
use fieldwatch_schemas::id::PersonId;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::sync::enrol::TicketLink;
use fieldwatch_schemas::time::Moment;
use jiff::civil::Date;
use serde_json::{Value, json};

pub use self::command::{Command, Moving};
pub use self::error::AdminError;
use crate::app::{App, random};
use crate::check::check;
use crate::data::DataFolder;
use crate::register::RegisterError;
use crate::register::device::Device;
use crate::register::person::{Person, Place};
use crate::register::station::Station;
use crate::register::ticket::Ticket;
use crate::report::{Question, report};

/// What the first administrator is called until somebody says otherwise.
const FIRST_ADMINISTRATOR: &str = "管理员";

/// The opened server and its folder, as administration sees them.
#[derive(Debug)]
pub struct Backstage {
    app: Arc<App>,
    folder: DataFolder,
}

/// Takes the values of an answer; false means that nobody listens any more.
pub type Tell<'a> = dyn FnMut(Value) -> bool + 'a;

impl Backstage {
    /// Administration of an opened server.
    #[must_use]
    pub fn new(app: Arc<App>, folder: DataFolder) -> Self {
        Self { app, folder }
    }

    /// Does a command. Blocks.
    ///
    /// # Errors
    ///
    /// [`AdminError`]; unless the disk failed, nothing is changed then.
    pub fn run(&self, command: Command, tell: &mut Tell<'_>) -> Result<(), AdminError> {
        match command {
            Command::FirstAdministrator => tell(self.first_administrator()?),
            Command::StationAdd {
                id,
                name,
                region,
                authority,
                kind,
            } => {
                let station = Station::new(&id, &name, &region, authority)?.of_kind(&kind)?;
                tell(json!(self.app.register().add_station(station)?))
            }
            Command::StationList => all(&self.app.register().stations(), |row| json!(row), tell),
            Command::PersonAdd {
                name,
                role,
                stations,
                region,
            } => tell(json!(self.add_person(
                &name,
                role,
                Place { stations, region }
            )?)),
            Command::PersonChange {
                person,
                role,
                stations,
                region,
            } => {
                let place = Place { stations, region };
                let register = self.app.register();
                tell(json!(register.change_person(person, role, place)?))
            }
            Command::PersonList => all(&self.app.register().persons(), |row| json!(row), tell),
            Command::Ticket {
                person,
                valid_ms,
                url,
            } => tell(self.ticket(person, valid_ms, url)?),
            Command::DeviceList => all(&self.app.register().devices(), shown, tell),
            Command::DeviceRevoke { device } => tell(shown(
                &self.app.register().revoke(device, self.app.now_ms())?,
            )),
            Command::Feeds => all(&self.app.log().feeds()?, |row| json!(row), tell),
            Command::Report { from, to, region } => tell(self.report(&from, &to, region)?),
            Command::Check => tell(self.check()?),
            Command::Erase {
                record,
                replaced_by,
            } => tell(self.erase(record, replaced_by)?),
            Command::Backup { dir, keys } => tell(self.backup(&dir, keys.as_deref())?),
            Command::Compact => tell(self.compact()?),
            Command::Redact { record, set } => tell(self.redact(record, set)?),
            Command::Moving(asked) => self.moving(asked, tell)?,
        };
        Ok(())
    }

    fn first_administrator(&self) -> Result<Value, AdminError> {
        Ok(json!(self.administrator()?))
    }

    fn administrator(&self) -> Result<Person, AdminError> {
        let persons = self.app.register().persons();
        let held = persons
            .into_iter()
            .find(|person| person.role == Role::Administrator);
        match held {
            Some(person) => Ok(person),
            None => self.add_person(FIRST_ADMINISTRATOR, Role::Administrator, Place::default()),
        }
    }

    fn add_person(&self, name: &str, role: Role, place: Place) -> Result<Person, AdminError> {
        let id = PersonId::timed(self.app.now_ms(), random()?);
        let person = Person::new(id, name, role, place)?;
        Ok(self.app.register().add_person(person)?)
    }

    fn ticket(
        &self,
        person: PersonId,
        valid_ms: i64,
        url: Option<String>,
    ) -> Result<Value, AdminError> {
        let settings = self.folder.settings()?;
        let server = match url {
            Some(url) => plain_url(&url)?,
            None => settings.url().ok_or(AdminError::NeverServed)?,
        };
        let pin = match settings.served {
            Some(served) => served.pin,
            None => self
                .folder
                .own_identity()
                .pin()
                .map_err(|error| AdminError::Data(error.into()))?,
        };
        let (ticket, code) = Ticket::new(person, random()?, self.app.now_ms(), valid_ms)?;
        let expires = Moment::china(ticket.expires_ms).rfc3339();
        self.app.register().add_ticket(&ticket)?;
        let link = TicketLink { server, code, pin }.to_link();
        Ok(json!({ "link": link, "expires": expires }))
    }

    fn report(&self, from: &str, to: &str, region: Option<String>) -> Result<Value, AdminError> {
        if let Some(code) = &region {
            area::known(code).map_err(RegisterError::Region)?;
        }
        let (from, to) = (day(from)?, day(to)?);
        if to < from {
            return Err(AdminError::Period(format!("{from} > {to}")));
        }
        let question = Question { from, to, region };
        Ok(json!(report(self.app.log(), &question)?))
    }

    fn check(&self) -> Result<Value, AdminError> {
        let stations = self.app.register().clone();
        let region = move |station: &str| stations.station_region(station);
        Ok(json!(check(self.app.log(), &region)?))
    }
}

fn day(text: &str) -> Result<Date, AdminError> {
    text.parse()
        .map_err(|error: jiff::Error| AdminError::Period(error.to_string()))
}

fn all<T>(rows: &[T], write: impl Fn(&T) -> Value, tell: &mut Tell<'_>) -> bool {
    rows.iter().all(|row| tell(write(row)))
}

fn shown(device: &Device) -> Value {
    let time = |ms: i64| Moment::china(ms).rfc3339();
    json!({
        "device": device.id,
        "person": device.person,
        "name": device.name,
        "enrolled": time(device.enrolled_ms),
        "revoked": device.revoked_ms.map(time),
    })
}

/// `https://host[:port]`, and nothing behind it.
fn plain_url(text: &str) -> Result<String, AdminError> {
    let url = url::Url::parse(text).ok();
    let url = url.filter(|url| url.scheme() == "https" && url.username().is_empty());
    let plain = url.filter(|url| url.path() == "/" && url.query().or(url.fragment()).is_none());
    let origin = plain.map(|url| url.origin().ascii_serialization());
    origin.ok_or_else(|| AdminError::Url(text.chars().take(80).collect()))
}
