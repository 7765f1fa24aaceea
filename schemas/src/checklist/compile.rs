//! From plain data to a checklist that can be evaluated: every expression parsed and resolved, once.

use std::collections::{BTreeMap, BTreeSet};

use super::code::Code;
use super::definition::{Definition, Item, Kind};
use super::fault::{Faults, Severity};
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

/// How an item earns points.
#[derive(Clone, Debug)]
pub(super) struct Scoring {
    pub(super) source: Source,
    pub(super) weight: f64,
    pub(super) critical: Critical,
}

/// Where points come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// The scores of the chosen choices.
    Choices,
    /// How far up a range the answer is.
    Scale { start: f64, end: f64 },
    /// An expression from 0 to 1.
    Expression(Code),
    /// Nothing: the item is only critical.
    Nothing,
}

/// When an item fails the whole inspection.
#[derive(Clone, Debug)]
pub(super) enum Critical {
    Never,
    /// When it earns nothing.
    Zero,
    /// While this is true.
    When(Code),
}

/// Everything that is derived from a definition.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) layout: Layout,
    pub(super) rules: Vec<Rules>,
    pub(super) steps: Vec<Step>,
    /// Places of the choices by list and name.
    pub(super) choices: BTreeMap<String, BTreeMap<String, usize>>,
}

impl Plan {
    pub(super) fn new(definition: &Definition, faults: &mut Faults) -> Self {
        let layout = Layout::new(definition, faults);
        if layout.places.len() != definition.items.len() {
            return Self { layout, ..Self::default() };
        }
        let columns = definition.lists.values().flatten().flat_map(|choice| choice.columns.keys().cloned()).collect();
        let some_weight = definition.items.iter().any(|item| item.weight.is_some());
        let mut rules = Vec::with_capacity(definition.items.len());
        let mut reads = Vec::with_capacity(definition.items.len());
        for (index, item) in definition.items.iter().enumerate() {
            check_item(definition, index, item, faults);
            let resolver =
                Resolver { definition, layout: &layout, columns: &columns, faults, item: index, column: "", reads: BTreeSet::new() };
            let (rule, read) = compile(resolver, item, some_weight);
            rules.push(rule);
            reads.push(read);
        }
        let steps = order::steps(definition, &layout, &rules, &reads, faults);
        let places = |(list, choices): (&String, &Vec<super::Choice>)| {
            // Backwards, so that the first of a name stays.
            (list.clone(), choices.iter().enumerate().rev().map(|(place, choice)| (choice.name.clone(), place)).collect())
        };
        Self { rules, steps, choices: definition.lists.iter().map(places).collect(), layout }
    }
}

