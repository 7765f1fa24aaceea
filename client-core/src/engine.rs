//! The engine: what to say to the server and what to do with its answer, as a state machine without clock, disk or network.
//!
//! ```text
//! Begin ─▶ Offer ─▶ Offered ─▶ Send ─▶ Item… ─▶ Apply ─▶ Applied … Ended ─▶ Done, or Offer again
//!                                │                                   ▲
//!                                └── Failed ─▶ Wait ─▶ Waited ───────┘ (only while watching)
//! ```
//!
//! A page is applied at every commit point; a reply without its last item was cut, and costs one page. When nothing is left, the
//! digests of both sides are compared; a feed that does not agree is repaired, and if it still does not, the sync ends and says so.

mod exchange;
mod report;
mod tried;
mod weigh;

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::problem::{Problem, ProblemKind};
use fieldwatch_schemas::sync::VERSION;
use fieldwatch_schemas::sync::exchange::{Item, Request};
use fieldwatch_schemas::sync::push::Pushed;

pub use report::{Report, Synced, Traffic};

use self::exchange::{Exchange, Taken};
use self::tried::Tried;
use crate::backoff::Backoff;
use crate::chance::Chance;
use crate::replica::{Applied, Offer, Page};

/// How long an exchange may go without progress, in milliseconds.
pub const STALL_MAX_MS: i64 = 30_000;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A sync is wanted.
    Begin,
    /// What the replica has to say.
    Offered(Offer),
    /// One item of the reply.
    Item(Item),
    /// The reply's bytes came to their end.
    Ended,
    /// There was no reply, or no more of it.
    Failed(Problem),
    /// What has been sent and received so far; told before the end of each exchange.
    Traffic(Traffic),
    /// A page is durable.
    Applied(Applied),
    /// Nothing; time goes by.
    Tick,
    /// A wait is over.
    Waited,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask the replica what it has to say; answer with [`Input::Offered`].
    Offer,
    /// Send a request; answer with its items, then [`Input::Ended`] or [`Input::Failed`].
    Send(Box<Request>),
    /// Make a page durable; answer with [`Input::Applied`] before anything else.
    Apply(Box<Page>),
    /// Read no more of the reply.
    Abandon,
    /// Wait so many milliseconds; answer with [`Input::Waited`].
    Wait(u64),
    /// It is over.
    Done(Result<Report, Problem>),
}

/// Whether to go on after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// A failure ends the sync.
    Once,
    /// Wait and try again, until a person or the server says no.
    Watch,
}

/// One sync, from beginning to end.
#[derive(Debug)]
pub struct Engine<C> {
    patience: Patience,
    budget_bytes: Option<u64>,
    chance: C,
    backoff: Backoff,
    phase: Phase,
    report: Report,
    last_progress_ms: i64,
    traffic: Traffic,
    tried: Tried,
    /// How often feeds were repaired because their digests did not agree.
    repairs: BTreeMap<Feed, u8>,
    diverged: BTreeSet<Feed>,
    /// The refusal that made the engine ask for its grants alone.
    grants_refused: Option<Problem>,
}

#[derive(Debug)]
enum Phase {
    Idle,
    Offering,
    Asking(Box<Exchange>),
    /// The last page of an exchange is being made durable; then it is weighed.
    Closing(Box<Exchange>, Option<Problem>),
    /// It is noted which feeds cannot be relied on; then the next request.
    Distrusting,
    Waiting,
    Finished,
}

impl<C: Chance> Engine<C> {
    /// A sync that has not begun. `budget_bytes` bounds what is sent and received together.
    pub fn new(patience: Patience, budget_bytes: Option<u64>, chance: C) -> Self {
        Self {
            patience,
            budget_bytes,
            chance,
            backoff: Backoff::default(),
            phase: Phase::Idle,
            report: Report::default(),
            last_progress_ms: 0,
            traffic: Traffic::default(),
            tried: Tried::default(),
            repairs: BTreeMap::new(),
            diverged: BTreeSet::new(),
            grants_refused: None,
        }
    }

