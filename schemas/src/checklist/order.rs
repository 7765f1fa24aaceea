//! In which order things are computed, so that everything is computed once and after what it needs.
//!
//! Three steps for every item: whether it is relevant, how many turns it has (repeats), what its value is. Among steps that
//! are free to run the first in the sheet runs first, so the order is the same everywhere.

mod circle;

use circle::report_circle;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::compile::Rules;
use super::definition::Definition;
use super::fault::Faults;
use super::kind::Kind;
use super::layout::Layout;

/// One thing to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Relevance(usize),
    Turns(usize),
    Value(usize),
}

/// Items that the rules of one item read.
#[derive(Clone, Debug, Default)]
pub(super) struct Reads {
    pub(super) relevant: BTreeSet<usize>,
    pub(super) turns: BTreeSet<usize>,
    pub(super) value: BTreeSet<usize>,
}

const RELEVANCE: usize = 0;
const TURNS: usize = 1;
const VALUE: usize = 2;

/// Orders the steps; rules that need one another in a circle are reported.
pub(super) fn steps(
    definition: &Definition,
    layout: &Layout,
    rules: &[Rules],
    reads: &[Reads],
    faults: &mut Faults,
) -> Vec<Step> {
    let count = definition.items.len() * 3;
    let needs: Vec<BTreeSet<usize>> = (0..count)
        .map(|node| needs(node, definition, layout, reads))
        .collect();
    let mut waits: Vec<usize> = needs.iter().map(BTreeSet::len).collect();
    let mut wanted_by: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (node, needed) in needs.iter().enumerate() {
        for need in needed {
            if let Some(list) = wanted_by.get_mut(*need) {
                list.push(node);
            }
        }
    }
    let mut free: BinaryHeap<Reverse<usize>> = waits
        .iter()
        .enumerate()
        .filter(|(_, waits)| **waits == 0)
        .map(|(node, _)| Reverse(node))
        .collect();
    let mut steps = Vec::new();
    let mut done = vec![false; count];
    while let Some(Reverse(node)) = free.pop() {
        if let Some(done) = done.get_mut(node) {
            *done = true;
        }
        steps.extend(step(node, definition, rules));
        for next in wanted_by.get(node).into_iter().flatten() {
            if let Some(waiting) = waits.get_mut(*next) {
                *waiting -= 1;
                if *waiting == 0 {
                    free.push(Reverse(*next));
                }
            }
        }
    }
    if let Some(start) = done.iter().position(|done| !done) {
        report_circle(start, &needs, &done, definition, faults);
    }
    steps
}

/// What a node needs before it can run.
fn needs(
    node: usize,
    definition: &Definition,
    layout: &Layout,
    reads: &[Reads],
) -> BTreeSet<usize> {
    let item = node / 3;
    let mut needs = BTreeSet::new();
    let (Some(reads), Some(asked)) = (reads.get(item), definition.items.get(item)) else {
        return needs;
    };
    let read = match node % 3 {
        RELEVANCE => {
            needs.extend(asked.parent.map(|parent| parent * 3 + RELEVANCE));
            let scope = layout.scope_of(item);
            needs.extend(
                layout
                    .chain(scope)
                    .last()
                    .and_then(|scope| layout.scopes.get(*scope))
                    .map(|scope| scope.repeat * 3 + TURNS),
            );
            &reads.relevant
        }
        TURNS => {
            needs.insert(item * 3 + RELEVANCE);
            &reads.turns
        }
        _ => {
            needs.insert(item * 3 + RELEVANCE);
            &reads.value
        }
    };
    for target in read {
        let is_container = definition
            .items
            .get(*target)
            .is_some_and(|item| item.kind.is_container());
        needs.insert(target * 3 + if is_container { RELEVANCE } else { VALUE });
        if definition
            .items
            .get(*target)
            .is_some_and(|item| item.kind == Kind::Repeat)
        {
            needs.insert(target * 3 + TURNS);
        }
    }
    needs
}

/// The step of a node, where there is anything to do.
fn step(node: usize, definition: &Definition, rules: &[Rules]) -> Option<Step> {
    let item = node / 3;
    let kind = &definition.items.get(item)?.kind;
    rules.get(item)?;
    match node % 3 {
        RELEVANCE => Some(Step::Relevance(item)),
        TURNS => (*kind == Kind::Repeat).then_some(Step::Turns(item)),
        VALUE if !kind.is_container() => Some(Step::Value(item)),
        _ => None,
    }
}
