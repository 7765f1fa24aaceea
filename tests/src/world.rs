//! A server with its data in a folder of its own, and the commands an administrator has.

mod server;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::device::Device;
use crate::fault::{Fault, Told};
use crate::program::{Ran, Running, command};
use server::Server;

/// A server, running or not, and everything around it; gone when dropped.
#[derive(Debug)]
pub struct World {
    folder: TempDir,
    port: u16,
    server: RefCell<Option<Server>>,
}

/// A feed as the server tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedState {
    /// The digest.
    pub digest: String,
    /// How many records are in it.
    pub records: u64,
}

impl World {
    /// Makes the keys and serves, on a port that was free.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the server does not get ready.
    pub fn begin() -> Told<Self> {
        let folder = tempfile::Builder::new().prefix("fieldwatch-").tempdir()?;
        let mut world = Self {
            folder,
            port: 0,
            server: RefCell::new(None),
        };
        world.admin(&["init", "--host", "localhost"])?;
        let server = Server::start(&world.data(), 0)?;
        world.port = server.port();
        world.server = RefCell::new(Some(server));
        Ok(world)
    }

    /// The port of the server, the same after every restart.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id of the server.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it is not running.
    pub fn pid(&self) -> Told<u32> {
        let server = self.server.borrow();
        let pid = server.as_ref().map(Server::pid);
        pid.ok_or_else(|| Fault::new("the server is not running"))
    }

    /// The folder of everything.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The server's data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.path("server")
    }

    /// Runs an administrator's command and expects it to end well.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it does not.
    pub fn admin(&self, arguments: &[&str]) -> Told<Ran> {
        self.attempt(arguments)?.done()
    }

    /// Runs an administrator's command, however it ends.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it does not end.
    pub fn attempt(&self, arguments: &[&str]) -> Told<Ran> {
        self.start(arguments)?.finish()
    }

    /// Starts an administrator's command and does not wait for it.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it cannot be started.
    pub fn start(&self, arguments: &[&str]) -> Told<Running> {
        let mut command = command("fieldwatch-server")?;
        command.args(arguments).arg("--json").arg("--data");
        command.arg(self.data()).args(["--lang", "en"]);
        Running::start(command)
    }

    /// Registers a station.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the server refuses.
    pub fn station(&self, id: &str, region: &str) -> Told<()> {
        let name = format!("消费维权站 {id}");
        let line = ["station", "add", "--id", id, "--name", &name];
        self.admin(&[&line[..], &["--region", region]].concat())?;
        Ok(())
    }

    /// Registers a person; `place` is `--station ID`, `--region CODE` or nothing. Gives the id.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the server refuses.
    pub fn person(&self, name: &str, role: &str, place: &[&str]) -> Told<String> {
        let line = ["person", "add", "--name", name, "--role", role];
        let added = self.admin(&[&line, place].concat())?.json()?;
        text(&added, "person")
    }

    /// Makes a ticket for a person; `more` are further options. Gives the link.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the server refuses.
    pub fn ticket(&self, person: &str, more: &[&str]) -> Told<String> {
        let line = ["ticket", "--person", person];
        text(&self.admin(&[&line, more].concat())?.json()?, "link")
    }

    /// A home that has not been enrolled.
    #[must_use]
    pub fn home(&self, name: &str) -> Device {
        Device::at(self.path(&format!("device-{name}")), name)
    }

    /// Enrols a device with a link.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it is refused.
    pub fn enrolled(&self, name: &str, link: &str) -> Told<Device> {
        let device = self.home(name);
        device.json(&["enrol", link, "--name", name])?;
        Ok(device)
    }

    /// Registers a person of a station and enrols a device of theirs, both of this name.
    ///
    /// # Errors
    ///
    /// [`Fault`] if anything is refused.
    pub fn staff(&self, name: &str, station: &str) -> Told<Device> {
        let person = self.person(name, "station_staff", &["--station", station])?;
        self.enrolled(name, &self.ticket(&person, &[])?)
    }

    /// A feed as the server has it now; a feed that nothing is in is empty.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the server cannot tell.
    pub fn feed(&self, name: &str) -> Told<Option<FeedState>> {
        let lines = self.admin(&["feeds"])?.lines()?;
        let Some(line) = lines
            .iter()
            .find(|line| line.get("feed") == Some(&name.into()))
        else {
            return Ok(None);
        };
        Ok(Some(FeedState {
            digest: text(line, "digest")?,
            records: number(line, "records")?,
        }))
    }

    /// Has the server prove its whole store, and expects no problems. Gives the number of records.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it finds a problem.
    pub fn check(&self) -> Told<u64> {
        let ran = self.admin(&["check"])?;
        let told = ran.json()?;
        match told.get("problems").and_then(Value::as_array) {
            Some(problems) if problems.is_empty() => number(&told, "records"),
            _ => Err(Fault::new(ran.told())),
        }
    }

    /// Kills the server with signal 9.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it is not running.
    pub fn kill_nine(&self) -> Told<()> {
        self.running()?.kill_nine()
    }

    /// Asks the server to stop, and expects it to end well.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it does not.
    pub fn stop(&self) -> Told<()> {
        self.running()?.stop()
    }

    /// Serves again on the same port.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the server does not get ready.
    pub fn serve_again(&self) -> Told<()> {
        let server = Server::start(&self.data(), self.port)?;
        self.server.replace(Some(server));
        Ok(())
    }

    fn running(&self) -> Told<Server> {
        let none = || Fault::new("the server is not running");
        self.server.take().ok_or_else(none)
    }
}

/// A text of a JSON object.
///
/// # Errors
///
/// [`Fault`] if it is not there.
pub fn text(value: &Value, name: &str) -> Told<String> {
    let found = value.get(name).and_then(Value::as_str);
    found
        .map(str::to_owned)
        .ok_or_else(|| Fault::new(format!("no text {name:?} in {value}")))
}

/// A number of a JSON object that counts something.
///
/// # Errors
///
/// [`Fault`] if it is not there.
pub fn number(value: &Value, name: &str) -> Told<u64> {
    let found = value.get(name).and_then(Value::as_u64);
    found.ok_or_else(|| Fault::new(format!("no number {name:?} in {value}")))
}
