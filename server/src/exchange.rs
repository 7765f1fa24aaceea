//! One exchange without its socket: what a reply says, page by page, as the route streams it and the simulator carries it.
//!
//! ```text
//! begin ─▶ the outbox goes to the committer, or to its desk ─▶ hello · outcomes │ receipt │ pages of the feeds │ their ends │ End
//! ```
//!
//! Everything here blocks where it must: for outcomes until they are durable, for pages until what they saw is.

use std::sync::Arc;

use fieldwatch_schemas::feed::{Grant, Standing};
use fieldwatch_schemas::id::DeviceId;
use fieldwatch_schemas::limits::ERASURES_TOLD_MAX;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::store::StoreError;
use fieldwatch_schemas::sync::erasures::Erasures;
use fieldwatch_schemas::sync::exchange::{Hello, Item, ListTag, Request, grants_tag};
use fieldwatch_schemas::sync::frame;
use fieldwatch_schemas::sync::pull::FeedCursor;
use fieldwatch_schemas::sync::station::{StationCard, stations_tag};

use crate::committer::{Outcomes, OwnedAsker, Push};
use crate::log::{Log, Reading};
use crate::notary::Hearing;
use crate::pull::{Names, Pull};
use crate::register::Register;

/// What a station takes at most in a greeting, in most cases.
const STATION_BYTES: usize = 120;

/// A request that nothing stands in the way of, and its reply in the making.
#[derive(Debug)]
pub struct Exchange {
    register: Arc<Register>,
    log: Arc<Log>,
    device: DeviceId,
    /// Who the device's person was when what they may read was looked up.
    standing: Standing,
    /// Until it is told.
    hello: Option<Hello>,
    /// Until it is told.
    erasures: Option<Erasures>,
    /// Until the last one is told.
    outcomes: Option<Outcomes>,
    /// How many are still to come.
    due: usize,
    /// Where receipts are given, until this one is told.
    hearing: Option<Hearing>,
    /// Until its last page is told.
    pull: Option<Pull>,
}

/// How much of a reply is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// More is to come.
    Some,
    /// Everything.
    All,
}

/// Why a reply must be cut: the device goes on from its last commit point.
#[derive(Debug, thiserror::Error)]
pub enum Cut {
    /// The device may do nothing any more.
    #[error("the device was revoked")]
    Revoked,
    /// The person may read something else now; the next reply tells what.
    #[error("the person was given another role or place")]
    Moved,
    /// Outcomes are missing; what they are about may or may not have been taken.
    #[error("the push ended early: {0}")]
    Push(ProblemKind),
    /// The store failed, or a feed cannot be read.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl Exchange {
    /// Begins a reply, and gives out what was brought: whoever has a committer pushes it, and calls [`Exchange::answered_by`] before
    /// the first page is read.
    ///
    /// # Errors
    ///
    /// As [`Pull::begin`]; nothing was read or taken. [`ProblemKind::Unavailable`] if the store failed.
    pub fn begin(
        register: &Arc<Register>,
        log: &Arc<Log>,
        asker: OwnedAsker,
        mut request: Request,
    ) -> Result<(Self, Option<Push>), ProblemKind> {
        renew_if_set_back(log, &request)?;
        let mut pull = Pull::begin(Arc::clone(log), &asker, &request, names(register))?;
        let stations = register.stations_of(&asker.standing);
        let stations = stations_if_other(stations, request.stations);
        // A long list waits for a sync that can pay for it.
        let stations = stations.filter(|stations| pull.pays_for(stations.len() * STATION_BYTES));
        let grants = grants_if_other(&asker.grants, request.grants);
        let hello = Hello {
            log: log.id(),
            now_ms: log.now_ms(),
            standing: grants.is_some().then(|| asker.standing.clone()),
            grants,
            stations,
        };
        let outbox = std::mem::take(&mut request.outbox);
        let exchange = Self {
            register: Arc::clone(register),
            log: Arc::clone(log),
            device: asker.device,
            standing: asker.standing.clone(),
            hello: Some(hello),
            erasures: erasures_for(register, request.erasures, &mut pull),
            outcomes: None,
            due: outbox.len(),
            hearing: None,
            pull: Some(pull),
        };
        let push = (!outbox.is_empty()).then_some(Push { asker, outbox });
        Ok((exchange, push))
    }

    /// Says where the outcomes of the push come from.
    pub fn answered_by(&mut self, outcomes: Outcomes) {
        self.outcomes = Some(outcomes);
    }

    /// Has a receipt signed for what the outcomes say is durable.
    pub fn heard_by(&mut self, hearing: Hearing) {
        self.hearing = Some(hearing);
    }

