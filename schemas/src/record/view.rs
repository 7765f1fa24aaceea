//! What a record says: its fields as JSON, its events, its status, its conflicts.
//!
//! Everything in a view follows from the record's changes alone, so two replicas with equal heads have equal views.

use std::collections::BTreeMap;

use automerge::iter::MapRangeItem;
use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc as _, ScalarValue, Value, ValueRef};
use serde_json::{Map, Value as Json};

use super::conflict::{Conflict, conflicts};
use super::event::Event;
use super::frozen::{ATTACHMENTS, EVENTS};
use super::{Document, frozen};
use crate::field::{Field, Scalar, Shape};
use crate::id::{Hash, RecordId};
use crate::kind::Kind;
use crate::status::{Folded, fold};
use crate::time::Moment;

/// A record as a person sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Its id.
    pub record: RecordId,
    /// Its kind.
    pub kind: Kind,
    /// The schema it was last written by.
    pub schema: i64,
    /// Its fields, nested by their paths; sets are sorted lists, times RFC 3339, absent fields absent.
    pub fields: Map<String, Json>,
    /// Its events, in causal order.
    pub events: Vec<Event>,
    /// Where it is in its life cycle, and which events are contested.
    pub folded: Folded,
    /// Values that nobody has chosen between.
    pub conflicts: Vec<Conflict>,
    /// Its heads, sorted.
    pub heads: Vec<Hash>,
    /// When its newest change says it was made, in UTC milliseconds; 0 for a record of imported rows alone.
    pub updated_ms: i64,
}

impl Document {
    /// Reads everything.
    #[must_use]
    pub fn view(&self) -> View {
        let events = self.events();
        let folded = fold(self.kind.table().life_cycle, &events);
        View {
            record: self.id,
            kind: self.kind,
            schema: schema_of(&self.doc),
            fields: self.fields(),
            events,
            folded,
            conflicts: conflicts(self),
            heads: self.heads(),
            updated_ms: self.updated_ms(),
        }
    }

    /// The fields, as [`View::fields`].
    #[must_use]
    pub fn fields(&self) -> Map<String, Json> {
        let mut fields = Map::new();
        for item in self.doc.map_range(ROOT, ..) {
            if [EVENTS, ATTACHMENTS, "kind", "schema"].contains(&item.key.as_ref()) {
                continue;
            }
            if let Some(json) = self.json(&item.key, &item) {
                fields.insert(item.key.into_owned(), json);
            }
        }
        fields
    }

    fn updated_ms(&self) -> i64 {
        let heads = self.doc.get_heads();
        let times = heads
            .iter()
            .filter_map(|head| self.doc.get_change_meta_by_hash(head));
        times
            .map(|meta| meta.timestamp.saturating_mul(1000))
            .max()
            .unwrap_or(0)
    }

    fn json(&self, path: &str, item: &MapRangeItem<'_>) -> Option<Json> {
        match &item.value {
            ValueRef::Object(ObjType::Map) if self.is_set(path) => {
                let codes: Vec<String> = self.doc.keys(item.id()).collect();
                (!codes.is_empty()).then(|| codes.into())
            }
            ValueRef::Object(ObjType::Map) if self.is_in_pieces(path) => {
                let pieces = self.map_json(path, &item.id())?;
                let pieces: String = pieces.values().filter_map(Json::as_str).collect();
                Some(Json::from(pieces))
            }
            ValueRef::Object(ObjType::Map) => {
                let map = self.map_json(path, &item.id())?;
                let is_table = |field: &Field| matches!(field.shape, Shape::Entries(_));
                let is_table = self.kind.field(path).is_some_and(is_table);
                Some(Json::Object(if is_table { nested(map) } else { map }))
            }
            ValueRef::Object(ObjType::Text) => {
                let text = self.doc.text(item.id()).ok();
                text.filter(|text| !text.is_empty()).map(Json::from)
            }
            ValueRef::Object(_) => None,
            ValueRef::Scalar(_) => match item.value.clone().into_value() {
                Value::Scalar(scalar) => Some(scalar_json(&scalar)),
                Value::Object(_) => None,
            },
        }
    }

    fn map_json(&self, path: &str, id: &ObjId) -> Option<Map<String, Json>> {
        let mut map = Map::new();
        for item in self.doc.map_range(id, ..) {
            if let Some(json) = self.json(&format!("{path}.{}", item.key), &item) {
                map.insert(item.key.into_owned(), json);
            }
        }
        (!map.is_empty()).then_some(map)
    }

    fn is_in_pieces(&self, path: &str) -> bool {
        let field = self.kind.field(path);
        field.is_some_and(|field| field.path == path && field.shape == Shape::Pieces)
    }

    fn is_set(&self, path: &str) -> bool {
        self.kind
            .field(path)
            .is_some_and(|field| matches!(field.shape, Shape::Codes(_) | Shape::Stations))
    }
}

