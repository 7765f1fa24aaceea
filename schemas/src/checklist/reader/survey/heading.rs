//! Headings of the survey sheet, under all the names they have had.

use super::super::Problems;
use super::super::column::{Columns, snake};
use super::super::workbook::Table;

/// Columns of other tools, that change nothing here.
const UNUSED: [&str; 14] = [
    "image",
    "big-image",
    "audio",
    "video",
    "autoplay",
    "rows",
    "intent",
    "save_to",
    "no_app_error_string",
    "noapperrorstring",
    "note",
    "notes",
    "comment",
    "comments",
];

pub(super) fn names(heading: &str) -> Option<&'static str> {
    Some(match heading {
        "type" | "command" => "type",
        "name" | "tag" | "value" => "name",
        "label" | "caption" => "label",
        "hint" => "hint",
        "guidance_hint" => "guidance_hint",
        "required" => "required",
        "required_message" | "requiredmsg" | "jr:requiredmsg" => "required_message",
        "relevant" | "relevance" => "relevant",
        "constraint" => "constraint",
        "constraint_message" | "constraining_message" | "jr:constraintmsg" => "constraint_message",
        "calculation" | "calculate" => "calculation",
        "default" => "default",
        "choice_filter" => "choice_filter",
        "appearance" => "appearance",
        "parameters" => "parameters",
        "read_only" | "readonly" => "read_only",
        "repeat_count" | "count" | "jr:count" => "repeat_count",
        "score" => "score",
        "weight" | "权重" => "weight",
        "critical" | "关键项" => "critical",
        "disabled" => "disabled",
        "trigger" => "trigger",
        _ => return None,
    })
}

pub(super) fn check_headings(table: &Table, columns: &Columns, problems: &mut Problems) {
    for name in ["type", "name"] {
        if !columns.has(name) {
            problems.error(&table.sheet, 1, "", format!("has no column `{name}`"));
        }
    }
    for (column, heading) in columns.all() {
        let base = column.name.split(':').next().map(snake).unwrap_or_default();
        let is_foreign = [
            "bind",
            "instance",
            "control",
            "body",
            "media",
            "$given_name",
        ]
        .contains(&base.as_str())
            || base.starts_with("sms");
        if names(&column.name).is_none() && !UNUSED.contains(&base.as_str()) && !is_foreign {
            problems.warn(&table.sheet, 1, heading, "is not a column we use");
        }
    }
}