    /// Takes in what happened and says what is to be done, in order. An input that does not fit where the sync stands does nothing.
    pub fn handle(&mut self, input: Input, now_ms: i64) -> Vec<Effect> {
        if !matches!(input, Input::Tick | Input::Traffic(_)) {
            self.last_progress_ms = now_ms;
        }
        let phase = std::mem::replace(&mut self.phase, Phase::Idle);
        match (phase, input) {
            (Phase::Idle | Phase::Waiting, Input::Begin | Input::Waited) => self.next_offer(),
            (Phase::Offering, Input::Offered(offer)) => self.send(offer),
            (Phase::Asking(exchange), Input::Item(item)) => self.take(exchange, item),
            (Phase::Asking(exchange), Input::Applied(applied)) => {
                self.phase = Phase::Asking(exchange);
                self.note_applied(&applied);
                Vec::new()
            }
            (phase, Input::Traffic(traffic)) => {
                self.traffic = traffic;
                self.phase = phase;
                Vec::new()
            }
            (Phase::Asking(exchange), Input::Ended) => {
                let cut = Problem::with_detail(ProblemKind::Offline, "the link was cut");
                self.close(exchange, Some(cut))
            }
            (Phase::Asking(exchange), Input::Failed(problem)) => {
                self.close(exchange, Some(problem))
            }
            (Phase::Asking(exchange), Input::Tick)
                if now_ms.saturating_sub(self.last_progress_ms) >= STALL_MAX_MS =>
            {
                let words = "no progress for 30 seconds";
                let stalled = Problem::with_detail(ProblemKind::Offline, words);
                let mut effects = vec![Effect::Abandon];
                effects.extend(self.close(exchange, Some(stalled)));
                effects
            }
            (Phase::Closing(exchange, problem), Input::Applied(applied)) => {
                self.note_applied(&applied);
                match problem {
                    None => self.weigh(&exchange, &applied),
                    Some(problem) => self.recover(&exchange, problem),
                }
            }
            (Phase::Distrusting, Input::Applied(_)) => self.next_offer(),
            (phase, _) => {
                self.phase = phase;
                Vec::new()
            }
        }
    }

    /// What has been done so far.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    fn next_offer(&mut self) -> Vec<Effect> {
        self.phase = Phase::Offering;
        vec![Effect::Offer]
    }

    fn send(&mut self, offer: Offer) -> Vec<Effect> {
        let is_bare = self.grants_refused.is_some();
        let spent = self
            .traffic
            .sent_bytes
            .saturating_add(self.traffic.received_bytes);
        let budget_bytes = self.budget_bytes.map(|budget| budget.saturating_sub(spent));
        let mut request = Request {
            version: VERSION,
            log: offer.log,
            feeds: offer.feeds,
            outbox: offer.outbox,
            budget_bytes,
            grants: Some(offer.grants),
            wants: offer.wants,
            stations: Some(offer.stations),
            repair: Some(offer.repair).filter(|asks| !asks.is_empty()),
        };
        if let Some(left) = budget_bytes {
            fit(&mut request.outbox, left);
        }
        if is_bare {
            request.feeds.clear();
            request.outbox.clear();
            request.wants.clear();
            request.repair = None;
        }
        self.phase = Phase::Asking(Box::new(Exchange::new(&request)));
        vec![Effect::Send(Box::new(request))]
    }

    fn take(&mut self, mut exchange: Box<Exchange>, item: Item) -> Vec<Effect> {
        match exchange.take(item, &mut self.tried) {
            Taken::More => {
                self.phase = Phase::Asking(exchange);
                Vec::new()
            }
            Taken::Page => {
                let page = exchange.turn_page();
                self.phase = Phase::Asking(exchange);
                vec![Effect::Apply(Box::new(page))]
            }
            Taken::End => self.close(exchange, None),
            Taken::Nonsense(words) => {
                let problem = Problem::with_detail(ProblemKind::Internal, words);
                let mut effects = vec![Effect::Abandon];
                effects.extend(self.close(exchange, Some(problem)));
                effects
            }
        }
    }

    /// Makes the rest of an exchange durable: all of it after its end, and of a cut one what is sure.
    fn close(&mut self, mut exchange: Box<Exchange>, problem: Option<Problem>) -> Vec<Effect> {
        let page = match problem {
            None => exchange.last_page(),
            Some(_) => exchange.sure_page(),
        };
        let mended = |record: &RecordId| exchange.acknowledged.contains(record);
        self.report.refused.retain(|record| !mended(record));
        self.report.acknowledged.append(&mut exchange.acknowledged);
        self.report.refused.append(&mut exchange.refused);
        self.phase = Phase::Closing(exchange, problem);
        vec![Effect::Apply(Box::new(page))]
    }

    fn note_applied(&mut self, applied: &Applied) {
        self.report.pulled = self.report.pulled.saturating_add(applied.pulled);
        self.report.rebased = self.report.rebased.saturating_add(applied.rebased);
        self.report.refused.extend(&applied.refused);
        self.report.repaired = self.report.repaired.saturating_add(applied.repaired);
    }
}

/// Keeps of an outbox what a budget pays for, by its bytes before they are compressed; at least one record, so that it moves.
fn fit(outbox: &mut Vec<Pushed>, mut left_bytes: u64) {
    let fits = |pushed: &Pushed| {
        let bytes: usize = pushed.changes.iter().map(|chunk| chunk.len()).sum();
        let left = left_bytes.checked_sub(bytes as u64);
        left_bytes = left.unwrap_or_default();
        left.is_some()
    };
    let count = outbox.iter().map(fits).take_while(|fits| *fits).count();
    outbox.truncate(count.max(1));
}

#[cfg(test)]
mod tests;
