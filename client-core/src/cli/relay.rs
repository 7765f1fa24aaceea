//! Commands while a `sync --watch` holds the home: they travel through a socket in HOME that only its owner can open, are run by the
//! watching process on its own open replica, and their answer travels back.
//!
//! ```text
//!   command ──{arguments, folder, language}──▶ HOME/commands.sock ──▶ watcher: dispatch
//!           ◀──{status, stdout, stderr}──────
//! ```
//!
//! The watcher never lets go of the home, so a command that comes between two rounds sees, and leaves, one durable replica.

#[cfg(unix)]
mod ask;
#[cfg(unix)]
mod door;

use serde::{Deserialize, Serialize};

#[cfg(unix)]
pub(super) use self::ask::{Stream, ask, connect};
#[cfg(unix)]
pub(super) use self::door::serve;
#[cfg(not(unix))]
pub(super) use self::elsewhere::{Stream, ask, connect, serve};

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
