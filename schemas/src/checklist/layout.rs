//! Where items stand: scopes (one per repeat), paths and names.
//!
//! ```text
//! scope 0  the inspection            store_name, site › location
//! scope 1  repeat `sample`           sample[1].brand, sample[2].brand
//! scope 2  repeat `part` inside it   sample[1].part[1].colour
//! ```

mod nesting;
mod path;

use nesting::{is_small_enough, is_well_nested};

use std::collections::BTreeMap;

use super::definition::{Definition, Item};
use super::fault::Faults;
use super::kind::Kind;

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
        let mut layout = Self {
            scopes: vec![Scope {
                repeat: 0,
                parent: 0,
            }],
            ..Self::default()
        };
        if !is_well_nested(&definition.items, faults) || !is_small_enough(definition, faults) {
            return layout;
        }
        for (index, item) in definition.items.iter().enumerate() {
            layout.place(index, item);
            layout
                .by_name
                .entry(item.name.clone())
                .or_default()
                .push(index);
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
        one.iter()
            .zip(&other)
            .take_while(|(left, right)| left == right)
            .last()
            .map_or(0, |(scope, _)| *scope)
    }

    pub(super) fn scope_of(&self, item: usize) -> usize {
        self.places.get(item).map_or(0, |place| place.scope)
    }

    fn place(&mut self, index: usize, item: &Item) {
        let around = item
            .parent
            .and_then(|parent| self.places.get(parent).map(|place| (parent, place)));
        let scope = around.map_or(0, |(_, place)| place.opens.unwrap_or(place.scope));
        let section = around.map(|(parent, place)| place.section.unwrap_or(parent));
        let opens = (item.kind == Kind::Repeat).then(|| {
            self.scopes.push(Scope {
                repeat: index,
                parent: scope,
            });
            self.scopes.len() - 1
        });
        self.places.push(Place {
            scope,
            opens,
            end: index + 1,
            leaf: item.name.clone(),
            section,
        });
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
}
