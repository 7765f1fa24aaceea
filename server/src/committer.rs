//! The committer: one thread that judges what devices push, gives it positions, and answers when it is durable.
//!
//! ```text
//! push ─▶ queue (bounded) ─▶ group of jobs ─▶ per record: judge, one batch ─▶ one flush ─▶ answers
//! ```
//!
//! Being one, it needs no lock to judge; the log's lock is held over each batch alone. Nobody is answered, not even `duplicate`,
//! before the flush of the group. If the store fails, the group is answered [`ProblemKind::Unavailable`] and nothing is taken until
//! the store is open again, which the committer tries by itself every [`REOPEN_WAIT`].

mod act;
mod again;
mod answer;
mod cache;
mod desk;
mod rebuild;
mod write;

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use fieldwatch_schemas::feed::{Feed, Grant, Standing};
use fieldwatch_schemas::id::DeviceId;
use fieldwatch_schemas::limits::PUSH_RECORDS_MAX;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::sync::push::{Outcome, Policy, Pushed};
use tokio::sync::{Notify, mpsc};

use self::act::{Order, gather};
pub use self::desk::{Desk, OrderError, Placed, SERVER, Sharing, Waits};
pub(crate) use self::rebuild::{Opened, rebuild};

use crate::log::Log;

/// How many pushes wait before whoever brings the next must wait himself.
pub const QUEUE_JOBS_MAX: usize = 64;
/// The most pushes that share one flush.
pub const GROUP_JOBS_MAX: usize = 64;
/// The bytes of changes at which a group is closed.
pub const GROUP_BYTES_MAX: usize = 8 << 20;
/// How long a failed store is left alone before it is opened again.
pub const REOPEN_WAIT: Duration = Duration::from_secs(5);

/// Tells the region (GB/T 2260) of a station. Called under the log's lock: it must not come back to the log.
pub type StationRegion = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Who pushes or pulls, kept while the request lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedAsker {
    /// The device.
    pub device: DeviceId,
    /// The person, their role and place.
    pub standing: Standing,
    /// What they may read and write.
    pub grants: Vec<Grant>,
    /// Feeds that they could write before: work that is still on its way from then waits for a coordinator.
    pub former: Vec<Feed>,
    /// Whether what they may do decides about their changes.
    pub policy: Policy,
}

/// What a device brings, and who it is.
#[derive(Debug, Clone)]
pub struct Push {
    /// Who.
    pub asker: OwnedAsker,
    /// The unsent changes of some records.
    pub outbox: Vec<Pushed>,
}

/// One push in the queue.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) asker: OwnedAsker,
    pub(crate) pushed: Vec<Pushed>,
    pub(crate) replies: mpsc::Sender<Result<Outcome, ProblemKind>>,
}

/// The committer's thread. Dropping it lets the thread end by itself.
#[derive(Debug)]
pub struct Committer {
    handle: CommitterHandle,
    stop: Arc<Notify>,
    thread: Option<JoinHandle<()>>,
}

/// Where pushes are brought; cheap to clone.
#[derive(Debug, Clone)]
pub struct CommitterHandle {
    log: Arc<Log>,
    jobs: mpsc::Sender<Order>,
}

/// The outcomes of one push, each given only when what it says is durable.
#[derive(Debug)]
pub struct Outcomes(mpsc::Receiver<Result<Outcome, ProblemKind>>);

impl Committer {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if the operating system gives no thread.
    pub fn start(log: Arc<Log>, station_region: Arc<StationRegion>) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        let (jobs, queue) = mpsc::channel(QUEUE_JOBS_MAX);
        let stop = Arc::new(Notify::new());
        let desk = Desk::new(Arc::clone(&log), station_region);
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("committer".to_owned())
            .spawn(move || runtime.block_on(run(desk, queue, &stopped)))?;
        Ok(Self {
            handle: CommitterHandle { log, jobs },
            stop,
            thread: Some(thread),
        })
    }

    /// Where pushes are brought.
    #[must_use]
    pub fn handle(&self) -> CommitterHandle {
        self.handle.clone()
    }

    /// Takes no more pushes, finishes and flushes those queued, and returns when the thread has ended. Blocks.
    pub fn stop(mut self) {
        self.stop.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the committer had panicked");
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.stop.notify_one();
    }
}

