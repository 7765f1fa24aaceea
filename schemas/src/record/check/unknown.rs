//! What this version does not know: it is kept untouched, but within bounds, for who reads a record goes down into it.

use automerge::{ObjId, ROOT, ReadDoc as _, Value};

use super::super::Document;
use super::super::frozen::{self, ATTACHMENTS, EVENTS};
use super::all;
use crate::field::{FieldError, Shape};
use crate::limits::{KEY_BYTES_MAX, UNKNOWN_DEPTH_MAX, UNKNOWN_KEYS_MAX};

/// A cell, and how deep it lies.
type Cell = (ObjId, String, usize);

/// Proves that what the kind's table does not name is neither too deep nor too much.
pub(super) fn check(document: &Document) -> Result<(), FieldError> {
    let mut cells = unknown_cells(document);
    let mut seen = 0;
    while let Some((at, key, depth)) = cells.pop() {
        seen += 1;
        let path = crate::problem::cut(&key);
        if key.len() > KEY_BYTES_MAX {
            return Err(FieldError::new(&path, "has too long a name"));
        }
        if seen > UNKNOWN_KEYS_MAX {
            return Err(FieldError::new(&path, "is one unknown field too many"));
        }
        for (value, id) in all(document, &at, &key)? {
            if !matches!(value, Value::Object(_)) {
                continue;
            }
            if depth == UNKNOWN_DEPTH_MAX {
                return Err(FieldError::new(&path, "lies too deep"));
            }
            let inner = document
                .doc
                .keys(&id)
                .take(UNKNOWN_KEYS_MAX + 1 - seen.min(UNKNOWN_KEYS_MAX));
            cells.extend(inner.map(|key| (id.clone(), key, depth + 1)));
        }
    }
    Ok(())
}

/// The cells of the root, and of the maps of fields, that the table does not name, and everything in `attachments`.
fn unknown_cells(document: &Document) -> Vec<Cell> {
    let table = document.kind.table();
    let is_known = |key: &str| {
        ["kind", "schema", EVENTS].contains(&key)
            || table.texts.contains(&key)
            || table.fields.iter().any(|field| field.path == key)
    };
    let of_fields = |name: &str| {
        !table.fields.iter().any(|field| {
            field.path == name
                && matches!(
                    field.shape,
                    Shape::Answers | Shape::Raw | Shape::Pieces | Shape::Codes(_) | Shape::Stations
                )
        })
    };
    let maps: Vec<&str> = table
        .maps
        .iter()
        .chain(frozen::later_maps(document.kind))
        .copied()
        .filter(|name| of_fields(name))
        .collect();
    let in_root = document.doc.keys(ROOT);
    let in_root = in_root.filter(|key| {
        !is_known(key) && !maps.contains(&key.as_str()) && key.as_str() != ATTACHMENTS
    });
    let mut cells: Vec<Cell> = in_root.map(|key| (ROOT, key, 0)).collect();
    for name in maps.into_iter().chain([ATTACHMENTS]) {
        let Ok(Some((_, id))) = document.doc.get(ROOT, name) else {
            continue;
        };
        let unknown = |key: &String| document.kind.field(&format!("{name}.{key}")).is_none();
        cells.extend(
            document
                .doc
                .keys(&id)
                .filter(unknown)
                .map(|key| (id.clone(), key, 1)),
        );
    }
    cells
}
