//! The `survey` sheet: one row for each question, group and repeat.

use super::column::{Columns, snake};
use super::kind::{self, Container, Row as Meaning};
use super::looped;
use super::workbook::{Row, Table};
use super::{Draft, Problems};
use crate::checklist::compile::yes_or_no;
use crate::checklist::definition::{Choice, Item, Kind, Words};
use crate::checklist::limits::{ITEMS_MAX, NESTING_MAX};

fn names(heading: &str) -> Option<&'static str> {
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
    tables.iter().find(|table| table.sheet.trim().to_lowercase() == name)
}

pub(super) fn read(tables: &[Table], draft: &mut Draft, problems: &mut Problems) -> Survey {
    let Some(table) = named(tables, "survey") else {
        let found: Vec<&str> = tables.iter().map(|table| table.sheet.as_str()).collect();
        problems.error("", 0, "", format!("has no sheet `survey`, only: {}", found.join(", ")));
        return Survey::default();
    };
    for other in ["entities", "external_choices"] {
        if named(tables, other).is_some_and(|table| !table.rows.is_empty()) {
            problems.warning(other, 0, "", "is a sheet we cannot use", true);
        }
    }
    let columns = Columns::new(table, names, draft, problems);
    check_headings(table, &columns, problems);
    let survey = Survey { sheet: table.sheet.clone(), origins: Vec::new(), columns };
    let mut builder = Builder { survey, draft, problems, open: Vec::new(), is_full: false };
    for row in &table.rows {
        builder.row(row);
    }
    builder.finish()
}

