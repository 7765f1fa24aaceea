//! `show RECORD`: the whole record.

use fieldwatch_schemas::checklist::Evaluation;
use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::deadline::Clock;
use fieldwatch_schemas::inspection;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::label;
use fieldwatch_schemas::record::event::Event;
use fieldwatch_schemas::status::derive;
use fieldwatch_schemas::time::Moment;
use serde_json::{Map, Value as Json, json};

use super::args::RecordArgs;
use super::error::CliError;
use super::home::Home;
use super::output::Output;
use super::{acknowledgement, conflict, deadline, value, words};
use crate::replica::{Shown, Timed, Value};

/// `show RECORD`.
pub(super) fn show(
    home: &Home,
    command: &RecordArgs,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    let record = value::record(home.replica(), &command.record)?;
    let shown = home.replica().view(record)?;
    let clocks = deadline::clocks(home.replica(), &shown, None, home.now().ms)?;
    let evaluation = inspection::evaluation(&shown.view, &**home.replica());
    let evaluation = evaluation.as_ref();
    let lang = output.lang();
    output.answer(
        || whole(lang, &shown, &clocks, evaluation),
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
fn whole(lang: Lang, shown: &Shown, clocks: &[Clock<'_>], evaluation: Option<&Evaluation>) -> Json {
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
        if let Some(line) = line.as_object_mut() {
            if contested {
                line.insert("contested".to_owned(), Json::Bool(true));
            }
            line.extend(counts_at(shown.event_time(event)));
        }
        line
    };
    let events: Vec<Json> = view.events.iter().zip(contested).map(event).collect();
    let received = shown.received_time().and_then(counts_at);
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
    if let Some(whole) = whole.as_object_mut() {
        whole.extend(evaluation.map(|evaluation| ("evaluation".to_owned(), json!(evaluation))));
        let received = received.map(|(_, at)| ("received_counts_at".to_owned(), at));
        whole.extend(received);
        let derived = derive::derived(view);
        whole.insert("derived".to_owned(), Json::Object(derived));
        let page = acknowledgement::text(shown, lang);
        whole.extend(page.map(|text| ("text".to_owned(), Json::from(text))));
    }
    whole
}

/// The time that counts for deadlines, where it is not the one that was stated.
fn counts_at(time: Timed) -> Option<(String, Json)> {
    let at = Moment::china(time.counted.at_ms).rfc3339();
    let is_replaced = time.counted.is_replaced;
    is_replaced.then(|| ("counts_at".to_owned(), Json::from(at)))
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
    if let Some(time) = shown
        .received_time()
        .filter(|time| time.counted.is_replaced)
    {
        let field = words::field(lang, view.kind, "received_at");
        lines.push((field, replaced(lang, time)));
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
    let page = acknowledgement::printed(shown, lang);
    std::iter::once(head)
        .chain(lines)
        .chain(page.map(|page| format!("\n{page}")))
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

/// That the stated time does not count for deadlines, and which one does.
fn replaced(lang: Lang, time: Timed) -> String {
    let at = words::minute(Moment::china(time.counted.at_ms));
    match lang {
        Lang::Zh => format!("所填时间与服务器收到时间相差过大，期限按收到时间 {at} 计"),
        Lang::En => {
            format!("the stated time is too far from its receipt: deadlines count from {at}")
        }
    }
}

/// What an event says, by the names of the form.
fn said(lang: Lang, kind: Kind, event: &Event) -> String {
    let life_cycle = kind.table().life_cycle;
    let one = |(key, value): (&String, &Json)| {
        let shape = life_cycle
            .datum(&event.kind, key)
            .map(|datum| datum.field.shape);
        let label = label::datum(kind, &event.kind, key, lang);
        format!("{label} {}", words::shaped(lang, shape, value))
    };
    let said: Vec<String> = event.data.iter().map(one).collect();
    said.join(words::either(lang, "，", ", "))
}

/// What happened, when, and who says so.
fn event_line(lang: Lang, shown: &Shown, event: &Event, contested: bool) -> (String, String) {
    let mark = match contested {
        true => words::either(lang, "（有争议）", " (contested)"),
        false => "",
    };
    let data = match event.data.is_empty() {
        true => String::new(),
        false => format!(" {}", said(lang, shown.view.kind, event)),
    };
    let label = format!(
        "{} {}",
        words::minute(event.at),
        words::event(lang, shown.view.kind, &event.kind)
    );
    let time = shown.event_time(event);
    let counts = match time.counted.is_replaced {
        true => words::either(lang, "；", "; ").to_owned() + &replaced(lang, time),
        false => String::new(),
    };
    let by = shown.label(event.actor);
    (label, format!("{by}{data}{mark}{counts}"))
}

/// The values that have a line of their own, by path: in the order of the form, what no form knows after it.
pub(super) fn leaves(kind: Kind, fields: &Map<String, Json>) -> Vec<(String, Json)> {
    let mut found = Vec::new();
    for (key, value) in fields {
        match value {
            Json::Object(inner) => {
                for (name, value) in inner {
                    let path = format!("{key}.{name}");
                    match value {
                        Json::Object(cells) => found.extend(
                            cells
                                .iter()
                                .map(|(cell, value)| (format!("{path}.{cell}"), value.clone())),
                        ),
                        value => found.push((path, value.clone())),
                    }
                }
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
