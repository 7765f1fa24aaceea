//! Checking a record as a whole, and the difference that some changes make to it.
//!
//! Values are read through `get_all`, so that a losing value cannot smuggle anything in: what loses today wins after the next merge.

mod unknown;

use std::collections::{BTreeMap, BTreeSet};

use automerge::{ObjId, ObjType, ROOT, ReadDoc as _, Value};
use serde_json::{Map, Value as Json};

use super::conflict::Conflict;
use super::event::{Event, EventCellError, read_events, read_some_events};
use super::frozen::{ATTACHMENTS, EVENTS};
use super::touched::Touched;
use super::view::View;
use super::{Document, frozen};
use crate::checklist::published;
use crate::field::{Field, FieldError, FieldValue, Rule, Scalar, Shape, is_entry_name};
use crate::id::{EventId, Hash};
use crate::kind::Kind;
use crate::limits::{ANSWERS_MAX, EVENTS_MAX, KEY_BYTES_MAX, LONG_TEXT_CHARS_MAX};

/// What some changes come to, taken together.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Whether the record began with them.
    pub is_new: bool,
    /// The fields whose values they changed, one that loses included: after the next merge it may win.
    pub paths: Vec<String>,
    /// The events they added.
    pub events: Vec<Event>,
}

/// Proves that a record is sound: containers are the frozen ones, every value of every field fits, events are events, required
/// fields are there.
///
/// # Errors
///
/// [`FieldError`] naming the first field that is not sound.
pub fn check_whole(document: &Document) -> Result<(), FieldError> {
    check_frame(document)?;
    unknown::check(document)?;
    check_key(document)?;
    for field in document.kind.table().fields {
        check_field(document, field)?;
    }
    if document.kind == Kind::Checklist {
        published::check(&document.fields())?;
    }
    let events = read_events(&document.doc);
    check_events(events.len(), events.into_iter().find_map(Result::err))
}

/// As [`check_whole`], for a record that was sound before some changes, when it said `was`: only what they write upon is proved anew,
/// unless more may be different than that. Gives what the record says now.
///
/// # Errors
///
/// As [`check_whole`].
pub fn check_touched(
    document: &Document,
    touched: &Touched,
    was: &View,
) -> Result<View, FieldError> {
    let is_plain = document.kind != Kind::Checklist && !document.kind.is_natural();
    let Some(cells) = touched.cells(document).filter(|_| is_plain) else {
        check_whole(document)?;
        return Ok(document.view());
    };
    check_frame(document)?;
    for field in cells.fields {
        check_field(document, field)?;
    }
    if !cells.events.is_empty() {
        let (count, broken) = read_some_events(&document.doc, &cells.events);
        check_events(count, broken)?;
    }
    let view = document.view();
    // Whatever a change did to cells that it does not name is proved as well.
    let altered = altered(&was.fields, &view.fields);
    if !altered.iter().all(|root| touched.has_root(document, root)) {
        check_whole(document)?;
    }
    Ok(view)
}

fn check_events(count: usize, broken: Option<EventCellError>) -> Result<(), FieldError> {
    if count > EVENTS_MAX {
        return Err(FieldError::new(
            EVENTS,
            format!("more than {EVENTS_MAX} events"),
        ));
    }
    broken.map_or(Ok(()), |error| {
        Err(FieldError::new(EVENTS, error.to_string()))
    })
}

/// The fields of the root that say something else.
fn altered<'a>(was: &'a Map<String, Json>, is: &'a Map<String, Json>) -> BTreeSet<&'a String> {
    let keys: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let keys = keys.into_iter();
    keys.filter(|key| was.get(*key) != is.get(*key)).collect()
}

/// Proves what [`check_whole`] cannot see in one state: events stay as they were, what is written once stays written. Returns what
/// changed.
///
/// # Errors
///
/// [`FieldError`] naming the field that was changed and may not be.
pub fn difference(before: &Document, after: &Document) -> Result<Difference, FieldError> {
    difference_seen((before, &before.view()), (after, &after.view()))
}

