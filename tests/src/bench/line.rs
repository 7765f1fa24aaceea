//! One line of the program's output: what was measured, against what, and whether it keeps its bound.

mod written;

use std::io::{self, Write as _};

use crate::fault::Told;

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON object a line.
    Json,
    /// For people.
    Words,
}

/// On which side of its bound a figure has to lie.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

/// A figure, with what it is compared to.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    measure: String,
    records: &'static str,
    unit: &'static str,
    ours: f64,
    reference: Option<f64>,
    bound: Option<Bound>,
    is_short: bool,
}

impl Line {
    /// A figure of these records, which nothing bounds as long as nothing more is said.
    pub(super) fn new(
        measure: impl Into<String>,
        records: &'static str,
        unit: &'static str,
        ours: f64,
    ) -> Self {
        Self {
            measure: measure.into(),
            records,
            unit,
            ours,
            reference: None,
            bound: None,
            is_short: false,
        }
    }

    /// Beside the same of something else, in the same unit.
    pub(super) fn beside(self, reference: f64) -> Self {
        Self {
            reference: Some(reference),
            ..self
        }
    }

    /// The ratio, or without a reference the figure itself, may be no more.
    pub(super) fn at_most(self, bound: f64) -> Self {
        Self {
            bound: Some(Bound::AtMost(bound)),
            ..self
        }
    }

    /// The ratio, or without a reference the figure itself, may be no less.
    pub(super) fn at_least(self, bound: f64) -> Self {
        Self {
            bound: Some(Bound::AtLeast(bound)),
            ..self
        }
    }

    /// The bound asks for more than could be measured: it does not hold, whatever the figure.
    pub(super) fn short_of_what_was_asked(self) -> Self {
        Self {
            is_short: true,
            ..self
        }
    }

    fn ratio(&self) -> Option<f64> {
        let reference = self.reference.filter(|reference| *reference != 0.0)?;
        Some(self.ours / reference)
    }

    fn holds(&self) -> Option<bool> {
        let judged = match self.reference {
            Some(_) => self.ratio()?,
            None => self.ours,
        };
        let holds = match self.bound? {
            Bound::AtMost(bound) => judged <= bound,
            Bound::AtLeast(bound) => judged >= bound,
        };
        Some(holds && !self.is_short)
    }

    fn bound(&self) -> (Option<f64>, Option<&'static str>) {
        match self.bound {
            None => (None, None),
            Some(Bound::AtMost(bound)) => (Some(bound), Some("at_most")),
            Some(Bound::AtLeast(bound)) => (Some(bound), Some("at_least")),
        }
    }

    /// Writes the line on stdout.
    pub(super) fn tell(&self, form: Form) -> Told<()> {
        let line = match form {
            Form::Json => self.json().to_string(),
            Form::Words => self.words(),
        };
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{line}")?;
        Ok(stdout.flush()?)
    }
}

#[cfg(test)]
mod tests;
