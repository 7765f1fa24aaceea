//! `inspection answer RECORD`: the checklist of a visit, asked question by question on a terminal.
//!
//! Each answer is durable before the next question, so that whoever stops goes on where they stopped. Only what is relevant is asked;
//! what is not required may be left open.

mod prompt;

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _};
use std::sync::Arc;

use fieldwatch_schemas::checklist::{Answers, Checklist, Context, Evaluation, evaluate};
use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::inspection::checklist_of;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::edit::Act;
use fieldwatch_schemas::time::CHINA_OFFSET_MIN;
use serde_json::json;

use self::prompt::{Asked, Reply};
use super::Hand;
use super::args::{InspectionAct, InspectionArgs};
use super::error::CliError;
use super::home::Home;
use super::output::Output;
use super::value::{self, Given};
use super::words::either;

/// `inspection …`.
pub(super) fn inspection(
    home: &Home,
    command: &InspectionArgs,
    hand: Hand,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    let InspectionAct::Answer(command) = &command.act;
    let record = value::record(home.replica(), &command.record)?;
    let view = home.replica().view(record)?.view;
    if view.kind != Kind::Inspection {
        return Err(CliError::NotAnInspection(record));
    }
    let named = || view.text("checklist.id").unwrap_or_default().to_owned();
    let checklist = checklist_of(&view, &**home.replica());
    let checklist = checklist.ok_or_else(|| CliError::NoChecklist(named()))?;
    let is_terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
    if hand == Hand::Relayed || !is_terminal {
        return Err(CliError::NoTerminal);
    }
    let mut runner = Runner {
        home,
        record,
        checklist,
        lang: output.lang(),
        passed: BTreeSet::new(),
    };
    runner.run(output)
}

struct Runner<'a> {
    home: &'a Home,
    record: RecordId,
    checklist: Arc<Checklist>,
    lang: Lang,
    /// What was left open this time.
    passed: BTreeSet<String>,
}

impl Runner<'_> {
    fn run(&mut self, output: &mut Output<'_>) -> Result<(), CliError> {
        loop {
            let (answers, evaluation) = self.now()?;
            let Some(path) = self.next(&answers, &evaluation) else {
                if self.another_turn(&evaluation)? {
                    continue;
                }
                break;
            };
            match self.ask(&path, &answers, &evaluation)? {
                Reply::Answer(json) => self.keep(&path, json, output)?,
                Reply::Pass => drop(self.passed.insert(path)),
                Reply::Stop => break,
            }
        }
        let (_, evaluation) = self.now()?;
        output.answer(
            || {
                json!({
                    "record": self.record, "progress": evaluation.progress,
                    "missing": evaluation.missing, "score": evaluation.score,
                })
            },
            |lang| ended(lang, self.record, &evaluation),
        )
    }

    fn now(&self) -> Result<(Answers, Evaluation), CliError> {
        let answers = self.home.replica().view(self.record)?.view.answers();
        let evaluation = evaluate(&self.checklist, &answers, &self.context())?;
        Ok((answers, evaluation))
    }

    fn context(&self) -> Context {
        Context::at(self.home.now().ms, CHINA_OFFSET_MIN)
    }

    /// The first question that is asked now and has no answer that may stand.
    fn next(&self, answers: &Answers, evaluation: &Evaluation) -> Option<String> {
        let is_wrong = |path: &str| evaluation.violations.iter().any(|wrong| wrong.path == path);
        let is_open = |path: &&String| {
            let asked = self.checklist.question_at(path);
            let is_asked = asked.is_ok_and(|(_, item)| item.kind.is_asked());
            let is_blank = answers.get(*path).is_none_or(serde_json::Value::is_null);
            is_asked && !self.passed.contains(*path) && (is_blank || is_wrong(path))
        };
        evaluation.relevant.iter().find(is_open).cloned()
    }

    fn ask(
        &self,
        path: &str,
        answers: &Answers,
        evaluation: &Evaluation,
    ) -> Result<Reply, CliError> {
        let (_, item) = self.checklist.question_at(path)?;
        let missing = evaluation
            .missing
            .iter()
            .any(|missing| missing.path == path);
        let wrong = evaluation
            .violations
            .iter()
            .find(|wrong| wrong.path == path);
        let progress = evaluation.progress;
        let asked = Asked {
            checklist: &self.checklist,
            item,
            path,
            is_required: missing || wrong.is_some(),
            head: format!("[{}/{}]", progress.answered, progress.asked),
            lang: self.lang,
        };
        prompt::ask(&asked, answers, &self.context())
    }

    /// Makes an answer durable, and says at once where it may not stand.
    fn keep(
        &mut self,
        path: &str,
        json: serde_json::Value,
        output: &mut Output<'_>,
    ) -> Result<(), CliError> {
        let given = Given::Json(json);
        let replica = self.home.replica();
        let (field, value) = value::answer(replica, Some(&self.checklist), path, &given)?;
        let act = Act::Set { path: field, value };
        let (now, mut chance) = (self.home.now(), self.home.chance());
        replica.edit(self.record, &[act], &now, &mut chance)?;
        let (_, evaluation) = self.now()?;
        let wrong = evaluation
            .violations
            .iter()
            .find(|wrong| wrong.path == path);
        match wrong {
            Some(wrong) => output.say(&format!("✗ {}", wrong.message)),
            None => Ok(()),
        }
    }

    /// Asks whether a repeat without a fixed count has one more turn, and its first question if it has.
    fn another_turn(&mut self, evaluation: &Evaluation) -> Result<bool, CliError> {
        for turns in evaluation.repeats.iter().filter(|turns| !turns.is_fixed) {
            let number = turns
                .numbers
                .last()
                .map_or(1, |last| last.saturating_add(1));
            let turn = format!("{}[{number}]", turns.path);
            if !self.passed.insert(turn.clone()) {
                continue;
            }
            let questions = self.checklist.definition().items.iter();
            let first = questions
                .filter(|item| item.kind.is_asked())
                .find_map(|item| {
                    let path = format!("{turn}.{}", item.name);
                    self.checklist.canonical_path(&path)
                });
            let Some(first) = first else { continue };
            if !prompt::confirm(self.lang, &turn)? {
                continue;
            }
            let (answers, evaluation) = self.now()?;
            if let Reply::Answer(json) = self.ask(&first, &answers, &evaluation)? {
                let replica = self.home.replica();
                let given = Given::Json(json);
                let (field, value) = value::answer(replica, Some(&self.checklist), &first, &given)?;
                let act = Act::Set { path: field, value };
                let (now, mut chance) = (self.home.now(), self.home.chance());
                replica.edit(self.record, &[act], &now, &mut chance)?;
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// How far the visit is, and what to do next.
fn ended(lang: Lang, record: RecordId, evaluation: &Evaluation) -> String {
    let progress = evaluation.progress;
    let head = format!(
        "{} {}/{} ({}%)",
        either(lang, "进度", "progress"),
        progress.answered,
        progress.asked,
        progress.percent
    );
    let missing = evaluation.missing.iter().map(|missing| {
        let word = either(lang, "未答", "missing");
        format!("{word}: {}", missing.label)
    });
    let next = match evaluation.is_complete() {
        true => format!(
            "{}: fieldwatch event {record} submitted",
            either(lang, "可以提交", "it can be submitted")
        ),
        false => format!(
            "{}: fieldwatch inspection answer {record}",
            either(lang, "继续作答", "to go on")
        ),
    };
    std::iter::once(head)
        .chain(missing)
        .chain([next])
        .collect::<Vec<_>>()
        .join("\n")
}
