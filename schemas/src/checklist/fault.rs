//! What is wrong with a checklist, and how wrong.

use serde::Serialize;

/// Something wrong with one cell of a definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Place of the item in [`Definition::items`](super::Definition::items); none where it concerns the whole.
    pub item: Option<usize>,
    /// Column of the survey sheet.
    pub column: &'static str,
    /// What is wrong, in words.
    pub message: String,
    /// How wrong.
    pub severity: Severity,
}

/// How wrong something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a look; everything runs.
    Note,
    /// Well written, but a type or function we cannot run: it can be checked, not published.
    Cannot,
    /// Wrong: the checklist is refused.
    Error,
}

/// Why a definition is no checklist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", first_of(.0))]
pub struct DefinitionError(pub Vec<Fault>);

fn first_of(faults: &[Fault]) -> String {
    let Some(first) = faults
        .iter()
        .find(|fault| fault.severity == Severity::Error)
    else {
        return "the checklist is refused".to_owned();
    };
    let others = faults
        .iter()
        .filter(|fault| fault.severity == Severity::Error)
        .count()
        .saturating_sub(1);
    let more = if others == 0 {
        String::new()
    } else {
        format!(" (and {others} more)")
    };
    format!("{}: {}{more}", first.column, first.message)
}

/// Gathers faults while a definition is looked at.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) list: Vec<Fault>,
}

impl Faults {
    pub(super) fn add(
        &mut self,
        severity: Severity,
        item: Option<usize>,
        column: &'static str,
        message: impl Into<String>,
    ) {
        self.list.push(Fault {
            item,
            column,
            message: message.into(),
            severity,
        });
    }

    pub(super) fn error(&mut self, item: usize, column: &'static str, message: impl Into<String>) {
        self.add(Severity::Error, Some(item), column, message);
    }
}
