//! `conflicts` and `resolve`: values that nobody has chosen between.

use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::kind::Kind;
use serde_json::{Value as Json, json};

use super::args::ResolveArgs;
use super::error::CliError;
use super::home::Home;
use super::output::Output;
use super::{value, words};
use crate::replica::{Shown, Value};

/// `conflicts`: one line each.
pub(super) fn conflicts(home: &Home, output: &mut Output<'_>) -> Result<(), CliError> {
    let unsettled = home.replica().conflicts()?;
    if unsettled.is_empty() {
        output.say(words::either(output.lang(), "没有冲突", "no conflicts"))?;
    }
    for conflict in &unsettled {
        let kind = home.replica().view(conflict.record)?.view.kind;
        output.answer(
            || {
                let values = values_json(&conflict.values);
                json!({ "record": conflict.record, "path": conflict.path, "values": values })
            },
            |lang| {
                let field = words::field(lang, kind, &conflict.path);
                let said = sentence(lang, kind, &conflict.path, &conflict.values);
                let record = conflict.record;
                match lang {
                    Lang::Zh => format!("{record} {field}（{}）：{said}", conflict.path),
                    Lang::En => format!("{record} {}: {said}", conflict.path),
                }
            },
        )?;
    }
    Ok(())
}

/// The values of a conflict, for programs.
pub(super) fn values_json(values: &[Value]) -> Json {
    let value = |value: &Value| {
        let at = value.at.map(|at| at.rfc3339());
        json!({ "value": value.value, "by": value.by, "at": at })
    };
    values.iter().map(value).collect()
}

/// The values of a conflict, in one sentence: 李 09:12 写“退货”；王 09:20 写“换货”.
pub(super) fn sentence(lang: Lang, kind: Kind, path: &str, values: &[Value]) -> String {
    let said = |place: usize, value: &Value| {
        let what = words::value(lang, kind, path, &value.value);
        let at = value.at.map(words::minute);
        let by = &value.by;
        match (lang, at) {
            (Lang::Zh, Some(at)) => format!("[{place}] {by} {at} 写“{what}”"),
            (Lang::Zh, None) => format!("[{place}] 导入表写“{what}”"),
            (Lang::En, Some(at)) => format!("[{place}] {by} wrote {what} at {at}"),
            (Lang::En, None) => format!("[{place}] an imported table says {what}"),
        }
    };
    let said: Vec<String> = (1..)
        .zip(values)
        .map(|(place, value)| said(place, value))
        .collect();
    said.join(words::either(lang, "；", ", "))
}

/// The conflicts of one record, for programs.
pub(super) fn of_record(shown: &Shown) -> Json {
    let conflict = |conflict: &fieldwatch_schemas::record::conflict::Conflict| {
        let values: Vec<Value> = conflict
            .values
            .iter()
            .map(|value| shown.value(value))
            .collect();
        json!({ "path": conflict.path, "values": values_json(&values) })
    };
    shown.view.conflicts.iter().map(conflict).collect()
}

/// `resolve RECORD PATH --choose N`.
pub(super) fn resolve(
    home: &Home,
    command: &ResolveArgs,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    let record = value::record(home.replica(), &command.record)?;
    let path = command.path.as_str();
    let before = home.replica().view(record)?;
    let conflicts = &before.view.conflicts;
    let Some(conflict) = conflicts.iter().find(|conflict| conflict.path == path) else {
        return Err(CliError::NoConflict {
            record,
            path: path.to_owned(),
            paths: conflicts
                .iter()
                .map(|conflict| conflict.path.clone())
                .collect(),
        });
    };
    let chosen = command
        .choose
        .checked_sub(1)
        .and_then(|place| conflict.values.get(place));
    let chosen =
        chosen.map(|value| words::value(output.lang(), before.view.kind, path, &value.value));
    let edited = home.replica().resolve(
        record,
        path,
        command.choose,
        &home.now(),
        &mut home.chance(),
    )?;
    output.answer(
        || json!({ "record": record, "heads": edited.heads }),
        |lang| {
            let field = words::field(lang, before.view.kind, path);
            let chosen = chosen.unwrap_or_default();
            match lang {
                Lang::Zh => format!("“{field}”已定为“{chosen}”"),
                Lang::En => format!("{field} is now {chosen}"),
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldwatch_schemas::time::Moment;

    #[test]
    fn a_conflict_reads_as_a_sentence_in_both_languages() {
        let value = |value: &str, by: &str, at: &str| Value {
            value: json!(value),
            by: by.to_owned(),
            at: Some(Moment::parse(at).unwrap()),
        };
        let values = [
            value("退货", "李", "2024-03-05T09:12:00+08:00"),
            value("换货", "王", "2024-03-05T09:20:00+08:00"),
        ];
        let said = |lang| sentence(lang, Kind::Case, "respondent.name", &values);
        assert_eq!(
            said(Lang::Zh),
            "[1] 李 2024-03-05 09:12 写“退货”；[2] 王 2024-03-05 09:20 写“换货”"
        );
        assert_eq!(
            said(Lang::En),
            "[1] 李 wrote 退货 at 2024-03-05 09:12, [2] 王 wrote 换货 at 2024-03-05 09:20"
        );
    }
}
