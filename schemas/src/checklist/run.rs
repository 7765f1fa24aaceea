//! One evaluation under way: which turns there are, what is relevant, what has which value.
//!
//! Steps run in the order the plan fixed, so nothing is computed twice and nothing recurses over questions. Work is
//! counted; when it exceeds [`WORK_MAX`] the evaluation ends in an error, at the same point on every device.

mod step;
mod turns;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::tz::Offset;
use serde_json::Value as Json;

pub(super) use turns::split_path;

use super::code::Pattern;
use super::compile::Rules;
use super::definition::Item;
use super::layout::Place;
use super::limits::{ANSWERS_MAX, WORK_MAX};
use super::order::Step;
use super::outcome::{Answers, Context};
use super::value::Value;
use super::{Checklist, EvaluateError};

/// One turn of a repeat; the inspection itself is the only turn of the first scope.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// Turn of the scope around.
    pub(super) parent: usize,
    /// Its number as answers write it.
    pub(super) number: u32,
    /// Which turn it is within the turn around it, from 1.
    pub(super) position: u32,
    /// Start of the paths of its answers: `visit[1].sample[3].`.
    pub(super) prefix: String,
}

/// What is known of one item, by turn of its scope.
#[derive(Debug, Default)]
pub(super) struct Column<'a> {
    pub(super) relevant: Vec<bool>,
    pub(super) values: Vec<Value<'a>>,
    /// What is wrong with the stored answer.
    pub(super) refused: BTreeMap<usize, &'static str>,
}

/// The state of an evaluation.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) checklist: &'a Checklist,
    pub(super) answers: &'a Answers,
    pub(super) context: Context,
    pub(super) local: Offset,
    pub(super) turns: Vec<Vec<Turn>>,
    /// By scope and turn of the scope around it, the turns inside.
    pub(super) inside: Vec<Vec<Range<usize>>>,
    pub(super) columns: Vec<Column<'a>>,
    /// Numbers of turns that have answers, by scope, outermost number first.
    present: Vec<BTreeSet<Vec<u32>>>,
    turns_total: usize,
    work: Cell<u64>,
    pub(super) patterns: RefCell<BTreeMap<String, Option<Pattern>>>,
}

impl<'a> Run<'a> {
    /// Runs every step.
    ///
    /// # Errors
    ///
    /// [`EvaluateError`] where a limit is exceeded.
    pub(super) fn new(
        checklist: &'a Checklist,
        answers: &'a Answers,
        context: Context,
    ) -> Result<Self, EvaluateError> {
        if answers.len() > ANSWERS_MAX {
            return Err(EvaluateError::TooManyAnswers);
        }
        let scopes = checklist.plan.layout.scopes.len();
        let mut run = Self {
            checklist,
            answers,
            context,
            local: Offset::from_seconds(i32::from(context.offset_minutes) * 60)
                .unwrap_or(Offset::UTC),
            turns: std::iter::repeat_with(Vec::new).take(scopes).collect(),
            inside: vec![Vec::new(); scopes],
            columns: std::iter::repeat_with(Column::default)
                .take(checklist.definition.items.len())
                .collect(),
            present: vec![BTreeSet::new(); scopes],
            turns_total: 0,
            work: Cell::new(0),
            patterns: RefCell::default(),
        };
        if let Some(first) = run.turns.first_mut() {
            first.push(Turn {
                position: 1,
                number: 1,
                ..Turn::default()
            });
        }
        run.find_turns();
        for step in &checklist.plan.steps {
            match step {
                Step::Relevance(item) => run.relevance(*item)?,
                Step::Turns(item) => run.open(*item)?,
                Step::Value(item) => run.value(*item)?,
            }
        }
        Ok(run)
    }

    /// Counts work done.
    ///
    /// # Errors
    ///
    /// [`EvaluateError::TooMuchWork`] beyond the limit.
    pub(super) fn spend(&self, work: u64) -> Result<(), EvaluateError> {
        let spent = self.work.get().saturating_add(work);
        self.work.set(spent);
        if spent > WORK_MAX {
            Err(EvaluateError::TooMuchWork)
        } else {
            Ok(())
        }
    }

    pub(super) fn item(&self, item: usize) -> Option<(&'a Item, &'a Place, &'a Rules)> {
        let plan = &self.checklist.plan;
        Some((
            self.checklist.definition.items.get(item)?,
            plan.layout.places.get(item)?,
            plan.rules.get(item)?,
        ))
    }

    pub(super) fn turn(&self, scope: usize, turn: usize) -> Option<&Turn> {
        self.turns.get(scope)?.get(turn)
    }

    /// The turns of a scope inside one turn of the scope around it.
    pub(super) fn inside(&self, scope: usize, around: usize) -> Range<usize> {
        self.inside
            .get(scope)
            .and_then(|inside| inside.get(around))
            .cloned()
            .unwrap_or_default()
    }

    /// How many turns the scope of an item has.
    pub(super) fn turns_of(&self, item: usize) -> usize {
        self.turns
            .get(self.checklist.plan.layout.scope_of(item))
            .map_or(0, Vec::len)
    }

    pub(super) fn is_relevant(&self, item: usize, turn: usize) -> bool {
        self.columns
            .get(item)
            .and_then(|column| column.relevant.get(turn))
            .copied()
            .unwrap_or(false)
    }

    /// The value that counts: blank where the question is not relevant.
    pub(super) fn value_at(&self, item: usize, turn: usize) -> &Value<'a> {
        const BLANK: &Value<'_> = &Value::BLANK;
        self.columns
            .get(item)
            .and_then(|column| column.values.get(turn))
            .unwrap_or(BLANK)
    }

    /// Where the answer of an item in a turn is kept.
    pub(super) fn path(&self, item: usize, turn: usize) -> String {
        self.item(item).map_or_else(String::new, |(_, place, _)| {
            let prefix = self
                .turn(place.scope, turn)
                .map_or("", |turn| turn.prefix.as_str());
            format!("{prefix}{}", place.leaf)
        })
    }

    pub(super) fn stored(&self, item: usize, turn: usize) -> Option<&'a Json> {
        let (_, place, _) = self.item(item)?;
        if place.scope == 0 {
            self.answers.get(&place.leaf)
        } else {
            self.answers.get(&self.path(item, turn))
        }
    }

    /// The turn of an outer scope that a turn of an inner one is in.
    pub(super) fn outward(&self, mut scope: usize, mut turn: usize, wanted: usize) -> usize {
        while scope != wanted && scope != 0 {
            turn = self.turn(scope, turn).map_or(0, |turn| turn.parent);
            scope = self
                .checklist
                .plan
                .layout
                .scopes
                .get(scope)
                .map_or(0, |scope| scope.parent);
        }
        turn
    }

    /// The turns of an inner scope that are within a turn of an outer one.
    pub(super) fn inward(&self, outer: usize, turn: usize, wanted: usize) -> Range<usize> {
        let mut range = turn..turn + 1;
        let layout = &self.checklist.plan.layout;
        let deeper = layout
            .chain(wanted)
            .into_iter()
            .skip_while(|scope| layout.shared(outer, *scope) == *scope);
        for scope in deeper {
            let inside = self.inside.get(scope);
            let at = |turn: usize| inside.and_then(|inside| inside.get(turn));
            let start = range.clone().find_map(at).map_or(0, |found| found.start);
            let end = range.rev().find_map(at).map_or(start, |found| found.end);
            range = start..end;
        }
        range
    }
}
