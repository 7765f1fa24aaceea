//! The `choices` sheet: lists of choices, with our own `score` and any columns that choice filters use.

use std::collections::BTreeSet;

use super::column::Columns;
use super::workbook::{Row, Table};
use super::{Draft, Problems};
use crate::checklist::definition::Choice;

fn names(heading: &str) -> Option<&'static str> {
    Some(match heading {
        "list_name" => "list_name",
        "name" | "value" => "name",
        "label" | "caption" => "label",
        "score" | "得分" => "score",
        _ => return None,
    })
}

pub(super) fn read(tables: &[Table], draft: &mut Draft, problems: &mut Problems) {
    let Some(table) = super::survey::named(tables, "choices") else {
        return;
    };
    let columns = Columns::new(table, names, draft, problems);
    for name in ["list_name", "name"] {
        if !columns.has(name) && !table.headings.is_empty() {
            problems.error(&table.sheet, 1, "", format!("has no column `{name}`"));
        }
    }
    let mut seen = BTreeSet::new();
    for row in &table.rows {
        let Some((list, choice)) = choice(row, table, &columns, draft, problems) else {
            continue;
        };
        if !seen.insert((list.clone(), choice.name.clone())) {
            let (heading, name) = (columns.heading("name"), &choice.name);
            if draft.allows_duplicates {
                problems.warn(
                    &table.sheet,
                    row.number,
                    &heading,
                    format!("`{name}` stands twice; the first counts"),
                );
            } else {
                problems.error(
                    &table.sheet,
                    row.number,
                    &heading,
                    format!("`{name}` stands twice in list `{list}`"),
                );
                continue;
            }
        }
        draft.definition.lists.entry(list).or_default().push(choice);
    }
}

fn choice(
    row: &Row,
    table: &Table,
    columns: &Columns,
    draft: &Draft,
    problems: &mut Problems,
) -> Option<(String, Choice)> {
    let Some(list) = columns.text(row, "list_name") else {
        problems.warn(
            &table.sheet,
            row.number,
            &columns.heading("list_name"),
            "is empty, so the row is skipped",
        );
        return None;
    };
    let Some(name) = columns.text(row, "name") else {
        problems.error(
            &table.sheet,
            row.number,
            &columns.heading("name"),
            "is missing",
        );
        return None;
    };
    let label = columns.words(row, "label", &draft.plain_language());
    if label.is_empty() {
        problems.warn(
            &table.sheet,
            row.number,
            &columns.heading("label"),
            "is missing",
        );
    }
    let score = columns.text(row, "score").and_then(|text| {
        let score = text.parse::<f64>().ok().filter(|score| score.is_finite());
        if score.is_none() {
            problems.error(
                &table.sheet,
                row.number,
                &columns.heading("score"),
                format!("`{text}` is no number"),
            );
        }
        score
    });
    Some((
        list,
        Choice {
            name,
            label,
            score,
            columns: columns.others(row, names),
        },
    ))
}
