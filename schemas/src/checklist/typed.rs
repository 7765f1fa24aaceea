//! One answer as a person types it, or as a program gives it, brought to the type of its question.

use serde_json::Value as Json;

use super::Checklist;
use super::answer::read;
use super::definition::Item;
use super::kind::Kind;
use crate::time::CHINA_OFFSET_MIN;

/// How many choices a message names.
const NAMED_MAX: usize = 12;

/// An answer that its question cannot take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {why}")]
pub struct AnswerError {
    /// The question, as it was named.
    pub path: String,
    /// What is wrong, in words.
    pub why: String,
}

impl Checklist {
    /// The question at a path, and the one spelling of the path.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] if there is no such question, or it is computed.
    pub fn question_at(&self, path: &str) -> Result<(String, &Item), AnswerError> {
        let wrong = |why: &str| AnswerError {
            path: path.to_owned(),
            why: why.to_owned(),
        };
        let known = self.canonical_path(path);
        let known = known.ok_or_else(|| wrong("the checklist has no such question"))?;
        let item = self.item_at(&known);
        let item = item.and_then(|item| self.definition.items.get(item));
        let item = item.ok_or_else(|| wrong("the checklist has no such question"))?;
        match item.kind {
            Kind::Note => Err(wrong("is a note: there is nothing to answer")),
            _ if item.calculation.is_some() => Err(wrong("is computed, not answered")),
            _ => Ok((known, item)),
        }
    }

    /// Reads an answer that a person typed: choices by name or label, several of them separated by commas or spaces.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] naming the question and what it takes.
    pub fn read_text(&self, path: &str, text: &str) -> Result<(String, Json), AnswerError> {
        let (path, item) = self.question_at(path)?;
        let text = text.trim();
        let number = || {
            let whole = text.parse::<i64>().map(Json::from).ok();
            whole.or_else(|| text.parse::<f64>().ok().and_then(number))
        };
        let json = match &item.kind {
            _ if text.is_empty() => Json::Null,
            Kind::Integer | Kind::Decimal | Kind::Range => {
                number().unwrap_or_else(|| Json::from(text))
            }
            Kind::Acknowledge if ["是", "ok", "yes", "true"].contains(&text) => Json::from("OK"),
            Kind::SelectOne => Json::from(self.choice_named(item, text).unwrap_or(text)),
            Kind::SelectMultiple | Kind::Rank => Json::from(self.several(item, text)),
            _ => Json::from(text),
        };
        self.fits(&path, item, &json).map(|()| (path, json))
    }

    /// Reads an answer given as JSON; several choices may stand in a list.
    ///
    /// # Errors
    ///
    /// As [`Checklist::read_text`].
    pub fn read_json(&self, path: &str, json: &Json) -> Result<(String, Json), AnswerError> {
        let (path, item) = self.question_at(path)?;
        let json = match json {
            Json::Array(choices) if item.kind.has_choices() => {
                let names: Vec<&str> = choices.iter().filter_map(Json::as_str).collect();
                Json::from(names.join(" "))
            }
            place if item.kind == Kind::Geopoint => point(place),
            other => other.clone(),
        };
        self.fits(&path, item, &json).map(|()| (path, json))
    }

    /// The choice of this name, or of this label in any language.
    fn choice_named<'a>(&'a self, item: &Item, text: &str) -> Option<&'a str> {
        let list = self.definition.lists.get(item.list_name.as_ref()?)?;
        let named = list.iter().find(|choice| choice.name == text);
        let labelled = || {
            list.iter()
                .find(|choice| choice.label.values().any(|label| label == text))
        };
        named.or_else(labelled).map(|choice| choice.name.as_str())
    }

    fn several(&self, item: &Item, text: &str) -> String {
        let is_between =
            |letter: char| letter.is_whitespace() || [',', '，', '、'].contains(&letter);
        let words = text.split(is_between).filter(|word| !word.is_empty());
        let names = words.map(|word| self.choice_named(item, word).unwrap_or(word));
        names.collect::<Vec<_>>().join(" ")
    }

    /// Whether a question of this type can take the answer; its constraint is another matter.
    fn fits(&self, path: &str, item: &Item, json: &Json) -> Result<(), AnswerError> {
        let wrong = |why: String| AnswerError {
            path: path.to_owned(),
            why,
        };
        if json.is_array() || json.is_object() {
            let why = "one answer is a text, a number, or true or false";
            return Err(wrong(why.to_owned()));
        }
        let local = jiff::tz::Offset::from_seconds(i32::from(CHINA_OFFSET_MIN) * 60);
        let local = local.unwrap_or(jiff::tz::Offset::UTC);
        read(item, json, local).map_err(|why| wrong(why.to_owned()))?;
        let (true, Some(text)) = (item.kind.has_choices(), json.as_str()) else {
            return Ok(());
        };
        let list = item.list_name.as_ref();
        let list = list.and_then(|list| self.definition.lists.get(list));
        let names: Vec<&str> = match item.kind {
            Kind::SelectOne => vec![text],
            _ => text.split_whitespace().collect(),
        };
        let list = list.map(Vec::as_slice).unwrap_or_default();
        let unknown = names
            .into_iter()
            .find(|name| list.iter().all(|choice| choice.name != *name));
        unknown.map_or(Ok(()), |name| {
            let known = list.iter().take(NAMED_MAX);
            let known: Vec<String> = known
                .map(|choice| {
                    let label = self.definition.words(&choice.label, None);
                    format!("{} {label}", choice.name)
                })
                .collect();
            let more = if list.len() > NAMED_MAX { ", …" } else { "" };
            Err(wrong(format!(
                "{:?} is not one of the choices; there are: {}{more}",
                crate::problem::cut(name),
                known.join(", ")
            )))
        })
    }
}

/// A place as records keep it: one text, `30.27 120.15 0 8`.
fn point(json: &Json) -> Json {
    let named = |names: &[&str]| {
        let found = names.iter().find_map(|name| json.get(*name));
        found.filter(|value| value.is_number() || value.is_string())
    };
    let lat = named(&["lat", "latitude"]);
    let Some((lat, lon)) = lat.zip(named(&["lon", "lng", "longitude"])) else {
        return json.clone();
    };
    let text = |value: Option<&Json>| match value {
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => "0".to_owned(),
    };
    let (alt, accuracy) = (
        named(&["alt", "altitude"]),
        named(&["accuracy_m", "accuracy"]),
    );
    let parts = [Some(lat), Some(lon), alt, accuracy].map(text);
    Json::from(parts.join(" "))
}

fn number(number: f64) -> Option<Json> {
    serde_json::Number::from_f64(number).map(Json::Number)
}
