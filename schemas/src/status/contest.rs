//! Settling a contest: a person says what became of events that merging made illegal.
//!
//! The event [`SETTLED_CONTEST`] names contested events in `events`. All of them are **void** from there on, as if they had not
//! happened, but for the one that `uphold` may name: it counts, and the record goes where that event leads. Nothing is removed.
//! Two people who settle the same contest alike agree; the second who settles it otherwise is contested in turn.

use serde_json::{Map, Value as Json};

use super::EventError;
use crate::id::EventId;

/// The event, in every life cycle that has events.
pub const SETTLED_CONTEST: &str = "settled_contest";

/// What became of a contested event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It counts.
    Upheld,
    /// It does not.
    Void,
}

/// What the data of a settling event says of each event it names.
///
/// # Errors
///
/// [`EventError::Needs`] without `events`; [`EventError::Wrong`] if they are no event ids, or `uphold` is not among them.
pub fn verdicts(data: &Map<String, Json>) -> Result<Vec<(EventId, Verdict)>, EventError> {
    let needs = || EventError::Needs {
        event: SETTLED_CONTEST.to_owned(),
        needs: "events",
    };
    let named: Vec<&str> = match data.get("events").ok_or_else(needs)? {
        Json::String(text) => text.split(',').map(str::trim).collect(),
        Json::Array(ids) => ids.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    };
    let read = |text: &str| {
        let id: Result<EventId, _> = text.parse();
        id.map_err(|error| wrong(error.to_string()))
    };
    let named: Vec<EventId> = named.into_iter().map(read).collect::<Result<_, _>>()?;
    if named.is_empty() {
        return Err(needs());
    }
    let upheld = match data.get("uphold") {
        None | Some(Json::Null) => None,
        Some(Json::String(text)) => Some(read(text)?),
        Some(_) => return Err(wrong("uphold is not an event id")),
    };
    if upheld.is_some_and(|id| !named.contains(&id)) {
        return Err(wrong("uphold is not among the events named"));
    }
    let verdict = |id| match upheld == Some(id) {
        true => (id, Verdict::Upheld),
        false => (id, Verdict::Void),
    };
    Ok(named.into_iter().map(verdict).collect())
}

/// The refusal of a settlement.
pub(super) fn wrong(why: impl Into<String>) -> EventError {
    EventError::Wrong {
        event: SETTLED_CONTEST.to_owned(),
        why: why.into(),
    }
}
