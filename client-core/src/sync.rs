//! The driver: the loop that runs the engine over a replica and a transport. The simulator is the same loop with virtual time.

use std::time::Duration;

use fieldwatch_schemas::problem::Problem;
use fieldwatch_schemas::sync::exchange::Item;
use tokio::time::{Instant, sleep, timeout};

use crate::chance::Chance;
pub use crate::engine::Synced;
use crate::engine::{Effect, Engine, Input, Patience};
use crate::replica::{Replica, ReplicaError};
use crate::transport::{Reply as _, Transport};

/// How often the engine is told that time goes by while nothing comes.
const TICK: Duration = Duration::from_secs(1);

/// How to sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether to go on after a failure.
    pub patience: Patience,
    /// What may be sent and received together, in bytes of bodies.
    pub budget_bytes: Option<u64>,
}

/// Why a sync ended before both sides agreed. What it had achieved is durable.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The device's own store.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// The server, or the way to it.
    #[error("{}", .0.title)]
    Server(Problem),
}

impl SyncError {
    /// The problem that a command reports.
    #[must_use]
    pub fn problem(&self) -> Problem {
        match self {
            Self::Replica(error) => error.problem(),
            Self::Server(problem) => problem.clone(),
        }
    }
}

/// Syncs until both sides agree, the budget is spent, or something fails. `now_ms` is the wall clock, for the record of when it was.
///
/// # Errors
///
/// [`SyncError`]; everything that was acknowledged on the way is durable.
pub async fn sync<T: Transport, C: Chance>(
    replica: &Replica,
    transport: &mut T,
    options: Options,
    chance: C,
    now_ms: &(dyn Fn() -> i64 + Sync),
) -> Result<Synced, SyncError> {
    let begun = transport.traffic();
    let engine = Engine::new(options.patience, options.budget_bytes, chance);
    let mut driver = Driver {
        replica,
        transport,
        engine,
        began: Instant::now(),
        reply: None,
    };
    let done = driver.run().await;
    replica.mark_sending([].into());
    if let Some(nonce) = transport.nonce() {
        replica.keep_nonce(nonce)?;
    }
    let report = done?;
    if report.in_sync {
        replica.note_synced(now_ms())?;
    }
    Ok(report.with(transport.traffic().since(begun)))
}

struct Driver<'a, T: Transport, C> {
    replica: &'a Replica,
    transport: &'a mut T,
    engine: Engine<C>,
    began: Instant,
    reply: Option<T::Reply>,
}

impl<T: Transport, C: Chance> Driver<'_, T, C> {
    async fn run(&mut self) -> Result<crate::engine::Report, SyncError> {
        let mut input = Input::Begin;
        loop {
            let now_ms = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
            let mut next = None;
            for effect in self.engine.handle(input, now_ms) {
                match effect {
                    Effect::Done(result) => return result.map_err(SyncError::Server),
                    effect => next = self.perform(effect).await?.or(next),
                }
            }
            input = match next {
                Some(input) => input,
                None => self.listen().await,
            };
        }
    }

    async fn perform(&mut self, effect: Effect) -> Result<Option<Input>, SyncError> {
        Ok(match effect {
            Effect::Offer => {
                self.reply = None;
                Some(Input::Offered(self.replica.offer()?))
            }
            Effect::Send(request) => {
                let records = request.outbox.iter().map(|pushed| pushed.record);
                self.replica.mark_sending(records.collect());
                match self.transport.exchange(&request).await {
                    Ok(reply) => self.reply = Some(reply),
                    Err(error) => {
                        tracing::debug!(%error, "no reply");
                        self.tell_traffic();
                        if let Some(ms) = self.transport.retry_after_ms() {
                            self.engine.handle(Input::Later(ms), 0);
                        }
                        return Ok(Some(Input::Failed(error.problem())));
                    }
                }
                None
            }
            Effect::Apply(page) => Some(Input::Applied(self.replica.apply(&page)?)),
            Effect::Abandon => {
                self.reply = None;
                None
            }
            Effect::Wait(ms) => {
                self.reply = None;
                self.replica.mark_sending([].into());
                sleep(Duration::from_millis(ms)).await;
                Some(Input::Waited)
            }
            Effect::Done(_) => None,
        })
    }

    /// Waits for the next item of the reply, or for time to go by.
    async fn listen(&mut self) -> Input {
        let Some(reply) = &mut self.reply else {
            return Input::Ended;
        };
        let input = match timeout(TICK, reply.next_item()).await {
            Err(_) => return Input::Tick,
            Ok(Ok(Some(Item::End))) => {
                // Only the end of the body proves how long it was; a cut behind the last item costs nothing.
                let rest = timeout(TICK, reply.next_item()).await;
                tracing::trace!(is_over = rest.is_ok(), "the reply is whole");
                Input::Item(Item::End)
            }
            Ok(Ok(Some(item))) => return Input::Item(item),
            Ok(Ok(None)) => Input::Ended,
            Ok(Err(error)) => {
                tracing::debug!(%error, "the reply was cut");
                Input::Failed(error.problem())
            }
        };
        self.tell_traffic();
        input
    }

    fn tell_traffic(&mut self) {
        let traffic = self.transport.traffic();
        let effects = self.engine.handle(Input::Traffic(traffic), 0);
        debug_assert!(effects.is_empty(), "traffic calls for nothing");
    }
}
