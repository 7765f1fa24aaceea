//! How a line is written: for scripts, and for people.

use serde_json::{Value, json};

use super::{Bound, Line};

impl Line {
    pub(super) fn json(&self) -> Value {
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

    pub(super) fn words(&self) -> String {
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
