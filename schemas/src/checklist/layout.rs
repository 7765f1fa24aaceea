//! Where items stand: scopes (one per repeat), paths and names.
//!
//! ```text
//! scope 0  the inspection            store_name, site › location
//! scope 1  repeat `sample`           sample[1].brand, sample[2].brand
//! scope 2  repeat `part` inside it   sample[1].part[1].colour
//! ```

use std::collections::BTreeMap;

use super::definition::{Definition, Item, Kind};
use super::fault::{Faults, Severity};
use super::limits::{CHOICES_MAX, ITEMS_MAX, NESTING_MAX};

/// A repeat seen from inside; the first scope is the whole inspection.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scope {
    /// Item that opens it; meaningless for the first.
    pub(super) repeat: usize,
    /// Scope around it; its own for the first.
    pub(super) parent: usize,
}

/// Where one item stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    /// Scope its answers belong to.
    pub(super) scope: usize,
    /// Scope it opens, if it is a repeat.
    pub(super) opens: Option<usize>,
    /// One past the last item inside it.
    pub(super) end: usize,
    /// Its part of the path, after its scope's.
    pub(super) leaf: String,
    /// Outermost group or repeat around it.
    pub(super) section: Option<usize>,
}

/// Places, scopes and the ways to find them.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    pub(super) places: Vec<Place>,
    pub(super) scopes: Vec<Scope>,
    pub(super) by_name: BTreeMap<String, Vec<usize>>,
    /// Items by path without numbers, also written with groups.
    pub(super) by_path: BTreeMap<String, usize>,
}

impl Layout {
    /// Lays a definition out; what is wrong with its shape is added to `faults`.
    pub(super) fn new(definition: &Definition, faults: &mut Faults) -> Self {
        let mut layout = Self { scopes: vec![Scope { repeat: 0, parent: 0 }], ..Self::default() };
        if !is_well_nested(&definition.items, faults) || !is_small_enough(definition, faults) {
            return layout;
        }
        for (index, item) in definition.items.iter().enumerate() {
            layout.place(index, item);
            layout.by_name.entry(item.name.clone()).or_default().push(index);
        }
        layout.close(&definition.items);
        layout.name_paths(definition, faults);
        layout
    }

    /// Scopes from the first to this one, without the first.
    pub(super) fn chain(&self, mut scope: usize) -> Vec<usize> {
        let mut chain = Vec::new();
        while scope != 0 {
            chain.push(scope);
            scope = self.scopes.get(scope).map_or(0, |found| found.parent);
        }
        chain.reverse();
        chain
    }

    /// The innermost scope that both stand in.
    pub(super) fn shared(&self, one: usize, other: usize) -> usize {
        let (one, other) = (self.chain(one), self.chain(other));
        one.iter().zip(&other).take_while(|(left, right)| left == right).last().map_or(0, |(scope, _)| *scope)
    }

    pub(super) fn scope_of(&self, item: usize) -> usize {
        self.places.get(item).map_or(0, |place| place.scope)
    }

    fn place(&mut self, index: usize, item: &Item) {
        let around = item.parent.and_then(|parent| self.places.get(parent).map(|place| (parent, place)));
        let scope = around.map_or(0, |(_, place)| place.opens.unwrap_or(place.scope));
        let section = around.map(|(parent, place)| place.section.unwrap_or(parent));
        let opens = (item.kind == Kind::Repeat).then(|| {
            self.scopes.push(Scope { repeat: index, parent: scope });
            self.scopes.len() - 1
        });
        self.places.push(Place { scope, opens, end: index + 1, leaf: item.name.clone(), section });
    }

    /// Finds where each group and repeat ends, innermost first.
    fn close(&mut self, items: &[Item]) {
        for (index, item) in items.iter().enumerate().rev() {
            let end = self.places.get(index).map_or(0, |place| place.end);
            if let Some(parent) = item.parent.and_then(|parent| self.places.get_mut(parent)) {
                parent.end = parent.end.max(end);
            }
        }
    }

