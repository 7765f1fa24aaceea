//! The server of the story: the one that `init` and `serve` make, in a folder of its own, told what to do through its admin socket.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use fieldwatch_schemas::code::Lang;
use fieldwatch_server::admin::{Command, reach};
use fieldwatch_server::data::DataFolder;
use fieldwatch_server::serve::{Options, ServeError, serve_until};
use serde_json::Value as Json;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::DemoError;

/// How long a ticket of the story is good.
const TICKET_MS: i64 = 24 * 3_600_000;

/// A server that is running.
#[derive(Debug)]
pub(super) struct Office {
    folder: DataFolder,
    path: PathBuf,
    address: SocketAddr,
    lang: Lang,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), ServeError>>,
}

impl Office {
    /// Sets a server up in a folder and serves it; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// [`DemoError`] as the folder and the network fail.
    pub(super) async fn open(
        path: &Path,
        listen: SocketAddr,
        lang: Lang,
    ) -> Result<Self, DemoError> {
        let folder = DataFolder::at(path);
        folder.begin(&[reached_by(listen.ip())])?;
        let (stop, stopped) = oneshot::channel();
        let (tell, ready) = oneshot::channel();
        let options = Options {
            listen,
            identity: None,
        };
        let served = tokio::spawn(serve_until(
            folder.clone(),
            options,
            move |address| {
                tell.send(address)
                    .map_err(|_| io::Error::other("nobody waits"))
            },
            async { drop(stopped.await) },
        ));
        let Ok(address) = ready.await else {
            served.await??;
            return Err(io::Error::other("the server never began").into());
        };
        let office = Self {
            folder,
            path: path.to_owned(),
            address,
            lang,
            stop,
            served,
        };
        office.ask(Command::FirstAdministrator).await?;
        Ok(office)
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its data folder.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What devices know its key by.
    ///
    /// # Errors
    ///
    /// [`DemoError::Data`] if the settings cannot be read.
    pub(super) fn pin(&self) -> Result<String, DemoError> {
        let served = self.folder.settings()?.served;
        Ok(served.map(|served| served.pin).unwrap_or_default())
    }

    /// Gives an administrative command, as anybody would who owns the folder. Returns the values of its answer.
    ///
    /// # Errors
    ///
    /// [`DemoError::Admin`] if the server refuses it.
    pub(super) async fn ask(&self, command: Command) -> Result<Vec<Json>, DemoError> {
        let (folder, lang) = (self.folder.clone(), self.lang);
        let asked = tokio::task::spawn_blocking(move || {
            let mut values = Vec::new();
            reach::run(&folder, command, lang, &mut |value| {
                values.push(value);
                true
            })?;
            Ok(values)
        });
        asked.await?
    }

    /// The answer to a command that has one value.
    ///
    /// # Errors
    ///
    /// As [`Office::ask`].
    pub(super) async fn ask_one(&self, command: Command) -> Result<Json, DemoError> {
        let values = self.ask(command).await?;
        Ok(values.into_iter().next().unwrap_or(Json::Null))
    }

    /// The link of a fresh ticket for a person, which leads through `url` or else straight to the server.
    ///
    /// # Errors
    ///
    /// As [`Office::ask`].
    pub(super) async fn ticket(
        &self,
        person: &str,
        url: Option<String>,
    ) -> Result<String, DemoError> {
        let person = person.parse().map_err(io::Error::other)?;
        let ticket = Command::Ticket {
            person,
            valid_ms: TICKET_MS,
            url,
        };
        let ticket = self.ask_one(ticket).await?;
        Ok(text(&ticket, "link"))
    }

    /// Waits until the server ends by itself, which it does not.
    ///
    /// # Errors
    ///
    /// [`DemoError::Serve`] with what ended it.
    pub(super) async fn served(&mut self) -> Result<(), DemoError> {
        Ok((&mut self.served).await??)
    }

    /// Stops the server in an orderly way.
    ///
    /// # Errors
    ///
    /// [`DemoError::Serve`] if it did not end well.
    pub(super) async fn close(self) -> Result<(), DemoError> {
        drop(self.stop);
        Ok(self.served.await??)
    }
}

/// The text of a value's field.
pub(super) fn text(value: &Json, name: &str) -> String {
    let text = value.get(name).and_then(Json::as_str);
    text.unwrap_or_default().to_owned()
}

/// The host that tickets name: this machine, where every address is listened on.
fn reached_by(listen: IpAddr) -> String {
    let local = match listen {
        IpAddr::V4(_) => "127.0.0.1".to_owned(),
        IpAddr::V6(_) => "::1".to_owned(),
    };
    if listen.is_unspecified() {
        local
    } else {
        listen.to_string()
    }
}