    /// The next pages, as many as it takes to have so many bytes, and whether that was all: what is little travels together. Blocks
    /// until everything in them is durable. While more outcomes are waited for, those that are there are given.
    ///
    /// The second is [`Cut`] if there is nothing more to be said; what was said stands.
    pub fn next_pages(&mut self, enough_bytes: usize) -> (Vec<u8>, Vec<Item>, Result<Told, Cut>) {
        let (mut bytes, mut items) = (Vec::new(), Vec::new());
        loop {
            match self.next_page() {
                Ok(Some(page)) => {
                    bytes.extend(page.iter().flat_map(frame::encode));
                    items.extend(page);
                }
                Ok(None) => return (bytes, items, Ok(Told::All)),
                Err(cut) => return (bytes, items, Err(cut)),
            }
            if self.outcomes.is_some() || bytes.len() >= enough_bytes {
                return (bytes, items, Ok(Told::Some));
            }
        }
    }

    /// The next page; `None` after the one that holds [`Item::End`]. Blocks until everything in it is durable.
    ///
    /// # Errors
    ///
    /// [`Cut`]: there is nothing more to be said, and what was said stands.
    pub fn next_page(&mut self) -> Result<Option<Vec<Item>>, Cut> {
        let mut page: Vec<Item> = self.hello.take().map(Item::Hello).into_iter().collect();
        page.extend(self.erasures.take().map(Item::Erasures));
        page.extend(self.ready_outcomes()?);
        if self.outcomes.is_none() {
            let hearing = self.hearing.take();
            let receipt = hearing.and_then(|hearing| hearing.receipt(&self.log));
            page.extend(receipt.map(Item::Receipt));
        }
        if !page.is_empty() {
            return Ok(Some(page));
        }
        if !self.register.is_active(self.device) {
            return Err(Cut::Revoked);
        }
        let person = self.register.person(self.standing.person);
        if person.is_none_or(|person| person.standing() != self.standing) {
            return Err(Cut::Moved);
        }
        let Some(pull) = &mut self.pull else {
            return Ok(None);
        };
        let page = pull.next_page()?;
        Ok(Some(page.unwrap_or_else(|| {
            self.pull = None;
            vec![Item::End]
        })))
    }

    /// Waits for the next outcome; what has gathered meanwhile shares its page.
    fn ready_outcomes(&mut self) -> Result<Vec<Item>, Cut> {
        let Some(outcomes) = &mut self.outcomes else {
            return Ok(Vec::new());
        };
        let ready = outcomes.ready_blocking().map_err(Cut::Push)?;
        self.due = self.due.saturating_sub(ready.len());
        if ready.is_empty() || self.due == 0 {
            self.outcomes = None;
        }
        if let Some(pull) = &mut self.pull {
            // Of a record that came in parts, what earlier requests brought too.
            ready.iter().for_each(|outcome| pull.has(&outcome.durable));
        }
        if let Some(hearing) = &mut self.hearing {
            ready.iter().for_each(|outcome| hearing.note(outcome));
        }
        Ok(ready.into_iter().map(Item::Outcome).collect())
    }
}

/// A device that proves to have been where this log has not come yet, or came only after it was set back, knows a later state of it.
fn renew_if_set_back(log: &Log, request: &Request) -> Result<(), ProblemKind> {
    let Some(known) = request.log.filter(|known| *known == log.id()) else {
        return Ok(());
    };
    let key = log.mac_key();
    let is_another = |reading: &Reading<'_>, wanted: &FeedCursor| {
        let (feed, at) = (&wanted.feed, wanted.complete);
        let proof = wanted.proof.as_ref();
        let life = proof.and_then(|mac| key.life_of_feed(known, feed, at, mac));
        life.is_some_and(|life| at > reading.position || life != reading.lives.at(at))
    };
    let is_set_back = log.read(|reading| {
        let mut feeds = request.feeds.iter();
        Ok(feeds.any(|wanted| is_another(&reading, wanted)))
    });
    match is_set_back {
        Ok(true) => log.renew(known).map(drop),
        is_not => is_not.map(drop),
    }
    .map_err(|_| ProblemKind::Unavailable)
}

/// What of the erasures that a device has not heard of the reply can pay for.
fn erasures_for(register: &Register, heard: Option<u64>, pull: &mut Pull) -> Option<Erasures> {
    let mut count_max = ERASURES_TOLD_MAX;
    loop {
        let told = register.erasures_behind(heard, count_max)?;
        if told.is_empty() || pull.pays_for(told.size_bytes()) {
            return Some(told);
        }
        count_max = told.count() / 2;
    }
}

/// Who people are, for the labels of what they wrote.
fn names(register: &Arc<Register>) -> Arc<Names> {
    let register = Arc::clone(register);
    Arc::new(move |person| register.person(person).map(|person| person.name))
}

fn stations_if_other(
    stations: Vec<StationCard>,
    held: Option<ListTag>,
) -> Option<Vec<StationCard>> {
    (held != Some(stations_tag(&stations))).then_some(stations)
}

fn grants_if_other(grants: &[Grant], held: Option<ListTag>) -> Option<Vec<Grant>> {
    (held != Some(grants_tag(grants))).then(|| grants.to_vec())
}
