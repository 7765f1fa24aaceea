//! What every row of the survey may say, whatever its type.

use std::collections::BTreeMap;

use super::super::workbook::Row;
use super::Builder;
use crate::checklist::definition::Item;
use crate::checklist::kind::Kind;

impl Builder<'_> {
    /// Everything that every row may say.
    pub(super) fn item(&mut self, row: &Row, kind: Kind) -> Item {
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
        let item = Item {
            name: self.name(&kind, item.name, row.number),
            weight: self.weight(weight, row.number),
            ..item
        };
        Item {
            parameters: self.parameters(parameters.as_deref(), row.number),
            kind,
            ..item
        }
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
        let weight = text
            .parse::<f64>()
            .ok()
            .filter(|weight| weight.is_finite() && *weight >= 0.0);
        if weight.is_none() {
            self.error(row, "weight", format!("`{text}` is not a number from 0 up"));
        }
        weight
    }

    /// `start=1 end=5; step = 1`
    fn parameters(&mut self, text: Option<&str>, row: u32) -> BTreeMap<String, String> {
        let mut parameters = BTreeMap::new();
        let spaced = text.unwrap_or_default().replace('=', " = ");
        let mut words = spaced
            .split([' ', '\t', '\n', ',', ';'])
            .filter(|word| !word.is_empty());
        while let Some(name) = words.next() {
            match (words.next(), words.next()) {
                (Some("="), Some(value)) if value != "=" && name != "=" => {
                    parameters.insert(name.to_lowercase(), value.to_owned());
                }
                _ => {
                    self.error(
                        row,
                        "parameters",
                        "is not written as `name=value name=value`",
                    );
                    break;
                }
            }
        }
        parameters
    }
}
