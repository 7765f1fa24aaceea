//! What was refused, as the difference between what the server has and what is here: fields before and after, events that were added.

use std::collections::BTreeMap;

use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::record::event::Event;
use serde_json::{Map, Value as Json, json};

use crate::cli::show::leaves;
use crate::cli::words;
use crate::replica::Refused;

/// The difference that was refused.
pub(super) struct Difference {
    fields: Vec<Field>,
    events: Vec<Event>,
}

struct Field {
    path: String,
    before: Option<Json>,
    after: Option<Json>,
}

/// Compares a record with what the server has of it.
pub(super) fn difference(refused: &Refused) -> Difference {
    let (before, after) = (&refused.before, &refused.after.view);
    let was: BTreeMap<String, Json> = leaves(before.kind, &before.fields).into_iter().collect();
    let mut fields = Vec::new();
    let mut is: BTreeMap<String, Json> = BTreeMap::new();
    for (path, value) in leaves(after.kind, &after.fields) {
        is.insert(path.clone(), value.clone());
        if was.get(&path) != Some(&value) {
            fields.push(Field {
                before: was.get(&path).cloned(),
                after: Some(value),
                path,
            });
        }
    }
    let cleared = was.into_iter().filter(|(path, _)| !is.contains_key(path));
    fields.extend(cleared.map(|(path, value)| Field {
        path,
        before: Some(value),
        after: None,
    }));
    let is_new = |event: &&Event| !before.events.iter().any(|known| known.id == event.id);
    Difference {
        fields,
        events: after.events.iter().filter(is_new).cloned().collect(),
    }
}

impl Difference {
    pub(super) fn json(&self) -> Map<String, Json> {
        let field = |field: &Field| json!({ "path": field.path, "before": field.before, "after": field.after });
        let event = |event: &Event| {
            let at = event.at.rfc3339();
            json!({ "id": event.id, "type": event.kind, "at": at, "data": event.data })
        };
        let fields: Vec<Json> = self.fields.iter().map(field).collect();
        let events: Vec<Json> = self.events.iter().map(event).collect();
        Map::from_iter([
            ("fields".to_owned(), fields.into()),
            ("events".to_owned(), events.into()),
        ])
    }

    pub(super) fn lines(&self, lang: Lang, refused: &Refused) -> Vec<String> {
        let kind = refused.after.view.kind;
        let said = |path: &str, value: Option<&Json>| match value {
            Some(value) => words::value(lang, kind, path, value),
            None => words::either(lang, "（空）", "(empty)").to_owned(),
        };
        let field = |field: &Field| {
            let name = words::field(lang, kind, &field.path);
            let before = said(&field.path, field.before.as_ref());
            let after = said(&field.path, field.after.as_ref());
            match lang {
                Lang::Zh => format!("{name}：{before} → {after}"),
                Lang::En => format!("{name}: {before} → {after}"),
            }
        };
        let event = |event: &Event| {
            let name = words::event(lang, kind, &event.kind);
            format!("+ {} {name}", words::minute(event.at))
        };
        let fields = self.fields.iter().map(field);
        fields.chain(self.events.iter().map(event)).collect()
    }
}