    /// Gives every item its path: the name alone where that is clear, with its groups where it is not.
    fn name_paths(&mut self, definition: &Definition, faults: &mut Faults) {
        let mut taken: BTreeMap<(usize, &str), usize> = BTreeMap::new();
        for (place, item) in self.places.iter().zip(&definition.items) {
            if item.kind != Kind::Group {
                *taken.entry((place.scope, &item.name)).or_default() += 1;
            }
        }
        let mut paths: Vec<(String, String)> = Vec::with_capacity(definition.items.len());
        for (index, item) in definition.items.iter().enumerate() {
            let scope = self.scope_of(index);
            let full = qualified(&definition.items, index, self.scopes.get(scope).map(|found| found.repeat).filter(|_| scope != 0));
            let is_clear = item.kind == Kind::Group || taken.get(&(scope, item.name.as_str())) == Some(&1);
            paths.push((if is_clear { item.name.clone() } else { full.clone() }, full));
        }
        for (index, (leaf, full)) in paths.into_iter().enumerate() {
            let is_group = definition.items.get(index).is_some_and(|item| item.kind == Kind::Group);
            let prefix = self.prefix(self.scope_of(index));
            if let Some(place) = self.places.get_mut(index) {
                place.leaf.clone_from(&leaf);
            }
            if is_group {
                continue;
            }
            if self.by_path.insert(format!("{prefix}{leaf}"), index).is_some_and(|other| other != index) {
                faults.error(index, "name", format!("`{leaf}` stands twice in the same group"));
            }
            self.by_path.entry(format!("{prefix}{full}")).or_insert(index);
            self.by_path.entry(qualified(&definition.items, index, None)).or_insert(index);
        }
    }

    /// Where the answer of an item is kept, given the numbers of the turns around it.
    pub(super) fn path(&self, item: usize, numbers: &[u32]) -> String {
        let mut path = String::new();
        for (scope, number) in self.chain(self.scope_of(item)).into_iter().zip(numbers) {
            let leaf = self.scopes.get(scope).and_then(|found| self.places.get(found.repeat)).map_or("", |place| &place.leaf);
            path = format!("{path}{leaf}[{number}].");
        }
        path + self.places.get(item).map_or("", |place| &place.leaf)
    }

    /// `visit.sample.`, the start of every path in a scope.
    fn prefix(&self, scope: usize) -> String {
        let leaf = |scope: &usize| self.scopes.get(*scope).and_then(|found| self.places.get(found.repeat)).map(|place| &place.leaf);
        self.chain(scope).iter().filter_map(leaf).fold(String::new(), |path, leaf| path + leaf + ".")
    }
}

/// `before.clean`: the groups between an item and a repeat around it (or everything around it), then its name.
fn qualified(items: &[Item], index: usize, repeat: Option<usize>) -> String {
    let mut names = Vec::new();
    let mut at = Some(index);
    while let Some((place, item)) = at.filter(|place| Some(*place) != repeat).and_then(|place| items.get(place).map(|item| (place, item))) {
        names.push(item.name.as_str());
        // Parents stand before their children, so this ends.
        at = item.parent.filter(|parent| *parent < place);
    }
    names.reverse();
    names.join(".")
}

/// Parents must stand before their children, and what is inside a group must stand together.
fn is_well_nested(items: &[Item], faults: &mut Faults) -> bool {
    let mut open: Vec<usize> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        while open.last().copied() != item.parent && !open.is_empty() {
            open.pop();
        }
        if open.last().copied() != item.parent {
            faults.error(index, "type", "stands in a group that is not open here");
            return false;
        }
        if open.len() > NESTING_MAX {
            faults.error(index, "type", format!("is inside more than {NESTING_MAX} groups"));
            return false;
        }
        if item.kind.is_container() {
            open.push(index);
        }
    }
    true
}

fn is_small_enough(definition: &Definition, faults: &mut Faults) -> bool {
    let choices: usize = definition.lists.values().map(Vec::len).sum();
    if definition.items.len() > ITEMS_MAX {
        faults.add(Severity::Error, None, "type", format!("has more than {ITEMS_MAX} rows"));
    }
    if choices > CHOICES_MAX {
        faults.add(Severity::Error, None, "list_name", format!("has more than {CHOICES_MAX} choices"));
    }
    for (list, choices) in &definition.lists {
        if choices.iter().any(|choice| choice.score.is_some_and(|score| !score.is_finite())) {
            faults.add(Severity::Error, None, "score", format!("a score in list `{list}` is no number"));
        }
    }
    definition.items.len() <= ITEMS_MAX && choices <= CHOICES_MAX
}
