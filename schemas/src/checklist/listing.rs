//! A checklist as `checklist check --json` lists it: everything that would be asked or computed, implied questions included.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

use super::compile::yes_or_no;
use super::definition::{Item, Kind, Words};
use super::{Checklist, Warning};

/// The whole list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listing<'a> {
    /// Id of the checklist.
    pub id: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Title in the default language.
    pub title: &'a str,
    /// Language of the labels that are plain text.
    pub default_language: &'a str,
    /// Score from which an inspection passes.
    pub pass_mark: f64,
    /// Every question, in the order of the form.
    pub questions: Vec<Question<'a>>,
    /// Every group and repeat, in the order of the form.
    pub groups: Vec<Question<'a>>,
    /// Choices by list.
    pub choices: BTreeMap<&'a str, Vec<Offer<'a>>>,
    /// What to know about it.
    pub warnings: &'a [Warning],
    /// Whether it may be published.
    pub publishable: bool,
}

/// One question, group or repeat.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Question<'a> {
    /// Name.
    pub name: &'a str,
    /// Type in current spelling.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// Label in the default language.
    pub label: &'a str,
    /// Label by language, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<&'a Words>,
    /// Hint in the default language.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub hint: &'a str,
    /// `true`, `false` or the expression that decides.
    pub required: Json,
    /// Expression that decides whether it is asked.
    pub relevant: Option<&'a str>,
    /// Expression that an answer must satisfy.
    pub constraint: Option<&'a str>,
    /// Expression that computes it.
    pub calculation: Option<&'a str>,
    /// Path of its answers; `[]` stands for the number of a turn.
    pub path: String,
    /// Names of the groups and repeats around it, outermost first.
    pub groups: Vec<&'a str>,
    /// List of its choices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_name: Option<&'a str>,
    /// How much it counts in the score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// Whether it can fail the whole inspection.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub critical: bool,
    /// Whether it follows from another row: `NAME_other`, `NAME_count`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub implied: bool,
}

/// One choice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Offer<'a> {
    /// Value that is stored.
    pub name: &'a str,
    /// Label in the default language.
    pub label: &'a str,
    /// Label by language, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<&'a Words>,
    /// Points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
}

impl Checklist {
    /// Lists everything, with the warnings that reading it gave.
    #[must_use]
    pub fn listing<'a>(&'a self, warnings: &'a [Warning]) -> Listing<'a> {
        let definition = self.definition();
        let offers = |choices: &'a Vec<super::Choice>| choices.iter().map(|choice| self.offer(choice)).collect();
        Listing {
            id: &definition.id,
            version: &definition.version,
            title: &definition.title,
            default_language: &definition.default_language,
            pass_mark: definition.pass_mark,
            questions: self.listed(|item| !item.kind.is_container()),
            groups: self.listed(|item| item.kind.is_container()),
            choices: definition.lists.iter().map(|(list, choices)| (list.as_str(), offers(choices))).collect(),
            warnings,
            publishable: self.publishable(),
        }
    }

    /// Every question in the order of the form, implied ones included.
    #[must_use]
    pub fn questions(&self) -> Vec<Question<'_>> {
        self.listed(|item| !item.kind.is_container())
    }

    fn listed(&self, wanted: impl Fn(&Item) -> bool) -> Vec<Question<'_>> {
        let items = self.definition.items.iter().enumerate();
        items.filter(|(_, item)| wanted(item)).map(|(place, item)| self.question(place, item)).collect()
    }

    fn question<'a>(&'a self, place: usize, item: &'a Item) -> Question<'a> {
        let required = match item.required.as_deref().map(|text| (yes_or_no(text), text)) {
            None => Json::from(false),
            Some((Some(truth), _)) => Json::from(truth),
            Some((None, expression)) => Json::from(expression),
        };
        Question {
            name: &item.name,
            kind: item.kind.as_str(),
            label: self.definition.words(&item.label, None),
            labels: several(&item.label),
            hint: self.definition.words(&item.hint, None),
            required,
            relevant: item.relevant.as_deref(),
            constraint: item.constraint.as_deref(),
            calculation: item.calculation.as_deref().or(item.repeat_count.as_deref().filter(|_| item.kind == Kind::Repeat)),
            path: self.general_path(place),
            groups: self.groups_around(item),
            list_name: item.list_name.as_deref(),
            weight: item.weight,
            critical: item.critical.as_deref().is_some_and(|text| yes_or_no(text) != Some(false)),
            implied: item.implied,
        }
    }

    fn offer<'a>(&'a self, choice: &'a super::Choice) -> Offer<'a> {
        let label = self.definition.words(&choice.label, None);
        Offer { name: &choice.name, label, labels: several(&choice.label), score: choice.score }
    }

    fn groups_around(&self, item: &Item) -> Vec<&str> {
        let mut names = Vec::new();
        let mut at = item.parent;
        while let Some(group) = at.and_then(|place| self.definition.items.get(place)) {
            names.push(group.name.as_str());
            at = group.parent;
        }
        names.reverse();
        names
    }

    /// `visit[].sample[].brand`
    fn general_path(&self, place: usize) -> String {
        let layout = &self.plan.layout;
        let turns = layout.chain(layout.scope_of(place)).len();
        let mut path = layout.path(place, &vec![0; turns]);
        if turns > 0 {
            path = path.replace("[0]", "[]");
        }
        path
    }
}

fn several(words: &Words) -> Option<&Words> {
    (words.len() > 1).then_some(words)
}
