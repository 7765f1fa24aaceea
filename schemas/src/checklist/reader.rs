//! Reading an XLSForm: a spreadsheet with the sheets `survey`, `choices` and `settings`.
//!
//! ```text
//!   bytes ─workbook─▶ tables of text ─settings, choices, survey─▶ Definition + where each item came from ─▶ Checklist
//! ```
//!
//! Everything wrong is reported at once, each with its sheet, row and column. The spellings follow the XLSForm
//! specification and, where that is silent or old, what `pyxform` accepts: types in any case, with blanks or
//! underscores; columns under their older names. Our own columns are `score`, `weight` and `critical` on the survey sheet,
//! `score` on the choices sheet and `pass_mark` in the settings.

mod choices;
mod column;
mod kind;
mod looped;
mod problem;
mod settings;
mod survey;
mod workbook;

use sha2::{Digest, Sha256};

use super::Checklist;
use super::definition::Definition;
use super::fault::{Fault, Severity};
use super::limits::ERRORS_MAX;
use problem::Problems;
pub use problem::{FormError, Warning};
use survey::Survey;

/// Reads a form from the bytes of an `.xlsx` (or old `.xls`) file.
///
/// # Errors
///
/// Everything that is wrong with it, in the order of the rows, up to [`ERRORS_MAX`].
pub fn read_xlsx(bytes: &[u8]) -> Result<(Checklist, Vec<Warning>), Vec<FormError>> {
    let tables = workbook::tables(bytes).map_err(|error| vec![error])?;
    let mut problems = Problems::default();
    let mut draft = settings::read(&tables, &mut problems);
    choices::read(&tables, &mut draft, &mut problems);
    let survey = survey::read(&tables, &mut draft, &mut problems);
    draft.definition.default_language = default_language(&draft);
    identify(&mut draft.definition);
    let (checklist, faults) = Checklist::assemble(draft.definition);
    for fault in &faults {
        report(fault, &survey, &mut problems);
    }
    if problems.errors.is_empty() {
        problems.warnings.sort();
        problems.warnings.dedup();
        return Ok((checklist, problems.warnings));
    }
    Err(in_order(problems.errors))
}

/// A definition as far as it has been read.
#[derive(Debug, Default)]
struct Draft {
    definition: Definition,
    /// The language that words without one are in.
    stated_language: Option<String>,
    /// Whether any words without a language were read.
    has_plain_words: bool,
    allows_duplicates: bool,
}

impl Draft {
    /// The key of words under a heading without a language.
    fn plain_language(&self) -> String {
        self.stated_language
            .clone()
            .unwrap_or_else(|| "default".to_owned())
    }

    fn heard_of(&mut self, language: &str) {
        if !self
            .definition
            .languages
            .iter()
            .any(|known| known == language)
        {
            self.definition.languages.push(language.to_owned());
        }
    }
}

fn default_language(draft: &Draft) -> String {
    match (&draft.stated_language, draft.definition.languages.first()) {
        (Some(stated), _) => stated.clone(),
        (None, Some(first)) if !draft.has_plain_words => first.clone(),
        _ => "default".to_owned(),
    }
}

/// Fills in what the settings did not say: an id or version from the content itself, so that they change with it.
fn identify(definition: &mut Definition) {
    if definition.id.is_empty() || definition.version.is_empty() {
        let json = serde_json::to_vec(definition).unwrap_or_default();
        let hash: String = Sha256::digest(&json)
            .iter()
            .take(6)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        if definition.version.is_empty() {
            definition.version.clone_from(&hash);
        }
        if definition.id.is_empty() {
            definition.id = format!("form-{hash}");
        }
    }
    if definition.title.is_empty() {
        definition.title.clone_from(&definition.id);
    }
}

/// Says where in the sheet a fault of the definition is.
fn report(fault: &Fault, survey: &Survey, problems: &mut Problems) {
    let origin = fault.item.and_then(|item| survey.origins.get(item));
    let row = origin.copied().unwrap_or(0);
    let column = survey.heading(fault.column);
    match fault.severity {
        Severity::Error => problems.error(&survey.sheet, row, &column, &fault.message),
        Severity::Cannot => problems.warning(&survey.sheet, row, &column, &fault.message, true),
        Severity::Note => problems.warn(&survey.sheet, row, &column, &fault.message),
    }
}

fn in_order(mut errors: Vec<FormError>) -> Vec<FormError> {
    // A stable sort keeps the order of the columns within a row.
    errors.sort_by(|one, other| (&one.sheet, one.row).cmp(&(&other.sheet, other.row)));
    errors.dedup();
    let beyond = errors.len().saturating_sub(ERRORS_MAX);
    errors.truncate(ERRORS_MAX);
    if beyond > 0 {
        let message = format!("{beyond} more errors are not shown");
        errors.push(FormError {
            sheet: String::new(),
            row: 0,
            column: String::new(),
            message,
        });
    }
    errors
}

#[cfg(test)]
mod tests;
