//! From plain data to a checklist that can be evaluated: every expression parsed and resolved, once.

mod check;
mod list;
mod scoring;

use std::collections::{BTreeMap, BTreeSet};

use check::{check_item, check_sizes};
pub(super) use list::List;
use scoring::scoring;
pub(super) use scoring::{Critical, Scoring, Source};

use super::code::Code;
use super::definition::{Choice, Definition, Item};
use super::fault::Faults;
use super::layout::Layout;
use super::order::{self, Reads, Step};
use super::resolve::Resolver;
use super::syntax::{self, Node};

/// The rules of one item, ready to run.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub(super) relevant: Option<Code>,
    pub(super) required: Option<Code>,
    pub(super) constraint: Option<Code>,
    pub(super) calculation: Option<Code>,
    pub(super) default: Option<Code>,
    pub(super) filter: Option<Code>,
    pub(super) count: Option<Code>,
    pub(super) scoring: Option<Scoring>,
}

/// Everything that is derived from a definition.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) layout: Layout,
    pub(super) rules: Vec<Rules>,
    pub(super) steps: Vec<Step>,
    /// Lists of choices by name.
    pub(super) lists: BTreeMap<String, List>,
}

impl Plan {
    pub(super) fn new(definition: &Definition, faults: &mut Faults) -> Self {
        let layout = Layout::new(definition, faults);
        let found = faults.list.len();
        check_sizes(definition, faults);
        if layout.places.len() != definition.items.len() || faults.list.len() > found {
            return Self {
                layout,
                ..Self::default()
            };
        }
        let columns = definition
            .lists
            .values()
            .flatten()
            .flat_map(|choice| choice.columns.keys().cloned())
            .collect();
        let indexed = |(name, choices): (&String, &Vec<Choice>)| (name.clone(), List::new(choices));
        let lists = definition.lists.iter().map(indexed).collect();
        let some_weight = definition.items.iter().any(|item| item.weight.is_some());
        let mut rules = Vec::with_capacity(definition.items.len());
        let mut reads = Vec::with_capacity(definition.items.len());
        for (index, item) in definition.items.iter().enumerate() {
            check_item(definition, index, item, faults);
            let resolver = Resolver {
                definition,
                layout: &layout,
                lists: &lists,
                columns: &columns,
                faults,
                item: index,
                column: "",
                reads: BTreeSet::new(),
            };
            let (rule, read) = compile(resolver, item, some_weight);
            rules.push(rule);
            reads.push(read);
        }
        let steps = order::steps(definition, &layout, &rules, &reads, faults);
        Self {
            layout,
            rules,
            steps,
            lists,
        }
    }
}

fn compile(mut resolver: Resolver<'_>, item: &Item, some_weight: bool) -> (Rules, Reads) {
    let mut rules = Rules {
        relevant: condition(&mut resolver, "relevant", item.relevant.as_deref()),
        ..Rules::default()
    };
    let mut reads = Reads {
        relevant: std::mem::take(&mut resolver.reads),
        ..Reads::default()
    };
    rules.calculation = item
        .calculation
        .as_deref()
        .map(|source| resolver.expression("calculation", source));
    rules.default = item
        .default
        .as_deref()
        .map(|source| default(&mut resolver, source));
    reads.value = std::mem::take(&mut resolver.reads);
    rules.count = item
        .repeat_count
        .as_deref()
        .map(|source| resolver.expression("repeat_count", source));
    reads.turns = std::mem::take(&mut resolver.reads);
    rules.required = condition(&mut resolver, "required", item.required.as_deref());
    rules.constraint = item
        .constraint
        .as_deref()
        .map(|source| resolver.expression("constraint", source));
    rules.filter = item
        .choice_filter
        .as_deref()
        .map(|source| resolver.expression("choice_filter", source));
    // Not needed to evaluate, but a broken one is still an error.
    condition(&mut resolver, "read_only", item.read_only.as_deref());
    rules.scoring = scoring(&mut resolver, item, some_weight);
    (rules, reads)
}

/// `yes`, `TRUE()`, `no` and the like, as XLSForm lets people write them.
pub(super) fn yes_or_no(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "yes" | "true" | "true()" | "1" | "y" | "是" => Some(true),
        "no" | "false" | "false()" | "0" | "n" | "否" => Some(false),
        _ => None,
    }
}

fn condition(
    resolver: &mut Resolver<'_>,
    column: &'static str,
    source: Option<&str>,
) -> Option<Code> {
    let source = source?;
    match yes_or_no(source) {
        Some(truth) => Some(Code::Boolean(truth)),
        None => Some(resolver.expression(column, source)),
    }
}

/// A default is computed where it calls a known function or reads a question; everything else is the value itself.
fn default(resolver: &mut Resolver<'_>, source: &str) -> Code {
    let is_computed = syntax::parse(source).is_ok_and(|node| computes(&node));
    if is_computed || source.contains("${") {
        resolver.expression("default", source)
    } else {
        Code::Text(source.to_owned())
    }
}

fn computes(node: &Node) -> bool {
    match node {
        Node::Question(_) => true,
        Node::Call(name, _) => super::function::Function::named(name).is_some(),
        Node::Negate(inner) => computes(inner),
        Node::Chain(first, rest) => computes(first) || rest.iter().any(|(_, node)| computes(node)),
        Node::Number(_)
        | Node::Text(_)
        | Node::Own
        | Node::Up(_)
        | Node::Column(_)
        | Node::Path(_) => false,
    }
}
