//! Evaluating answers: what is asked, what is missing or wrong, what follows, and how it scores.
//!
//! A pure function: the same checklist, answers and context give the same evaluation on every device, in whatever order
//! the answers were given or merged.

use serde_json::Value as Json;

use super::answer::is_on_range;
use super::definition::{Choice, Item, Kind};
use super::eval::Scene;
use super::limits::{ANSWERS_MAX, TURNS_TOTAL_MAX, WORK_MAX};
use super::outcome::{Answers, Context, Evaluation, Missing, Progress, Turns, Violation};
use super::run::{Run, split_path};
use super::score;
use super::value::{Value, number_text, whole};
use super::Checklist;

/// Why answers cannot be evaluated. All three say that somebody tries to make us work too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluateError {
    /// The expressions need more steps than allowed.
    #[error("the checklist takes more than {WORK_MAX} steps to evaluate")]
    TooMuchWork,
    /// The repeats have more turns than allowed.
    #[error("there are more than {TURNS_TOTAL_MAX} turns of repeats")]
    TooManyTurns,
    /// There are more answers than allowed.
    #[error("there are more than {ANSWERS_MAX} answers")]
    TooManyAnswers,
}

/// Evaluates the answers of one inspection.
///
/// **Score** = 100 × points ÷ possible, with two decimals. A question earns weight × the score of its choice (of all chosen
/// ones for `select_multiple`) and could earn weight × the best score of its list; with a `score` expression it earns weight
/// × that (from 0 to 1) and could earn its weight; a range earns by how far up it is. What is not relevant, not answered, or
/// answered with a choice without a score neither gives nor could give anything. A question marked `critical` fails the
/// whole inspection when it is answered and earns nothing, or while its own `critical` expression is true.
///
/// # Errors
///
/// [`EvaluateError`] where a limit is exceeded; the same on every device.
pub fn evaluate(checklist: &Checklist, answers: &Answers, context: &Context) -> Result<Evaluation, EvaluateError> {
    let run = Run::new(checklist, answers, *context)?;
    let mut evaluation = Evaluation::default();
    for (item, turn) in document_order(&run) {
        visit(&run, item, turn, &mut evaluation)?;
    }
    evaluation.progress.missing = evaluation.missing.len();
    evaluation.progress.percent = percent(evaluation.progress);
    evaluation.ignored = ignored(&run);
    score::conclude(checklist.definition().pass_mark, &mut evaluation);
    Ok(evaluation)
}

/// Offers the choices of a question that its filter lets through, in the order of the list.
///
/// # Errors
///
/// [`EvaluateError`] where a limit is exceeded.
pub fn offered<'a>(
    checklist: &'a Checklist,
    answers: &'a Answers,
    context: &Context,
    path: &str,
) -> Result<Vec<&'a Choice>, EvaluateError> {
    let run = Run::new(checklist, answers, *context)?;
    let Some(item) = checklist.item_at(path) else { return Ok(Vec::new()) };
    let turn = (0..run.turns_of(item)).find(|turn| run.path(item, *turn) == path);
    turn.map_or_else(|| Ok(Vec::new()), |turn| offered_in(&run, item, turn))
}

fn offered_in<'a>(run: &Run<'a>, item: usize, turn: usize) -> Result<Vec<&'a Choice>, EvaluateError> {
    let Some((asked, _, rules)) = run.item(item) else { return Ok(Vec::new()) };
    let list = asked.list_name.as_ref().and_then(|list| run.checklist.definition().lists.get(list));
    let mut offered = Vec::new();
    for choice in list.into_iter().flatten() {
        let fits = match &rules.filter {
            Some(code) => Scene::settled(run, item, turn).with_choice(choice).value(code)?.to_bool(),
            None => true,
        };
        if fits {
            offered.push(choice);
        }
    }
    Ok(offered)
}

