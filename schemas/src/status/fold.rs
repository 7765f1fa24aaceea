//! Folding: events in causal order come to one status.
//!
//! Causal order is the Lamport counter of the operation that created each event, ties by event id; so whoever holds the same events
//! sees the same status, whatever order they came in and whatever the clocks said.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::contest::{SETTLED_CONTEST, Verdict, verdicts, wrong};
use super::{EventError, EventRule, LifeCycle, Next};
use crate::id::EventId;
use crate::record::event::Event;

/// What the events of a record come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    /// Where the record is in its life cycle.
    pub status: &'static str,
    /// For each event, in the order given, whether it is contested and nobody has settled that.
    pub contested: Vec<bool>,
    /// For each event, in the order given, whether a person settled that it does not count.
    pub void: Vec<bool>,
}

impl Folded {
    /// Whether the event at a place counts.
    #[must_use]
    pub fn counts(&self, place: usize) -> bool {
        let is = |flags: &[bool]| flags.get(place).copied().unwrap_or(false);
        !is(&self.contested) && !is(&self.void)
    }
}

/// A walk through the events of one record.
#[derive(Debug, Clone)]
pub struct Walk {
    life_cycle: &'static LifeCycle,
    status: &'static str,
    order: Vec<EventId>,
    contests: BTreeMap<EventId, Contest>,
}

/// An event that could not happen where it stands.
#[derive(Debug, Clone)]
struct Contest {
    event: String,
    verdict: Option<Verdict>,
}

impl Walk {
    /// At the beginning of a life.
    #[must_use]
    pub fn new(life_cycle: &'static LifeCycle) -> Self {
        Self {
            life_cycle,
            status: life_cycle.first,
            order: Vec::new(),
            contests: BTreeMap::new(),
        }
    }

    /// After these events, which must be in causal order.
    #[must_use]
    pub fn through(life_cycle: &'static LifeCycle, events: &[Event]) -> Self {
        let mut walk = Self::new(life_cycle);
        for event in events {
            // What is contested is remembered by the walk itself.
            drop(walk.step(event.id, &event.kind, &event.data));
        }
        walk
    }

    /// Where the record is.
    #[must_use]
    pub fn status(&self) -> &'static str {
        self.status
    }

    /// The rule by which an event can happen here.
    ///
    /// # Errors
    ///
    /// [`EventError::Unknown`], [`EventError::Illegal`]; for a settlement, what is wrong with it.
    pub fn rule(
        &self,
        event: &str,
        data: &Map<String, Json>,
    ) -> Result<&'static EventRule, EventError> {
        let rule = self.life_cycle.rule(event, self.status)?;
        if event == SETTLED_CONTEST {
            self.settlement(data)?;
        }
        Ok(rule)
    }

    /// Takes an event. One whose type the table does not know moves nothing and is not contested: a newer device may know it.
    ///
    /// # Errors
    ///
    /// As [`Walk::rule`], but for unknown events; the event is contested then.
    pub fn step(
        &mut self,
        id: EventId,
        event: &str,
        data: &Map<String, Json>,
    ) -> Result<(), EventError> {
        self.order.push(id);
        match self.rule(event, data) {
            Ok(rule) => {
                if let Next::To(next) = rule.next {
                    self.status = next;
                }
                if event == SETTLED_CONTEST {
                    self.settle(data);
                }
                Ok(())
            }
            Err(EventError::Unknown { .. }) => Ok(()),
            Err(error) => {
                let contest = Contest {
                    event: event.to_owned(),
                    verdict: None,
                };
                self.contests.insert(id, contest);
                Err(error)
            }
        }
    }

    /// What a settlement says, if it can say that here.
    fn settlement(&self, data: &Map<String, Json>) -> Result<Vec<(EventId, Verdict)>, EventError> {
        let said = verdicts(data)?;
        for (id, verdict) in &said {
            let contest = self.contests.get(id);
            let contest = contest.ok_or_else(|| wrong("an event it names is not contested"))?;
            if contest.verdict.is_some_and(|given| given != *verdict) {
                return Err(wrong("an event it names was settled otherwise"));
            }
        }
        Ok(said)
    }

    fn settle(&mut self, data: &Map<String, Json>) {
        for (id, verdict) in self.settlement(data).unwrap_or_default() {
            let Some(contest) = self.contests.get_mut(&id) else {
                continue;
            };
            let is_news = contest.verdict.replace(verdict).is_none();
            let rules = self.life_cycle.rules.iter();
            let mut leads = rules.filter_map(|rule| match rule.next {
                Next::To(next) if rule.event == contest.event => Some(next),
                _ => None,
            });
            if let (true, Verdict::Upheld, Some(next)) = (is_news, verdict, leads.next()) {
                self.status = next;
            }
        }
    }

    /// What it has come to.
    #[must_use]
    pub fn folded(&self) -> Folded {
        let flags = |wanted: Option<Verdict>| -> Vec<bool> {
            let is = |id: &EventId| {
                let contest = self.contests.get(id);
                contest.is_some_and(|contest| contest.verdict == wanted)
            };
            self.order.iter().map(is).collect()
        };
        Folded {
            status: self.status,
            contested: flags(None),
            void: flags(Some(Verdict::Void)),
        }
    }
}

/// Walks events, which must be in causal order, from the first status to the last.
#[must_use]
pub fn fold(life_cycle: &'static LifeCycle, events: &[Event]) -> Folded {
    Walk::through(life_cycle, events).folded()
}
