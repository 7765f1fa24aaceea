//! The watcher's side: a socket that only its owner can open, and the commands that come through it.

use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser as _;

use super::super::args::{Cli, Command};
use super::super::error::CliError;
use super::super::home::Home;
use super::super::output::Output;
use super::super::{Hand, dispatch};
use super::ask::SOCKET;
use super::{Answered, Asked};

/// The longest command line, in bytes of JSON.
const ASKED_BYTES_MAX: u64 = 1 << 20;

/// The door of a watcher; gone when this is dropped.
pub(in crate::cli) struct Door(PathBuf);

impl Drop for Door {
    fn drop(&mut self) {
        // A socket that stays behind refuses connections, which a command takes for no watcher.
        std::fs::remove_file(&self.0).unwrap_or_default();
    }
}

/// Serves commands from threads of their own for as long as the process lives.
pub(in crate::cli) fn serve(home: &Arc<Home>) -> io::Result<Door> {
    let path = home.place().join(SOCKET);
    // One that a killed watcher left behind; the lock says that nobody listens there.
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    let home = Arc::clone(home);
    std::thread::Builder::new()
        .name("commands".to_owned())
        .spawn(move || {
            for stream in listener.incoming().flatten() {
                let home = Arc::clone(&home);
                let served = std::thread::Builder::new().spawn(move || answer(&home, stream));
                if let Err(error) = served {
                    tracing::warn!(%error, "a command could not be served");
                }
            }
        })?;
    Ok(Door(path))
}

fn answer(home: &Home, stream: UnixStream) {
    if let Err(error) = converse(home, stream) {
        tracing::debug!(%error, "a command went away");
    }
}

fn converse(home: &Home, mut stream: UnixStream) -> io::Result<()> {
    let mut text = String::new();
    (&stream).take(ASKED_BYTES_MAX).read_to_string(&mut text)?;
    let answered = run(home, &serde_json::from_str(&text)?);
    serde_json::to_writer(&stream, &answered)?;
    stream.flush()
}

fn run(home: &Home, asked: &Asked) -> Answered {
    let mut cli = match Cli::try_parse_from(&asked.arguments) {
        Ok(cli) => cli,
        Err(error) => {
            return Answered {
                status: 2,
                stdout: String::new(),
                stderr: error.to_string(),
            };
        }
    };
    cli.command.hold_anywhere(&asked.folder);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut output = Output::new(&mut stdout, &mut stderr, cli.format(), asked.lang);
    let done = match &cli.command {
        Command::Sync(sync) if sync.watch => Err(CliError::HomeInUse(home.place().to_owned())),
        command => dispatch(home, command, Hand::Relayed, &mut output),
    };
    if let Some(watcher) = home.watcher() {
        watcher.written();
    }
    let status = output.conclude(done);
    Answered {
        status,
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}
