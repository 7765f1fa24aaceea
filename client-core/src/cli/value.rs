//! What a person gives as values: `path=text`, `path:=JSON`, JSON files, beginnings of ids.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use fieldwatch_schemas::checklist::Checklist;
use fieldwatch_schemas::field::{FieldValue, Shape};
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::edit::{Act, EditError};
use fieldwatch_schemas::status::Datum;
use serde_json::{Map, Value as Json};

use super::error::CliError;
use crate::replica::{Bodies, Filter, Replica};

/// The shortest beginning that stands for a record.
const PREFIX_CHARS_MIN: usize = 4;
/// How many records a message names where a beginning fits several.
const NAMED_MAX: usize = 5;

/// One `--set`.
#[derive(Debug, PartialEq)]
pub(super) enum Given<'a> {
    Text(&'a str),
    Json(Json),
}

/// Reads one `--set`: split at the first `=`, JSON if a colon stands before it.
pub(super) fn setting(given: &str) -> Result<(&str, Given<'_>), CliError> {
    let Some((path, text)) = given.split_once('=') else {
        return Err(CliError::Setting(given.to_owned()));
    };
    let (path, value) = match path.strip_suffix(':') {
        None => (path, Given::Text(text)),
        Some(path) => (path, Given::Json(json(path, text)?)),
    };
    match path.trim().is_empty() {
        true => Err(CliError::Setting(given.to_owned())),
        false => Ok((path.trim(), value)),
    }
}

/// Reads a value given as JSON.
pub(super) fn json(path: &str, text: &str) -> Result<Json, CliError> {
    serde_json::from_str(text).map_err(|error| CliError::JsonValue {
        path: path.to_owned(),
        why: error.to_string(),
    })
}

/// Types a value by the kind's table of fields. A record may be named by the beginning of its id.
pub(super) fn typed(
    replica: &Replica,
    kind: Kind,
    path: &str,
    given: &Given<'_>,
) -> Result<FieldValue, CliError> {
    let unknown = || EditError::FieldUnknown {
        kind,
        path: path.to_owned(),
    };
    let field = kind.field(path).ok_or_else(unknown)?;
    let value = match (given, field.shape) {
        (Given::Text(text), Shape::Record(_)) if is_beginning(text) => {
            field.read_text(path, &record(replica, text)?.to_string())
        }
        (Given::Text(text), _) => field.read_text(path, text),
        (Given::Json(json), _) => field.read_json(path, json),
    };
    Ok(value.map_err(EditError::Value)?)
}

/// Whether a text can be the beginning of a record's id, and not the whole.
fn is_beginning(text: &str) -> bool {
    let text = text.trim();
    let fits = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    text.len() >= PREFIX_CHARS_MIN && text.bytes().all(fits) && text.parse::<RecordId>().is_err()
}

/// Finds the checklist that types answers, from the acts that are not answers.
pub(super) type FindChecklist<'a> = &'a dyn Fn(&[Act]) -> Option<Arc<Checklist>>;

/// Everything that `--file` and then `--set` give, each path once; answers typed by the checklist, if it is here.
pub(super) fn acts(
    replica: &Replica,
    kind: Kind,
    file: Option<&Path>,
    set: &[String],
    checklist: FindChecklist<'_>,
) -> Result<Vec<Act>, CliError> {
    let mut values = BTreeMap::new();
    let (mut answers, mut several) = (Vec::new(), Map::new());
    if let Some(file) = file {
        let mut object = object(file)?;
        several = answers_of(kind, &mut object);
        flatten(kind, "", &object, &mut values)?;
    }
    for given in set {
        let (path, value) = setting(given)?;
        match answered(kind, path) {
            Some(question) => answers.push((question, value)),
            None => drop(values.insert(path.to_owned(), typed(replica, kind, path, &value)?)),
        }
    }
    let mut acts: Vec<Act> = values
        .into_iter()
        .map(|(path, value)| Act::Set { path, value })
        .collect();
    let checklist = checklist(&acts);
    let mut values = BTreeMap::new();
    match &checklist {
        Some(checklist) => {
            for (path, value) in checklist.flatten(&Json::Object(several)) {
                let (path, value) = answer(replica, Some(checklist), &path, &Given::Json(value))?;
                values.insert(path, value);
            }
        }
        None => flatten(kind, "answers", &several, &mut values)?,
    }
    for (path, value) in answers {
        let (path, value) = answer(replica, checklist.as_deref(), path, &value)?;
        values.insert(path, value);
    }
    let values = values.into_iter();
    acts.extend(values.map(|(path, value)| Act::Set { path, value }));
    Ok(acts)
}

