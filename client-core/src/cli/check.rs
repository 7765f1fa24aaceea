//! `check`: whether everything that this home holds is sound, and with `--repair` what can be done about it without the server.

use fieldwatch_schemas::code::Lang;
use serde_json::{Value as Json, json};

use super::args::CheckArgs;
use super::error::CliError;
use super::home::Home;
use super::output::Output;
use super::words;
use crate::replica::{Harm, Lost, Salvaged};

/// `check [--repair]`.
pub(super) fn check(
    home: &Home,
    command: &CheckArgs,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    let found = match command.repair {
        true => home.replica().salvage()?,
        false => home.replica().examine()?,
    };
    let is_repaired = command.repair;
    output.answer(
        || json_of(&found, is_repaired),
        |lang| sheet(lang, &found, command),
    )?;
    match found.harms > 0 && !is_repaired {
        // What was found has been told.
        true => Err(CliError::Told(1)),
        false => Ok(()),
    }
}

fn json_of(found: &Salvaged, is_repaired: bool) -> Json {
    let problem = |harm: &Harm| json!({ "record": harm.record, "what": harm.what.name() });
    let lost = |lost: &Lost| json!({ "record": lost.record, "change": lost.change });
    json!({
        "records": found.records,
        "harms": found.harms,
        "problems": found.found.iter().map(problem).collect::<Vec<_>>(),
        "lost": found.lost.iter().map(lost).collect::<Vec<_>>(),
        "repaired": is_repaired,
    })
}

fn sheet(lang: Lang, found: &Salvaged, command: &CheckArgs) -> String {
    let Salvaged { records, harms, .. } = found;
    let mut lines = vec![match (lang, found.is_sound()) {
        (Lang::Zh, true) => format!("{records} 条记录，全部完好"),
        (Lang::En, true) => format!("{records} records, all sound"),
        (Lang::Zh, false) => format!("{records} 条记录，发现 {harms} 处损坏"),
        (Lang::En, false) => format!("{records} records, {harms} harms found"),
    }];
    for Harm { record, what } in &found.found {
        let record = record.map(|record| record.to_string());
        let what = words::harm(lang, *what);
        lines.push(
            format!("{} {what}", record.unwrap_or_default())
                .trim()
                .to_owned(),
        );
    }
    for Lost { record, change } in &found.lost {
        let said = match change {
            Some(_) => words::either(
                lang,
                "有未发送的更改暂时不能并入，已另存；同步后自动补回",
                "unsent work does not apply for the time being and is kept aside: the next sync takes it back",
            ),
            None => words::either(
                lang,
                "有未发送的更改已不能读取",
                "unsent work cannot be read any more",
            ),
        };
        lines.push(format!("{record} {said}"));
    }
    if *harms > 0 {
        lines.push(
            match command.repair {
                true => words::either(
                    lang,
                    "已整理；缺少的内容下次同步时取回",
                    "put in order; what is missing comes with the next sync",
                ),
                false => words::either(
                    lang,
                    "运行 fieldwatch check --repair 整理",
                    "run `fieldwatch check --repair` to put it in order",
                ),
            }
            .to_owned(),
        );
    }
    lines.join("\n  ")
}
