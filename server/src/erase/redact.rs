//! Redacting a record: a successor without history takes its place, and it is erased.
//!
//! The batch that makes the successor marks the record: whatever cuts the redaction short from then on, the record is erased before
//! anybody writes it again, so that there is one successor, and it lacks nothing. Its id and actors follow from what it is made of.

use std::collections::BTreeMap;

use fieldwatch_schemas::feed::feeds_of;
use fieldwatch_schemas::field::FieldValue;
use fieldwatch_schemas::id::{Actor, DeviceId, EventId, Hash, PersonId, RecordId};
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::edit::{Author, EditError};
use fieldwatch_schemas::record::successor::{Otherwise, Successor};
use fieldwatch_schemas::record::view::View;
use fieldwatch_schemas::sync::push::{Accepted, Writer};
use fieldwatch_schemas::time::Moment;
use sha2::{Digest as _, Sha256};

use super::{EraseError, Erased};
use crate::committer::StationRegion;
use crate::tables::RecordRow;

/// What is to be said otherwise, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redaction {
    /// The record.
    pub record: RecordId,
    /// The fields, and what they are to say: `path`, or `events.ID.key`, and a text that the kind's table types; empty clears.
    pub set: Vec<(String, String)>,
    /// In whose name.
    pub by: PersonId,
}

/// What became of a redaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    /// The erasure of the old record.
    pub erased: Erased,
    /// The record in its place.
    pub successor: RecordId,
    /// Paths that were left behind: this version does not know them.
    pub dropped: Vec<String>,
}

/// The successor of a record: which, and what makes it.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) id: RecordId,
    otherwise: Otherwise,
}

/// What a successor is to say, if it may be made.
pub(crate) fn draft(
    redaction: &Redaction,
    document: &Document,
    view: &View,
) -> Result<Draft, EraseError> {
    if view.kind.is_natural() {
        return Err(EraseError::Natural(view.kind));
    }
    let mut doubtful: Vec<String> = view
        .conflicts
        .iter()
        .map(|conflict| conflict.path.clone())
        .collect();
    let contested = view.events.iter().zip(&view.folded.contested);
    let contested = contested.filter(|(_, is_contested)| **is_contested);
    doubtful.extend(contested.map(|(event, _)| format!("events.{}", event.id)));
    if !doubtful.is_empty() {
        return Err(EraseError::Conflicts(doubtful));
    }
    let otherwise = otherwise(redaction, view)?;
    let mut hash = Sha256::new();
    hash.update(b"fieldwatch successor");
    hash.update(redaction.record.bytes());
    for Hash(head) in document.heads() {
        hash.update(head);
    }
    hash.update(format!("{:?}", redaction.set));
    let id = RecordId::random(half(hash.finalize().into()));
    Ok(Draft { id, otherwise })
}

fn otherwise(redaction: &Redaction, view: &View) -> Result<Otherwise, EraseError> {
    let mut otherwise = Otherwise::default();
    for (path, text) in &redaction.set {
        let unknown = || EditError::FieldUnknown {
            kind: view.kind,
            path: path.clone(),
        };
        if let Some((id, key)) = event_path(path) {
            let is_there = view.events.iter().any(|event| event.id == id);
            let value = (!text.is_empty()).then(|| text.as_str().into());
            let said = otherwise.events.entry(id).or_default();
            drop(said.insert(key.to_owned(), value));
            is_there.then_some(()).ok_or_else(unknown)?;
            continue;
        }
        let field = view.kind.field(path).ok_or_else(unknown)?;
        let value: FieldValue = field.read_text(path, text).map_err(EditError::Value)?;
        otherwise.fields.insert(path.clone(), value);
    }
    Ok(otherwise)
}

/// `events.ID.key`.
fn event_path(path: &str) -> Option<(EventId, &str)> {
    let (id, key) = path.strip_prefix("events.")?.split_once('.')?;
    Some((id.parse().ok()?, key))
}

/// Makes the successor, ready to be written as an accepted push is. Whoever made the record stays its maker.
pub(crate) fn succeed(
    redaction: &Redaction,
    draft: &Draft,
    (document, row): (&Document, &RecordRow),
    now_ms: i64,
    station_region: &StationRegion,
) -> Result<(Accepted, Vec<String>), EraseError> {
    let writer = stand_in(draft.id, None);
    let author = Author {
        actor: writer,
        now: Moment::china(now_ms),
        role: None,
    };
    let Successor {
        document,
        chunks,
        authors,
        dropped,
    } = document.successor(draft.id, &author, &draft.otherwise, &|actor| {
        stand_in(draft.id, Some(actor))
    })?;
    let mut persons = BTreeMap::from([(writer, (DeviceId([0; 16]), redaction.by))]);
    for (old, new) in authors {
        let known = row.writers.iter().find(|writer| writer.actor == old);
        let who = known.map_or((DeviceId([0; 16]), redaction.by), |writer| {
            (writer.device, writer.person)
        });
        persons.insert(new, who);
    }
    let writers = persons.into_iter().filter_map(|(actor, (device, person))| {
        let seqs = chunks.iter().filter(|chunk| chunk.actor() == actor);
        let seq = seqs.map(|chunk| chunk.seq()).max()?;
        Some(Writer {
            actor,
            device,
            person,
            seq,
        })
    });
    let (writers, view) = (writers.collect(), document.view());
    let feeds = feeds_of(&view, row.owner, station_region);
    let accepted = Accepted {
        document,
        view,
        fresh: chunks,
        writers,
        owner: row.owner,
        feeds,
        denied: Vec::new(),
    };
    Ok((accepted, dropped))
}

/// The actor that stands for another in the successor, or for whoever makes it.
fn stand_in(successor: RecordId, actor: Option<Actor>) -> Actor {
    let mut hash = Sha256::new();
    hash.update(b"fieldwatch successor actor");
    hash.update(successor.bytes());
    if let Some(actor) = actor {
        hash.update(actor.bytes());
    }
    Actor(half(hash.finalize().into()))
}

fn half(hash: [u8; 32]) -> [u8; 16] {
    hash.first_chunk().copied().unwrap_or_default()
}

impl crate::committer::CommitterHandle {
    /// Redacts a record, in its turn among the pushes. Blocks.
    ///
    /// # Errors
    ///
    /// [`EraseError`]. After [`EraseError::Store`] the successor may be there, and the record not gone yet: it goes before anything else is taken.
    pub fn redact(
        &self,
        ledger: &std::sync::Arc<crate::ledger::Ledger>,
        redaction: Redaction,
    ) -> Result<Redacted, EraseError> {
        let ledger = std::sync::Arc::clone(ledger);
        self.at_desk(move |desk| desk.redact(&ledger, &redaction))
            .map_err(EraseError::Unavailable)?
    }
}
