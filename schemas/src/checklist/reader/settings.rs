//! The `settings` sheet: what the form is called.

use super::column::Columns;
use super::workbook::Table;
use super::{Draft, Problems};
use crate::checklist::compile::yes_or_no;
use crate::checklist::definition::Definition;

fn names(heading: &str) -> Option<&'static str> {
    Some(match heading {
        "form_title" | "set_form_title" => "form_title",
        "title" => "title",
        "form_id" | "set_form_id" => "form_id",
        "id_string" => "id_string",
        "version" => "version",
        "default_language" => "default_language",
        "pass_mark" | "及格线" => "pass_mark",
        "allow_choice_duplicates" => "allow_choice_duplicates",
        _ => return None,
    })
}

/// Settings that say how a form is sent or styled elsewhere.
const UNUSED: [&str; 13] = [
    "style",
    "instance_name",
    "public_key",
    "submission_url",
    "auto_send",
    "auto_delete",
    "clean_text_values",
    "name",
    "prefix",
    "delimiter",
    "sms_keyword",
    "omit_instanceid",
    "namespaces",
];

pub(super) fn read(tables: &[Table], problems: &mut Problems) -> Draft {
    let mut draft = Draft {
        definition: Definition {
            pass_mark: Definition::PASS_MARK,
            ..Definition::default()
        },
        ..Draft::default()
    };
    let Some(table) = super::survey::named(tables, "settings") else {
        return draft;
    };
    let columns = Columns::new(table, names, &mut draft, problems);
    for (column, heading) in columns.all() {
        if names(&column.name).is_none()
            && !UNUSED.contains(&super::column::snake(&column.name).as_str())
        {
            problems.warn(&table.sheet, 1, heading, "is not a setting we use");
        }
    }
    let Some(row) = table.rows.first() else {
        return draft;
    };
    let text = |name: &str| columns.text(row, name);
    // The older names count where the newer ones are absent.
    draft.definition.title = text("form_title")
        .or_else(|| text("title"))
        .unwrap_or_default();
    draft.definition.id = text("form_id")
        .or_else(|| text("id_string"))
        .unwrap_or_default();
    draft.definition.version = text("version").unwrap_or_default();
    draft.stated_language = text("default_language");
    draft.allows_duplicates = text("allow_choice_duplicates")
        .as_deref()
        .and_then(yes_or_no)
        .unwrap_or(false);
    if let Some(mark) = text("pass_mark") {
        match mark
            .trim_end_matches('%')
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|mark| (0.0..=100.0).contains(mark))
        {
            Some(mark) => draft.definition.pass_mark = mark,
            None => problems.error(
                &table.sheet,
                row.number,
                &columns.heading("pass_mark"),
                format!("`{mark}` is no number from 0 to 100"),
            ),
        }
    }
    draft
}
