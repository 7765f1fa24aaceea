//! `status`: what a volunteer needs to know.

use std::fmt::Write as _;

use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::time::Moment;
use serde_json::{Value as Json, json};

use super::error::CliError;
use super::home::Home;
use super::output::Output;
use super::words;
use crate::replica::{FeedStatus, Status};

/// `status`.
pub(super) fn status(home: &Home, output: &mut Output<'_>) -> Result<(), CliError> {
    let status = home.replica().status()?;
    output.answer(|| json_of(&status), |lang| sheet(lang, &status))
}

fn json_of(status: &Status) -> Json {
    let feed = |feed: &FeedStatus| {
        json!({
            "feed": feed.feed,
            "cursor": feed.cursor,
            "digest": feed.digest.to_string(),
            "records": feed.records,
        })
    };
    json!({
        "records": status.records,
        "outbox": status.outbox,
        "quarantined": status.quarantined,
        "conflicts": status.conflicts,
        "feeds": status.feeds.iter().map(feed).collect::<Vec<_>>(),
        "last_sync": status.last_sync_ms.map(|ms| Moment::china(ms).rfc3339()),
    })
}

fn sheet(lang: Lang, status: &Status) -> String {
    let last = match status.last_sync_ms {
        Some(ms) => words::minute(Moment::china(ms)),
        None => words::either(lang, "从未", "never").to_owned(),
    };
    let Status {
        records,
        outbox,
        quarantined,
        conflicts,
        ..
    } = status;
    let mut sheet = match lang {
        Lang::Zh => format!(
            "记录 {records}，未发送 {outbox}，需处理 {quarantined}，冲突 {conflicts}，上次同步 {last}"
        ),
        Lang::En => format!(
            "{records} records, {outbox} not sent, {quarantined} quarantined, {conflicts} conflicts, last sync {last}"
        ),
    };
    for feed in &status.feeds {
        let unit = words::either(lang, "条", "records");
        // Writing to a String cannot fail.
        write!(sheet, "\n  {}  {} {unit}", feed.feed, feed.records).unwrap_or_default();
    }
    sheet
}
