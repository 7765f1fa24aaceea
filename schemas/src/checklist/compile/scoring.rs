//! How items earn points, decided once from their columns and their lists.

use super::yes_or_no;
use crate::checklist::code::Code;
use crate::checklist::definition::Item;
use crate::checklist::fault::Severity;
use crate::checklist::kind::Kind;
use crate::checklist::resolve::Resolver;

/// How an item earns points.
#[derive(Clone, Debug)]
pub(in crate::checklist) struct Scoring {
    pub(in crate::checklist) source: Source,
    pub(in crate::checklist) weight: f64,
    pub(in crate::checklist) critical: Critical,
}

/// Where points come from.
#[derive(Clone, Debug)]
pub(in crate::checklist) enum Source {
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
pub(in crate::checklist) enum Critical {
    Never,
    /// When it earns nothing.
    Zero,
    /// While this is true.
    When(Code),
}

/// Without any weight in the form every question that can earn points counts 1; with one, the others count nothing.
pub(super) fn scoring(
    resolver: &mut Resolver<'_>,
    item: &Item,
    some_weight: bool,
) -> Option<Scoring> {
    let critical = match item
        .critical
        .as_deref()
        .map(|source| (yes_or_no(source), source))
    {
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
        _ => Some(Scoring {
            source,
            weight,
            critical,
        }),
    }
}

fn source(resolver: &mut Resolver<'_>, item: &Item) -> Source {
    if let Some(source) = &item.score {
        return Source::Expression(resolver.expression("score", source));
    }
    let number = |name: &str, otherwise: f64| {
        item.parameters
            .get(name)
            .and_then(|text| text.parse().ok())
            .unwrap_or(otherwise)
    };
    let has_scores = |list: &String| resolver.lists.get(list).is_some_and(|list| list.is_scored);
    match item.kind {
        Kind::SelectOne | Kind::SelectMultiple
            if item.list_name.as_ref().is_some_and(has_scores) =>
        {
            Source::Choices
        }
        Kind::Range if item.weight.is_some() => Source::Scale {
            start: number("start", 1.0),
            end: number("end", 10.0),
        },
        _ => Source::Nothing,
    }
}

fn unscored(resolver: &mut Resolver<'_>, column: &'static str) {
    let message = "has no effect: neither the choices nor a `score` expression give points";
    resolver
        .faults
        .add(Severity::Note, Some(resolver.item), column, message);
}