fn compile(mut resolver: Resolver<'_>, item: &Item, some_weight: bool) -> (Rules, Reads) {
    let mut rules = Rules { relevant: condition(&mut resolver, "relevant", item.relevant.as_deref()), ..Rules::default() };
    let mut reads = Reads { relevant: std::mem::take(&mut resolver.reads), ..Reads::default() };
    rules.calculation = item.calculation.as_deref().map(|source| resolver.expression("calculation", source));
    rules.default = item.default.as_deref().map(|source| default(&mut resolver, source));
    reads.value = std::mem::take(&mut resolver.reads);
    rules.count = item.repeat_count.as_deref().map(|source| resolver.expression("repeat_count", source));
    reads.turns = std::mem::take(&mut resolver.reads);
    rules.required = condition(&mut resolver, "required", item.required.as_deref());
    rules.constraint = item.constraint.as_deref().map(|source| resolver.expression("constraint", source));
    rules.filter = item.choice_filter.as_deref().map(|source| resolver.expression("choice_filter", source));
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

fn condition(resolver: &mut Resolver<'_>, column: &'static str, source: Option<&str>) -> Option<Code> {
    let source = source?;
    match yes_or_no(source) {
        Some(truth) => Some(Code::Boolean(truth)),
        None => Some(resolver.expression(column, source)),
    }
}

/// A default is computed where it calls a known function or reads a question; everything else is the value itself.
fn default(resolver: &mut Resolver<'_>, source: &str) -> Code {
    let is_computed = syntax::parse(source).is_ok_and(|node| computes(&node));
    if is_computed || source.contains("${") { resolver.expression("default", source) } else { Code::Text(source.to_owned()) }
}

fn computes(node: &Node) -> bool {
    match node {
        Node::Question(_) => true,
        Node::Call(name, _) => super::function::Function::named(name).is_some(),
        Node::Negate(inner) => computes(inner),
        Node::Chain(first, rest) => computes(first) || rest.iter().any(|(_, node)| computes(node)),
        Node::Number(_) | Node::Text(_) | Node::Own | Node::Up(_) | Node::Column(_) | Node::Path(_) => false,
    }
}

/// Without any weight in the form every question that can earn points counts 1; with one, the others count nothing.
fn scoring(resolver: &mut Resolver<'_>, item: &Item, some_weight: bool) -> Option<Scoring> {
    let critical = match item.critical.as_deref().map(|source| (yes_or_no(source), source)) {
        None | Some((Some(false), _)) => Critical::Never,
        Some((Some(true), _)) => Critical::Zero,
        Some((None, source)) => Critical::When(resolver.expression("critical", source)),
    };
    let source = source(resolver, item);
    let weight = item.weight.unwrap_or(if some_weight { 0.0 } else { 1.0 });
    match (&source, &critical) {
        (Source::Nothing, Critical::Never) => {
            if item.weight.is_some_and(|weight| weight > 0.0) {
                unscored(resolver, "weight");
            }
            None
        }
        (Source::Nothing, Critical::Zero) => {
            unscored(resolver, "critical");
            None
        }
        (_, Critical::Never) if weight == 0.0 => None,
        _ => Some(Scoring { source, weight, critical }),
    }
}

fn source(resolver: &mut Resolver<'_>, item: &Item) -> Source {
    if let Some(source) = &item.score {
        return Source::Expression(resolver.expression("score", source));
    }
    let number = |name: &str, otherwise: f64| item.parameters.get(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let has_scores = |list: &String| resolver.definition.lists.get(list).is_some_and(|list| list.iter().any(|choice| choice.score.is_some()));
    match item.kind {
        Kind::SelectOne | Kind::SelectMultiple if item.list_name.as_ref().is_some_and(has_scores) => Source::Choices,
        Kind::Range if item.weight.is_some() => Source::Scale { start: number("start", 1.0), end: number("end", 10.0) },
        _ => Source::Nothing,
    }
}

fn unscored(resolver: &mut Resolver<'_>, column: &'static str) {
    let message = "has no effect: neither the choices nor a `score` expression give points";
    resolver.faults.add(Severity::Note, Some(resolver.item), column, message);
}

/// What is wrong with an item apart from its expressions.
fn check_item(definition: &Definition, index: usize, item: &Item, faults: &mut Faults) {
    if !is_name(&item.name) {
        faults.error(index, "name", format!("`{}` is no name: letters, digits, `_`, `-` and `.`, beginning with a letter", item.name));
    }
    if let Kind::Unsupported(name) = &item.kind {
        faults.add(Severity::Cannot, Some(index), "type", format!("the type `{name}` cannot be run"));
    }
    if item.kind.has_choices() {
        match item.list_name.as_ref().map(|list| (list, definition.lists.get(list))) {
            None => faults.error(index, "type", "names no list of choices"),
            Some((list, None)) => faults.error(index, "type", format!("there is no list `{list}` on the choices sheet")),
            Some(_) => {}
        }
    }
    if item.kind == Kind::Calculate && item.calculation.is_none() && item.default.is_none() {
        faults.error(index, "calculation", "is missing");
    }
    if item.weight.is_some_and(|weight| !weight.is_finite() || weight < 0.0) {
        faults.error(index, "weight", "is not a number from 0 up");
    }
    if item.kind == Kind::Range {
        check_range(index, item, faults);
    }
}

fn check_range(index: usize, item: &Item, faults: &mut Faults) {
    let mut numbers = [1.0, 10.0, 1.0];
    for (name, number) in ["start", "end", "step"].into_iter().zip(&mut numbers) {
        let Some(text) = item.parameters.get(name) else { continue };
        match text.parse::<f64>().ok().filter(|number| number.is_finite()) {
            Some(parsed) => *number = parsed,
            None => faults.error(index, "parameters", format!("`{name}={text}` is no number")),
        }
    }
    let [start, end, step] = numbers;
    if step <= 0.0 || start == end {
        faults.error(index, "parameters", format!("from {start} to {end} by {step} is no range"));
    }
}

/// XLSForm names are XML names; letters of any script will do.
pub(super) fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    first && name.len() <= 255 && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}
