//! A command's side: it finds the watcher and has it run the command line.

use std::ffi::OsString;
use std::io::{self, Read as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::super::args::Cli;
use super::super::error::CliError;
use super::super::output::Output;
use super::{Answered, Asked};

pub(in crate::cli) type Stream = UnixStream;

/// The socket's name in a home.
pub(super) const SOCKET: &str = "commands.sock";
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
