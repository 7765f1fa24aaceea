//! A device: a home of its own and the command `fieldwatch`, every answer read as JSON.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use fieldwatch_schemas::problem::{Problem, ProblemKind};
use serde_json::Value;

use crate::fault::{Fault, Told};
use crate::program::{Ran, Running, command};
use crate::world::{FeedState, number, text};

/// The mapping of tables with the columns of [`crate::table`].
pub const MAPPING: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../docs/examples/cfpb-complaints.toml"
);
/// How many records a test may list at once.
const LIST_MAX: &str = "1000000";
/// After so many syncs two sides that are at rest agree.
const SYNCS_MAX: usize = 20;

/// One replica, used through the command line.
#[derive(Debug, Clone)]
pub struct Device {
    home: PathBuf,
    name: String,
}

/// What a sync said it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Synced {
    /// Records or changes that went up.
    pub pushed: u64,
    /// Records or changes that came down.
    pub pulled: u64,
    /// What the server refused.
    pub refused: u64,
    /// HTTP requests.
    pub round_trips: u64,
    /// Bytes of request bodies.
    pub bytes_sent: u64,
    /// Bytes of reply bodies.
    pub bytes_received: u64,
    /// Feeds whose digests did not agree and that were pulled anew.
    pub repaired: u64,
    /// Whether both sides were proved to hold the same.
    pub in_sync: bool,
}

impl Device {
    /// The device of this home.
    #[must_use]
    pub fn at(home: PathBuf, name: &str) -> Self {
        let name = name.to_owned();
        Self { home, name }
    }

    /// Its folder.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A command line for it.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the program is not built.
    pub fn command(&self, arguments: &[impl AsRef<OsStr>]) -> Told<Command> {
        let mut command = command("fieldwatch")?;
        command.args(arguments).arg("--home").arg(&self.home);
        command.args(["--json", "--lang", "en"]);
        Ok(command)
    }

    /// Starts a command and does not wait for it.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it cannot be started.
    pub fn start(&self, arguments: &[impl AsRef<OsStr>]) -> Told<Running> {
        Running::start(self.command(arguments)?)
    }

    /// Runs a command, however it ends.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it does not end.
    pub fn attempt(&self, arguments: &[impl AsRef<OsStr>]) -> Told<Ran> {
        self.start(arguments)?.finish()
    }

    /// Runs a command that gives one JSON value.
    ///
    /// # Errors
    ///
    /// [`Fault`] unless it ends well.
    pub fn json(&self, arguments: &[impl AsRef<OsStr>]) -> Told<Value> {
        self.attempt(arguments)?.done()?.json()
    }

    /// Runs a command that gives JSON lines.
    ///
    /// # Errors
    ///
    /// [`Fault`] unless it ends well.
    pub fn lines(&self, arguments: &[impl AsRef<OsStr>]) -> Told<Vec<Value>> {
        self.attempt(arguments)?.done()?.lines()
    }

    /// Runs a command that has to fail with status 1 and a problem (RFC 9457) on stdout. Gives the problem's kind and words.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it ends otherwise.
    pub fn refusal(&self, arguments: &[impl AsRef<OsStr>]) -> Told<(ProblemKind, String)> {
        let ran = self.attempt(arguments)?;
        let problem: Option<Problem> = serde_json::from_str(&ran.stdout).ok();
        let kind = problem.as_ref().and_then(Problem::kind);
        match (ran.code(), kind) {
            (Some(1), Some(kind)) => Ok((kind, problem.and_then(|p| p.detail).unwrap_or_default())),
            _ => Err(Fault::new(format!(
                "no problem with status 1: {}",
                ran.told()
            ))),
        }
    }

    /// Makes a record; gives its id.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it is refused.
    pub fn new_record(&self, kind: &str, sets: &[&str]) -> Told<String> {
        let mut line = vec!["new", kind];
        for set in sets {
            line.extend(["--set", set]);
        }
        text(&self.json(&line)?, "record")
    }

    /// Imports a table with the columns of [`crate::table`]; gives what the command says.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the command fails.
    pub fn import(&self, table: &Path) -> Told<Value> {
        let table = table.display().to_string();
        self.json(&["import", &table, "--format", "csv", "--mapping", MAPPING])
    }

    /// Syncs once.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the command fails.
    pub fn sync(&self) -> Told<Synced> {
        read_synced(&self.json(&["sync"])?)
    }

    /// Syncs until there was nothing new and both sides are proved to hold the same.
    ///
    /// # Errors
    ///
    /// [`Fault`] if that takes more than a few syncs.
    pub fn settle(&self) -> Told<Synced> {
        for _ in 0..SYNCS_MAX {
            let synced = self.sync()?;
            if synced.in_sync && synced.pushed == 0 && synced.pulled == 0 {
                return Ok(synced);
            }
        }
        Err(Fault::new(format!("{} never comes to rest", self.name)))
    }

    /// Every record it lists, with its state.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the command fails.
    pub fn states(&self) -> Told<BTreeMap<String, String>> {
        let lines = self.lines(&["list", "--limit", LIST_MAX])?;
        lines
            .iter()
            .map(|line| Ok((text(line, "record")?, text(line, "state")?)))
            .collect()
    }

    /// One record, whole.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it is not there.
    pub fn show(&self, record: &str) -> Told<Value> {
        self.json(&["show", record])
    }

    /// What `status` says.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the command fails.
    pub fn status(&self) -> Told<Value> {
        self.json(&["status"])
    }

    /// A feed as this device has it.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the command fails.
    pub fn feed(&self, name: &str) -> Told<Option<FeedState>> {
        let status = self.status()?;
        let feeds = status.get("feeds").and_then(Value::as_array);
        let found = |feed: &&Value| feed.get("feed") == Some(&name.into());
        let Some(feed) = feeds.into_iter().flatten().find(found) else {
            return Ok(None);
        };
        Ok(Some(FeedState {
            digest: text(feed, "digest")?,
            records: number(feed, "records")?,
        }))
    }
}

/// Reads what `sync` says.
///
/// # Errors
///
/// [`Fault`] if a part is missing.
pub fn read_synced(value: &Value) -> Told<Synced> {
    Ok(Synced {
        pushed: number(value, "pushed")?,
        pulled: number(value, "pulled")?,
        refused: number(value, "refused")?,
        round_trips: number(value, "round_trips")?,
        bytes_sent: number(value, "bytes_sent")?,
        bytes_received: number(value, "bytes_received")?,
        repaired: number(value, "repaired")?,
        in_sync: value.get("in_sync") == Some(&Value::Bool(true)),
    })
}