/// The question whose answer a path is.
pub(super) fn answered(kind: Kind, path: &str) -> Option<&str> {
    let question = path.strip_prefix("answers.")?;
    (kind == Kind::Inspection).then_some(question)
}

/// Takes a file's answers out of it, nested or by paths.
fn answers_of(kind: Kind, object: &mut Map<String, Json>) -> Map<String, Json> {
    let mut answers = Map::new();
    if kind == Kind::Inspection {
        if let Some(Json::Object(nested)) = object.remove("answers") {
            answers = nested;
        }
        for (path, value) in std::mem::take(object) {
            match answered(kind, &path) {
                Some(question) => answers.insert(question.to_owned(), value),
                None => object.insert(path, value),
            };
        }
    }
    answers
}

/// One answer, typed by its question; where the checklist is not here, by what it looks like.
pub(super) fn answer(
    replica: &Replica,
    checklist: Option<&Checklist>,
    question: &str,
    given: &Given<'_>,
) -> Result<(String, FieldValue), CliError> {
    let Some(checklist) = checklist else {
        let path = format!("answers.{question}");
        let value = typed(replica, Kind::Inspection, &path, given)?;
        return Ok((path, value));
    };
    let (path, json) = match given {
        Given::Text(text) => checklist.read_text(question, text)?,
        Given::Json(json) => checklist.read_json(question, json)?,
    };
    let path = format!("answers.{path}");
    let value = typed(replica, Kind::Inspection, &path, &Given::Json(json))?;
    Ok((path, value))
}

fn object(file: &Path) -> Result<Map<String, Json>, CliError> {
    let text = super::home::read_text(file)?;
    let parsed = serde_json::from_str(text.trim_start_matches('\u{feff}'));
    parsed.map_err(|error| CliError::File {
        file: file.to_owned(),
        why: error.to_string(),
    })
}

/// Lays an object's fields out by path: a list of objects as `items[1]`, `items[2]`.
fn flatten(
    kind: Kind,
    above: &str,
    object: &Map<String, Json>,
    values: &mut BTreeMap<String, FieldValue>,
) -> Result<(), CliError> {
    for (key, value) in object {
        let path = match above {
            "" => key.clone(),
            above => format!("{above}.{key}"),
        };
        match value {
            Json::Object(inner) => flatten(kind, &path, inner, values)?,
            Json::Array(items) if is_list_of_objects(kind, &path, items) => {
                for (place, item) in items.iter().enumerate() {
                    let path = format!("{path}[{}]", place + 1);
                    let none = Map::new();
                    flatten(kind, &path, item.as_object().unwrap_or(&none), values)?;
                }
            }
            value => {
                let unknown = || EditError::FieldUnknown {
                    kind,
                    path: path.clone(),
                };
                let field = kind.field(&path).ok_or_else(unknown)?;
                let value = field.read_json(&path, value).map_err(EditError::Value)?;
                values.insert(path, value);
            }
        }
    }
    Ok(())
}

fn is_list_of_objects(kind: Kind, path: &str, items: &[Json]) -> bool {
    let is_answer = kind
        .field(path)
        .is_some_and(|field| field.shape == Shape::Answers);
    is_answer && items.iter().all(Json::is_object)
}

