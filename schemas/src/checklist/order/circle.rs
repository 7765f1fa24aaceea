//! Rules that need one another in a circle, told by their names.

use std::collections::BTreeSet;

use super::{RELEVANCE, TURNS};
use crate::checklist::definition::Definition;
use crate::checklist::fault::Faults;

/// Follows what is waited for until a node comes again; that is the circle.
pub(super) fn report_circle(
    start: usize,
    needs: &[BTreeSet<usize>],
    done: &[bool],
    definition: &Definition,
    faults: &mut Faults,
) {
    let mut path: Vec<usize> = Vec::new();
    let mut at = start;
    while !path.contains(&at) {
        path.push(at);
        let waiting = needs
            .get(at)
            .into_iter()
            .flatten()
            .find(|need| done.get(**need) == Some(&false));
        match waiting {
            Some(next) => at = *next,
            None => return,
        }
    }
    let circle: Vec<usize> = path
        .iter()
        .skip_while(|node| **node != at)
        .copied()
        .collect();
    let mut names: Vec<&str> = circle
        .iter()
        .filter_map(|node| definition.items.get(node / 3))
        .map(|item| item.name.as_str())
        .collect();
    names.dedup();
    if names.len() == 1 || names.first() != names.last() {
        names.extend(names.first().copied());
    }
    let column = match (at % 3, definition.items.get(at / 3)) {
        (RELEVANCE, _) => "relevant",
        (TURNS, _) => "repeat_count",
        (_, Some(item)) if item.calculation.is_some() => "calculation",
        _ => "default",
    };
    faults.error(
        at / 3,
        column,
        format!("depends on itself: {}", names.join(" → ")),
    );
}