/// Every item in every turn as a reader of the form meets them: all of one turn, then the next.
fn document_order(run: &Run<'_>) -> Vec<(usize, usize)> {
    let mut order = Vec::new();
    walk(run, 0, run.columns.len(), 0, &mut order);
    order
}

fn walk(run: &Run<'_>, from: usize, to: usize, turn: usize, order: &mut Vec<(usize, usize)>) {
    let mut item = from;
    while item < to {
        order.push((item, turn));
        let Some((_, place, _)) = run.item(item) else { return };
        match place.opens {
            Some(scope) => {
                let inside = run.inside.get(scope).and_then(|inside| inside.get(turn)).cloned().unwrap_or_default();
                for turn in inside {
                    walk(run, item + 1, place.end, turn, order);
                }
                item = place.end;
            }
            None => item += 1,
        }
    }
}

fn visit(run: &Run<'_>, item: usize, turn: usize, evaluation: &mut Evaluation) -> Result<(), EvaluateError> {
    let Some((asked, place, rules)) = run.item(item) else { return Ok(()) };
    run.spend(1)?;
    if !run.is_relevant(item, turn) || asked.kind == Kind::Group {
        return Ok(());
    }
    let path = run.path(item, turn);
    if let Some(scope) = place.opens {
        let inside = run.inside.get(scope).and_then(|inside| inside.get(turn)).cloned().unwrap_or_default();
        let numbers = inside.filter_map(|turn| run.turn(scope, turn)).map(|turn| turn.number).collect();
        evaluation.repeats.push(Turns { path, numbers, is_fixed: rules.count.is_some() });
        return Ok(());
    }
    let value = run.value_at(item, turn);
    let follows = rules.calculation.is_some() || rules.default.is_some() && run.stored(item, turn).is_none();
    if follows && !value.is_blank() {
        evaluation.calculated.insert(path.clone(), json(value));
    }
    let wrong = wrong(run, item, turn)?;
    let is_asked = asked.kind.is_asked() && rules.calculation.is_none();
    if is_asked {
        evaluation.progress.asked += 1;
        evaluation.progress.answered += usize::from(wrong.is_none() && !value.is_blank());
    }
    let label = || run.checklist.definition().words(&asked.label, None).to_owned();
    if wrong.is_none() && value.is_blank() && is_required(run, item, turn)? {
        let message = run.checklist.definition().words(&asked.required_message, None).to_owned();
        evaluation.missing.push(Missing { path: path.clone(), name: asked.name.clone(), label: label(), message });
    }
    if let Some(message) = wrong {
        evaluation.violations.push(Violation { path: path.clone(), name: asked.name.clone(), label: label(), message });
    } else {
        score::add(run, item, turn, &path, evaluation)?;
    }
    evaluation.relevant.push(path);
    Ok(())
}

fn is_required(run: &Run<'_>, item: usize, turn: usize) -> Result<bool, EvaluateError> {
    match run.item(item) {
        Some((asked, _, rules)) if asked.kind != Kind::Note => match &rules.required {
            Some(code) => Ok(Scene::settled(run, item, turn).value(code)?.to_bool()),
            None => Ok(false),
        },
        _ => Ok(false),
    }
}

/// What is wrong with an answer, in the form's words where it has any.
fn wrong(run: &Run<'_>, item: usize, turn: usize) -> Result<Option<String>, EvaluateError> {
    let Some((asked, _, rules)) = run.item(item) else { return Ok(None) };
    if let Some(reason) = run.columns.get(item).and_then(|column| column.refused.get(&turn)) {
        return Ok(Some((*reason).to_owned()));
    }
    let value = run.value_at(item, turn);
    if value.is_blank() {
        return Ok(None);
    }
    if let Some(reason) = unfit(run, asked, item, turn)? {
        return Ok(Some(reason.to_owned()));
    }
    if let Some(code) = &rules.constraint
        && !Scene::settled(run, item, turn).value(code)?.to_bool()
    {
        let own = run.checklist.definition().words(&asked.constraint_message, None);
        let said = if own.is_empty() { format!("不符合 / must satisfy: {}", asked.constraint.as_deref().unwrap_or_default()) } else { own.to_owned() };
        return Ok(Some(said));
    }
    Ok(None)
}

