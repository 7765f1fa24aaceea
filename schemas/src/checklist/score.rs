//! Points, findings and the judgement.

mod conclude;

use conclude::add_to_section;
pub(super) use conclude::conclude;

use super::EvaluateError;
use super::compile::{Critical, Scoring, Source};
use super::definition::Item;
use super::eval::Scene;
use super::kind::Kind;
use super::outcome::{Evaluation, ScoreLine};
use super::run::Run;
use super::value::Value;

/// Adds what one answered question contributes.
pub(super) fn add(
    run: &Run<'_>,
    item: usize,
    turn: usize,
    path: &str,
    evaluation: &mut Evaluation,
) -> Result<(), EvaluateError> {
    let Some((asked, place, rules)) = run.item(item) else {
        return Ok(());
    };
    let value = run.value_at(item, turn);
    let Some(scoring) = &rules.scoring else {
        return Ok(());
    };
    if value.is_blank() {
        return Ok(());
    }
    let earned = earned(run, item, turn, scoring)?;
    let critical_fail = match &scoring.critical {
        Critical::Never => false,
        Critical::Zero => earned.is_some_and(|(score, best)| score <= 0.0 && best > 0.0),
        Critical::When(code) => Scene::settled(run, item, turn).value(code)?.to_bool(),
    };
    let (score, best) = earned.unwrap_or((0.0, 0.0));
    let (points, possible) = (score * scoring.weight, best * scoring.weight);
    let definition = run.checklist.definition();
    let line = ScoreLine {
        path: path.to_owned(),
        name: asked.name.clone(),
        label: definition.words(&asked.label, None).to_owned(),
        answer: in_words(run, asked, item, value),
        weight: scoring.weight,
        points,
        possible,
        not_applicable: earned.is_none(),
        critical_fail,
    };
    let section = place
        .section
        .and_then(|section| definition.items.get(section));
    add_to_section(
        evaluation,
        section.map_or("", |section| &section.name),
        section.map_or("", |section| definition.words(&section.label, None)),
        &line,
    );
    evaluation.points += points;
    evaluation.possible += possible;
    evaluation.explanation.push(line);
    Ok(())
}

/// Score of an answer and the best there could be, before weighing; none where the question does not apply.
fn earned(
    run: &Run<'_>,
    item: usize,
    turn: usize,
    scoring: &Scoring,
) -> Result<Option<(f64, f64)>, EvaluateError> {
    let value = run.value_at(item, turn);
    Ok(match &scoring.source {
        Source::Choices => choices(run, item, value),
        Source::Scale { start, end } => match value {
            Value::Number(number) => {
                Some((((number - start) / (end - start)).clamp(0.0, 1.0), 1.0))
            }
            _ => None,
        },
        Source::Expression(code) => {
            let score = Scene::settled(run, item, turn).value(code)?;
            let number = if score.is_blank() {
                f64::NAN
            } else {
                score.to_number(run.local)
            };
            (!number.is_nan()).then(|| (number.clamp(0.0, 1.0), 1.0))
        }
        Source::Nothing => None,
    })
}

fn choices(run: &Run<'_>, item: usize, value: &Value<'_>) -> Option<(f64, f64)> {
    let (asked, ..) = run.item(item)?;
    let list = run.checklist.plan.lists.get(asked.list_name.as_ref()?)?;
    let text = value.to_text();
    let score = |name: &str| run.checklist.choice(item, name)?.score;
    if asked.kind == Kind::SelectOne {
        return Some((score(&text)?, list.best));
    }
    let chosen: Vec<f64> = text.split_whitespace().filter_map(score).collect();
    (!chosen.is_empty()).then(|| (chosen.iter().sum(), list.best_together))
}

/// The answer as the reader of a report wants it.
fn in_words(run: &Run<'_>, asked: &Item, item: usize, value: &Value<'_>) -> String {
    let text = value.to_text();
    if !asked.kind.has_choices() {
        return text.into_owned();
    }
    let label = |name: &str| {
        let words = run.checklist.choice(item, name).map_or("", |choice| {
            run.checklist.definition().words(&choice.label, None)
        });
        if words.is_empty() {
            name.to_owned()
        } else {
            words.to_owned()
        }
    };
    if asked.kind == Kind::SelectOne {
        label(&text)
    } else {
        text.split_whitespace()
            .map(label)
            .collect::<Vec<_>>()
            .join("、")
    }
}
