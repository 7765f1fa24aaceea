//! One question on the terminal, by its type.

use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input, MultiSelect, Select, Sort};
use fieldwatch_schemas::checklist::{Answers, Checklist, Choice, Context, Item, Kind, offered};
use fieldwatch_schemas::code::Lang;
use serde_json::Value as Json;

use super::super::error::CliError;
use super::super::words::either;

/// A question, and what a person should know beside it.
pub(super) struct Asked<'a> {
    pub(super) checklist: &'a Checklist,
    pub(super) item: &'a Item,
    pub(super) path: &'a str,
    pub(super) is_required: bool,
    /// How far the visit is.
    pub(super) head: String,
    pub(super) lang: Lang,
}

/// What came back.
pub(super) enum Reply {
    Answer(Json),
    /// Left open for now.
    Pass,
    /// Enough for now.
    Stop,
}

fn terminal(error: &dialoguer::Error) -> CliError {
    CliError::Terminal(error.to_string())
}

/// Whether there is one more turn of a repeat.
pub(super) fn confirm(lang: Lang, turn: &str) -> Result<bool, CliError> {
    let question = format!("{} {turn}", either(lang, "再填一组？", "one more?"));
    let asked = Confirm::with_theme(&ColorfulTheme::default())
        .with_prompt(question)
        .default(false)
        .interact_opt();
    Ok(asked.map_err(|error| terminal(&error))?.unwrap_or(false))
}

/// Asks one question. Esc stops where choices are offered; elsewhere an empty line leaves the question open.
pub(super) fn ask(
    asked: &Asked<'_>,
    answers: &Answers,
    context: &Context,
) -> Result<Reply, CliError> {
    match asked.item.kind {
        Kind::SelectOne => one(
            asked,
            &offered(asked.checklist, answers, context, asked.path)?,
        ),
        Kind::SelectMultiple | Kind::Rank => several(
            asked,
            &offered(asked.checklist, answers, context, asked.path)?,
        ),
        Kind::Acknowledge => acknowledge(asked),
        _ => line(asked),
    }
}

impl Asked<'_> {
    fn words(&self) -> String {
        let definition = self.checklist.definition();
        let label = definition.words(&self.item.label, None);
        let hint = definition.words(&self.item.hint, None);
        let mark = if self.is_required { " *" } else { "" };
        let label = if label.is_empty() { self.path } else { label };
        match hint.is_empty() {
            true => format!("{} {label}{mark}", self.head),
            false => format!("{} {label}{mark} ({hint})", self.head),
        }
    }

    fn labels(&self, choices: &[&Choice]) -> Vec<String> {
        let definition = self.checklist.definition();
        let label = |choice: &&Choice| match definition.words(&choice.label, None) {
            "" => choice.name.clone(),
            label => label.to_owned(),
        };
        choices.iter().map(label).collect()
    }
}

fn one(asked: &Asked<'_>, choices: &[&Choice]) -> Result<Reply, CliError> {
    let mut labels = asked.labels(choices);
    labels.push(either(asked.lang, "（暂不回答）", "(leave open)").to_owned());
    let chosen = Select::with_theme(&ColorfulTheme::default())
        .with_prompt(asked.words())
        .items(&labels)
        .default(0)
        .interact_opt()
        .map_err(|error| terminal(&error))?;
    Ok(match chosen {
        None => Reply::Stop,
        Some(place) => choices.get(place).map_or(Reply::Pass, |choice| {
            Reply::Answer(Json::from(choice.name.as_str()))
        }),
    })
}

fn several(asked: &Asked<'_>, choices: &[&Choice]) -> Result<Reply, CliError> {
    let (theme, labels) = (ColorfulTheme::default(), asked.labels(choices));
    let chosen = match asked.item.kind {
        Kind::Rank => Sort::with_theme(&theme)
            .with_prompt(asked.words())
            .items(&labels)
            .interact_opt(),
        _ => MultiSelect::with_theme(&theme)
            .with_prompt(asked.words())
            .items(&labels)
            .interact_opt(),
    };
    let Some(chosen) = chosen.map_err(|error| terminal(&error))? else {
        return Ok(Reply::Stop);
    };
    let names = chosen.into_iter().filter_map(|place| choices.get(place));
    let names: Vec<Json> = names
        .map(|choice| Json::from(choice.name.as_str()))
        .collect();
    Ok(match names.is_empty() {
        true => Reply::Pass,
        false => Reply::Answer(Json::Array(names)),
    })
}

fn acknowledge(asked: &Asked<'_>) -> Result<Reply, CliError> {
    let confirmed = Confirm::with_theme(&ColorfulTheme::default())
        .with_prompt(asked.words())
        .interact_opt()
        .map_err(|error| terminal(&error))?;
    Ok(match confirmed {
        None => Reply::Stop,
        Some(true) => Reply::Answer(Json::from("OK")),
        Some(false) => Reply::Pass,
    })
}

/// Words, numbers, days and everything else that is one line; what does not fit the question is asked again.
fn line(asked: &Asked<'_>) -> Result<Reply, CliError> {
    let fits = |text: &String| {
        let read = asked.checklist.read_text(asked.path, text);
        read.map(drop).map_err(|error| error.why)
    };
    let text: String = Input::with_theme(&ColorfulTheme::default())
        .with_prompt(asked.words())
        .allow_empty(true)
        .validate_with(fits)
        .interact_text()
        .map_err(|error| terminal(&error))?;
    match asked.checklist.read_text(asked.path, &text)? {
        (_, Json::Null) => Ok(Reply::Pass),
        (_, json) => Ok(Reply::Answer(json)),
    }
}
