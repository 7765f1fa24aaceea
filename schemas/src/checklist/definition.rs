//! What a checklist says, as plain data: the JSON of a `checklist` record.
//!
//! Items stand in document order; `parent` is the place of the group or repeat an item stands in, always before it.
//! Expressions are kept as they were written.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::kind::Kind;

/// Words by language; the key is the language as the form names it, `default` where it names none.
pub type Words = BTreeMap<String, String>;

/// A whole checklist as it is stored and sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// Stable name of the checklist over all its versions.
    pub id: String,
    /// Version; the same id and version always mean the same definition.
    pub version: String,
    /// Title in the default language.
    pub title: String,
    /// Languages in the order the form names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Language to show when the reader's own is not among them.
    pub default_language: String,
    /// Score, of 100, from which an inspection passes.
    #[serde(default = "pass_mark")]
    pub pass_mark: f64,
    /// Groups, repeats and questions in document order.
    pub items: Vec<Item>,
    /// Choices by list name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<String, Vec<Choice>>,
}

fn pass_mark() -> f64 {
    Definition::PASS_MARK
}

impl Definition {
    /// Pass mark of forms that state none.
    pub const PASS_MARK: f64 = 60.0;

    /// Words in the language asked for, else in the default language, else in any.
    #[must_use]
    pub fn words<'a>(&self, words: &'a Words, language: Option<&str>) -> &'a str {
        language
            .and_then(|wanted| words.get(wanted))
            .or_else(|| words.get(&self.default_language))
            .or_else(|| words.values().next())
            .map_or("", String::as_str)
    }
}

/// A group, a repeat or a question.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Item {
    /// Name that answers and expressions use.
    pub name: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Place in [`Definition::items`] of the group or repeat this stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<usize>,
    /// What the volunteer reads.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub label: Words,
    /// Smaller words under the label.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub hint: Words,
    /// Longer guidance, for training and paper.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub guidance_hint: Words,
    /// Name of the list the choices come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_name: Option<String>,
    /// Asked only while this is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relevant: Option<String>,
    /// Must be answered while this is true; `yes` and `no` in any of the spellings of XLSForm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<String>,
    /// Said when it is missing.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub required_message: Words,
    /// An answer is accepted only while this is true; `.` is the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    /// Said when the constraint does not hold.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub constraint_message: Words,
    /// Computes the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calculation: Option<String>,
    /// Value until an answer is given: a literal, or an expression where it reads as one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Choices are offered only where this is true; bare names are columns of the choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choice_filter: Option<String>,
    /// How many turns a repeat has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_count: Option<String>,
    /// Points from 0 to 1, replacing the scores of the choices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<String>,
    /// How much the question counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// `yes`: earning nothing here fails the inspection; or an expression that fails it while true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub critical: Option<String>,
    /// How to show it; passed on to whoever shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appearance: Option<String>,
    /// `start`, `end` and `step` of a range, `max-pixels` of an image and so on.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// Shown but not to be edited, while this is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only: Option<String>,
    /// Not in the sheet as a row of its own: `NAME_other` of `or_other`, `NAME_count` of a computed count.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub implied: bool,
}

/// One choice of a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choice {
    /// Value that is stored.
    pub name: String,
    /// What the volunteer reads.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub label: Words,
    /// Points, usually 0 or 1; none means that the question does not apply when this is chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Other columns, for choice filters.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, String>,
}
