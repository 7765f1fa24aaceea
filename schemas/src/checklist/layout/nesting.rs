//! Whether items stand in one another as they may, and are not too many.

use crate::checklist::definition::{Definition, Item};
use crate::checklist::fault::{Faults, Severity};
use crate::checklist::limits::{CHOICES_MAX, ITEMS_MAX, NESTING_MAX};

/// Parents must stand before their children, and what is inside a group must stand together.
pub(super) fn is_well_nested(items: &[Item], faults: &mut Faults) -> bool {
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
            faults.error(
                index,
                "type",
                format!("is inside more than {NESTING_MAX} groups"),
            );
            return false;
        }
        if item.kind.is_container() {
            open.push(index);
        }
    }
    true
}

pub(super) fn is_small_enough(definition: &Definition, faults: &mut Faults) -> bool {
    let choices: usize = definition.lists.values().map(Vec::len).sum();
    if definition.items.len() > ITEMS_MAX {
        faults.add(
            Severity::Error,
            None,
            "type",
            format!("has more than {ITEMS_MAX} rows"),
        );
    }
    if choices > CHOICES_MAX {
        faults.add(
            Severity::Error,
            None,
            "list_name",
            format!("has more than {CHOICES_MAX} choices"),
        );
    }
    for (list, choices) in &definition.lists {
        if choices
            .iter()
            .any(|choice| choice.score.is_some_and(|score| !score.is_finite()))
        {
            faults.add(
                Severity::Error,
                None,
                "score",
                format!("a score in list `{list}` is no number"),
            );
        }
    }
    definition.items.len() <= ITEMS_MAX && choices <= CHOICES_MAX
}
