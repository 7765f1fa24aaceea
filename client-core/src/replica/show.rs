//! One record as a person sees it: what it says, who wrote it, and whether it has been sent.

use std::collections::BTreeMap;
use std::fmt;

use fieldwatch_schemas::deadline::stated::{Counted, counted};
use fieldwatch_schemas::id::{Actor, Hash, RecordId};
use fieldwatch_schemas::record::conflict::Candidate;
use fieldwatch_schemas::record::event::Event;
use fieldwatch_schemas::record::view::View;
use fieldwatch_schemas::store::KeyRange;
use fieldwatch_schemas::time::Moment;
use serde_json::Value as Json;

use super::rows::{RecordRow, decode};
use super::{Group, ReplicaError, keys};

/// Whether a record has been sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// 未发送: something in it exists on this device alone.
    Local,
    /// 发送中: it is on its way.
    Sending,
    /// 服务器已确认: the server has made all of it durable.
    Stored,
    /// 需处理: the server refused it.
    Quarantined,
}

impl State {
    /// The word of the commands.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Sending => "sending",
            Self::Stored => "stored",
            Self::Quarantined => "quarantined",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A record as a person sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// What it says.
    pub view: View,
    /// Whether it has been sent.
    pub state: State,
    /// Who wrote with which actor, as the server lets this reader see it.
    pub labels: BTreeMap<Actor, String>,
    /// When the server received the newest of its changes, in UTC milliseconds; 0 if it has received none.
    pub received_ms: i64,
    /// When the server received each of its changes, in UTC milliseconds; 0 where it has not said yet. Unsent ones are absent.
    pub received: BTreeMap<Hash, i64>,
    /// The change that says when a case was received.
    pub received_by: Option<Hash>,
}

/// What counts for deadlines of a time that a record states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timed {
    /// The time.
    pub counted: Counted,
    /// The server has not received the change that states it.
    pub is_provisional: bool,
}

/// One value of a conflict, in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// The value.
    pub value: Json,
    /// Who wrote it.
    pub by: String,
    /// When they say they did; `None` for imported rows.
    pub at: Option<Moment>,
}

impl Shown {
    /// Who wrote with this actor: a name or alias, else the beginning of the actor itself.
    #[must_use]
    pub fn label(&self, actor: Actor) -> String {
        let short = || actor.to_string().chars().take(8).collect();
        self.labels.get(&actor).cloned().unwrap_or_else(short)
    }

    /// The time of an event that counts for deadlines. Events of imported tables, whose ids follow from the row, stand as stated.
    #[must_use]
    pub fn event_time(&self, event: &Event) -> Timed {
        self.timed(event.at.ms, Some(event.change), event.id.is_natural())
    }

    /// The time of receipt that counts for deadlines; that of a case which another system numbered stands as stated.
    #[must_use]
    pub fn received_time(&self) -> Option<Timed> {
        let stated_ms = self.view.time_ms("received_at")?;
        Some(self.timed(stated_ms, self.received_by, self.view.record.is_natural()))
    }

    fn timed(&self, stated_ms: i64, change: Option<Hash>, is_foreign: bool) -> Timed {
        let received_ms = change.and_then(|change| self.received.get(&change).copied());
        let judged = received_ms.filter(|ms| *ms > 0 && !is_foreign);
        Timed {
            counted: counted(stated_ms, judged),
            is_provisional: received_ms.is_none(),
        }
    }

    /// One value of a conflict, in words.
    #[must_use]
    pub fn value(&self, candidate: &Candidate) -> Value {
        Value {
            value: candidate.value.clone(),
            by: self.label(candidate.actor),
            at: Some(candidate.at).filter(|at| at.ms != 0),
        }
    }
}

impl Group<'_> {
    pub(super) fn show(&self, id: RecordId) -> Result<Shown, ReplicaError> {
        let held = self.held(id)?;
        let newest = held.changes.iter().map(|change| change.received_ms).max();
        let sent = held.changes.iter().zip(held.hashes());
        let sent = sent.filter(|(change, _)| !change.is_unsent);
        let received = sent.filter_map(|(change, hash)| Some((hash?, change.received_ms)));
        let document = held.document()?;
        Ok(Shown {
            received: received.collect(),
            received_by: document.written_by("received_at"),
            view: document.view(),
            state: self.state_word(id, &held.row),
            labels: self.labels(id, held.row.actor)?,
            received_ms: newest.unwrap_or(0),
        })
    }

    pub(super) fn labels(
        &self,
        id: RecordId,
        own: Option<Actor>,
    ) -> Result<BTreeMap<Actor, String>, ReplicaError> {
        let mut labels = BTreeMap::new();
        if let Some((own, account)) = own.zip(self.account()?) {
            labels.insert(own, account.person_name);
        }
        let range = KeyRange::prefix(&keys::of_record(keys::LABELS, id));
        for row in self.rows(&range)? {
            let label = String::from_utf8(row.value);
            if let Some((actor, label)) = keys::last_actor(&row.key).zip(label.ok()) {
                labels.insert(actor, label);
            }
        }
        Ok(labels)
    }

    pub(super) fn state_of(&self, id: RecordId) -> Result<State, ReplicaError> {
        let bytes = self.store().get(&keys::of_record(keys::RECORDS, id))?;
        let what = "a record";
        let bytes = bytes.ok_or(ReplicaError::Damaged { what })?;
        Ok(self.state_word(id, &decode(&bytes, "a record")?))
    }

    fn state_word(&self, id: RecordId, row: &RecordRow) -> State {
        if row.is_refused {
            return State::Quarantined;
        }
        match row.outbox {
            Some(_) if self.state.sending.contains(&id) => State::Sending,
            Some(_) => State::Local,
            None => State::Stored,
        }
    }
}
