//! Paths: one spelling for each question, and every spelling that leads to it.

use std::collections::BTreeMap;

use super::Layout;
use crate::checklist::definition::{Definition, Item};
use crate::checklist::fault::Faults;
use crate::checklist::kind::Kind;

impl Layout {
    /// Gives every item its path: the name alone where that is clear, with its groups where it is not.
    pub(super) fn name_paths(&mut self, definition: &Definition, faults: &mut Faults) {
        let mut taken: BTreeMap<(usize, &str), usize> = BTreeMap::new();
        for (place, item) in self.places.iter().zip(&definition.items) {
            if item.kind != Kind::Group {
                *taken.entry((place.scope, &item.name)).or_default() += 1;
            }
        }
        let mut paths: Vec<(String, String)> = Vec::with_capacity(definition.items.len());
        for (index, item) in definition.items.iter().enumerate() {
            let scope = self.scope_of(index);
            let full = qualified(
                &definition.items,
                index,
                self.scopes
                    .get(scope)
                    .map(|found| found.repeat)
                    .filter(|_| scope != 0),
            );
            let is_clear =
                item.kind == Kind::Group || taken.get(&(scope, item.name.as_str())) == Some(&1);
            paths.push((
                if is_clear {
                    item.name.clone()
                } else {
                    full.clone()
                },
                full,
            ));
        }
        for (index, (leaf, full)) in paths.into_iter().enumerate() {
            let is_group = definition
                .items
                .get(index)
                .is_some_and(|item| item.kind == Kind::Group);
            let prefix = self.prefix(self.scope_of(index));
            if let Some(place) = self.places.get_mut(index) {
                place.leaf.clone_from(&leaf);
            }
            if is_group {
                continue;
            }
            if self
                .by_path
                .insert(format!("{prefix}{leaf}"), index)
                .is_some_and(|other| other != index)
            {
                faults.error(
                    index,
                    "name",
                    format!("`{leaf}` stands twice in the same group"),
                );
            }
            self.by_path
                .entry(format!("{prefix}{full}"))
                .or_insert(index);
            self.by_path
                .entry(qualified(&definition.items, index, None))
                .or_insert(index);
        }
    }

    /// Where the answer of an item is kept, given the numbers of the turns around it.
    pub(in crate::checklist) fn path(&self, item: usize, numbers: &[u32]) -> String {
        let mut path = String::new();
        for (scope, number) in self.chain(self.scope_of(item)).into_iter().zip(numbers) {
            let leaf = self
                .scopes
                .get(scope)
                .and_then(|found| self.places.get(found.repeat))
                .map_or("", |place| &place.leaf);
            path = format!("{path}{leaf}[{number}].");
        }
        path + self.places.get(item).map_or("", |place| &place.leaf)
    }

    /// `visit.sample.`, the start of every path in a scope.
    fn prefix(&self, scope: usize) -> String {
        let leaf = |scope: &usize| {
            self.scopes
                .get(*scope)
                .and_then(|found| self.places.get(found.repeat))
                .map(|place| &place.leaf)
        };
        self.chain(scope)
            .iter()
            .filter_map(leaf)
            .fold(String::new(), |path, leaf| path + leaf + ".")
    }
}

/// `before.clean`: the groups between an item and a repeat around it (or everything around it), then its name.
fn qualified(items: &[Item], index: usize, repeat: Option<usize>) -> String {
    let mut names = Vec::new();
    let mut at = Some(index);
    while let Some((place, item)) = at
        .filter(|place| Some(*place) != repeat)
        .and_then(|place| items.get(place).map(|item| (place, item)))
    {
        names.push(item.name.as_str());
        // Parents stand before their children, so this ends.
        at = item.parent.filter(|parent| *parent < place);
    }
    names.reverse();
    names.join(".")
}
