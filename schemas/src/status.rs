//! Statuses: what follows from a record's events.
//!
//! A kind's life cycle is a table: which event is legal from which status, and where it leads. [`fold`] walks the events in causal
//! order (the Lamport counter of the operation that created each, ties by event id), never by clocks. An event that is illegal
//! where it stands after merging is kept, moves nothing, and is flagged contested, until a person settles it by a later event
//! ([`contest`]).
//!
//! The tables also say what an event's data must and may hold ([`data`]) and what follows from it ([`mod@derive`]); [`diagram`] draws
//! them.

pub mod contest;
pub mod data;
pub mod derive;
pub mod diagram;
mod fold;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

pub use contest::SETTLED_CONTEST;
pub use data::Datum;
pub use fold::{Folded, Walk, fold};

/// What a person is to the council.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 志愿者: makes undercover visits.
    #[n(0)]
    Volunteer,
    /// 维权站工作人员: logs and handles demands at one station.
    #[n(1)]
    StationStaff,
    /// 协调员: assigns, reviews, follows up and reports, for a region.
    #[n(2)]
    Coordinator,
    /// 企业联系人.
    #[n(3)]
    EnterpriseContact,
    /// 审计.
    #[n(4)]
    Auditor,
    /// 管理员: runs the server.
    #[n(5)]
    Administrator,
}

impl Role {
    /// The name used in commands and tokens.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Volunteer => "volunteer",
            Self::StationStaff => "station_staff",
            Self::Coordinator => "coordinator",
            Self::EnterpriseContact => "enterprise_contact",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }
}

/// A kind's statuses and events, as a table.
#[derive(Debug)]
pub struct LifeCycle {
    /// The status of a record without events.
    pub first: &'static str,
    /// The rules; the first that fits an event and a status decides.
    pub rules: &'static [EventRule],
    /// What the data of events may hold.
    pub data: &'static [Datum],
}

/// The rule holds from whatever status there is.
pub(crate) const ANY: &[&str] = &["*"];
/// Those who handle demands.
pub(crate) const STAFF: &[Role] = &[Role::StationStaff, Role::Coordinator];
/// Those who make visits.
pub(crate) const INSPECTOR: &[Role] = &[Role::Volunteer, Role::StationStaff, Role::Coordinator];
/// Those who plan, review and publish.
pub(crate) const COORDINATOR: &[Role] = &[Role::Coordinator];

/// One row of a life cycle.
#[derive(Debug)]
pub struct EventRule {
    /// The event's type.
    pub event: &'static str,
    /// The statuses from which it is legal.
    pub from: &'static [&'static str],
    /// Where it leads.
    pub next: Next,
    /// Who may cause it.
    pub roles: &'static [Role],
    /// The keys that its data must have.
    pub needs: &'static [&'static str],
}

/// Where an event leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The status does not change.
    Stay,
    /// To this status.
    To(&'static str),
}

/// An event that may not happen here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// The kind has no such event.
    #[error("unknown event {event:?}; there are: {}", .known.join(", "))]
    Unknown {
        /// What was asked for.
        event: String,
        /// The events of this kind.
        known: Vec<&'static str>,
    },
    /// Legal elsewhere, not from the status the record has.
    #[error("{event} is not possible while the status is {status}; possible now: {}", .legal.join(", "))]
    Illegal {
        /// What was asked for.
        event: String,
        /// Where the record is.
        status: &'static str,
        /// What would be legal.
        legal: Vec<&'static str>,
    },
    /// The event must say more.
    #[error("{event} needs {needs}")]
    Needs {
        /// What was asked for.
        event: String,
        /// The missing key of its data.
        needs: &'static str,
    },
    /// What it says does not fit.
    #[error("{event}: {why}")]
    Wrong {
        /// What was asked for.
        event: String,
        /// What is wrong, in words.
        why: String,
    },
    /// The role may not cause it.
    #[error("{event} is not for a {role}; for them there are: {}", .legal.join(", "), role = .role.name())]
    NotFor {
        /// What was asked for.
        event: String,
        /// Who asked.
        role: Role,
        /// What they may cause.
        legal: Vec<&'static str>,
    },
}

impl LifeCycle {
    /// Whether an event is legal from a status, and the row that says so.
    ///
    /// # Errors
    ///
    /// [`EventError::Unknown`] or [`EventError::Illegal`], with what would be legal.
    pub fn rule(&self, event: &str, status: &'static str) -> Result<&'static EventRule, EventError>
    where
        Self: 'static,
    {
        let rules: &'static [EventRule] = self.rules;
        if let Some(rule) = rules
            .iter()
            .find(|rule| rule.event == event && rule.is_from(status))
        {
            return Ok(rule);
        }
        if !self.knows(event) {
            return Err(EventError::Unknown {
                event: event.to_owned(),
                known: self.event_names(),
            });
        }
        Err(EventError::Illegal {
            event: event.to_owned(),
            status,
            legal: self.legal(status),
        })
    }

    /// Whether this life cycle has an event of this type; one that it does not know may come from a newer device.
    #[must_use]
    pub fn knows(&self, event: &str) -> bool {
        self.rules.iter().any(|rule| rule.event == event)
    }

    /// The events that are legal from a status.
    #[must_use]
    pub fn legal(&self, status: &str) -> Vec<&'static str> {
        self.events(|rule| rule.from.contains(&status))
    }

    /// The events that a role may cause from a status.
    #[must_use]
    pub fn legal_for(&self, status: &str, role: Role) -> Vec<&'static str> {
        self.events(|rule| rule.from.contains(&status) && rule.roles.contains(&role))
    }

    /// The events that a role may ever cause.
    #[must_use]
    pub fn events_for(&self, role: Role) -> Vec<&'static str> {
        self.events(|rule| rule.roles.contains(&role))
    }

    /// Whether a role may cause an event at all.
    #[must_use]
    pub fn allows(&self, event: &str, role: Role) -> bool {
        self.rules
            .iter()
            .any(|rule| rule.event == event && rule.roles.contains(&role))
    }

    /// Every status, the first one first, in the order of the table.
    #[must_use]
    pub fn statuses(&self) -> Vec<&'static str> {
        let of_rule = |rule: &EventRule| {
            let from: Vec<&'static str> = match rule.from == ANY {
                true => Vec::new(),
                false => rule.from.to_vec(),
            };
            let to = match rule.next {
                Next::Stay => None,
                Next::To(next) => Some(next),
            };
            from.into_iter().chain(to)
        };
        let mut statuses = vec![self.first];
        for status in self.rules.iter().flat_map(of_rule) {
            if !statuses.contains(&status) {
                statuses.push(status);
            }
        }
        statuses
    }

    /// Every event, in the order of the table.
    #[must_use]
    pub fn event_names(&self) -> Vec<&'static str> {
        self.events(|_| true)
    }

    fn events(&self, wanted: impl Fn(&EventRule) -> bool) -> Vec<&'static str> {
        let mut names: Vec<_> = self
            .rules
            .iter()
            .filter(|rule| wanted(rule))
            .map(|rule| rule.event)
            .collect();
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(*name));
        names
    }
}

impl EventRule {
    /// Whether it holds from a status.
    #[must_use]
    pub fn is_from(&self, status: &str) -> bool {
        self.from == ANY || self.from.contains(&status)
    }
}
