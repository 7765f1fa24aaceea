//! `show RECORD`: the whole record.

use fieldwatch_schemas::checklist::Evaluation;
use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::deadline::Clock;
use fieldwatch_schemas::inspection;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::event::Event;
use serde_json::{Map, Value as Json, json};

use super::args::RecordArgs;
use super::error::CliError;
use super::home::Home;
use super::output::Output;
use super::{conflict, deadline, value, words};
use crate::replica::{Shown, Value};

/// `show RECORD`.
pub(super) fn show(
    home: &Home,
    command: &RecordArgs,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    let record = value::record(home.replica(), &command.record)?;
    let shown = home.replica().view(record)?;
    let clocks = deadline::clocks(&shown, None, home.now().ms)?;
    let evaluation = inspection::evaluation(&shown.view, &**home.replica());
    let evaluation = evaluation.as_ref();
    output.answer(
        || whole(&shown, &clocks, evaluation),
        |lang| sheet(lang, &shown, &clocks, evaluation),
    )
}

/// The fields, and beside them what follows from them.
fn fields(shown: &Shown, evaluation: Option<&Evaluation>) -> Map<String, Json> {
    let mut fields = shown.view.fields.clone();
    if shown.view.kind == Kind::Inspection {
        fields.extend(inspection::derived(&shown.view, evaluation));
    }
    fields
}

/// Everything, for programs.
fn whole(shown: &Shown, clocks: &[Clock<'_>], evaluation: Option<&Evaluation>) -> Json {
    let view = &shown.view;
    let contested = view
        .folded
        .contested
        .iter()
        .copied()
        .chain(std::iter::repeat(false));
    let event = |(event, contested): (&Event, bool)| {
        let mut line = json!({
            "id": event.id,
            "type": event.kind,
            "at": event.at.rfc3339(),
            "by": shown.label(event.actor),
            "data": event.data,
        });
        if let (true, Some(line)) = (contested, line.as_object_mut()) {
            line.insert("contested".to_owned(), Json::Bool(true));
        }
        line
    };
    let events: Vec<Json> = view.events.iter().zip(contested).map(event).collect();
    let deadlines: Vec<Json> = clocks
        .iter()
        .map(|clock| deadline::json(clock).into())
        .collect();
    let mut whole = json!({
        "record": view.record,
        "kind": view.kind,
        "schema": view.schema,
        "fields": fields(shown, evaluation),
        "events": events,
        "status": view.status(),
        "deadlines": deadlines,
        "conflicts": conflict::of_record(shown),
        "heads": view.heads,
        "state": shown.state.name(),
    });
    if let (Some(evaluation), Some(whole)) = (evaluation, whole.as_object_mut()) {
        whole.insert("evaluation".to_owned(), json!(evaluation));
    }
    whole
}

/// Everything, for people: a line each.
fn sheet(
    lang: Lang,
    shown: &Shown,
    clocks: &[Clock<'_>],
    evaluation: Option<&Evaluation>,
) -> String {
    let view = &shown.view;
    let either = |zh, en| words::either(lang, zh, en).to_owned();
    let mut lines = vec![
        (
            either("状态", "status"),
            words::status(lang, view.kind, view.status()),
        ),
        (
            either("发送", "state"),
            words::state(lang, shown.state).to_owned(),
        ),
    ];
    for (path, value) in leaves(view.kind, &fields(shown, evaluation)) {
        let value = words::value(lang, view.kind, &path, &value);
        lines.push((words::field(lang, view.kind, &path), value));
    }
    lines.extend(
        evaluation
            .map(|found| judged(lang, found))
            .into_iter()
            .flatten(),
    );
    let contested = &view.folded.contested;
    let contested = contested.iter().copied().chain(std::iter::repeat(false));
    for (event, contested) in view.events.iter().zip(contested) {
        lines.push(event_line(lang, shown, event, contested));
    }
    for clock in clocks {
        lines.push((either("期限", "deadline"), deadline::sentence(lang, clock)));
    }
    for conflict in &view.conflicts {
        let values = conflict.values.iter().map(|value| shown.value(value));
        let values: Vec<Value> = values.collect();
        let field = words::field(lang, view.kind, &conflict.path);
        let said = conflict::sentence(lang, view.kind, &conflict.path, &values);
        lines.push((format!("{} {field}", either("冲突", "conflict")), said));
    }
    let colon = either("：", ": ");
    let head = format!("{} {}", words::kind(lang, view.kind), view.record);
    let lines = lines
        .iter()
        .map(|(label, value)| format!("{label}{colon}{value}"));
    std::iter::once(head)
        .chain(lines)
        .collect::<Vec<_>>()
        .join("\n")
}

/// What follows from the answers: what is missing or wrong, what was found, and which answer gave which points.
fn judged(lang: Lang, evaluation: &Evaluation) -> Vec<(String, String)> {
    let word = |zh, en| words::either(lang, zh, en).to_owned();
    let missing = evaluation
        .missing
        .iter()
        .map(|missing| (word("未答", "missing"), missing.label.clone()));
    let wrong = evaluation.violations.iter().map(|wrong| {
        let said = format!("{}: {}", wrong.label, wrong.message);
        (word("不能成立", "not acceptable"), said)
    });
    let found = evaluation.findings.iter().map(|finding| {
        let critical = match finding.critical {
            true => words::either(lang, "（否决项）", " (critical)"),
            false => "",
        };
        let said = format!("{}: {}{critical}", finding.label, finding.answer);
        (word("发现问题", "finding"), said)
    });
    let points = evaluation.explanation.iter().map(|line| {
        let points = match line.not_applicable {
            true => words::either(lang, "不适用", "not applicable").to_owned(),
            false => format!("{} / {}", line.points, line.possible),
        };
        let said = format!("{}: {} → {points}", line.label, line.answer);
        (word("得分", "points"), said)
    });
    missing.chain(wrong).chain(found).chain(points).collect()
}

/// What happened, when, and who says so.
fn event_line(lang: Lang, shown: &Shown, event: &Event, contested: bool) -> (String, String) {
    let mark = match contested {
        true => words::either(lang, "（有争议）", " (contested)"),
        false => "",
    };
    let data = match event.data.is_empty() {
        true => String::new(),
        false => format!(" {}", Json::Object(event.data.clone())),
    };
    let label = format!(
        "{} {}",
        words::minute(event.at),
        words::event(lang, shown.view.kind, &event.kind)
    );
    (label, format!("{}{data}{mark}", shown.label(event.actor)))
}

/// The values that have a line of their own, by path: in the order of the form, what no form knows after it.
fn leaves(kind: Kind, fields: &Map<String, Json>) -> Vec<(String, Json)> {
    let mut found = Vec::new();
    for (key, value) in fields {
        match value {
            Json::Object(inner) => {
                let inner = inner
                    .iter()
                    .map(|(name, value)| (format!("{key}.{name}"), value.clone()));
                found.extend(inner);
            }
            Json::Null => {}
            value => found.push((key.clone(), value.clone())),
        }
    }
    let paths = kind.paths();
    let place = |path: &str| {
        let container = path.split('.').next().unwrap_or_default();
        let known = paths
            .iter()
            .position(|known| *known == path || *known == container);
        known.unwrap_or(paths.len())
    };
    found.sort_by_key(|(path, _)| place(path));
    found
}
