//! Checklists: a coordinator's spreadsheet becomes questions, rules and scores that every device computes alike.
//!
//! ```text
//!   .xlsx ──reader──▶ Definition (plain data, JSON) ──compile──▶ Checklist (expressions parsed, order fixed)
//!                                                                   │ evaluate(answers, context)
//!                                                                   ▼
//!                                        Evaluation: relevant, missing, violations, calculated, progress, score, result
//! ```
//!
//! A [`Checklist`] is immutable: what was published under one id and version never changes. Its JSON form is its
//! [`Definition`]; reading the JSON parses and checks every expression again, once. Evaluating is a pure function of
//! checklist, answers and [`Context`]; it is bounded in time and memory by the constants in [`limits`].
//!
//! **Answer paths.** Groups do not appear in paths, repeats do, counted from 1: `store_name`, `sample[2].price_yuan`,
//! `visit[1].sample[3].brand`. Only where one name stands in several groups of the same repeat is the path of that
//! question written with its groups (`before.clean`, `after.clean`).
//!
//! **Scores.** `weight` × the chosen choice's `score`; choices without a score mean "not applicable". See [`evaluate`].

mod answer;
mod builtin;
mod calendar;
mod code;
mod compile;
mod definition;
mod eval;
mod evaluate;
mod fault;
mod flatten;
mod function;
mod geo;
mod kind;
mod layout;
mod listing;
mod order;
mod outcome;
mod reader;
mod resolve;
mod run;
mod sample;
mod score;
mod syntax;
mod typed;
mod value;

pub mod limits;
pub mod published;

use serde::{Deserialize, Serialize};

pub use definition::{Choice, Definition, Item, Words};
pub use evaluate::{EvaluateError, evaluate, offered};
pub use fault::{DefinitionError, Fault, Severity};
pub use kind::Kind;
pub use listing::{Listing, Offer, Question};
pub use outcome::{
    Answers, Breach, Context, Evaluation, Finding, Missing, Outcome, Progress, ScoreLine,
    SectionScore, Turns, Violation,
};
pub use reader::{FormError, Warning, read_xlsx};
pub use sample::sample;
pub use typed::AnswerError;

use compile::Plan;
use fault::Faults;

/// A checklist that can be answered: a definition whose every expression is known to make sense.
///
/// As JSON it is its [`Definition`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Definition", into = "Definition")]
pub struct Checklist {
    definition: Definition,
    plan: Plan,
    /// What cannot be run, and what is worth a look.
    remarks: Vec<Fault>,
}

impl TryFrom<Definition> for Checklist {
    type Error = DefinitionError;

    fn try_from(definition: Definition) -> Result<Self, DefinitionError> {
        let (checklist, faults) = Self::assemble(definition);
        if faults.iter().any(|fault| fault.severity == Severity::Error) {
            Err(DefinitionError(faults))
        } else {
            Ok(checklist)
        }
    }
}

impl From<Checklist> for Definition {
    fn from(checklist: Checklist) -> Self {
        checklist.definition
    }
}

impl PartialEq for Checklist {
    fn eq(&self, other: &Self) -> bool {
        self.definition == other.definition
    }
}

impl Checklist {
    /// Builds a checklist with everything that is wrong with it; it may only be used where nothing is an error.
    fn assemble(definition: Definition) -> (Self, Vec<Fault>) {
        let mut faults = Faults::default();
        let plan = Plan::new(&definition, &mut faults);
        let remarks = faults
            .list
            .iter()
            .filter(|fault| fault.severity != Severity::Error)
            .cloned()
            .collect();
        (
            Self {
                definition,
                plan,
                remarks,
            },
            faults.list,
        )
    }

    /// What the checklist says.
    #[must_use]
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// What is worth a look, and what cannot be run.
    #[must_use]
    pub fn remarks(&self) -> &[Fault] {
        &self.remarks
    }

    /// Whether every type and function of it can be run, so that it may be published.
    #[must_use]
    pub fn publishable(&self) -> bool {
        self.remarks
            .iter()
            .all(|fault| fault.severity != Severity::Cannot)
    }

    /// Finds the item that a path speaks of, whatever turns it names.
    #[must_use]
    pub fn item_at(&self, path: &str) -> Option<usize> {
        match path.contains('[') {
            false => self.plan.layout.by_path.get(path).copied(),
            true => run::split_path(path)
                .and_then(|(plain, _)| self.plan.layout.by_path.get(&plain).copied()),
        }
    }

    /// Finds a choice of a question by its name.
    fn choice(&self, item: usize, name: &str) -> Option<&Choice> {
        let list = self.definition.items.get(item)?.list_name.as_ref()?;
        let place = self.plan.lists.get(list)?.places.get(name)?;
        self.definition.lists.get(list)?.get(*place)
    }
}