/// As [`difference`], of records whose views are known.
///
/// # Errors
///
/// As [`difference`].
pub fn difference_seen(
    (before, was): (&Document, &View),
    (after, is): (&Document, &View),
) -> Result<Difference, FieldError> {
    let (old, new) = (&was.events, &is.events);
    let old_ids: BTreeSet<EventId> = old.iter().map(|event| event.id).collect();
    if let Some(lost) = old.iter().find(|event| !event.stands_in(new)) {
        return Err(FieldError::new(
            &format!("{EVENTS}.{}", lost.id),
            "an event cannot be changed or removed",
        ));
    }
    for field in before
        .kind
        .table()
        .fields
        .iter()
        .filter(|field| field.rule == Rule::Once)
    {
        let was_written = !written(before, field).is_empty();
        for path in written(before, field).union(&written(after, field)) {
            let (was, is) = (cell_values(before, path), cell_values(after, path));
            if is.len() > 1 || (was_written && was != is) {
                return Err(FieldError::new(
                    field.path,
                    "cannot be changed once it is written",
                ));
            }
        }
    }
    let altered = altered(&was.fields, &is.fields).into_iter();
    let (doubted, doubtful) = (doubts(was), doubts(is));
    let doubts: BTreeSet<&String> = doubted.keys().chain(doubtful.keys()).copied().collect();
    let doubts = doubts.into_iter();
    let doubts = doubts.filter(|path| doubted.get(*path) != doubtful.get(*path));
    let roots = doubts.filter_map(|path| path.split('.').next());
    let paths: BTreeSet<String> = altered.cloned().chain(roots.map(str::to_owned)).collect();
    let events = new
        .iter()
        .filter(|event| !old_ids.contains(&event.id))
        .cloned()
        .collect();
    Ok(Difference {
        is_new: before.is_blank(),
        paths: paths.into_iter().collect(),
        events,
    })
}

/// The values of every cell of which nobody has chosen one.
fn doubts(view: &View) -> BTreeMap<&String, BTreeSet<String>> {
    let values = |conflict: &'_ Conflict| -> BTreeSet<String> {
        let values = conflict.values.iter();
        values.map(|each| each.value.to_string()).collect()
    };
    let conflicts = view.conflicts.iter();
    conflicts.map(|each| (&each.path, values(each))).collect()
}

/// A record whose natural key cannot change has the id of that key.
fn check_key(document: &Document) -> Result<(), FieldError> {
    let kind = document.kind;
    if !kind.is_natural() {
        return Ok(());
    }
    let fields = document.fields();
    let wanted = kind.natural_id(|path| fields.get(path).and_then(|value| value.as_str()));
    let words = || kind.table().natural.join(", ");
    match wanted {
        Some(id) if id == document.id => Ok(()),
        Some(_) => Err(FieldError::new(
            &words(),
            "does not belong to this record's id",
        )),
        None => Err(FieldError::new(&words(), "is required")),
    }
}

/// The kind, the schema and the containers are what the frozen change made them, and one value each.
fn check_frame(document: &Document) -> Result<(), FieldError> {
    let table = document.kind.table();
    let frozen = frozen::hashes(document.kind);
    let containers = [EVENTS, ATTACHMENTS]
        .iter()
        .chain(table.maps)
        .chain(table.texts)
        .chain(frozen::later_maps(document.kind));
    for name in ["kind", "schema"].iter().chain(containers) {
        let values = all(document, &ROOT, name)?;
        let [(_, id)] = values.as_slice() else {
            return Err(FieldError::new(name, "cannot be replaced"));
        };
        let made_by = document.doc.hash_for_opid(id).map(Hash::from);
        if !made_by.is_some_and(|hash| frozen.contains(&hash)) {
            return Err(FieldError::new(name, "cannot be replaced"));
        }
    }
    Ok(())
}

