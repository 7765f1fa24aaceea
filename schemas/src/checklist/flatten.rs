//! Answers as people and programs write them, brought to the paths that [`evaluate`](super::evaluate()) reads.

use serde_json::Value as Json;

use super::Checklist;
use super::kind::Kind;
use super::limits::ANSWERS_MAX;
use super::outcome::Answers;
use super::run::split_path;

impl Checklist {
    /// The one spelling of a path: groups left out where they are not needed; none where it is of no question or turn.
    ///
    /// `site.store_name` becomes `store_name`; `sample[2].price_yuan` stays.
    #[must_use]
    pub fn canonical_path(&self, path: &str) -> Option<String> {
        let (plain, numbers) = split_path(path)?;
        let layout = &self.plan.layout;
        let item = *layout.by_path.get(&plain)?;
        let turns = layout.chain(layout.scope_of(item)).len();
        let is_question = self
            .definition
            .items
            .get(item)
            .is_some_and(|item| !item.kind.is_container());
        (is_question && turns == numbers.len()).then(|| layout.path(item, &numbers))
    }

    /// Flattens answers given as nested JSON: objects for groups, lists of objects for repeats. What is of no question keeps
    /// its path, so that it can be reported.
    #[must_use]
    pub fn flatten(&self, json: &Json) -> Answers {
        let mut answers = Answers::new();
        self.flatten_into("", "", json, &mut answers);
        answers
    }

    /// `plain` is the path without numbers. Recursion is as deep as the JSON, which its parser has limited.
    fn flatten_into(&self, path: &str, plain: &str, json: &Json, answers: &mut Answers) {
        if answers.len() > ANSWERS_MAX {
            return;
        }
        let item = self
            .plan
            .layout
            .by_path
            .get(plain)
            .and_then(|item| self.definition.items.get(*item));
        match json {
            Json::Object(fields) if item.is_none_or(|item| item.kind.is_container()) => {
                let join = |start: &str, name: &str| {
                    if start.is_empty() {
                        name.to_owned()
                    } else {
                        format!("{start}.{name}")
                    }
                };
                for (name, value) in fields {
                    let (bare, _) = name.split_once('[').unwrap_or((name, ""));
                    self.flatten_into(&join(path, name), &join(plain, bare), value, answers);
                }
            }
            Json::Array(turns) if item.is_some_and(|item| item.kind == Kind::Repeat) => {
                for (number, turn) in (1..).zip(turns) {
                    let number: u32 = number;
                    self.flatten_into(&format!("{path}[{number}]"), plain, turn, answers);
                }
            }
            value => {
                let path = self.canonical_path(path).unwrap_or_else(|| path.to_owned());
                answers.insert(path, value.clone());
            }
        }
    }
}
