//! Imported rows: one change that is a pure function of the record's id and the row's meaning.
//!
//! The actor comes from their hash, seq is 1 and time 0, and the change depends on the frozen one alone. So the same row imported on
//! two devices that never met is the same change with the same hash, and merges into one record.
//!
//! A row that says something else of a record that exists is an ordinary edit by the device that imported it ([`update`]), whose
//! message tells it from a person's. What a person edited, an import leaves alone.

mod person;

use sha2::{Digest as _, Sha256};

use super::Document;
use super::edit::{Act, Author, EditError};
use super::event::NewEvent;
use crate::chunk::Chunk;
use crate::field::{FieldValue, Scalar};
use crate::id::{Actor, EventId, RecordId};
use crate::kind::Kind;
use crate::time::Moment;

/// A row of a table after its mapping: what it says, in a canonical order.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The record, from the row's natural key.
    pub record: RecordId,
    /// The kind.
    pub kind: Kind,
    /// The fields, sorted by path, each once.
    pub fields: std::collections::BTreeMap<String, FieldValue>,
    /// What could not be translated, by the path it was meant for.
    pub raw: std::collections::BTreeMap<String, String>,
    /// The events, by type and time; each becomes one with an id from the row.
    pub events: Vec<(String, Moment)>,
}

impl Row {
    /// The acts that this row comes to.
    #[must_use]
    pub fn acts(&self) -> Vec<Act> {
        let fields = self.fields.iter().map(|(path, value)| Act::Set {
            path: path.clone(),
            value: value.clone(),
        });
        let raw = self.raw.iter().map(|(path, text)| Act::KeepRaw {
            path: path.clone(),
            text: text.clone(),
        });
        let events = self.events.iter().enumerate().map(|(place, (kind, at))| {
            let id = EventId::natural(self.record, &[kind, &at.ms.to_string(), &place.to_string()]);
            Act::Happen(NewEvent {
                id,
                kind: kind.clone(),
                at: *at,
                data: serde_json::Map::new(),
            })
        });
        fields.chain(raw).chain(events).collect()
    }

    /// Who this row's change is written by: nobody but the row itself.
    #[must_use]
    pub fn actor(&self) -> Actor {
        let mut hash = Sha256::new();
        hash.update(b"fieldwatch import 1");
        hash.update(self.record.bytes());
        hash.update(format!(
            "{:?} {:?} {:?}",
            self.fields, self.raw, self.events
        ));
        let digest: [u8; 32] = hash.finalize().into();
        let mut actor = [0; 16];
        for (to, from) in actor.iter_mut().zip(digest) {
            *to = from;
        }
        Actor(actor)
    }

    /// The row's change, on a record that holds nothing else, and the record with it.
    ///
    /// # Errors
    ///
    /// [`EditError`] if the row does not make a sound record; it names the field.
    pub fn change(&self) -> Result<(Document, Option<Chunk>), EditError> {
        let mut document = Document::begin(self.record, self.kind)?;
        let author = Author {
            actor: self.actor(),
            now: Moment {
                ms: 0,
                offset_min: 0,
            },
            role: None,
        };
        let chunk = document.edit(&author, &self.acts())?;
        Ok((document, chunk))
    }
}

/// What an update says in its message, so that the next import does not take it for a person's edit.
const MESSAGE: &str = "import";

/// Writes into a record that exists what a row says otherwise: fields that no person has edited, and events that are not there. `None`
/// if there is nothing of the kind. What may be written once stays, and what the row does not say stays.
///
/// # Errors
///
/// [`EditError`] if a value does not fit, or an event cannot happen any more; nothing is changed then.
pub fn update(
    document: &mut Document,
    row: &Row,
    author: &Author,
) -> Result<Option<Chunk>, EditError> {
    let mut acts = row.acts();
    acts.retain(|act| match act {
        Act::Set { path, value } => {
            !document.says(path, value) && !document.is_fixed(path) && !document.is_edited(path)
        }
        Act::KeepRaw { path, text } => {
            let path = format!("raw.{path}");
            let value = FieldValue::Scalar(Scalar::Text(text.clone()));
            !document.says(&path, &value) && !document.is_edited(&path)
        }
        Act::Happen(event) => !document.events().iter().any(|each| each.id == event.id),
        Act::Choose { .. } => false,
    });
    if acts.is_empty() {
        return Ok(None);
    }
    document.edit_saying(author, &acts, Some(MESSAGE))
}

#[cfg(test)]
mod tests;