impl CommitterHandle {
    /// Brings a push; waits while the queue is full.
    ///
    /// # Errors
    ///
    /// [`ProblemKind::TooLarge`] if it has more than [`PUSH_RECORDS_MAX`] records, [`ProblemKind::Unavailable`] if the log takes no
    /// writes now. Nothing was taken.
    pub async fn push(
        &self,
        asker: OwnedAsker,
        pushed: Vec<Pushed>,
    ) -> Result<Outcomes, ProblemKind> {
        let (job, outcomes) = self.job(asker, pushed)?;
        let sent = self.jobs.send(Order::Push(job)).await;
        sent.map(|()| outcomes)
            .map_err(|_| ProblemKind::Unavailable)
    }

    /// As [`CommitterHandle::push`], blocking; not for a thread that runs async tasks.
    ///
    /// # Errors
    ///
    /// As [`CommitterHandle::push`].
    pub fn push_blocking(
        &self,
        asker: OwnedAsker,
        pushed: Vec<Pushed>,
    ) -> Result<Outcomes, ProblemKind> {
        let (job, outcomes) = self.job(asker, pushed)?;
        let sent = self.jobs.blocking_send(Order::Push(job));
        sent.map(|()| outcomes)
            .map_err(|_| ProblemKind::Unavailable)
    }

    fn job(&self, asker: OwnedAsker, pushed: Vec<Pushed>) -> Result<(Job, Outcomes), ProblemKind> {
        Job::new(&self.log, asker, pushed)
    }
}

impl Outcomes {
    /// The next outcome; `None` when every pushed record has one.
    ///
    /// An error ends the push: records without an outcome by then may or may not have been taken, so the device keeps them.
    pub async fn next(&mut self) -> Option<Result<Outcome, ProblemKind>> {
        self.0.recv().await
    }

    /// Waits for the next outcome, and takes those with it that are there already; nothing when every pushed record has one. Blocks.
    ///
    /// # Errors
    ///
    /// As [`Outcomes::next`].
    pub fn ready_blocking(&mut self) -> Result<Vec<Outcome>, ProblemKind> {
        let first = self.0.blocking_recv();
        let rest = std::iter::from_fn(|| self.0.try_recv().ok());
        first.into_iter().chain(rest).collect()
    }

    /// All outcomes, blocking.
    ///
    /// # Errors
    ///
    /// [`ProblemKind::Unavailable`] if the store failed before they were durable.
    pub fn all_blocking(mut self) -> Result<Vec<Outcome>, ProblemKind> {
        std::iter::from_fn(|| self.0.blocking_recv()).collect()
    }
}

/// What wakes the committer.
enum Wake {
    Order(Order),
    Stop,
    LookAround,
    Closed,
}

async fn run(mut desk: Desk, mut queue: mpsc::Receiver<Order>, stop: &Notify) {
    let _ends_in_failure = FailsOnPanic(desk.log());
    loop {
        match next(&mut queue, stop).await {
            Wake::Order(first) => gather(first, &mut queue).run(&mut desk),
            Wake::Stop => queue.close(),
            Wake::LookAround => desk.heal(),
            Wake::Closed => return,
        }
    }
}

async fn next(queue: &mut mpsc::Receiver<Order>, stop: &Notify) -> Wake {
    tokio::select! {
        biased;
        () = stop.notified() => Wake::Stop,
        job = queue.recv() => job.map_or(Wake::Closed, Wake::Order),
        () = tokio::time::sleep(REOPEN_WAIT) => Wake::LookAround,
    }
}

impl Job {
    /// A push, and where its outcomes will come, unless nothing can be taken now.
    fn new(
        log: &Log,
        asker: OwnedAsker,
        pushed: Vec<Pushed>,
    ) -> Result<(Self, Outcomes), ProblemKind> {
        if pushed.len() > PUSH_RECORDS_MAX {
            return Err(ProblemKind::TooLarge);
        }
        if !log.is_healthy() {
            return Err(ProblemKind::Unavailable);
        }
        let (replies, outcomes) = mpsc::channel(pushed.len() + 1);
        let job = Self {
            asker,
            pushed,
            replies,
        };
        Ok((job, Outcomes(outcomes)))
    }

    fn size_bytes(&self) -> usize {
        let changes = self.pushed.iter().flat_map(|pushed| &pushed.changes);
        changes.map(|chunk| chunk.len()).sum()
    }
}

/// A mistake of ours outside the judging of one record must not leave readers waiting for a flush that never comes.
struct FailsOnPanic(Arc<Log>);

impl Drop for FailsOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(&fieldwatch_schemas::store::StoreError::Failed);
        }
    }
}
