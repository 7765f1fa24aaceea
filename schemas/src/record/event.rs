//! Events: immutable entries in a record, in causal order.
//!
//! An event is kept as one cell of the `events` map, its content canonical JSON, so that it is one operation and nobody can change
//! part of it. Its author is the actor that wrote it; a name is never inside.

use std::collections::BTreeSet;

use automerge::{Automerge, ObjId, ROOT, ReadDoc as _, Value};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::Document;
use super::frozen::EVENTS;
use crate::id::{Actor, EventId, Hash};
use crate::limits::EVENT_BYTES_MAX;
use crate::time::Moment;

/// Something that happened, as read from a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// Its type, such as `accepted`.
    pub kind: String,
    /// When it happened, as its author stated.
    pub at: Moment,
    /// What it says beyond its type.
    pub data: Map<String, Json>,
    /// The Lamport counter of the operation that created it.
    pub counter: u64,
    /// Who wrote it, within this record.
    pub actor: Actor,
    /// The change that brought it.
    pub change: Hash,
}

/// Something that happens, about to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// Its id.
    pub id: EventId,
    /// Its type.
    pub kind: String,
    /// When it happened.
    pub at: Moment,
    /// What it says beyond its type.
    pub data: Map<String, Json>,
}

/// A cell of `events` that is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("events.{id}: {why}")]
pub struct EventCellError {
    /// The key.
    pub id: String,
    /// What is wrong.
    pub why: &'static str,
}

#[derive(Serialize, Deserialize)]
struct Cell {
    at: i64,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    data: Map<String, Json>,
    offset_min: i16,
    #[serde(rename = "type")]
    kind: String,
}

impl Event {
    /// Whether it is still what it was: another import may have brought the same event earlier, nobody may bring it later.
    pub(super) fn stands_in(&self, events: &[Self]) -> bool {
        let same = |other: &&Self| {
            (other.id, &other.kind, other.at, &other.data)
                == (self.id, &self.kind, self.at, &self.data)
        };
        let stands = |other: &Self| {
            other == self
                || (self.id.is_natural()
                    && (other.counter, other.actor) < (self.counter, self.actor))
        };
        events.iter().find(same).is_some_and(stands)
    }
}

impl NewEvent {
    /// The canonical JSON that is kept: keys sorted, no white space.
    #[must_use]
    pub fn cell(&self) -> String {
        let Moment { ms, offset_min } = self.at;
        let cell = Cell {
            at: ms,
            data: self.data.clone(),
            offset_min,
            kind: self.kind.clone(),
        };
        serde_json::to_string(&cell).unwrap_or_default()
    }
}

impl Document {
    /// The events, in causal order: by Lamport counter, ties by id. Cells that are no events are left out; [`super::check`] refuses
    /// them before they get in.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        let read = read_events(&self.doc);
        read.into_iter().filter_map(Result::ok).collect()
    }
}

/// Reads every cell of `events`, good ones in causal order first.
pub(super) fn read_events(doc: &Automerge) -> Vec<Result<Event, EventCellError>> {
    let Ok(Some((_, events))) = doc.get(ROOT, EVENTS) else {
        return Vec::new();
    };
    let keys: Vec<String> = doc.keys(&events).collect();
    let mut read: Vec<_> = keys
        .iter()
        .map(|key| read_event(doc, &events, key))
        .collect();
    read.sort_by_key(|event| match event {
        Ok(event) => (false, event.counter, event.id),
        Err(_) => (true, 0, EventId([0; 16])),
    });
    read
}

/// How many cells `events` has, and the first of some of them that is no event.
pub(super) fn read_some_events(
    doc: &Automerge,
    keys: &BTreeSet<String>,
) -> (usize, Option<EventCellError>) {
    let Ok(Some((_, events))) = doc.get(ROOT, EVENTS) else {
        return (0, None);
    };
    let (mut count, mut broken) = (0, None);
    for key in doc.keys(&events) {
        count += 1;
        if broken.is_none() && keys.contains(&key) {
            broken = read_event(doc, &events, &key).err();
        }
    }
    (count, broken)
}

/// The one value of an event's cell. Rows imported apart may have brought the same event, in the same words: it stands where the
/// earlier of them wrote it. `None` if the values are not one event.
fn earliest<'v, 'd>(
    values: &'v [(Value<'d>, ObjId)],
    id: EventId,
) -> Option<&'v (Value<'d>, ObjId)> {
    let (first, rest) = values.split_first()?;
    let is_one = rest.is_empty() || (id.is_natural() && rest.iter().all(|each| each.0 == first.0));
    let place = |at: &ObjId| match at {
        ObjId::Id(counter, actor, _) => Some((*counter, actor.clone())),
        ObjId::Root => None,
    };
    values
        .iter()
        .min_by_key(|(_, at)| place(at))
        .filter(|_| is_one)
}

fn read_event(doc: &Automerge, events: &ObjId, key: &str) -> Result<Event, EventCellError> {
    let wrong = |why| EventCellError {
        id: crate::problem::cut(key),
        why,
    };
    let id: EventId = key
        .parse()
        .map_err(|_| wrong("the key is not an event id"))?;
    if id.to_string() != key {
        return Err(wrong("the key is not a canonical event id"));
    }
    let values = doc
        .get_all(events, key)
        .map_err(|_| wrong("cannot be read"))?;
    let (value, at) = earliest(&values, id).ok_or_else(|| wrong("was written twice"))?;
    let text = value.as_str().ok_or_else(|| wrong("is not a text"))?;
    if text.len() > EVENT_BYTES_MAX {
        return Err(wrong("is too long"));
    }
    let cell: Cell = serde_json::from_str(text).map_err(|_| wrong("is not an event"))?;
    let ObjId::Id(counter, actor, _) = at else {
        return Err(wrong("has no author"));
    };
    let actor = actor
        .to_bytes()
        .try_into()
        .map_err(|_| wrong("has no author"))?;
    let change = doc
        .hash_for_opid(at)
        .ok_or_else(|| wrong("has no change"))?;
    let at = Moment {
        ms: cell.at,
        offset_min: cell.offset_min,
    };
    Ok(Event {
        id,
        kind: cell.kind,
        at,
        data: cell.data,
        counter: *counter,
        actor: Actor(actor),
        change: change.into(),
    })
}
