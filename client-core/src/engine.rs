//! The engine: what to say to the server and what to do with its answer, as a state machine without clock, disk or network.
//!
//! ```text
//! Begin ─▶ Offer ─▶ Offered ─▶ Send ─▶ Item… ─▶ Apply ─▶ Applied … Ended ─▶ Done, or Offer again
//!                                │                                   ▲
//!                                └── Failed ─▶ Wait ─▶ Waited ───────┘ (only while watching)
//! ```
//!
//! A record that somebody opens whose body is not here is fetched ahead of its turn: the reply is broken off at its next commit point,
//! and the next request wants it first. A budget bounds what all requests and replies of a sync take together ([`budget`](self)).
//!
//! A page is applied at every commit point; a reply without its last item was cut, and costs one page. When nothing is left, the
//! digests of both sides are compared; a feed that does not agree is repaired, and if it still does not, the sync ends and says so.

mod ahead;
mod budget;
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

pub use report::{Report, Synced, Traffic, Waiting};

use self::budget::Budget;
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
    /// For so many milliseconds the server wants to be left alone; told before [`Input::Failed`].
    Later(u64),
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
    budget: Budget,
    chance: C,
    backoff: Backoff,
    phase: Phase,
    report: Report,
    last_progress_ms: i64,
    traffic: Traffic,
    /// How long the server wants to be left alone at least, in milliseconds.
    later_ms: u64,
    /// Whether the server has found the nonce stale and given a fresh one.
    renewed: bool,
    tried: Tried,
    /// How often feeds were repaired because their digests did not agree.
    repairs: BTreeMap<Feed, u8>,
    diverged: BTreeSet<Feed>,
    /// Whether the sync went on only because somebody wrote while it lasted.
    was_written_upon: bool,
    /// Whether a whole reply said nothing of a feed, and the sync began anew for it.
    has_started_over: bool,
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
            budget: Budget::of(budget_bytes),
            chance,
            backoff: Backoff::default(),
            phase: Phase::Idle,
            report: Report::default(),
            last_progress_ms: 0,
            traffic: Traffic::default(),
            later_ms: 0,
            renewed: false,
            tried: Tried::default(),
            repairs: BTreeMap::new(),
            diverged: BTreeSet::new(),
            was_written_upon: false,
            has_started_over: false,
            grants_refused: None,
        }
    }

    /// Takes in what happened and says what is to be done, in order. An input that does not fit where the sync stands does nothing.
    pub fn handle(&mut self, input: Input, now_ms: i64) -> Vec<Effect> {
        if !matches!(input, Input::Tick | Input::Traffic(_) | Input::Later(_)) {
            self.last_progress_ms = now_ms;
        }
        let phase = std::mem::replace(&mut self.phase, Phase::Idle);
        match (phase, input) {
            (Phase::Idle | Phase::Waiting, Input::Begin | Input::Waited) => self.next_offer(),
            (Phase::Offering, Input::Offered(offer)) => self.send(offer),
            (Phase::Asking(exchange), Input::Item(item)) => self.take(exchange, item),
            (Phase::Asking(exchange), Input::Applied(applied)) => {
                self.note_applied(&applied);
                self.go_on(exchange, &applied)
            }
            (phase, Input::Traffic(traffic)) => {
                self.traffic = traffic;
                self.phase = phase;
                Vec::new()
            }
            (phase, Input::Later(ms)) => {
                self.later_ms = ms;
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
        let mut request = Request {
            version: VERSION,
            log: offer.log,
            feeds: offer.feeds,
            outbox: offer.outbox,
            budget_bytes: None,
            grants: Some(offer.grants),
            wants: offer.wants,
            stations: Some(offer.stations),
            repair: Some(offer.repair).filter(|asks| !asks.is_empty()),
            index: offer.index,
            whole_budget_bytes: None,
            erasures: offer.erasures,
        };
        if is_bare {
            request.index.clear();
            request.feeds.clear();
            request.outbox.clear();
            request.wants.clear();
            request.repair = None;
        }
        let wanted = request.feeds.len();
        self.budget.fit(&mut request, self.spent());
        let asks_all = request.feeds.len() == wanted;
        self.phase = Phase::Asking(Box::new(Exchange::new(&request, asks_all)));
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
        self.note_outcomes(&mut exchange);
        self.phase = Phase::Closing(exchange, problem);
        vec![Effect::Apply(Box::new(page))]
    }

    fn note_outcomes(&mut self, exchange: &mut Exchange) {
        let mended = |record: &RecordId| exchange.acknowledged.contains(record);
        self.report.refused.retain(|record| !mended(record));
        self.report.acknowledged.append(&mut exchange.acknowledged);
        self.report.refused.append(&mut exchange.refused);
    }

    fn note_applied(&mut self, applied: &Applied) {
        self.report.pulled = self.report.pulled.saturating_add(applied.pulled);
        self.report.rebased = self.report.rebased.saturating_add(applied.rebased);
        self.report.refused.extend(&applied.refused);
        self.report.repaired = self.report.repaired.saturating_add(applied.repaired);
    }
}

#[cfg(test)]
mod tests;