/// Whether the answer is outside what the question offers.
fn unfit(run: &Run<'_>, asked: &Item, item: usize, turn: usize) -> Result<Option<&'static str>, EvaluateError> {
    let value = run.value_at(item, turn);
    if let (Kind::Range, Value::Number(number)) = (&asked.kind, value) {
        return Ok((!is_on_range(asked, *number)).then_some("不在范围内 / not on the range"));
    }
    if !asked.kind.has_choices() {
        return Ok(None);
    }
    let text = value.to_text();
    let names: Vec<&str> = if asked.kind == Kind::SelectOne { vec![&text] } else { text.split_whitespace().collect() };
    if names.iter().any(|name| run.checklist.choice(item, name).is_none()) {
        return Ok(Some("不是选项 / not one of the choices"));
    }
    let has_filter = run.item(item).is_some_and(|(_, _, rules)| rules.filter.is_some());
    if !has_filter && asked.kind == Kind::SelectOne {
        return Ok(None);
    }
    let offered: std::collections::BTreeSet<&str> = offered_in(run, item, turn)?.into_iter().map(|choice| choice.name.as_str()).collect();
    if names.iter().any(|name| !offered.contains(name)) {
        return Ok(Some("此处没有这个选项 / not offered here"));
    }
    let distinct: std::collections::BTreeSet<&str> = names.iter().copied().collect();
    Ok(match asked.kind {
        _ if distinct.len() != names.len() => Some("选项重复 / a choice stands twice"),
        Kind::Rank if distinct.len() != offered.len() => Some("请排列全部选项 / every choice must be ranked"),
        _ => None,
    })
}

fn percent(progress: Progress) -> u8 {
    let percent = (progress.answered * 100).checked_div(progress.asked).unwrap_or(100);
    u8::try_from(percent).unwrap_or(100)
}

/// Answers that do not count now: of questions that are not relevant, of turns that are not there, of no question.
fn ignored(run: &Run<'_>) -> Vec<String> {
    let given = run.answers.iter().filter(|(_, json)| !json.is_null());
    given.filter(|(path, _)| !counts(run, path)).map(|(path, _)| path.clone()).collect()
}

fn counts(run: &Run<'_>, path: &str) -> bool {
    let Some((item, (_, place, _))) = run.checklist.item_at(path).and_then(|item| Some((item, run.item(item)?))) else { return false };
    if place.scope == 0 {
        return place.leaf == path && run.is_relevant(item, 0);
    }
    let Some((_, numbers)) = split_path(path) else { return false };
    let mut turn = 0;
    for (scope, number) in run.checklist.plan.layout.chain(place.scope).into_iter().zip(numbers) {
        let inside = run.inside.get(scope).and_then(|inside| inside.get(turn)).cloned().unwrap_or_default();
        match inside.into_iter().find(|turn| run.turn(scope, *turn).is_some_and(|found| found.number == number)) {
            Some(found) => turn = found,
            None => return false,
        }
    }
    let prefix = run.turn(place.scope, turn).map_or("", |turn| turn.prefix.as_str());
    path.strip_prefix(prefix) == Some(&place.leaf) && run.is_relevant(item, turn)
}

fn json(value: &Value<'_>) -> Json {
    match value {
        Value::Number(number) => match whole(*number, 1 << 53) {
            Some(integer) => Json::from(integer),
            None => serde_json::Number::from_f64(*number).map_or_else(|| Json::from(number_text(*number)), Json::Number),
        },
        Value::Boolean(truth) => Json::from(*truth),
        other => Json::from(other.to_text().into_owned()),
    }
}
