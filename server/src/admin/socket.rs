//! The admin socket of a running server: one line of JSON asks, lines of JSON answer.
//!
//! ```text
//! → {"lang":"zh","command":"feeds"}
//! ← {"value":{"feed":"shared",…}} …
//! ← {"done":true}      or      {"problem":{"type":…}}
//! ```
//!
//! Only the folder's owner can open it. Whoever holds the folder's lock may replace a socket that a killed server left.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::limits::JSON_BYTES_MAX;
use fieldwatch_schemas::problem::Problem;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

use super::{AdminError, Backstage, Command};

/// How many lines of an answer wait for their reader.
const LINES_WAITING: usize = 64;

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ask {
    /// The language of words.
    pub lang: Lang,
    /// What to do.
    #[serde(flatten)]
    pub command: Command,
}

/// One line of an answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// A value.
    Value(Value),
    /// That was all.
    Done(bool),
    /// It failed.
    Problem(Problem),
}

/// A socket that is listened on.
#[derive(Debug)]
pub struct Listening {
    path: PathBuf,
    task: JoinHandle<()>,
}

impl Listening {
    /// Listens no more. Commands under way are cut off by the end of the process.
    pub fn close(self) {
        self.task.abort();
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, "the admin socket stays behind");
        }
    }
}

/// Listens. Only for who holds the folder's lock: a socket that is there is stale.
///
/// # Errors
///
/// [`io::Error`] if the socket cannot be made.
pub fn listen(path: &Path, backstage: Arc<Backstage>) -> io::Result<Listening> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, backstage.clone()));
        }
    });
    let path = path.to_owned();
    Ok(Listening { path, task })
}

async fn answer(stream: UnixStream, backstage: Arc<Backstage>) {
    if let Err(error) = try_answer(stream, backstage).await {
        tracing::debug!(%error, "an administrative command lost its asker");
    }
}

async fn try_answer(stream: UnixStream, backstage: Arc<Backstage>) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut asked = String::new();
    let limit = JSON_BYTES_MAX as u64;
    BufReader::new(reader.take(limit))
        .read_line(&mut asked)
        .await?;
    let (lines, mut waiting) = mpsc::channel(LINES_WAITING);
    let work = spawn_blocking(move || perform(&asked, &backstage, &lines));
    while let Some(line) = waiting.recv().await {
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        writer.write_all(&text).await?;
    }
    work.await.map_err(io::Error::other)?;
    writer.shutdown().await
}

fn perform(asked: &str, backstage: &Backstage, lines: &mpsc::Sender<Line>) {
    let last = match serde_json::from_str::<Ask>(asked) {
        Ok(Ask { lang, command }) => {
            let mut tell = |value| lines.blocking_send(Line::Value(value)).is_ok();
            let done = backstage.run(command, &mut tell);
            done.map_err(|error| error.problem(lang))
        }
        Err(_) => Err(AdminError::Unknown.problem(Lang::En)),
    };
    let last = match last {
        Ok(()) => Line::Done(true),
        Err(problem) => Line::Problem(problem),
    };
    drop(lines.blocking_send(last));
}
