//! Published versions: a checklist as a record, found again by id and version.

use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value as Json};

use super::{Checklist, sample};
use crate::field::{FieldError, FieldValue, Scalar};
use crate::id::RecordId;
use crate::kind::Kind;
use crate::limits::PIECE_CHARS_MAX;
use crate::record::edit::Act;
use crate::record::view::View;

/// Where published versions are found: the records of a device, or of a server.
pub trait Checklists {
    /// The checklist of this id and version, if it is here.
    fn published(&self, id: &str, version: &str) -> Option<Arc<Checklist>>;
}

/// No checklists but the one that every program has.
#[derive(Debug, Clone, Copy)]
pub struct Shipped;

impl Checklists for Shipped {
    fn published(&self, _: &str, _: &str) -> Option<Arc<Checklist>> {
        None
    }
}

/// The checklist that every program has; see [`sample`].
#[must_use]
pub fn shipped() -> Arc<Checklist> {
    static SHIPPED: OnceLock<Arc<Checklist>> = OnceLock::new();
    Arc::clone(SHIPPED.get_or_init(|| Arc::new(sample())))
}

/// The checklist of this id and version: the one that every program has, or a published one.
#[must_use]
pub fn find(id: &str, version: &str, checklists: &dyn Checklists) -> Option<Arc<Checklist>> {
    if is_shipped(id, version) {
        return Some(shipped());
    }
    checklists.published(id, version)
}

/// Whether every program has this version, so that nobody can publish it.
#[must_use]
pub fn is_shipped(id: &str, version: &str) -> bool {
    let shipped = shipped();
    let definition = shipped.definition();
    definition.id == id && definition.version == version
}

/// The record that a published version is.
#[must_use]
pub fn record_of(id: &str, version: &str) -> RecordId {
    RecordId::natural(Kind::Checklist, &[id, version])
}

/// What publishing writes.
#[must_use]
pub fn acts(checklist: &Checklist) -> Vec<Act> {
    let set = |path: String, text: String| Act::Set {
        path,
        value: FieldValue::Scalar(Scalar::Text(text)),
    };
    let definition = checklist.definition();
    let mut acts = vec![
        set("id".to_owned(), definition.id.clone()),
        set("version".to_owned(), definition.version.clone()),
        set("title".to_owned(), definition.title.clone()),
    ];
    let json = serde_json::to_string(definition).unwrap_or_default();
    let letters: Vec<char> = json.chars().collect();
    let pieces = letters.chunks(PIECE_CHARS_MAX).enumerate();
    acts.extend(pieces.map(|(number, piece)| {
        set(
            format!("definition.{number:04}"),
            piece.iter().collect::<String>(),
        )
    }));
    acts
}

/// The checklist that a record holds; `None` if this program cannot read it.
#[must_use]
pub fn of_view(view: &View) -> Option<Checklist> {
    let is_checklist = view.kind == Kind::Checklist;
    let text = view.text("definition").filter(|_| is_checklist)?;
    serde_json::from_str(text).ok()
}

/// Proves that a record's fields are a checklist that can be answered, under its own id and version.
///
/// # Errors
///
/// [`FieldError`] naming the field that is wrong.
pub fn check(fields: &Map<String, Json>) -> Result<(), FieldError> {
    let text = |path: &str| {
        let text = fields.get(path).and_then(Json::as_str);
        text.ok_or_else(|| FieldError::new(path, "is required"))
    };
    let read: Result<Checklist, _> = serde_json::from_str(text("definition")?);
    let checklist = read.map_err(|error| {
        FieldError::new(
            "definition",
            format!(
                "is not a checklist: {}",
                crate::problem::cut(&error.to_string())
            ),
        )
    })?;
    let definition = checklist.definition();
    let said = [
        ("id", &definition.id),
        ("version", &definition.version),
        ("title", &definition.title),
    ];
    for (path, stated) in said {
        if text(path)? != stated {
            return Err(FieldError::new(path, "is not what the definition says"));
        }
    }
    if is_shipped(&definition.id, &definition.version) {
        let why = "is the checklist that every program has; publish another id or version";
        return Err(FieldError::new("id, version", why));
    }
    match checklist.publishable() {
        true => Ok(()),
        false => Err(FieldError::new("definition", "asks for what cannot be run")),
    }
}

/// Compares two versions as people number them: `2` before `10`, `2026-09` before `2026-10`.
#[must_use]
pub fn compare_versions(one: &str, other: &str) -> Ordering {
    runs(one).cmp(&runs(other))
}

/// Digits by their number, everything else by its letters; digits first.
fn runs(version: &str) -> Vec<(bool, usize, String)> {
    let mut runs: Vec<(bool, usize, String)> = Vec::new();
    for letter in version.chars() {
        let is_text = !letter.is_ascii_digit();
        match runs.last_mut() {
            Some((was_text, _, run)) if *was_text == is_text => run.push(letter),
            _ => runs.push((is_text, 0, letter.to_string())),
        }
    }
    for (is_text, length, run) in &mut runs {
        if !*is_text {
            *run = run.trim_start_matches('0').to_owned();
            *length = run.len();
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_people_number_them() {
        let ordered = [
            "", "1", "2", "2.1", "2.10", "10", "2026-09", "2026-10", "v1", "v02",
        ];
        for two in ordered.windows(2) {
            assert_eq!(compare_versions(two[0], two[1]), Ordering::Less, "{two:?}");
        }
        assert_eq!(compare_versions("3", "3"), Ordering::Equal);
    }

    #[test]
    fn what_is_published_reads_back_and_nothing_else_passes_the_check() {
        let mut definition = sample().definition().clone();
        definition.version = "2".to_owned();
        let checklist = Checklist::try_from(definition).unwrap();
        let mut fields = Map::new();
        let mut text = String::new();
        for act in acts(&checklist) {
            let Act::Set {
                path,
                value: FieldValue::Scalar(Scalar::Text(value)),
            } = act
            else {
                panic!("publishing only sets texts");
            };
            match path.starts_with("definition.") {
                true => text.push_str(&value),
                false => drop(fields.insert(path, value.into())),
            }
        }
        fields.insert("definition".to_owned(), text.into());
        check(&fields).unwrap();
        for (path, value) in [("version", "1"), ("title", "x"), ("definition", "{}")] {
            let mut wrong = fields.clone();
            wrong.insert(path.to_owned(), value.into());
            assert!(check(&wrong).is_err(), "{path}");
        }
    }
}
