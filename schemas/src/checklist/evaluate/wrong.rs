//! What may not stand: answers outside what is offered, constraints that do not hold, and what must be given.

use std::collections::BTreeSet;

use super::{EvaluateError, offered_in};
use crate::checklist::answer::is_on_range;
use crate::checklist::definition::Item;
use crate::checklist::eval::Scene;
use crate::checklist::kind::Kind;
use crate::checklist::outcome::Breach;
use crate::checklist::run::Run;
use crate::checklist::value::Value;

/// What is wrong with an answer, in the form's words where it has any.
pub(super) fn wrong(
    run: &Run<'_>,
    item: usize,
    turn: usize,
) -> Result<Option<(Breach, String)>, EvaluateError> {
    let Some((asked, _, rules)) = run.item(item) else {
        return Ok(None);
    };
    if let Some(reason) = run
        .columns
        .get(item)
        .and_then(|column| column.refused.get(&turn))
    {
        return Ok(Some((Breach::Type, (*reason).to_owned())));
    }
    let value = run.value_at(item, turn);
    if value.is_blank() {
        return Ok(None);
    }
    if let Some(breach) = unfit(run, asked, item, turn)? {
        return Ok(Some((breach, in_words(breach).to_owned())));
    }
    if let Some(code) = &rules.constraint
        && !Scene::settled(run, item, turn).value(code)?.to_bool()
    {
        let own = run
            .checklist
            .definition()
            .words(&asked.constraint_message, None);
        let said = if own.is_empty() {
            let rule = asked.constraint.as_deref().unwrap_or_default();
            format!("{}: {rule}", in_words(Breach::Constraint))
        } else {
            own.to_owned()
        };
        return Ok(Some((Breach::Constraint, said)));
    }
    Ok(None)
}

fn in_words(breach: Breach) -> &'static str {
    match breach {
        Breach::Type => "类型不对 / of another type",
        Breach::Choice => "不是选项 / not one of the choices",
        Breach::NotOffered => "此处没有这个选项 / not offered here",
        Breach::Repeated => "选项重复 / a choice stands twice",
        Breach::Ranking => "请排列全部选项 / every choice must be ranked",
        Breach::Range => "不在范围内 / not on the range",
        Breach::Constraint => "不符合 / must satisfy",
    }
}

/// Whether the answer is outside what the question offers.
fn unfit(
    run: &Run<'_>,
    asked: &Item,
    item: usize,
    turn: usize,
) -> Result<Option<Breach>, EvaluateError> {
    let value = run.value_at(item, turn);
    if let (Kind::Range, Value::Number(number)) = (&asked.kind, value) {
        return Ok((!is_on_range(asked, *number)).then_some(Breach::Range));
    }
    if !asked.kind.has_choices() {
        return Ok(None);
    }
    let text = value.to_text();
    let names: Vec<&str> = if asked.kind == Kind::SelectOne {
        vec![&text]
    } else {
        text.split_whitespace().collect()
    };
    if names
        .iter()
        .any(|name| run.checklist.choice(item, name).is_none())
    {
        return Ok(Some(Breach::Choice));
    }
    let has_filter = run
        .item(item)
        .is_some_and(|(_, _, rules)| rules.filter.is_some());
    if !has_filter && asked.kind == Kind::SelectOne {
        return Ok(None);
    }
    let offered: BTreeSet<&str> = offered_in(run, item, turn)?
        .into_iter()
        .map(|choice| choice.name.as_str())
        .collect();
    if names.iter().any(|name| !offered.contains(name)) {
        return Ok(Some(Breach::NotOffered));
    }
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    Ok(match asked.kind {
        _ if distinct.len() != names.len() => Some(Breach::Repeated),
        Kind::Rank if distinct.len() != offered.len() => Some(Breach::Ranking),
        _ => None,
    })
}

pub(super) fn is_required(run: &Run<'_>, item: usize, turn: usize) -> Result<bool, EvaluateError> {
    match run.item(item) {
        Some((asked, _, rules)) if asked.kind != Kind::Note => match &rules.required {
            Some(code) => Ok(Scene::settled(run, item, turn).value(code)?.to_bool()),
            None => Ok(false),
        },
        _ => Ok(false),
    }
}
