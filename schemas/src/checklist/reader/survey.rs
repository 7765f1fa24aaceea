//! The `survey` sheet: one row for each question, group and repeat.

mod container;
mod heading;
mod item;

use heading::{check_headings, names};

use super::column::Columns;
use super::kind::{self, Container, Row as Meaning};
use super::workbook::{Row, Table};
use super::{Draft, Problems};
use crate::checklist::compile::yes_or_no;
use crate::checklist::definition::{Choice, Item, Words};
use crate::checklist::kind::Kind;
use crate::checklist::limits::ITEMS_MAX;

/// Where the items of a form came from.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) sheet: String,
    /// Row of each item.
    pub(super) origins: Vec<u32>,
    columns: Columns,
}

impl Survey {
    /// A column of ours by the heading it has in the sheet.
    pub(super) fn heading(&self, name: &str) -> String {
        self.columns.heading(name)
    }
}

/// Finds a sheet by its name in any case.
pub(super) fn named<'a>(tables: &'a [Table], name: &str) -> Option<&'a Table> {
    tables
        .iter()
        .find(|table| table.sheet.trim().to_lowercase() == name)
}

pub(super) fn read(tables: &[Table], draft: &mut Draft, problems: &mut Problems) -> Survey {
    let Some(table) = named(tables, "survey") else {
        let found: Vec<&str> = tables.iter().map(|table| table.sheet.as_str()).collect();
        problems.error(
            "",
            0,
            "",
            format!("has no sheet `survey`, only: {}", found.join(", ")),
        );
        return Survey::default();
    };
    for other in ["entities", "external_choices"] {
        if named(tables, other).is_some_and(|table| !table.rows.is_empty()) {
            problems.warning(other, 0, "", "is a sheet we cannot use", true);
        }
    }
    let columns = Columns::new(table, names, draft, problems);
    check_headings(table, &columns, problems);
    let survey = Survey {
        sheet: table.sheet.clone(),
        origins: Vec::new(),
        columns,
    };
    let mut builder = Builder {
        survey,
        draft,
        problems,
        open: Vec::new(),
        is_full: false,
    };
    for row in &table.rows {
        builder.row(row);
    }
    builder.finish()
}

/// A group, repeat or loop that has begun.
struct Open {
    container: Container,
    item: usize,
    name: String,
    row: u32,
}

struct Builder<'a> {
    survey: Survey,
    draft: &'a mut Draft,
    problems: &'a mut Problems,
    open: Vec<Open>,
    is_full: bool,
}

impl Builder<'_> {
    fn error(&mut self, row: u32, column: &str, message: impl Into<String>) {
        self.problems.error(
            &self.survey.sheet,
            row,
            &self.survey.columns.heading(column),
            message,
        );
    }

    fn row(&mut self, row: &Row) {
        let text = |name: &str| self.survey.columns.text(row, name);
        if text("disabled").as_deref().and_then(yes_or_no) == Some(true) {
            return;
        }
        let plain = self.draft.plain_language();
        let Some(type_text) = text("type") else {
            if text("name").is_some() || !self.survey.columns.words(row, "label", &plain).is_empty()
            {
                self.error(row.number, "type", "is missing");
            } else {
                self.problems.warn(
                    &self.survey.sheet,
                    row.number,
                    "",
                    "has neither type, name nor label and is skipped",
                );
            }
            return;
        };
        match kind::understand(&type_text) {
            Meaning::End(container) => self.end(&container, row.number),
            Meaning::Begin(container) => self.begin(container, row),
            Meaning::Question {
                kind,
                list,
                or_other,
            } => self.question(row, kind, list, or_other),
        }
    }

    fn push(&mut self, item: Item, row: u32) -> Option<usize> {
        if self.draft.definition.items.len() >= ITEMS_MAX {
            if !std::mem::replace(&mut self.is_full, true) {
                self.error(row, "", format!("is beyond {ITEMS_MAX} rows"));
            }
            return None;
        }
        self.draft.definition.items.push(Item {
            parent: self.open.last().map(|open| open.item),
            ..item
        });
        self.survey.origins.push(row);
        Some(self.draft.definition.items.len() - 1)
    }

    fn question(&mut self, row: &Row, kind: Kind, list: Option<String>, or_other: bool) {
        let mut item = self.item(row, kind);
        if self.survey.columns.text(row, "trigger").is_some() {
            let heading = self.survey.columns.heading("trigger");
            self.problems.warning(
                &self.survey.sheet,
                row.number,
                &heading,
                "cannot be run: calculations follow their questions",
                true,
            );
        }
        if let Some(list) = &list {
            self.check_choice_names(&item.kind, list, row.number);
        }
        item.list_name.clone_from(&list);
        let other = list.filter(|_| or_other).map(|list| {
            if item.choice_filter.is_some() {
                self.error(row.number, "choice_filter", "cannot be used with or_other");
            }
            self.offer_other(&list);
            Item {
                name: format!("{}_other", item.name),
                label: Words::from([(self.draft.plain_language(), "Specify other.".to_owned())]),
                relevant: Some(format!("selected(${{{}}}, 'other')", item.name)),
                implied: true,
                ..Item::default()
            }
        });
        self.push(item, row.number);
        if let Some(other) = other {
            self.push(other, row.number);
        }
    }

    fn check_choice_names(&mut self, kind: &Kind, list: &str, row: u32) {
        if matches!(kind, Kind::SelectMultiple | Kind::Rank)
            && let Some(choices) = self.draft.definition.lists.get(list)
            && let Some(choice) = choices
                .iter()
                .find(|choice| choice.name.contains(char::is_whitespace))
        {
            let message = format!(
                "choice `{}` of list `{list}` has a blank in its name",
                choice.name
            );
            self.error(row, "type", message);
        }
    }

    /// Adds the choice `other` where a list has none.
    fn offer_other(&mut self, list: &str) {
        let plain = self.draft.plain_language();
        let Some(choices) = self.draft.definition.lists.get_mut(list) else {
            return;
        };
        if choices.iter().any(|choice| choice.name == "other") {
            return;
        }
        let mut languages: Vec<String> = choices
            .iter()
            .flat_map(|choice| choice.label.keys().cloned())
            .collect();
        if languages.is_empty() {
            languages.push(plain);
        }
        let label = languages
            .into_iter()
            .map(|language| (language, "Other".to_owned()))
            .collect();
        choices.push(Choice {
            name: "other".to_owned(),
            label,
            ..Choice::default()
        });
    }
}
