//! A successor: a new record that says what another says now, but for what is said otherwise, without its history.
//!
//! Fields are written by whoever makes it; each event by an actor that stands for its author, so that readers see who it was. What
//! nobody has chosen between, and events that nobody has settled, stand in the way: a successor would decide in their place. Cells that
//! this version does not know are left behind, and named.

use std::collections::BTreeMap;

use automerge::{ObjType, ROOT, ReadDoc as _, ValueRef};
use serde_json::Value as Json;

use super::edit::{Act, Author, EditError};
use super::event::{Event, NewEvent};
use super::frozen::{ATTACHMENTS, EVENTS};
use super::{Document, DocumentError};
use crate::chunk::Chunk;
use crate::field::{Field, FieldValue, Scalar, Shape};
use crate::id::{Actor, EventId, RecordId};
use crate::status::SETTLED_CONTEST;

/// The container of values that could not be translated.
const RAW: &str = "raw.";

/// What a successor says otherwise.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Otherwise {
    /// Fields, by path.
    pub fields: BTreeMap<String, FieldValue>,
    /// What events say beyond their type, by event and key; nothing where it is left out.
    pub events: BTreeMap<EventId, BTreeMap<String, Option<Json>>>,
}

/// A record that takes another's place.
#[derive(Debug, Clone)]
pub struct Successor {
    /// The record.
    pub document: Document,
    /// Its changes, in causal order.
    pub chunks: Vec<Chunk>,
    /// Who stands for whom: the actor of an event there, by its author here.
    pub authors: BTreeMap<Actor, Actor>,
    /// Paths that were left behind.
    pub dropped: Vec<String>,
}

/// What is carried over.
#[derive(Default)]
struct Carried {
    fields: BTreeMap<String, FieldValue>,
    raw: BTreeMap<String, String>,
    dropped: Vec<String>,
}

impl Document {
    /// Makes a successor with this id. `otherwise` is what it says otherwise, by path; `stand_in` gives the actor that stands for another.
    ///
    /// # Errors
    ///
    /// [`EditError`] for the first field or event that a new record cannot say.
    pub fn successor(
        &self,
        id: RecordId,
        author: &Author,
        otherwise: &Otherwise,
        stand_in: &dyn Fn(Actor) -> Actor,
    ) -> Result<Successor, EditError> {
        let mut carried = self.carried();
        carried.fields.extend(otherwise.fields.clone());
        carried
            .fields
            .retain(|_, value| *value != FieldValue::Clear);
        carried
            .raw
            .retain(|path, _| !otherwise.fields.contains_key(path));
        let fields = carried.fields.into_iter();
        let fields = fields.map(|(path, value)| Act::Set { path, value });
        let raw = carried.raw.into_iter();
        let raw = raw.map(|(path, text)| Act::KeepRaw { path, text });
        let acts: Vec<Act> = fields.chain(raw).collect();
        let mut made = Successor {
            document: Self::begin(id, self.kind)?,
            chunks: Vec::new(),
            authors: BTreeMap::new(),
            dropped: carried.dropped,
        };
        made.say(author, &acts)?;
        let view = self.view();
        // What a person settled is settled: the events that do not count are left out, and so is the word on them.
        let counts = view.settled_events();
        let events: Vec<&Event> = counts.filter(|each| each.kind != SETTLED_CONTEST).collect();
        for together in events.chunk_by(|one, next| one.actor == next.actor) {
            let Some(first) = together.first() else {
                continue;
            };
            let actor = stand_in(first.actor);
            made.authors.insert(first.actor, actor);
            let acts: Vec<Act> = together
                .iter()
                .map(|event| again(event, otherwise))
                .collect();
            made.say(&Author { actor, ..*author }, &acts)?;
        }
        Ok(made)
    }

    /// Every cell that the kind's table knows, as an edit would write it.
    fn carried(&self) -> Carried {
        let mut carried = Carried::default();
        for item in self.doc.map_range(ROOT, ..) {
            let key = item.key.as_ref();
            if ["kind", "schema", EVENTS].contains(&key) {
                continue;
            }
            match &item.value {
                ValueRef::Object(ObjType::Map) => self.carry_map(key, &item.id(), &mut carried),
                ValueRef::Object(ObjType::Text) => {
                    let text = self.doc.text(item.id()).unwrap_or_default();
                    if !text.is_empty() {
                        carried.put(self, key, FieldValue::LongText(text));
                    }
                }
                ValueRef::Object(_) => carried.dropped.push(key.to_owned()),
                ValueRef::Scalar(_) => self.carry_cell(key, &mut carried),
            }
        }
        carried
    }

    fn carry_map(&self, key: &str, id: &automerge::ObjId, carried: &mut Carried) {
        let keys: Vec<String> = self.doc.keys(id).collect();
        let is_set = |field: &Field| matches!(field.shape, Shape::Codes(_) | Shape::Stations);
        if self.kind.field(key).is_some_and(is_set) {
            if !keys.is_empty() {
                let codes = keys.into_iter().collect();
                carried.put(self, key, FieldValue::Codes(codes));
            }
            return;
        }
        for inner in keys {
            let path = format!("{key}.{inner}");
            match key {
                ATTACHMENTS => carried.dropped.push(path),
                _ => self.carry_cell(&path, carried),
            }
        }
    }

    fn carry_cell(&self, path: &str, carried: &mut Carried) {
        let cell = self.cell(path);
        let value = cell.and_then(|(at, key)| self.doc.get(&at, key.as_str()).ok().flatten());
        let scalar = value.and_then(|(value, _)| value.as_scalar().and_then(Scalar::of_cell));
        match (path.strip_prefix(RAW), scalar) {
            (Some(path), Some(Scalar::Text(text))) => {
                carried.raw.insert(path.to_owned(), text);
            }
            (None, Some(scalar)) => carried.put(self, path, FieldValue::Scalar(scalar)),
            _ => carried.dropped.push(path.to_owned()),
        }
    }
}

impl Carried {
    fn put(&mut self, document: &Document, path: &str, value: FieldValue) {
        match document.kind.field(path) {
            Some(_) => drop(self.fields.insert(path.to_owned(), value)),
            None => self.dropped.push(path.to_owned()),
        }
    }
}

impl Successor {
    fn say(&mut self, author: &Author, acts: &[Act]) -> Result<(), EditError> {
        let chunk = self.document.edit(author, acts)?;
        match chunk {
            Some(chunk) => self.chunks.push(chunk),
            None if acts.is_empty() => {}
            None => {
                let why = "an act came to nothing".to_owned();
                return Err(DocumentError::Automerge(why).into());
            }
        }
        Ok(())
    }
}

fn again(event: &Event, otherwise: &Otherwise) -> Act {
    let mut data = event.data.clone();
    for (key, value) in otherwise.events.get(&event.id).into_iter().flatten() {
        match value {
            Some(value) => drop(data.insert(key.clone(), value.clone())),
            None => drop(data.remove(key)),
        }
    }
    Act::Happen(NewEvent {
        id: event.id,
        kind: event.kind.clone(),
        at: event.at,
        data,
    })
}
