//! Commands while a `sync --watch` holds the home: they travel through a socket in HOME that only its owner can open, are run by the
//! watching process on its own open replica, and their answer travels back.
//!
//! ```text
//!   command ──{arguments, folder, language}──▶ HOME/commands.sock ──▶ watcher: dispatch
//!           ◀──{status, stdout, stderr}──────
//! ```
//!
//! The watcher never lets go of the home, so a command that comes between two rounds sees, and leaves, one durable replica.

use serde::{Deserialize, Serialize};

#[cfg(not(unix))]
pub(super) use self::elsewhere::{Stream, ask, connect, serve};
#[cfg(unix)]
pub(super) use self::here::{Stream, ask, connect, serve};

/// A command line on its way.
#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    arguments: Vec<String>,
    folder: std::path::PathBuf,
    lang: fieldwatch_schemas::code::Lang,
}

/// How it ended.
#[derive(Debug, Serialize, Deserialize)]
struct Answered {
    status: u8,
    stdout: String,
    stderr: String,
}

#[cfg(unix)]
mod here {
    use std::ffi::OsString;
    use std::io::{self, Read as _, Write as _};
    use std::net::Shutdown;
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use clap::Parser as _;

    use super::super::args::{Cli, Command};
    use super::super::error::CliError;
    use super::super::home::Home;
    use super::super::output::Output;
    use super::super::{Hand, dispatch};
    use super::{Answered, Asked};

    pub(in crate::cli) type Stream = UnixStream;

    const SOCKET: &str = "commands.sock";
    /// The longest command line, in bytes of JSON.
    const ASKED_BYTES_MAX: u64 = 1 << 20;

    /// The watcher that holds a home, if one does.
    pub(in crate::cli) fn connect(home: &Path) -> Option<Stream> {
        UnixStream::connect(home.join(SOCKET)).ok()
    }

    /// Has the watcher run a command line.
    pub(in crate::cli) fn ask(
        mut stream: Stream,
        arguments: &[OsString],
        cli: &Cli,
        output: &mut Output<'_>,
    ) -> Result<(), CliError> {
        let asked = Asked {
            arguments: arguments
                .iter()
                .map(|text| text.to_string_lossy().into_owned())
                .collect(),
            folder: std::env::current_dir().unwrap_or_default(),
            lang: cli.lang(),
        };
        let mut exchange = || -> io::Result<Answered> {
            serde_json::to_writer(&stream, &asked)?;
            stream.shutdown(Shutdown::Write)?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(serde_json::from_str(&answer)?)
        };
        let answered = exchange().map_err(CliError::Relay)?;
        output.relay(&answered.stdout, &answered.stderr)?;
        match answered.status {
            0 => Ok(()),
            status => Err(CliError::Told(status)),
        }
    }

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
}

#[cfg(not(unix))]
mod elsewhere {
    use std::ffi::OsString;
    use std::io;
    use std::path::Path;
    use std::sync::Arc;

    use super::super::args::Cli;
    use super::super::error::CliError;
    use super::super::home::Home;
    use super::super::output::Output;

    /// There are no such sockets here: commands wait for the lock.
    pub(in crate::cli) enum Stream {}

    pub(in crate::cli) fn connect(_: &Path) -> Option<Stream> {
        None
    }

    pub(in crate::cli) fn ask(
        stream: Stream,
        _: &[OsString],
        _: &Cli,
        _: &mut Output<'_>,
    ) -> Result<(), CliError> {
        match stream {}
    }

    /// Nothing to serve.
    pub(in crate::cli) fn serve(_: &Arc<Home>) -> io::Result<()> {
        Ok(())
    }
}
