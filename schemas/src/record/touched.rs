//! Which cells some changes write upon, so that a record that was sound needs to be proved there alone.
//!
//! A change names the object and the key of everything it writes. What it names in the frozen containers of its kind, by the names of
//! the kind's table, is a cell that can be checked by itself; everything else makes the whole record be checked.

use std::collections::BTreeSet;

use automerge::legacy::{Key, ObjectId, Op, OpId};
use automerge::{ObjId, ROOT, ReadDoc as _};

use super::Document;
use super::frozen::{self, ATTACHMENTS, EVENTS};
use crate::field::{Field, Shape};

/// Where changes write upon more cells than this, proving the whole record is no more work.
const CELLS_MAX: usize = 64;

/// What some changes write upon, as they name it.
#[derive(Debug, Default)]
pub struct Touched {
    /// Object and key; without an object the root, without a key the places of a text.
    cells: BTreeSet<(Option<OpId>, Option<String>)>,
}

/// The same by the names of the kind's table.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// The fields, each once, in the order of the table.
    pub(super) fields: Vec<&'static Field>,
    /// The keys of events.
    pub(super) events: BTreeSet<String>,
}

impl Touched {
    /// Notes the cell of one operation.
    pub(super) fn note(&mut self, op: &Op) {
        if self.cells.len() > CELLS_MAX {
            return;
        }
        let object = match &op.obj {
            ObjectId::Root => None,
            ObjectId::Id(id) => Some(id.clone()),
        };
        let key = match &op.key {
            Key::Map(key) => Some(key.to_string()),
            Key::Seq(_) => None,
        };
        self.cells.insert((object, key));
    }

    /// The cells by name; `None` if there is more to be proved than them.
    pub(super) fn cells(&self, document: &Document) -> Option<Cells> {
        if self.cells.len() > CELLS_MAX {
            return None;
        }
        let mut found = Cells::default();
        for (object, key) in &self.cells {
            let container = match object {
                None => None,
                Some(object) => Some(container(document, object)?),
            };
            if container == Some(EVENTS) {
                found.events.insert(key.clone()?);
                continue;
            }
            let field = field(document, container, key.as_deref())?;
            if !found.fields.iter().any(|known| known.path == field.path) {
                found.fields.push(field);
            }
        }
        let fields = document.kind.table().fields;
        let place = |field: &&Field| fields.iter().position(|each| each.path == field.path);
        found.fields.sort_by_key(place);
        Some(found)
    }

    /// Whether a field of the root, or something in it, is among them.
    pub(super) fn has_root(&self, document: &Document, root: &str) -> bool {
        self.cells.iter().any(|(object, key)| match object {
            None => key.as_deref() == Some(root),
            Some(object) => container(document, object) == Some(root),
        })
    }
}

/// The frozen container that an object is.
fn container(document: &Document, wanted: &OpId) -> Option<&'static str> {
    let table = document.kind.table();
    let mut names = [EVENTS, ATTACHMENTS]
        .iter()
        .chain(table.maps)
        .chain(table.texts)
        .chain(frozen::later_maps(document.kind));
    let is_it = |name: &&&str| match document.doc.get(ROOT, **name) {
        Ok(Some((_, ObjId::Id(counter, actor, _)))) => (counter, &actor) == (wanted.0, &wanted.1),
        _ => false,
    };
    names.find(is_it).copied()
}

/// The field of the kind's table that a cell is, or lies in, where its own check says all there is to say about the cell.
fn field(
    document: &Document,
    container: Option<&str>,
    key: Option<&str>,
) -> Option<&'static Field> {
    let fields = document.kind.table().fields;
    let named = |path: &str| fields.iter().find(|field| field.path == path);
    let is_cell = |field: &&Field| {
        !matches!(
            field.shape,
            Shape::LongText
                | Shape::Codes(_)
                | Shape::Stations
                | Shape::Answers
                | Shape::Raw
                | Shape::Pieces
                | Shape::Entries(_)
        )
    };
    match (container, key) {
        (None, Some(key)) => named(key).filter(|_| !key.contains('.')).filter(is_cell),
        (Some(text), None) => named(text).filter(|field| field.shape == Shape::LongText),
        (Some(map), Some(key)) => match named(map) {
            Some(field) => {
                let is_open = matches!(
                    field.shape,
                    Shape::Codes(_) | Shape::Stations | Shape::Answers | Shape::Raw | Shape::Pieces
                );
                is_open.then_some(field)
            }
            None => named(&format!("{map}.{key}")).filter(is_cell),
        },
        (None, None) => None,
    }
}