impl View {
    /// The value at a path, such as `respondent.name` or `findings.a1.text`. Keys below `answers` and `raw` are taken whole.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Json> {
        let (first, rest) = path
            .split_once('.')
            .map_or((path, None), |(first, rest)| (first, Some(rest)));
        let value = self.fields.get(first)?;
        let Some(rest) = rest else { return Some(value) };
        value.get(rest).or_else(|| {
            let (entry, name) = rest.split_once('.')?;
            value.get(entry)?.get(name)
        })
    }

    /// The text at a path.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.at(path).and_then(Json::as_str)
    }

    /// The area that the record itself names (GB/T 2260). A field of this name that the kind does not have proves nothing.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        let field = self.kind.field("region")?;
        self.text(field.path)
    }

    /// The stations that hold the record: one, or more where nobody has chosen between them.
    #[must_use]
    pub fn stations(&self) -> Vec<&str> {
        let Some(field) = self.kind.field("station") else {
            return Vec::new();
        };
        let conflict = self.conflicts.iter().find(|each| each.path == field.path);
        match conflict {
            Some(conflict) => {
                let values = conflict.values.iter();
                values.filter_map(|each| each.value.as_str()).collect()
            }
            None => self.text(field.path).into_iter().collect(),
        }
    }

    /// The stations that it is shared with.
    #[must_use]
    pub fn shared_with(&self) -> Vec<&str> {
        let field = self.kind.field("shared_with");
        let ids = field.and_then(|field| self.at(field.path)?.as_array());
        ids.into_iter().flatten().filter_map(Json::as_str).collect()
    }

    /// The whole number at a path.
    #[must_use]
    pub fn int(&self, path: &str) -> Option<i64> {
        self.at(path).and_then(Json::as_i64)
    }

    /// The moment at a path.
    #[must_use]
    pub fn time_ms(&self, path: &str) -> Option<i64> {
        self.text(path)
            .and_then(|text| Moment::parse(text).ok())
            .map(|moment| moment.ms)
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> &'static str {
        self.folded.status
    }

    /// The events that count, in causal order: neither contested nor settled as void.
    pub fn settled_events(&self) -> impl Iterator<Item = &Event> {
        let places = self.events.iter().enumerate();
        places
            .filter(|(place, _)| self.folded.counts(*place))
            .map(|(_, event)| event)
    }

    /// Whether an event of this type has happened, contested or not.
    #[must_use]
    pub fn was(&self, event: &str) -> bool {
        self.events.iter().any(|each| each.kind == event)
    }

    /// The answers of an inspection, by question path.
    #[must_use]
    pub fn answers(&self) -> BTreeMap<String, Json> {
        let answers = self.fields.get("answers").and_then(Json::as_object);
        answers
            .into_iter()
            .flatten()
            .map(|(path, value)| (path.clone(), value.clone()))
            .collect()
    }
}

/// A table's keys `ENTRY.FIELD` as an object of objects.
fn nested(flat: Map<String, Json>) -> Map<String, Json> {
    let mut table = Map::new();
    for (key, value) in flat {
        let Some((entry, name)) = key.split_once('.') else {
            continue;
        };
        let fresh = || Json::Object(Map::new());
        let entry = table.entry(entry).or_insert_with(fresh);
        if let Some(entry) = entry.as_object_mut() {
            entry.insert(name.to_owned(), value);
        }
    }
    table
}

fn schema_of(doc: &Automerge) -> i64 {
    let value = doc
        .get(ROOT, "schema")
        .ok()
        .flatten()
        .and_then(|(value, _)| value.as_i64());
    value.unwrap_or(frozen::SCHEMA)
}

/// A cell's value as JSON; a moment as RFC 3339 in China's legal time.
pub(super) fn scalar_json(scalar: &ScalarValue) -> Json {
    match scalar {
        ScalarValue::Str(text) => Json::from(text.as_str()),
        ScalarValue::Int(number) => Json::from(*number),
        ScalarValue::Uint(number) => Json::from(*number),
        ScalarValue::F64(number) => Json::from(*number),
        ScalarValue::Counter(counter) => Json::from(i64::from(counter)),
        ScalarValue::Timestamp(ms) => Json::from(Moment::china(*ms).rfc3339()),
        ScalarValue::Boolean(flag) => Json::from(*flag),
        ScalarValue::Bytes(bytes) => Json::from(
            bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>(),
        ),
        ScalarValue::Unknown { .. } | ScalarValue::Null => Json::Null,
    }
}

impl Scalar {
    /// The cell as automerge keeps it.
    pub(super) fn to_cell(&self) -> ScalarValue {
        match self {
            Self::Text(text) => ScalarValue::Str(text.as_str().into()),
            Self::Int(number) => ScalarValue::Int(*number),
            Self::Float(number) => ScalarValue::F64(*number),
            Self::Time(ms) => ScalarValue::Timestamp(*ms),
            Self::Flag(flag) => ScalarValue::Boolean(*flag),
        }
    }

    /// The cell's value, if it is one that fields may hold.
    pub(super) fn of_cell(cell: &ScalarValue) -> Option<Self> {
        match cell {
            ScalarValue::Str(text) => Some(Self::Text(text.to_string())),
            ScalarValue::Int(number) => Some(Self::Int(*number)),
            ScalarValue::F64(number) => Some(Self::Float(*number)),
            ScalarValue::Timestamp(ms) => Some(Self::Time(*ms)),
            ScalarValue::Boolean(flag) => Some(Self::Flag(*flag)),
            _ => None,
        }
    }
}
