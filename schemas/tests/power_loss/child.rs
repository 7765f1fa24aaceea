//! The process that writes until it is ended: this test program once more, told by its environment.
//!
//! It speaks in lines on its standard output; every line but ours is the test runner's.

use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use fieldwatch_schemas::store::sled::{SledOptions, SledStore};
use fieldwatch_schemas::store::{Store, StoreError};

use crate::work::{self, Trouble};

const STORE: &str = "FW_POWER_LOSS_STORE";
const FLUSH_EVERY: &str = "FW_POWER_LOSS_FLUSH_EVERY";

/// Nothing that a child does takes so long.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a child says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// It is about to open the store.
    Opening,
    /// So many batches of a writer were there, whole.
    Found { writer: u8, number: u32 },
    /// It has verified all writers and begins to write.
    Writing,
    /// A flush has returned: this batch and those before are durable.
    Acked { writer: u8, number: u32 },
    /// A write met a full disk, and the store then refused every other. The child opens it again when it is told that there is
    /// room.
    DiskFull,
    /// The store could not be opened or read; without power no wonder.
    Unreadable(String),
    /// The promise is broken.
    Wrong(String),
}

impl Word {
    fn say(&self) -> Result<(), StoreError> {
        let line = match self {
            Self::Opening => "opening".to_owned(),
            Self::Found { writer, number } => format!("found {writer} {number}"),
            Self::Writing => "writing".to_owned(),
            Self::Acked { writer, number } => format!("acked {writer} {number}"),
            Self::DiskFull => "full".to_owned(),
            Self::Unreadable(words) => format!("unreadable {}", words.replace('\n', " ")),
            Self::Wrong(words) => format!("wrong {}", words.replace('\n', " ")),
        };
        // One write, so that a kill does not tear a line.
        Ok(io::stdout()
            .lock()
            .write_all(format!("~{line}\n").as_bytes())?)
    }

    fn parse(line: &str) -> Option<Self> {
        // The test runner may have begun the line.
        let (_, line) = line.split_once('~')?;
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let of_writer = || {
            let (writer, number) = rest.split_once(' ')?;
            Some((writer.parse().ok()?, number.parse().ok()?))
        };
        Some(match word {
            "opening" => Self::Opening,
            "found" => of_writer().map(|(writer, number)| Self::Found { writer, number })?,
            "writing" => Self::Writing,
            "acked" => of_writer().map(|(writer, number)| Self::Acked { writer, number })?,
            "full" => Self::DiskFull,
            "unreadable" => Self::Unreadable(rest.to_owned()),
            "wrong" => Self::Wrong(rest.to_owned()),
            _ => return None,
        })
    }
}

/// A child at work.
pub(crate) struct Child {
    process: std::process::Child,
    words: Receiver<Word>,
}

impl Child {
    /// Runs the test `name` of this program as a child that writes to `store`, so many batches to a flush.
    pub(crate) fn start(name: &str, store: &Path, flush_every: u32, env: &[(&str, &Path)]) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture", "--test-threads=1"])
            .env(STORE, store)
            .env(FLUSH_EVERY, flush_every.to_string())
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (say, words) = channel();
        std::thread::spawn(move || {
            for word in lines
                .map_while(Result::ok)
                .filter_map(|line| Word::parse(&line))
            {
                if say.send(word).is_err() {
                    return;
                }
            }
        });
        Self { process, words }
    }

    /// The next word; `None` when the child has ended.
    pub(crate) fn next(&mut self) -> Option<Word> {
        match self.words.recv_timeout(PATIENCE) {
            Ok(word) => Some(word),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("the child says nothing"),
        }
    }

    /// Tells it that there is room on the disk.
    pub(crate) fn go_on(&mut self) {
        let mut stdin = self.process.stdin.take().unwrap();
        stdin.write_all(b"\n").unwrap();
    }

    /// Ends it at once (`kill -9`). What it said before can still be read.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.process.kill().is_ok() {
            drop(self.process.wait());
        }
    }
}

/// Is the child, if this process was started as one, and then never returns.
pub(crate) fn obey() {
    let Some(store) = std::env::var_os(STORE) else {
        return;
    };
    let end = match write_until_ended(Path::new(&store)) {
        Ok(()) => std::process::exit(0),
        Err(Trouble::Store(error)) => Word::Unreadable(in_words(&error)),
        Err(Trouble::Broken(words)) => Word::Wrong(words),
    };
    // If nobody listens any more there is nobody to tell.
    drop(end.say());
    std::process::exit(1);
}

fn write_until_ended(path: &Path) -> Result<(), Trouble> {
    Word::Opening.say()?;
    let store = SledStore::open(path, SledOptions::device())?;
    let mut first = Vec::new();
    for writer in 0..work::WRITERS {
        let number = work::found(&store, writer)?;
        Word::Found { writer, number }.say()?;
        first.push((writer, number + 1));
    }
    Word::Writing.say()?;
    let ends = std::thread::scope(|scope| {
        let store = &store;
        let threads: Vec<_> = first
            .into_iter()
            .map(|(writer, first)| scope.spawn(move || write(store, writer, first)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect::<Vec<_>>()
    });
    for end in &ends {
        check_failed(&store, end)?;
    }
    if ends
        .iter()
        .any(|end| matches!(end, StoreError::DiskFull { .. }))
    {
        Word::DiskFull.say()?;
        let told = io::stdin().lock().read_line(&mut String::new());
        told.map_err(StoreError::from)?;
        // Recovery without a new process, as a server does it.
        drop(store);
        return write_until_ended(path);
    }
    Ok(())
}

/// Writes until the store fails; says what is acknowledged.
fn write(store: &SledStore, writer: u8, first: u32) -> StoreError {
    let flush_every: u32 = std::env::var(FLUSH_EVERY).unwrap().parse().unwrap();
    for number in first.. {
        let written = store.apply(&work::batch(writer, number)).and_then(|()| {
            if number.is_multiple_of(flush_every + u32::from(writer)) {
                store.flush()?;
                Word::Acked { writer, number }.say()?;
            }
            Ok(())
        });
        if let Err(error) = written {
            return error;
        }
    }
    unreachable!("the numbers are never used up")
}

/// After a failed write the store takes nothing more.
fn check_failed(store: &SledStore, end: &StoreError) -> Result<(), Trouble> {
    let refused = [store.apply(&work::batch(0, 1)), store.flush()];
    if refused
        .iter()
        .all(|refused| matches!(refused, Err(StoreError::Failed)))
    {
        return Ok(());
    }
    let words = format!("after {end:?} the store went on: {refused:?}");
    Err(Trouble::Broken(words))
}

fn in_words(error: &StoreError) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    format!("{error} {}", source.unwrap_or_default())
}
