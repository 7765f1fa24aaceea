//! Groups, repeats and loops: what begins must end.

use super::super::kind::Container;
use super::super::looped;
use super::super::workbook::Row;
use super::{Builder, Open, Survey};
use crate::checklist::definition::Item;
use crate::checklist::kind::Kind;
use crate::checklist::limits::{ITEMS_MAX, NESTING_MAX};

impl Builder<'_> {
    pub(super) fn begin(&mut self, container: Container, row: &Row) {
        let kind = if container == Container::Repeat {
            Kind::Repeat
        } else {
            Kind::Group
        };
        let mut item = self.item(row, kind);
        if container == Container::Repeat {
            self.count(&mut item, row.number);
        }
        if self.open.len() >= NESTING_MAX {
            self.error(
                row.number,
                "type",
                format!("is inside more than {NESTING_MAX} groups"),
            );
        }
        if let Container::Loop(list) = &container
            && list
                .as_ref()
                .is_none_or(|list| !self.draft.definition.lists.contains_key(list))
        {
            self.error(
                row.number,
                "type",
                "is a loop without a list on the choices sheet",
            );
        }
        let name = item.name.clone();
        if self.open.len() < NESTING_MAX
            && let Some(item) = self.push(item, row.number)
        {
            self.open.push(Open {
                container,
                item,
                name,
                row: row.number,
            });
        }
    }

    /// A count that is more than one `${question}` gets a question of its own, as every XLSForm client makes it.
    fn count(&mut self, item: &mut Item, row: u32) {
        let Some(count) = item.repeat_count.take() else {
            return;
        };
        let is_plain = count
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'))
            .is_some_and(|name| !name.contains(['{', '}']));
        if is_plain {
            item.repeat_count = Some(count);
            return;
        }
        let name = format!("{}_count", item.name);
        item.repeat_count = Some(format!("${{{name}}}"));
        self.push(
            Item {
                name,
                kind: Kind::Calculate,
                calculation: Some(count),
                implied: true,
                ..Item::default()
            },
            row,
        );
    }

    pub(super) fn end(&mut self, container: &Container, row: u32) {
        match self.open.last() {
            None => self.error(
                row,
                "type",
                format!("ends a {} that has not begun", container.word()),
            ),
            Some(open) if open.container.word() != container.word() => {
                let message = format!(
                    "ends a {}, but `{}` in row {} is a {}",
                    container.word(),
                    open.name,
                    open.row,
                    open.container.word()
                );
                self.error(row, "type", message);
                // Whatever was meant, the innermost ends here, so that the rest is still checked.
                self.open.pop();
            }
            Some(_) => {
                let Some(open) = self.open.pop() else { return };
                if let Container::Loop(Some(list)) = &open.container {
                    let definition = &mut self.draft.definition;
                    if !looped::expand(definition, &mut self.survey.origins, open.item, list) {
                        self.error(
                            open.row,
                            "type",
                            format!("makes more than {ITEMS_MAX} rows"),
                        );
                    }
                }
            }
        }
    }

    pub(super) fn finish(mut self) -> Survey {
        while let Some(open) = self.open.pop() {
            let message = format!(
                "begins {} `{}`, which never ends",
                open.container.word(),
                open.name
            );
            self.error(open.row, "type", message);
        }
        if self.survey.origins.is_empty() && self.problems.errors.is_empty() {
            self.problems
                .error(&self.survey.sheet, 0, "", "has no questions");
        }
        self.survey
    }
}
