//! `list`: records, newest first.

use fieldwatch_schemas::time::Moment;
use serde_json::{Value as Json, json};

use super::args::ListArgs;
use super::error::CliError;
use super::home::Home;
use super::output::Output;
use super::words;
use crate::replica::{Absent, Bodies, Filter, Listed};

/// `list`.
pub(super) fn list(
    home: &Home,
    command: &ListArgs,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    let filter = Filter {
        kind: command.kind,
        status: command.status.clone(),
        search: command.search.clone(),
        bodies: Bodies::Anywhere,
        limit: command.limit,
    };
    for line in home.replica().list(&filter)? {
        output.answer(
            || json_line(&line),
            |lang| {
                let summary = &line.summary;
                let status = words::status(lang, summary.kind, &summary.status);
                let state = words::state(lang, line.state);
                let kind = words::kind(lang, summary.kind);
                let absent = match line.absent {
                    Some(_) => words::either(lang, "（正文未取回）", " (body not fetched)"),
                    None => "",
                };
                format!(
                    "{} {kind} {status} {state} {}{absent}",
                    line.record, summary.title
                )
            },
        )?;
    }
    Ok(())
}

fn json_line(line: &Listed) -> Json {
    let summary = &line.summary;
    let mut json = json!({
        "record": line.record,
        "kind": summary.kind,
        "title": summary.title,
        "status": summary.status,
        "state": line.state.name(),
        "updated_at": Moment::china(summary.updated_ms).rfc3339(),
    });
    let received = summary.received_ms.map(|ms| Moment::china(ms).rfc3339());
    let optional = [
        ("nature", &summary.nature),
        ("external_no", &summary.external_no),
        ("received_at", &received),
    ];
    if let Some(json) = json.as_object_mut() {
        if let Some(Absent { needs_bytes }) = line.absent {
            json.insert("body".to_owned(), false.into());
            json.extend(needs_bytes.map(|bytes| ("needs_bytes".to_owned(), bytes.into())));
        }
        for (name, value) in optional {
            json.extend(
                value
                    .iter()
                    .map(|value| (name.to_owned(), Json::from(value.as_str()))),
            );
        }
    }
    json
}
