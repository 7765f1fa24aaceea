//! Evaluating answers: what is asked, what is missing or wrong, what follows, and how it scores.
//!
//! A pure function: the same checklist, answers and context give the same evaluation on every device, in whatever order
//! the answers were given or merged.

mod order;
mod wrong;

use order::{document_order, ignored};
use wrong::{is_required, wrong};

use serde_json::Value as Json;

use super::Checklist;
use super::definition::Choice;
use super::eval::Scene;
use super::kind::Kind;
use super::limits::{ANSWERS_MAX, TURNS_TOTAL_MAX, WORK_MAX};
use super::outcome::{Answers, Context, Evaluation, Missing, Progress, Turns, Violation};
use super::run::Run;
use super::score;
use super::value::{Value, number_text, whole};

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
pub fn evaluate(
    checklist: &Checklist,
    answers: &Answers,
    context: &Context,
) -> Result<Evaluation, EvaluateError> {
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
    let Some(item) = checklist.item_at(path) else {
        return Ok(Vec::new());
    };
    let turn = (0..run.turns_of(item)).find(|turn| run.path(item, *turn) == path);
    turn.map_or_else(|| Ok(Vec::new()), |turn| offered_in(&run, item, turn))
}

fn offered_in<'a>(
    run: &Run<'a>,
    item: usize,
    turn: usize,
) -> Result<Vec<&'a Choice>, EvaluateError> {
    let Some((asked, _, rules)) = run.item(item) else {
        return Ok(Vec::new());
    };
    let list = asked
        .list_name
        .as_ref()
        .and_then(|list| run.checklist.definition().lists.get(list));
    let mut offered = Vec::new();
    for choice in list.into_iter().flatten() {
        run.spend(1)?;
        let fits = match &rules.filter {
            Some(code) => Scene::settled(run, item, turn)
                .with_choice(choice)
                .value(code)?
                .to_bool(),
            None => true,
        };
        if fits {
            offered.push(choice);
        }
    }
    Ok(offered)
}

fn visit(
    run: &Run<'_>,
    item: usize,
    turn: usize,
    evaluation: &mut Evaluation,
) -> Result<(), EvaluateError> {
    let Some((asked, place, rules)) = run.item(item) else {
        return Ok(());
    };
    run.spend(1)?;
    if !run.is_relevant(item, turn) || asked.kind == Kind::Group {
        return Ok(());
    }
    let label = run.checklist.definition().words(&asked.label, None);
    // A label may be copied into the missing, the violations, the explanation and the findings.
    run.spend(u64::try_from(label.len() / 16).unwrap_or(u64::MAX))?;
    let path = run.path(item, turn);
    if let Some(scope) = place.opens {
        let is_fixed = rules.count.is_some();
        evaluation
            .repeats
            .push(turns(run, scope, turn, path, is_fixed));
        return Ok(());
    }
    let value = run.value_at(item, turn);
    let is_preset = rules.default.is_some() && run.stored(item, turn).is_none();
    if (is_preset || rules.calculation.is_some()) && !value.is_blank() {
        evaluation.calculated.insert(path.clone(), json(value));
    }
    let wrong = wrong(run, item, turn)?;
    if asked.kind.is_asked() && rules.calculation.is_none() {
        evaluation.progress.asked += 1;
        evaluation.progress.answered += usize::from(wrong.is_none() && !value.is_blank());
    }
    match wrong {
        Some((breach, message)) => evaluation.violations.push(Violation {
            path: path.clone(),
            name: asked.name.clone(),
            label: label.to_owned(),
            breach,
            message,
        }),
        None if value.is_blank() && is_required(run, item, turn)? => {
            let message = run
                .checklist
                .definition()
                .words(&asked.required_message, None)
                .to_owned();
            evaluation.missing.push(Missing {
                path: path.clone(),
                name: asked.name.clone(),
                label: label.to_owned(),
                message,
            });
        }
        None => score::add(run, item, turn, &path, evaluation)?,
    }
    evaluation.relevant.push(path);
    Ok(())
}

fn turns(run: &Run<'_>, scope: usize, around: usize, path: String, is_fixed: bool) -> Turns {
    let turns = run
        .inside(scope, around)
        .filter_map(|turn| run.turn(scope, turn));
    Turns {
        path,
        numbers: turns.map(|turn| turn.number).collect(),
        is_fixed,
    }
}

fn percent(progress: Progress) -> u8 {
    let percent = (progress.answered * 100)
        .checked_div(progress.asked)
        .unwrap_or(100);
    u8::try_from(percent).unwrap_or(100)
}

fn json(value: &Value<'_>) -> Json {
    match value {
        Value::Number(number) => match whole(*number, 1 << 53) {
            Some(integer) => Json::from(integer),
            None => serde_json::Number::from_f64(*number)
                .map_or_else(|| Json::from(number_text(*number)), Json::Number),
        },
        Value::Boolean(truth) => Json::from(*truth),
        other => Json::from(other.to_text().into_owned()),
    }
}
