//! `begin loop over LIST`: a group for every choice of a list, each with the questions of the loop.
//!
//! `%(name)s` and `%(label)s` in them stand for the choice. The older spelling of what a repeat or a matrix does today.

use crate::checklist::definition::{Choice, Definition, Item, Words};
use crate::checklist::kind::Kind;
use crate::checklist::limits::ITEMS_MAX;

/// Replaces the items after `container` by a group of them for every choice; false where that would be too many.
pub(super) fn expand(
    definition: &mut Definition,
    origins: &mut Vec<u32>,
    container: usize,
    list: &str,
) -> bool {
    let template = definition
        .items
        .split_off((container + 1).min(definition.items.len()));
    let rows = origins.split_off((container + 1).min(origins.len()));
    let choices = definition.lists.get(list).cloned().unwrap_or_default();
    let origin = origins.last().copied().unwrap_or_default();
    if (template.len() + 1).saturating_mul(choices.len())
        > ITEMS_MAX - definition.items.len().min(ITEMS_MAX)
    {
        return false;
    }
    // `none` is an answer, not a thing to ask about.
    for choice in choices.iter().filter(|choice| choice.name != "none") {
        let group = definition.items.len();
        let section = Item {
            name: choice.name.clone(),
            kind: Kind::Group,
            parent: Some(container),
            label: choice.label.clone(),
            ..Item::default()
        };
        definition.items.push(section);
        origins.push(origin);
        for item in &template {
            // Parents keep their distance; the loop itself becomes the group of the choice.
            let parent = item.parent.map(|parent| {
                if parent <= container {
                    group
                } else {
                    parent - container + group
                }
            });
            definition.items.push(Item {
                parent,
                ..filled(item, choice)
            });
        }
        origins.extend(&rows);
    }
    true
}

fn filled(item: &Item, choice: &Choice) -> Item {
    let plain = choice.label.values().next().cloned().unwrap_or_default();
    let fill = |text: &String, language: Option<&String>| {
        let label = language
            .and_then(|language| choice.label.get(language))
            .unwrap_or(&plain);
        text.replace("%(name)s", &choice.name)
            .replace("%(label)s", label)
    };
    let words = |words: &Words| {
        words
            .iter()
            .map(|(language, text)| (language.clone(), fill(text, Some(language))))
            .collect()
    };
    let text = |text: &Option<String>| text.as_ref().map(|text| fill(text, None));
    Item {
        name: fill(&item.name, None),
        label: words(&item.label),
        hint: words(&item.hint),
        guidance_hint: words(&item.guidance_hint),
        required_message: words(&item.required_message),
        constraint_message: words(&item.constraint_message),
        relevant: text(&item.relevant),
        required: text(&item.required),
        constraint: text(&item.constraint),
        calculation: text(&item.calculation),
        default: text(&item.default),
        choice_filter: text(&item.choice_filter),
        repeat_count: text(&item.repeat_count),
        score: text(&item.score),
        critical: text(&item.critical),
        ..item.clone()
    }
}
