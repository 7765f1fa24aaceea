//! What waits for the committer: pushes, and whatever else has to have the desk for itself, in its turn.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::store::StoreError;
use tokio::sync::mpsc;

use super::desk::Desk;
use super::{CommitterHandle, GROUP_BYTES_MAX, GROUP_JOBS_MAX, Job};
use crate::log::compact::{Beside, Compacted};

/// Something done at the desk.
pub(crate) type Act = Box<dyn FnOnce(&mut Desk) + Send>;

/// What waits in the queue.
pub(crate) enum Order {
    Push(Job),
    Act(Act),
}

/// What the desk does next.
pub(super) struct Turn {
    /// These share a flush.
    pub(super) group: Vec<Job>,
    /// What came behind them.
    pub(super) act: Option<Act>,
}

/// What can be done together with the first: whatever is waiting already, up to a bound.
pub(super) fn gather(first: Order, queue: &mut mpsc::Receiver<Order>) -> Turn {
    let mut turn = Turn {
        group: Vec::new(),
        act: None,
    };
    let (mut next, mut size_bytes) = (Some(first), 0);
    while let Some(order) = next {
        match order {
            Order::Push(job) => {
                size_bytes += job.size_bytes();
                turn.group.push(job);
            }
            Order::Act(act) => {
                turn.act = Some(act);
                break;
            }
        }
        let has_room = turn.group.len() < GROUP_JOBS_MAX && size_bytes < GROUP_BYTES_MAX;
        next = has_room.then(|| queue.try_recv().ok()).flatten();
    }
    turn
}

impl Turn {
    pub(super) fn run(self, desk: &mut Desk) {
        if !self.group.is_empty() {
            desk.commit(&self.group);
        }
        if let Some(act) = self.act
            && catch_unwind(AssertUnwindSafe(|| act(desk))).is_err()
        {
            tracing::error!("an act at the committer's desk panicked");
            desk.forget();
        }
    }
}

impl CommitterHandle {
    /// Does something at the desk, in its turn among the pushes, and gives back what it says. Blocks; not for a thread that runs async
    /// tasks.
    ///
    /// # Errors
    ///
    /// [`ProblemKind::Unavailable`] if the committer has ended, [`ProblemKind::Internal`] if the act panicked.
    pub(crate) fn at_desk<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Desk) -> T + Send + 'static,
    ) -> Result<T, ProblemKind> {
        let (tell, told) = sync_channel(1);
        let act = move |desk: &mut Desk| drop(tell.send(act(desk)));
        let sent = self.jobs.blocking_send(Order::Act(Box::new(act)));
        sent.map_err(|_| ProblemKind::Unavailable)?;
        told.recv().map_err(|_| ProblemKind::Internal)
    }
}

impl CommitterHandle {
    /// Compacts the store; pushes wait meanwhile. Blocks.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: [`StoreError::Failed`] if the committer has ended.
    pub fn compact(&self, beside: Arc<dyn Beside>) -> Result<Compacted, StoreError> {
        let done = self.at_desk(move |desk| desk.compact(&*beside));
        done.unwrap_or(Err(StoreError::Failed))
    }
}

/// Nothing of what was pushed.
impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Push(_) => "Push",
            Self::Act(_) => "Act",
        })
    }
}
