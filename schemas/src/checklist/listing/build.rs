//! Making the list.

use serde_json::Value as Json;

use super::{Listing, Offer, Question};
use crate::checklist::compile::yes_or_no;
use crate::checklist::definition::{Choice, Item, Words};
use crate::checklist::kind::Kind;
use crate::checklist::{Checklist, Warning};

impl Checklist {
    /// Lists everything, with the warnings that reading it gave.
    #[must_use]
    pub fn listing<'a>(&'a self, warnings: &'a [Warning]) -> Listing<'a> {
        let definition = self.definition();
        let offers =
            |choices: &'a Vec<Choice>| choices.iter().map(|choice| self.offer(choice)).collect();
        Listing {
            id: &definition.id,
            version: &definition.version,
            title: &definition.title,
            default_language: &definition.default_language,
            pass_mark: definition.pass_mark,
            questions: self.listed(|item| !item.kind.is_container()),
            groups: self.listed(|item| item.kind.is_container()),
            choices: definition
                .lists
                .iter()
                .map(|(list, choices)| (list.as_str(), offers(choices)))
                .collect(),
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
        items
            .filter(|(_, item)| wanted(item))
            .map(|(place, item)| self.question(place, item))
            .collect()
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
            calculation: item.calculation.as_deref().or(item
                .repeat_count
                .as_deref()
                .filter(|_| item.kind == Kind::Repeat)),
            path: self.general_path(place),
            groups: self.groups_around(item),
            list_name: item.list_name.as_deref(),
            weight: item.weight,
            critical: item
                .critical
                .as_deref()
                .is_some_and(|text| yes_or_no(text) != Some(false)),
            implied: item.implied,
        }
    }

    fn offer<'a>(&'a self, choice: &'a Choice) -> Offer<'a> {
        let label = self.definition.words(&choice.label, None);
        Offer {
            name: &choice.name,
            label,
            labels: several(&choice.label),
            score: choice.score,
        }
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
