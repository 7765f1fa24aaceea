//! Conflicts: two different values written to one field without knowledge of each other.
//!
//! Both are kept until a person chooses; choosing is itself a change. Equal values are no conflict. The values stand in the same
//! order on every device: by the Lamport counter of the operation that wrote each, ties by actor.

use automerge::{ObjId, ObjType, ROOT, ReadDoc as _, Value, ValueRef};
use serde_json::Value as Json;

use super::Document;
use super::frozen::{ATTACHMENTS, EVENTS};
use super::view::scalar_json;
use crate::field::{Field, Scalar};
use crate::id::{Actor, Hash};
use crate::time::Moment;

/// One field whose value nobody has chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The field.
    pub path: String,
    /// The values, two or more, all different.
    pub values: Vec<Candidate>,
}

/// One of the values of a conflict.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The value.
    pub value: Json,
    /// Who wrote it, within this record.
    pub actor: Actor,
    /// When its change says it was made.
    pub at: Moment,
    /// The change that wrote it.
    pub change: Hash,
    /// The cell itself, to be written again when it is chosen.
    pub(super) cell: Option<Scalar>,
}

/// The conflicts of a record, by path.
pub(super) fn conflicts(document: &Document) -> Vec<Conflict> {
    let mut found = Vec::new();
    for path in doubtful_paths(document) {
        let values = candidates(document, &path);
        if values.len() > 1 {
            found.push(Conflict { path, values });
        }
    }
    found
}

/// The paths of the cells that hold several values, in the order of the kind's table.
fn doubtful_paths(document: &Document) -> Vec<String> {
    let mut paths = Vec::new();
    for item in document.doc.map_range(ROOT, ..) {
        match item.value {
            ValueRef::Object(ObjType::Map) if item.key != EVENTS && item.key != ATTACHMENTS => {
                let inner = document.doc.map_range(item.id(), ..);
                let doubtful = inner.filter(|inner| inner.conflict);
                paths.extend(doubtful.map(|inner| format!("{}.{}", item.key, inner.key)));
            }
            ValueRef::Scalar(_) if item.conflict => paths.push(item.key.into_owned()),
            _ => {}
        }
    }
    let place = |path: &str| {
        let container = path.split_once('.').map(|(container, _)| container);
        let fields = document.kind.table().fields;
        document.kind.field(path)?;
        let is_it = |field: &Field| field.path == path || Some(field.path) == container;
        fields.iter().position(is_it)
    };
    paths.retain(|path| place(path).is_some());
    paths.sort_by_cached_key(|path| place(path));
    paths
}

/// The different values of one cell, in the order in which every device shows them.
pub(super) fn candidates(document: &Document, path: &str) -> Vec<Candidate> {
    let Some((container, key)) = document.cell(path) else {
        return Vec::new();
    };
    let values = document
        .doc
        .get_all(&container, key.as_str())
        .unwrap_or_default();
    if values.len() < 2 {
        return Vec::new();
    }
    let mut read: Vec<_> = values
        .iter()
        .filter_map(|(value, id)| candidate(document, value, id))
        .collect();
    read.sort_by_key(|(counter, candidate)| (*counter, candidate.actor));
    let mut different: Vec<Candidate> = Vec::new();
    for (_, candidate) in read {
        if different.iter().all(|other| other.value != candidate.value) {
            different.push(candidate);
        }
    }
    if different.len() > 1 {
        different
    } else {
        Vec::new()
    }
}

fn candidate(document: &Document, value: &Value<'_>, id: &ObjId) -> Option<(u64, Candidate)> {
    let Value::Scalar(scalar) = value else {
        return None;
    };
    let ObjId::Id(counter, actor, _) = id else {
        return None;
    };
    let actor = Actor(actor.to_bytes().try_into().ok()?);
    let change = document.doc.hash_for_opid(id)?;
    let time_s = document.doc.get_change_meta_by_hash(&change)?.timestamp;
    let at = Moment::china(time_s.saturating_mul(1000));
    let cell = Scalar::of_cell(scalar);
    Some((
        *counter,
        Candidate {
            value: scalar_json(scalar),
            actor,
            at,
            change: change.into(),
            cell,
        },
    ))
}

impl Document {
    /// The container and key of a cell.
    pub(super) fn cell(&self, path: &str) -> Option<(ObjId, String)> {
        match path.split_once('.') {
            None => Some((ROOT, path.to_owned())),
            Some((container, key)) => {
                let (value, id) = self.doc.get(ROOT, container).ok()??;
                value.is_object().then(|| (id, key.to_owned()))
            }
        }
    }
}