fn check_headings(table: &Table, columns: &Columns, problems: &mut Problems) {
    for name in ["type", "name"] {
        if !columns.has(name) {
            problems.error(&table.sheet, 1, "", format!("has no column `{name}`"));
        }
    }
    for (column, heading) in columns.all() {
        let base = column.name.split(':').next().map(snake).unwrap_or_default();
        let is_foreign = ["bind", "instance", "control", "body", "media", "$given_name"].contains(&base.as_str()) || base.starts_with("sms");
        if names(&column.name).is_none() && !UNUSED.contains(&base.as_str()) && !is_foreign {
            problems.warn(&table.sheet, 1, heading, "is not a column we use");
        }
    }
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
        self.problems.error(&self.survey.sheet, row, &self.survey.columns.heading(column), message);
    }

    fn row(&mut self, row: &Row) {
        let text = |name: &str| self.survey.columns.text(row, name);
        if text("disabled").as_deref().and_then(yes_or_no) == Some(true) {
            return;
        }
        let plain = self.draft.plain_language();
        let Some(type_text) = text("type") else {
            if text("name").is_some() || !self.survey.columns.words(row, "label", &plain).is_empty() {
                self.error(row.number, "type", "is missing");
            } else {
                self.problems.warn(&self.survey.sheet, row.number, "", "has neither type, name nor label and is skipped");
            }
            return;
        };
        match kind::understand(&type_text) {
            Meaning::End(container) => self.end(&container, row.number),
            Meaning::Begin(container) => self.begin(container, row),
            Meaning::Question { kind, list, or_other } => self.question(row, kind, list, or_other),
        }
    }

    fn push(&mut self, item: Item, row: u32) -> Option<usize> {
        if self.draft.definition.items.len() >= ITEMS_MAX {
            if !std::mem::replace(&mut self.is_full, true) {
                self.error(row, "", format!("is beyond {ITEMS_MAX} rows"));
            }
            return None;
        }
        self.draft.definition.items.push(Item { parent: self.open.last().map(|open| open.item), ..item });
        self.survey.origins.push(row);
        Some(self.draft.definition.items.len() - 1)
    }

    fn begin(&mut self, container: Container, row: &Row) {
        let kind = if container == Container::Repeat { Kind::Repeat } else { Kind::Group };
        let mut item = self.item(row, kind);
        if container == Container::Repeat {
            self.count(&mut item, row.number);
        }
        if self.open.len() >= NESTING_MAX {
            self.error(row.number, "type", format!("is inside more than {NESTING_MAX} groups"));
        }
        if let Container::Loop(list) = &container
            && list.as_ref().is_none_or(|list| !self.draft.definition.lists.contains_key(list))
        {
            self.error(row.number, "type", "is a loop without a list on the choices sheet");
        }
        let name = item.name.clone();
        if self.open.len() < NESTING_MAX
            && let Some(item) = self.push(item, row.number)
        {
            self.open.push(Open { container, item, name, row: row.number });
        }
    }

    /// A count that is more than one `${question}` gets a question of its own, as every XLSForm client makes it.
    fn count(&mut self, item: &mut Item, row: u32) {
        let Some(count) = item.repeat_count.take() else { return };
        let is_plain = count.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).is_some_and(|name| !name.contains(['{', '}']));
        if is_plain {
            item.repeat_count = Some(count);
            return;
        }
        let name = format!("{}_count", item.name);
        item.repeat_count = Some(format!("${{{name}}}"));
        self.push(Item { name, kind: Kind::Calculate, calculation: Some(count), implied: true, ..Item::default() }, row);
    }

    fn end(&mut self, container: &Container, row: u32) {
        match self.open.last() {
            None => self.error(row, "type", format!("ends a {} that has not begun", container.word())),
            Some(open) if open.container.word() != container.word() => {
                let message = format!("ends a {}, but `{}` in row {} is a {}", container.word(), open.name, open.row, open.container.word());
                self.error(row, "type", message);
                // Whatever was meant, the innermost ends here, so that the rest is still checked.
                self.open.pop();
            }
            Some(_) => {
                let Some(open) = self.open.pop() else { return };
                if let Container::Loop(Some(list)) = &open.container {
                    let definition = &mut self.draft.definition;
                    if !looped::expand(definition, &mut self.survey.origins, open.item, list) {
                        self.error(open.row, "type", format!("makes more than {ITEMS_MAX} rows"));
                    }
                }
            }
        }
    }

    fn question(&mut self, row: &Row, kind: Kind, list: Option<String>, or_other: bool) {
        let mut item = self.item(row, kind);
        if self.survey.columns.text(row, "trigger").is_some() {
            let heading = self.survey.columns.heading("trigger");
            self.problems.warning(&self.survey.sheet, row.number, &heading, "cannot be run: calculations follow their questions", true);
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
            && let Some(choice) = choices.iter().find(|choice| choice.name.contains(char::is_whitespace))
        {
            let message = format!("choice `{}` of list `{list}` has a blank in its name", choice.name);
            self.error(row, "type", message);
        }
    }

    /// Adds the choice `other` where a list has none.
    fn offer_other(&mut self, list: &str) {
        let plain = self.draft.plain_language();
        let Some(choices) = self.draft.definition.lists.get_mut(list) else { return };
        if choices.iter().any(|choice| choice.name == "other") {
            return;
        }
        let mut languages: Vec<String> = choices.iter().flat_map(|choice| choice.label.keys().cloned()).collect();
        if languages.is_empty() {
            languages.push(plain);
        }
        let label = languages.into_iter().map(|language| (language, "Other".to_owned())).collect();
        choices.push(Choice { name: "other".to_owned(), label, ..Choice::default() });
    }

    /// Everything that every row may say.
    fn item(&mut self, row: &Row, kind: Kind) -> Item {
        let columns = &self.survey.columns;
        let plain = self.draft.plain_language();
        let text = |name: &str| columns.text(row, name);
        let words = |name: &str| columns.words(row, name, &plain);
        let item = Item {
            name: text("name").unwrap_or_default(),
            label: words("label"),
            hint: words("hint"),
            guidance_hint: words("guidance_hint"),
            relevant: text("relevant"),
            required: text("required"),
            required_message: words("required_message"),
            constraint: text("constraint"),
            constraint_message: words("constraint_message"),
            calculation: text("calculation"),
            default: text("default"),
            choice_filter: text("choice_filter"),
            repeat_count: text("repeat_count"),
            score: text("score"),
            critical: text("critical"),
            appearance: text("appearance"),
            read_only: text("read_only"),
            ..Item::default()
        };
        let (weight, parameters) = (text("weight"), text("parameters"));
        let item = Item { name: self.name(&kind, item.name, row.number), weight: self.weight(weight, row.number), ..item };
        Item { parameters: self.parameters(parameters.as_deref(), row.number), kind, ..item }
    }

    fn name(&mut self, kind: &Kind, name: String, row: u32) -> String {
        match (kind, name.is_empty()) {
            (_, false) => name,
            (Kind::Note, true) => format!("generated_note_name_{row}"),
            (Kind::Metadata(metadata), true) if metadata == "audit" => "audit".to_owned(),
            _ => {
                self.error(row, "name", "is missing");
                // A name of our own, so that the row is reported once and the rest is still checked.
                format!("row_{row}")
            }
        }
    }

    fn weight(&mut self, text: Option<String>, row: u32) -> Option<f64> {
        let text = text?;
        let weight = text.parse::<f64>().ok().filter(|weight| weight.is_finite() && *weight >= 0.0);
        if weight.is_none() {
            self.error(row, "weight", format!("`{text}` is not a number from 0 up"));
        }
        weight
    }

    /// `start=1 end=5; step = 1`
    fn parameters(&mut self, text: Option<&str>, row: u32) -> std::collections::BTreeMap<String, String> {
        let mut parameters = std::collections::BTreeMap::new();
        let spaced = text.unwrap_or_default().replace('=', " = ");
        let mut words = spaced.split([' ', '\t', '\n', ',', ';']).filter(|word| !word.is_empty());
        while let Some(name) = words.next() {
            match (words.next(), words.next()) {
                (Some("="), Some(value)) if value != "=" && name != "=" => {
                    parameters.insert(name.to_lowercase(), value.to_owned());
                }
                _ => {
                    self.error(row, "parameters", "is not written as `name=value name=value`");
                    break;
                }
            }
        }
        parameters
    }

    fn finish(mut self) -> Survey {
        while let Some(open) = self.open.pop() {
            let message = format!("begins {} `{}`, which never ends", open.container.word(), open.name);
            self.error(open.row, "type", message);
        }
        if self.survey.origins.is_empty() && self.problems.errors.is_empty() {
            self.problems.error(&self.survey.sheet, 0, "", "has no questions");
        }
        self.survey
    }
}