fn check_field(document: &Document, field: &Field) -> Result<(), FieldError> {
    let inner = |path: &str| {
        let found = document
            .doc
            .get(ROOT, path)
            .ok()
            .flatten()
            .filter(|(value, _)| value.is_object());
        found
            .map(|(_, id)| id)
            .ok_or_else(|| FieldError::new(path, "is missing"))
    };
    match field.shape {
        Shape::LongText => {
            let text = document.doc.text(inner(field.path)?).unwrap_or_default();
            let long = text.chars().count() > LONG_TEXT_CHARS_MAX;
            if long {
                Err(FieldError::new(
                    field.path,
                    format!("longer than {LONG_TEXT_CHARS_MAX} characters"),
                ))
            } else {
                Ok(())
            }
        }
        Shape::Codes(_) | Shape::Stations => {
            let id = inner(field.path)?;
            document.doc.keys(&id).try_for_each(|code| {
                let set = BTreeSet::from([code.clone()]);
                field.check(field.path, &FieldValue::Codes(set))?;
                let sound = |(value, _): &(Value<'_>, ObjId)| value.as_bool() == Some(true);
                let good = all(document, &id, &code)?.iter().all(sound);
                if good {
                    Ok(())
                } else {
                    Err(FieldError::new(
                        field.path,
                        format!("must be {}", field.shape.words()),
                    ))
                }
            })
        }
        Shape::Answers | Shape::Raw | Shape::Pieces | Shape::Entries(_) => {
            check_open_map(document, field, &inner(field.path)?)
        }
        _ => {
            let (container, key) = document
                .cell(field.path)
                .ok_or_else(|| FieldError::new(field.path, "is missing"))?;
            let count = check_cells(document, field, field.path, &container, &key)?;
            if count == 0 && field.rule == Rule::Required {
                return Err(FieldError::new(field.path, "is required"));
            }
            Ok(())
        }
    }
}

fn check_open_map(document: &Document, field: &Field, id: &ObjId) -> Result<(), FieldError> {
    let keys: Vec<String> = document.doc.keys(id).collect();
    if keys.len() > ANSWERS_MAX {
        return Err(FieldError::new(
            field.path,
            format!("more than {ANSWERS_MAX} entries"),
        ));
    }
    for key in keys {
        let path = format!("{}.{}", field.path, crate::problem::cut(&key));
        if key.is_empty() || key.len() > KEY_BYTES_MAX {
            return Err(FieldError::new(&path, "is not a question path"));
        }
        match field.shape {
            Shape::Entries(inner) => check_entry(document, inner, &path, id, &key)?,
            _ => drop(check_cells(document, field, &path, id, &key)?),
        }
    }
    Ok(())
}

/// Checks one cell of a table. A field that we do not know may come from a newer device: it stays, if it is a cell at all.
fn check_entry(
    document: &Document,
    inner: &[Field],
    path: &str,
    id: &ObjId,
    key: &str,
) -> Result<(), FieldError> {
    let named = key
        .split_once('.')
        .filter(|(entry, _)| is_entry_name(entry));
    let Some((_, name)) = named else {
        return Err(FieldError::new(path, "is not ENTRY.FIELD"));
    };
    const UNKNOWN: Field = Field::new("", Shape::Answers);
    let known = inner.iter().find(|field| field.path == name);
    check_cells(document, known.unwrap_or(&UNKNOWN), path, id, key).map(drop)
}

/// Checks every value of one cell, winning or losing. Returns how many there are.
fn check_cells(
    document: &Document,
    field: &Field,
    path: &str,
    container: &ObjId,
    key: &str,
) -> Result<usize, FieldError> {
    let values = all(document, container, key)?;
    for (value, _) in &values {
        let scalar = match value {
            Value::Scalar(cell) => Scalar::of_cell(cell),
            Value::Object(ObjType::Map | ObjType::List | ObjType::Text | ObjType::Table) => None,
        };
        let scalar = scalar
            .ok_or_else(|| FieldError::new(path, format!("must be {}", field.shape.words())))?;
        field.check(path, &FieldValue::Scalar(scalar))?;
    }
    Ok(values.len())
}

/// The cells of a field that have a value.
fn written(document: &Document, field: &Field) -> BTreeSet<String> {
    if field.shape != Shape::Pieces {
        let cell = Some(field.path.to_owned());
        return cell
            .filter(|path| !cell_values(document, path).is_empty())
            .into_iter()
            .collect();
    }
    let map = document.doc.get(ROOT, field.path).ok().flatten();
    let keys = map.map(|(_, map)| document.doc.keys(&map));
    let path = |key| format!("{}.{key}", field.path);
    keys.into_iter().flatten().map(path).collect()
}

fn cell_values(document: &Document, path: &str) -> Vec<String> {
    let cell = document.cell(path);
    let values = cell.and_then(|(at, key)| {
        document.doc.get_all(&at, key.as_str()).ok().map(|values| {
            values
                .iter()
                .map(|(value, _)| value.to_string())
                .collect::<BTreeSet<_>>()
        })
    });
    values.unwrap_or_default().into_iter().collect()
}

fn all<'d>(
    document: &'d Document,
    at: &ObjId,
    key: &str,
) -> Result<Vec<(Value<'d>, ObjId)>, FieldError> {
    document
        .doc
        .get_all(at, key)
        .map_err(|error| FieldError::new(key, error.to_string()))
}
