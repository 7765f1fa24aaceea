//! From lines to sections, findings and the judgement.

use crate::checklist::outcome::{Evaluation, Finding, Outcome, ScoreLine, SectionScore};

/// Draws the conclusion from all lines.
pub(in crate::checklist) fn conclude(pass_mark: f64, evaluation: &mut Evaluation) {
    evaluation.score = percentage(evaluation.points, evaluation.possible);
    let is_critical = evaluation.explanation.iter().any(|line| line.critical_fail);
    evaluation.result = match evaluation.score {
        _ if is_critical => Some(Outcome::CriticalFail),
        Some(score) if score >= pass_mark => Some(Outcome::Pass),
        Some(_) => Some(Outcome::Fail),
        None => None,
    };
    let lost = |line: &&ScoreLine| line.critical_fail || line.points < line.possible;
    let finding = |line: &ScoreLine| Finding {
        path: line.path.clone(),
        name: line.name.clone(),
        label: line.label.clone(),
        answer: line.answer.clone(),
        lost: line.possible - line.points,
        critical: line.critical_fail,
    };
    evaluation.findings = evaluation
        .explanation
        .iter()
        .filter(lost)
        .map(finding)
        .collect();
    // Stable, so within both the order is that of the form.
    evaluation.findings.sort_by_key(|finding| !finding.critical);
}

pub(super) fn add_to_section(
    evaluation: &mut Evaluation,
    name: &str,
    label: &str,
    line: &ScoreLine,
) {
    let place = evaluation
        .sections
        .iter()
        .position(|section| section.name == name);
    if place.is_none() {
        evaluation.sections.push(SectionScore {
            name: name.to_owned(),
            label: label.to_owned(),
            points: 0.0,
            possible: 0.0,
            score: None,
        });
    }
    let section = match place {
        Some(place) => evaluation.sections.get_mut(place),
        None => evaluation.sections.last_mut(),
    };
    if let Some(section) = section {
        section.points += line.points;
        section.possible += line.possible;
        section.score = percentage(section.points, section.possible);
    }
}

/// 100 × points ÷ possible with two decimals, from 0 to 100.
fn percentage(points: f64, possible: f64) -> Option<f64> {
    (possible > 0.0)
        .then(|| libm::floor((points / possible).clamp(0.0, 1.0) * 10_000.0 + 0.5) / 100.0)
}
