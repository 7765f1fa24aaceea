//! Whether a person has edited a field: some change that is no import made it other than it found it.

use std::collections::BTreeSet;

use automerge::{ChangeHash, ChangeMetadata, ObjId, ReadDoc as _, ScalarValue, Value};

use super::MESSAGE;
use crate::field::{Field, FieldValue, Rule, Shape};
use crate::id::Hash;
use crate::record::{Document, frozen};

/// What a field holds, for comparing.
#[derive(PartialEq)]
enum Content {
    Cell(Vec<ScalarValue>),
    Text(String),
    Codes(BTreeSet<String>),
}

impl Document {
    /// Whether a field holds this value, and no other beside it.
    pub(super) fn says(&self, path: &str, value: &FieldValue) -> bool {
        let wanted = match value {
            FieldValue::Scalar(scalar) => Content::Cell(vec![scalar.to_cell()]),
            FieldValue::LongText(text) => Content::Text(text.clone()),
            FieldValue::Codes(codes) => Content::Codes(codes.clone()),
            FieldValue::Clear => return self.is_empty_at(path),
        };
        self.content(path, None) == Some(wanted)
    }

    fn is_empty_at(&self, path: &str) -> bool {
        match self.content(path, None) {
            None => true,
            Some(Content::Cell(cells)) => cells.is_empty(),
            Some(Content::Text(text)) => text.is_empty(),
            Some(Content::Codes(codes)) => codes.is_empty(),
        }
    }

    /// Whether a field has been written and no row may write it again: a table moves no record to another station.
    pub(super) fn is_fixed(&self, path: &str) -> bool {
        let is_fixed = |field: &Field| {
            matches!(field.rule, Rule::Once | Rule::Follows) || field.shape == Shape::Station
        };
        self.kind.field(path).is_some_and(is_fixed) && !self.is_empty_at(path)
    }

    /// Whether a person has edited a field.
    pub(super) fn is_edited(&self, path: &str) -> bool {
        let frozen = frozen::hashes(self.kind);
        let changes = self.doc.get_changes_meta(&[]);
        let by_people = changes.iter().filter(|meta| !is_import(meta, &frozen));
        by_people.into_iter().any(|meta| {
            self.content(path, Some(&meta.deps)) != self.content(path, Some(&[meta.hash]))
        })
    }

    /// What a field holds, now or at some heads.
    fn content(&self, path: &str, heads: Option<&[ChangeHash]>) -> Option<Content> {
        let (container, key) = self.cell(path)?;
        let key = key.as_str();
        let values = match heads {
            None => self.doc.get_all(&container, key),
            Some(heads) => self.doc.get_all_at(&container, key, heads),
        };
        let values = values.ok()?;
        if let Some((Value::Object(kind), id)) = values.first() {
            return match kind {
                automerge::ObjType::Text => self.text_content(id, heads).map(Content::Text),
                _ => Some(Content::Codes(self.keys_content(id, heads))),
            };
        }
        let mut cells: Vec<ScalarValue> = Vec::new();
        for (value, _) in &values {
            let cell = value.as_scalar().cloned();
            cells.extend(cell.filter(|cell| !cells.contains(cell)));
        }
        Some(Content::Cell(cells))
    }

    fn text_content(&self, id: &ObjId, heads: Option<&[ChangeHash]>) -> Option<String> {
        match heads {
            None => self.doc.text(id).ok(),
            Some(heads) => self.doc.text_at(id, heads).ok(),
        }
    }

    fn keys_content(&self, id: &ObjId, heads: Option<&[ChangeHash]>) -> BTreeSet<String> {
        match heads {
            None => self.doc.keys(id).collect(),
            Some(heads) => self.doc.keys_at(id, heads).collect(),
        }
    }
}

/// The frozen change, a row's own change, or an update by an import.
fn is_import(meta: &ChangeMetadata<'_>, frozen: &[Hash]) -> bool {
    let is_frozen = |hash: &ChangeHash| frozen.contains(&Hash::from(*hash));
    let is_row = meta.seq == 1 && meta.timestamp == 0 && meta.deps.iter().all(is_frozen);
    is_frozen(&meta.hash) || is_row || meta.message.as_deref() == Some(MESSAGE)
}
