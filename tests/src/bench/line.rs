//! One line of the program's output: what was measured, against what, and whether it keeps its bound.

use std::io::{self, Write as _};

use serde_json::json;

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

    fn json(&self) -> serde_json::Value {
        let (bound, sense) = self.bound();
        json!({
            "measure": self.measure,
            "ours": rounded(self.ours),
            "reference": self.reference.map(rounded),
            "unit": self.unit,
            "ratio": self.ratio().map(rounded),
            "bound": bound,
            "sense": sense,
            "holds": self.holds(),
            "records": self.records,
        })
    }

    fn words(&self) -> String {
        let beside = match (self.reference, self.ratio()) {
            (Some(reference), Some(ratio)) => {
                format!(" against {} = {}x", short(reference), short(ratio))
            }
            _ => String::new(),
        };
        let judged = match (self.bound, self.holds()) {
            (Some(Bound::AtMost(bound)), Some(true)) => format!("  holds (<= {})", short(bound)),
            (Some(Bound::AtLeast(bound)), Some(true)) => format!("  holds (>= {})", short(bound)),
            (Some(Bound::AtMost(bound)), _) => format!("  DOES NOT HOLD (<= {})", short(bound)),
            (Some(Bound::AtLeast(bound)), _) => format!("  DOES NOT HOLD (>= {})", short(bound)),
            (None, _) => String::new(),
        };
        let (measure, records, unit) = (&self.measure, self.records, self.unit);
        format!(
            "{measure:<36} {records:<9} {:>12} {unit}{beside}{judged}",
            short(self.ours)
        )
    }
}

/// Four digits say what a measurement knows.
fn rounded(figure: f64) -> f64 {
    short(figure).parse().unwrap_or(figure)
}

fn short(figure: f64) -> String {
    match figure.abs() {
        size if size >= 1_000.0 || size == 0.0 => format!("{figure:.0}"),
        size if size >= 100.0 => format!("{figure:.1}"),
        size if size >= 1.0 => format!("{figure:.2}"),
        _ => format!("{figure:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_judged_where_there_is_a_reference_and_the_figure_where_there_is_none() {
        let fast = Line::new("m", "generator", "ms", 30.0).beside(20.0);
        assert_eq!(fast.clone().at_most(1.5).holds(), Some(true));
        assert_eq!(fast.clone().at_least(100.0).holds(), Some(false));
        assert_eq!(fast.holds(), None);
        let small = Line::new("m", "generator", "B", 900.0).at_most(1_024.0);
        assert_eq!(small.holds(), Some(true));
        assert_eq!(small.short_of_what_was_asked().holds(), Some(false));
    }

    #[test]
    fn a_line_says_what_scripts_read() {
        let line = Line::new("m", "generator", "ms", 30.0)
            .beside(20.0)
            .at_most(1.5);
        let json = line.json();
        for (name, value) in [
            ("measure", json!("m")),
            ("ours", json!(30.0)),
            ("reference", json!(20.0)),
            ("ratio", json!(1.5)),
            ("bound", json!(1.5)),
            ("holds", json!(true)),
        ] {
            assert_eq!(json.get(name), Some(&value));
        }
        let absolute = Line::new("m", "generator", "B", 900.0).at_most(1_024.0);
        assert!(absolute.json()["reference"].is_null() && absolute.json()["ratio"].is_null());
    }
}
