//! Reaching the server with a command: through its socket while it runs, by opening the store while it does not.
//!
//! Both can change under our hands (a server is starting, another command is ending), so this tries for a while.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::store::StoreError;

use super::socket::{Ask, Line};
use super::{AdminError, Backstage, Command, Tell};
use crate::data::{DataError, DataFolder};

const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);

/// Does a command, wherever it can be done. Blocks.
///
/// # Errors
///
/// [`AdminError`] as the command says; [`DataError::InUse`] if somebody held the folder for ten seconds without answering.
pub fn run(
    folder: &DataFolder,
    command: Command,
    lang: Lang,
    tell: &mut Tell<'_>,
) -> Result<(), AdminError> {
    let end = Instant::now() + PATIENCE;
    loop {
        let in_use = match folder.lock() {
            Ok(lock) => match folder.open(&lock) {
                Ok(app) => {
                    let backstage = Backstage::new(Arc::clone(&app), folder.clone());
                    let done = backstage.run(command, tell);
                    app.close();
                    return done;
                }
                // Who had it has let go of the folder, and not of the store yet.
                Err(error @ DataError::Store(StoreError::Locked)) => error,
                Err(error) => return Err(error.into()),
            },
            Err(error @ DataError::InUse(_)) => error,
            Err(error) => return Err(error.into()),
        };
        if let Ok(stream) = UnixStream::connect(folder.socket()) {
            return ask(stream, &Ask { lang, command }, tell);
        }
        if Instant::now() >= end {
            return Err(in_use.into());
        }
        thread::sleep(PAUSE);
    }
}

fn ask(mut stream: UnixStream, ask: &Ask, tell: &mut Tell<'_>) -> Result<(), AdminError> {
    let mut text = serde_json::to_vec(ask).map_err(|_| AdminError::Unknown)?;
    text.push(b'\n');
    stream.write_all(&text).map_err(|_| AdminError::Cut)?;
    for line in BufReader::new(stream).lines() {
        let line = line.map_err(|_| AdminError::Cut)?;
        match serde_json::from_str(&line).map_err(|_| AdminError::Cut)? {
            Line::Value(value) => {
                if !tell(value) {
                    return Ok(());
                }
            }
            Line::Done(_) => return Ok(()),
            Line::Problem(problem) => return Err(AdminError::Told(problem)),
        }
    }
    Err(AdminError::Cut)
}
