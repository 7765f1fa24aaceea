//! `import FILE`: many records from a table.

use std::fs::File;
use std::io::{BufReader, IsTerminal as _};
use std::path::Path;

use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::record::import::Row;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::args::{ImportArgs, TableFormat};
use super::error::CliError;
use super::home::{self, Home};
use super::output::Output;
use super::{Hand, record};
use crate::import::{ImportError, Kept, Mapping, Totals, import as import_table};
use crate::replica::{Imported, ReplicaError};

/// How much of the file is read at a time.
const BUFFER_BYTES: usize = 256 * 1024;
/// How many refused rows words show; JSON has them all.
const REFUSED_SHOWN: u64 = 20;

/// `import FILE --format csv --mapping M.toml`.
pub(super) fn import(
    home: &Home,
    command: &ImportArgs,
    hand: Hand,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    let TableFormat::Csv = command.format;
    let text = home::read_text(&command.mapping)?;
    let mapping = Mapping::parse(&text).map_err(|error| CliError::File {
        file: command.mapping.clone(),
        why: error.to_string(),
    })?;
    let station = match record::station(home.replica()) {
        Ok(station) => Some(station),
        Err(_) if mapping.gives("station") => None,
        Err(error) => return Err(error),
    };
    let unreadable = |error: std::io::Error| CliError::File {
        file: command.file.clone(),
        why: error.to_string(),
    };
    let file = File::open(&command.file).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    let bar = bar(bytes, hand);
    let keep = |rows: &[Row]| keep(home, rows);
    let table = BufReader::with_capacity(BUFFER_BYTES, file);
    let done = import_table(table, &mapping, station.as_deref(), keep, |read| {
        bar.set_position(read);
    });
    bar.finish_and_clear();
    let totals = done.map_err(|error| about(&command.file, error))?;
    output.answer(|| json!(totals), |lang| sheet(lang, &totals))
}

/// Keeps a group of rows, durable when it returns.
fn keep(home: &Home, rows: &[Row]) -> Kept<ReplicaError> {
    let done = home
        .replica()
        .import_rows(rows, &home.now(), &mut home.chance())?;
    let told = |done: Result<Imported, ReplicaError>| match done {
        Ok(imported) => Ok(Ok(imported)),
        Err(
            error @ (ReplicaError::Edit(_)
            | ReplicaError::Document(_)
            | ReplicaError::KindUnknown(_)),
        ) => Ok(Err(error.to_string())),
        Err(error) => Err(error),
    };
    done.into_iter().map(told).collect()
}

/// Names the file where the fault is the file's.
fn about(file: &Path, error: ImportError<ReplicaError>) -> CliError {
    match error {
        ImportError::Keep(error) => error.into(),
        ImportError::Io(cause) => CliError::File {
            file: file.to_owned(),
            why: cause.to_string(),
        },
        other => CliError::File {
            file: file.to_owned(),
            why: other.to_string(),
        },
    }
}

/// A bar on a terminal, nothing in a pipe.
fn bar(bytes: u64, hand: Hand) -> ProgressBar {
    if hand == Hand::Relayed || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {eta}");
    let bar = ProgressBar::new(bytes);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn sheet(lang: Lang, totals: &Totals) -> String {
    let Totals {
        read,
        created,
        updated,
        unchanged,
        unmapped,
        refused,
        refused_unlisted,
    } = totals;
    let listed = u64::try_from(refused.len()).unwrap_or(u64::MAX);
    let count = listed.saturating_add(*refused_unlisted);
    let mut lines = vec![match lang {
        Lang::Zh => format!(
            "读取 {read} 行：新建 {created}，更新 {updated}，未变 {unchanged}，拒绝 {count}；其中 {unmapped} 行有未能对照的值（已原样保留）"
        ),
        Lang::En => format!(
            "{read} rows: {created} created, {updated} updated, {unchanged} unchanged, {count} refused; {unmapped} with a value that nothing translates, kept as it was"
        ),
    }];
    let shown = (0..REFUSED_SHOWN).zip(refused);
    lines.extend(shown.map(|(_, refusal)| match lang {
        Lang::Zh => format!("  第 {} 行：{}", refusal.row, refusal.reason),
        Lang::En => format!("  row {}: {}", refusal.row, refusal.reason),
    }));
    let more = count.saturating_sub(REFUSED_SHOWN);
    if more > 0 {
        lines.push(match lang {
            Lang::Zh => format!("  另有 {more} 行（用 --json 查看）"),
            Lang::En => format!("  and {more} more (see --json)"),
        });
    }
    lines.join("\n")
}
