//! A checklist as `checklist check --json` lists it: everything that would be asked or computed, implied questions included.

mod build;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

use super::Warning;
use super::definition::Words;

/// The whole list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listing<'a> {
    /// Id of the checklist.
    pub id: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Title in the default language.
    pub title: &'a str,
    /// Language of the labels that are plain text.
    pub default_language: &'a str,
    /// Score from which an inspection passes.
    pub pass_mark: f64,
    /// Every question, in the order of the form.
    pub questions: Vec<Question<'a>>,
    /// Every group and repeat, in the order of the form.
    pub groups: Vec<Question<'a>>,
    /// Choices by list.
    pub choices: BTreeMap<&'a str, Vec<Offer<'a>>>,
    /// What to know about it.
    pub warnings: &'a [Warning],
    /// Whether it may be published.
    pub publishable: bool,
}

/// One question, group or repeat.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Question<'a> {
    /// Name.
    pub name: &'a str,
    /// Type in current spelling.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// Label in the default language.
    pub label: &'a str,
    /// Label by language, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<&'a Words>,
    /// Hint in the default language.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub hint: &'a str,
    /// `true`, `false` or the expression that decides.
    pub required: Json,
    /// Expression that decides whether it is asked.
    pub relevant: Option<&'a str>,
    /// Expression that an answer must satisfy.
    pub constraint: Option<&'a str>,
    /// Expression that computes it.
    pub calculation: Option<&'a str>,
    /// Path of its answers; `[]` stands for the number of a turn.
    pub path: String,
    /// Names of the groups and repeats around it, outermost first.
    pub groups: Vec<&'a str>,
    /// List of its choices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_name: Option<&'a str>,
    /// How much it counts in the score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// Whether it can fail the whole inspection.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub critical: bool,
    /// Whether it follows from another row: `NAME_other`, `NAME_count`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub implied: bool,
}

/// One choice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Offer<'a> {
    /// Value that is stored.
    pub name: &'a str,
    /// Label in the default language.
    pub label: &'a str,
    /// Label by language, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<&'a Words>,
    /// Points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
}
