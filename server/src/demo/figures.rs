//! The report as people read it: its JSON in words, with labels in place of codes.

use std::io::{self, Write};

use fieldwatch_schemas::code::{Lang, list};
use serde_json::Value as Json;

use super::tell::{Teller, percent, thousands, yuan};

/// The results of inspections, with their words.
const RESULTS: [(&str, &str, &str); 3] = [
    ("pass", "合格", "Pass"),
    ("fail", "不合格", "Fail"),
    ("critical_fail", "严重不合格", "Critical fail"),
];
const NATURES: [&str; 4] = ["complaint", "tip_off", "consultation", "other"];

/// Shows a report.
///
/// # Errors
///
/// [`io::Error`] if nobody can be told.
pub(super) fn show<W: Write>(teller: &mut Teller<W>, report: &Json) -> io::Result<()> {
    let lang = teller.lang();
    let total = number(report, "/demands/total");
    teller.say(
        &format!("诉求总量 {} 件", thousands(total)),
        &format!("Demands in all: {}", thousands(total)),
    )?;
    let natures: Vec<_> = NATURES
        .iter()
        .map(|code| {
            let count = number(report, &format!("/demands/{code}"));
            (label(lang, "nature", code), count)
        })
        .collect();
    teller.bars("按诉求类型", "By nature", &natures)?;
    let by = |name: &str, codes: &str| counts(lang, report, name, codes);
    teller.bars("按渠道", "By channel", &by("/by_channel", "channel"))?;
    teller.bars("按客体类别", "By category", &by("/by_category", "category"))?;
    teller.bars("按问题性质", "By problem", &by("/by_problem", "problem"))?;
    show_results(teller, report)
}

fn show_results<W: Write>(teller: &mut Teller<W>, report: &Json) -> io::Result<()> {
    let recovered = report.pointer("/recovered_fen").and_then(Json::as_i64);
    let recovered = yuan(recovered.unwrap_or(0));
    teller.say(
        &format!("挽回经济损失 {recovered}"),
        &format!("Recovered for consumers: {recovered}"),
    )?;
    let first = share(report, "/first_action");
    teller.say(
        &format!("1 个工作日内首次响应 {first}"),
        &format!("First action within 1 working day: {first}"),
    )?;
    let closed = share(report, "/closed");
    teller.say(
        &format!("7 个工作日内办结 {closed}"),
        &format!("Closed within 7 working days: {closed}"),
    )?;
    let lang = teller.lang();
    let results: Vec<_> = RESULTS
        .iter()
        .map(|(code, zh, en)| {
            let words = match lang {
                Lang::Zh => zh,
                Lang::En => en,
            };
            let count = number(report, &format!("/inspections/{code}"));
            ((*words).to_owned(), count)
        })
        .collect();
    teller.bars("暗访体察结果", "Inspections by result", &results)
}

/// The label of a code in a list; an unknown code is its own label.
pub(super) fn label(lang: Lang, list_name: &str, code: &str) -> String {
    let label = list(list_name).map(|list| list.label(lang, code));
    label.unwrap_or(code).to_owned()
}

/// Counts by code, the largest first.
fn counts(lang: Lang, report: &Json, at: &str, list_name: &str) -> Vec<(String, u64)> {
    let counts = report.pointer(at).and_then(Json::as_object);
    let mut rows: Vec<(String, u64)> = counts
        .into_iter()
        .flatten()
        .map(|(code, count)| (label(lang, list_name, code), count.as_u64().unwrap_or(0)))
        .collect();
    rows.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    rows
}

fn number(report: &Json, at: &str) -> u64 {
    report.pointer(at).and_then(Json::as_u64).unwrap_or(0)
}

fn share(report: &Json, at: &str) -> String {
    let within = number(report, &format!("{at}/within"));
    let of = number(report, &format!("{at}/of"));
    format!("{within} / {of} ({})", percent(within, of))
}

#[cfg(test)]
mod tests;
