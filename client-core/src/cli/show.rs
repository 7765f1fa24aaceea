//! `show RECORD`: the whole record.

use std::fmt::Write as _;

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
    output.answer(|| whole(&shown, &clocks), |lang| sheet(lang, &shown, &clocks))
}

/// The fields, and beside them what follows from them.
fn fields(shown: &Shown) -> Map<String, Json> {
    let mut fields = shown.view.fields.clone();
    if shown.view.kind == Kind::Inspection {
        fields.extend(inspection::derived(&shown.view));
    }
    fields
}

/// Everything, for programs.
fn whole(shown: &Shown, clocks: &[Clock<'_>]) -> Json {
    let view = &shown.view;
    let contested = view.folded.contested.iter().copied().chain(std::iter::repeat(false));
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
    let deadlines: Vec<Json> = clocks.iter().map(|clock| deadline::json(clock).into()).collect();
    json!({
        "record": view.record,
        "kind": view.kind,
        "schema": view.schema,
        "fields": fields(shown),
        "events": events,
        "status": view.status(),
        "deadlines": deadlines,
        "conflicts": conflict::of_record(shown),
        "heads": view.heads,
        "state": shown.state.name(),
    })
}

/// Everything, for people.
fn sheet(lang: Lang, shown: &Shown, clocks: &[Clock<'_>]) -> String {
    let view = &shown.view;
    let colon = words::either(lang, "：", ": ");
    let mut sheet = format!("{} {}", words::kind(lang, view.kind), view.record);
    let mut line = |label: &str, value: &str| {
        // Writing to a String cannot fail.
        write!(sheet, "\n{label}{colon}{value}").unwrap_or_default();
    };
    line(words::either(lang, "状态", "status"), &words::status(lang, view.status()));
    line(words::either(lang, "发送", "state"), words::state(lang, shown.state));
    for (path, value) in leaves(view.kind, &fields(shown)) {
        line(&words::field(lang, &path), &words::value(lang, view.kind, &path, &value));
    }
    let contested = view.folded.contested.iter().copied().chain(std::iter::repeat(false));
    for (event, contested) in view.events.iter().zip(contested) {
        let mark = match contested {
            true => words::either(lang, "（有争议）", " (contested)"),
            false => "",
        };
        let data = match event.data.is_empty() {
            true => String::new(),
            false => format!(" {}", Json::Object(event.data.clone())),
        };
        let label = format!("{} {}", words::minute(event.at), words::event(lang, &event.kind));
        line(&label, &format!("{}{data}{mark}", shown.label(event.actor)));
    }
    for clock in clocks {
        line(words::either(lang, "期限", "deadline"), &deadline::sentence(lang, clock));
    }
    for conflict in &view.conflicts {
        let values: Vec<Value> = conflict.values.iter().map(|value| shown.value(value)).collect();
        let label = format!("{} {}", words::either(lang, "冲突", "conflict"), words::field(lang, &conflict.path));
        line(&label, &conflict::sentence(lang, view.kind, &conflict.path, &values));
    }
    sheet
}

/// The values that have a line of their own, by path: in the order of the form, what no form knows after it.
fn leaves(kind: Kind, fields: &Map<String, Json>) -> Vec<(String, Json)> {
    let mut found = Vec::new();
    for (key, value) in fields {
        match value {
            Json::Object(inner) => {
                let inner = inner.iter().map(|(name, value)| (format!("{key}.{name}"), value.clone()));
                found.extend(inner);
            }
            Json::Null => {}
            value => found.push((key.clone(), value.clone())),
        }
    }
    let paths = kind.paths();
    let place = |path: &str| {
        let container = path.split('.').next().unwrap_or_default();
        let known = paths.iter().position(|known| *known == path || *known == container);
        known.unwrap_or(paths.len())
    };
    found.sort_by_key(|(path, _)| place(path));
    found
}
