//! `sync --watch`: rounds until it is stopped, and other commands served meanwhile.
//!
//! One process holds the home and its one open replica. A round runs on the main thread; commands that come through the socket run on
//! threads of their own, and one that wrote something begins the next round at once. A `sync` that comes through the socket takes the
//! place of the round that is under way or waiting: everything a round has achieved is durable, so it is dropped anywhere.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::args::SyncArgs;
use super::error::CliError;
use super::home::Home;
use super::output::Output;
use super::{relay, sync};
use crate::engine::{Patience, Synced};

/// How long nothing happens between two rounds.
const PAUSE: Duration = Duration::from_secs(30);

/// A sync that a command wants of the watcher.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) budget_bytes: Option<u64>,
    pub(super) answer: oneshot::Sender<Result<Synced, CliError>>,
}

/// How a command that came through the socket reaches the watcher.
#[derive(Debug)]
pub(super) struct Watcher {
    wanted: UnboundedSender<Wanted>,
    written: Notify,
}

impl Watcher {
    /// Asks for a sync. `None` if the watcher is about to end.
    pub(super) fn sync(&self, budget_bytes: Option<u64>) -> Option<Result<Synced, CliError>> {
        let (answer, answered) = oneshot::channel();
        let wanted = Wanted {
            budget_bytes,
            answer,
        };
        self.wanted.send(wanted).ok()?;
        answered.blocking_recv().ok()
    }

    /// Tells that something may have been written.
    pub(super) fn written(&self) {
        self.written.notify_one();
    }
}

/// What ended a round or a pause.
enum Next {
    Synced(Synced),
    Wanted(Wanted),
    Round,
    Stop,
}

/// Syncs until it is stopped.
pub(super) fn watch(
    home: Home,
    command: &SyncArgs,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    let (sender, mut wanted) = unbounded_channel();
    let watcher = Watcher {
        wanted: sender,
        written: Notify::new(),
    };
    let home = Arc::new(home.watched_by(watcher));
    let runtime = sync::runtime()?;
    let stop = runtime.block_on(async { Stop::new() });
    let mut stop = stop.map_err(CliError::Runtime)?;
    let _door = relay::serve(&home).map_err(CliError::Door)?;
    runtime.block_on(async {
        let mut was_told = false;
        let mut next = Next::Round;
        loop {
            next = match next {
                Next::Stop => return Ok(()),
                Next::Round => round(&home, command.budget, &mut wanted, &mut stop).await?,
                Next::Wanted(Wanted {
                    budget_bytes,
                    answer,
                }) => {
                    let synced = sync::round(&home, Patience::Once, budget_bytes).await;
                    let is_gone = answer.send(synced).is_err();
                    tracing::debug!(is_gone, "a sync was asked for");
                    Next::Round
                }
                Next::Synced(synced) => {
                    let moved = synced.pulled > 0 || synced.pushed > 0 || synced.refused > 0;
                    if moved || !was_told {
                        sync::tell(&synced, output)?;
                        output.flush()?;
                        was_told = true;
                    }
                    pause(&home, &mut wanted, &mut stop).await
                }
            };
        }
    })
}

/// A round that goes on through failures, until somebody wants something else.
async fn round(
    home: &Home,
    budget_bytes: Option<u64>,
    wanted: &mut UnboundedReceiver<Wanted>,
    stop: &mut Stop,
) -> Result<Next, CliError> {
    tokio::select! {
        synced = sync::round(home, Patience::Watch, budget_bytes) => Ok(Next::Synced(synced?)),
        Some(wanted) = wanted.recv() => Ok(Next::Wanted(wanted)),
        () = stop.wait() => Ok(Next::Stop),
    }
}

async fn pause(home: &Home, wanted: &mut UnboundedReceiver<Wanted>, stop: &mut Stop) -> Next {
    let written = async {
        match home.watcher() {
            Some(watcher) => watcher.written.notified().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = sleep(PAUSE) => Next::Round,
        () = written => Next::Round,
        Some(wanted) = wanted.recv() => Next::Wanted(wanted),
        () = stop.wait() => Next::Stop,
    }
}

/// The signals that ask a process to end.
struct Stop {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Stop {
    #[cfg(unix)]
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    #[cfg(not(unix))]
    fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(unix)]
    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(not(unix))]
    async fn wait(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
