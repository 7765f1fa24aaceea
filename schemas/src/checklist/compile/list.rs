//! Lists of choices, indexed once: where a name is, and the most that can be earned.

use std::collections::BTreeMap;

use crate::checklist::definition::Choice;

/// One list of choices.
#[derive(Clone, Debug, Default)]
pub(in crate::checklist) struct List {
    /// Places by name; where a name stands twice, the first.
    pub(in crate::checklist) places: BTreeMap<String, usize>,
    /// Best score of one choice, at least 0.
    pub(in crate::checklist) best: f64,
    /// Best score of all choices together.
    pub(in crate::checklist) best_together: f64,
    /// Whether any choice has a score.
    pub(in crate::checklist) is_scored: bool,
}

impl List {
    pub(super) fn new(choices: &[Choice]) -> Self {
        // Backwards, so that the first of a name stays.
        let places = choices.iter().enumerate().rev();
        let scores = || choices.iter().filter_map(|choice| choice.score);
        Self {
            places: places
                .map(|(place, choice)| (choice.name.clone(), place))
                .collect(),
            best: scores().fold(0.0, f64::max),
            best_together: scores().filter(|score| *score > 0.0).sum(),
            is_scored: scores().next().is_some(),
        }
    }
}