/// The data of an event: typed by the life cycle's table; what it does not name is an amount (`*_fen`) or a text, `:=` as it is. An
/// empty text says nothing.
pub(super) fn event_data(
    replica: &Replica,
    kind: Kind,
    event: &str,
    set: &[String],
) -> Result<Map<String, Json>, CliError> {
    let mut data = Map::new();
    for given in set {
        let (key, value) = setting(given)?;
        let datum = kind.table().life_cycle.datum(event, key);
        let value = match (value, datum) {
            (Given::Json(json), _) => json,
            (Given::Text(""), _) => continue,
            (Given::Text(text), Some(datum)) => datum_json(replica, datum, text)?,
            (Given::Text(text), None) if key.ends_with("_fen") => {
                let fen = text.trim().parse::<i64>();
                let whole = fen.ok().filter(|fen| *fen >= 0);
                Json::from(whole.ok_or_else(|| CliError::Fen {
                    path: key.to_owned(),
                    text: text.to_owned(),
                })?)
            }
            (Given::Text(text), None) => Json::from(text),
        };
        data.insert(key.to_owned(), value);
    }
    Ok(data)
}

/// What an event says under a key that the table names.
fn datum_json(replica: &Replica, datum: &Datum, text: &str) -> Result<Json, CliError> {
    if matches!(datum.field.shape, Shape::Record(_)) && is_beginning(text) {
        return Ok(Json::from(record(replica, text)?.to_string()));
    }
    Ok(datum.read_text(text).map_err(EditError::Value)?)
}

/// The record of an id, or of a beginning of an id that no other record on this device has.
pub(super) fn record(replica: &Replica, text: &str) -> Result<RecordId, CliError> {
    let text = text.trim().to_ascii_lowercase();
    if let Ok(record) = text.parse() {
        return Ok(record);
    }
    let fits = text.len() >= PREFIX_CHARS_MIN
        && text
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if !fits {
        return Err(CliError::RecordText(text));
    }
    let everything = Filter {
        limit: usize::MAX,
        bodies: Bodies::Anywhere,
        ..Filter::default()
    };
    let listed = replica.list(&everything)?;
    let found: Vec<RecordId> = listed
        .iter()
        .map(|line| line.record)
        .filter(|record| record.to_string().starts_with(&text))
        .collect();
    match found.as_slice() {
        [] => Err(CliError::NoRecord(text)),
        [record] => Ok(*record),
        several => Err(CliError::SeveralRecords {
            text,
            records: several.iter().copied().take(NAMED_MAX).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_setting_splits_at_its_first_equals_sign_and_a_colon_before_it_means_json() {
        assert_eq!(setting("a.b=c=d").unwrap(), ("a.b", Given::Text("c=d")));
        assert_eq!(setting("a:=[1]").unwrap(), ("a", Given::Json(json!([1]))));
        assert_eq!(setting("a=").unwrap(), ("a", Given::Text("")));
        assert!(setting("a").is_err() && setting("=b").is_err() && setting("a:=x").is_err());
    }

    #[test]
    fn an_object_is_laid_out_by_paths_whether_nested_or_flat() {
        let object = json!({ "answers": { "q1": 1, "items": [{ "price": 2.5 }, { "price": 3 }] }, "site.mock": true });
        let mut values = BTreeMap::new();
        flatten(
            Kind::Inspection,
            "",
            object.as_object().unwrap(),
            &mut values,
        )
        .unwrap();
        let paths: Vec<_> = values.keys().map(String::as_str).collect();
        assert_eq!(
            paths,
            [
                "answers.items[1].price",
                "answers.items[2].price",
                "answers.q1",
                "site.mock"
            ]
        );
        let unknown = json!({ "respondent": { "nam": 1 } });
        let error = flatten(Kind::Case, "", unknown.as_object().unwrap(), &mut values).unwrap_err();
        assert!(error.to_string().contains("respondent.nam"), "{error}");
    }

    #[test]
    fn amounts_of_an_event_are_whole_numbers_and_other_words_stay_text() {
        let store = Arc::new(fieldwatch_schemas::store::memory::MemoryStore::new());
        let replica = Replica::open(store).unwrap();
        let data = |set: &[&str]| {
            let set: Vec<String> = set.iter().map(|each| (*each).to_owned()).collect();
            event_data(&replica, Kind::Case, "agreed", &set)
        };
        let said = data(&["refund_fen=1200", "note=7", "extended:=true"]);
        assert_eq!(
            Json::Object(said.unwrap()),
            json!({ "refund_fen": 1200, "note": "7", "extended": true })
        );
        for amount in ["refund_fen", "any_fen"] {
            assert!(data(&[&format!("{amount}=12.5")]).is_err());
        }
    }
}
