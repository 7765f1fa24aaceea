//! One evaluation under way: which turns there are, what is relevant, what has which value.
//!
//! Steps run in the order the plan fixed, so nothing is computed twice and nothing recurses over questions. Work is
//! counted; when it exceeds [`WORK_MAX`] the evaluation ends in an error, at the same point on every device.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::tz::Offset;
use serde_json::Value as Json;

use super::answer;
use super::code::Pattern;
use super::compile::Rules;
use super::definition::{Item, Kind};
use super::eval::Scene;
use super::layout::Place;
use super::limits::{ANSWERS_MAX, TURNS_MAX, TURNS_TOTAL_MAX, WORK_MAX};
use super::order::Step;
use super::outcome::{Answers, Context};
use super::value::{Value, whole};
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
    pub(super) fn new(checklist: &'a Checklist, answers: &'a Answers, context: Context) -> Result<Self, EvaluateError> {
        if answers.len() > ANSWERS_MAX {
            return Err(EvaluateError::TooManyAnswers);
        }
        let scopes = checklist.plan.layout.scopes.len();
        let mut run = Self {
            checklist,
            answers,
            context,
            local: Offset::from_seconds(i32::from(context.offset_minutes) * 60).unwrap_or(Offset::UTC),
            turns: std::iter::repeat_with(Vec::new).take(scopes).collect(),
            inside: vec![Vec::new(); scopes],
            columns: std::iter::repeat_with(Column::default).take(checklist.definition.items.len()).collect(),
            present: vec![BTreeSet::new(); scopes],
            turns_total: 0,
            work: Cell::new(0),
            patterns: RefCell::default(),
        };
        if let Some(first) = run.turns.first_mut() {
            first.push(Turn { position: 1, number: 1, ..Turn::default() });
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
        if spent > WORK_MAX { Err(EvaluateError::TooMuchWork) } else { Ok(()) }
    }

    pub(super) fn item(&self, item: usize) -> Option<(&'a Item, &'a Place, &'a Rules)> {
        let plan = &self.checklist.plan;
        Some((self.checklist.definition.items.get(item)?, plan.layout.places.get(item)?, plan.rules.get(item)?))
    }

    pub(super) fn turn(&self, scope: usize, turn: usize) -> Option<&Turn> {
        self.turns.get(scope)?.get(turn)
    }

    /// How many turns the scope of an item has.
    pub(super) fn turns_of(&self, item: usize) -> usize {
        self.turns.get(self.checklist.plan.layout.scope_of(item)).map_or(0, Vec::len)
    }

    pub(super) fn is_relevant(&self, item: usize, turn: usize) -> bool {
        self.columns.get(item).and_then(|column| column.relevant.get(turn)).copied().unwrap_or(false)
    }

    /// The value that counts: blank where the question is not relevant.
    pub(super) fn value_at(&self, item: usize, turn: usize) -> &Value<'a> {
        const BLANK: &Value<'_> = &Value::BLANK;
        self.columns.get(item).and_then(|column| column.values.get(turn)).unwrap_or(BLANK)
    }

    /// Where the answer of an item in a turn is kept.
    pub(super) fn path(&self, item: usize, turn: usize) -> String {
        self.item(item).map_or_else(String::new, |(_, place, _)| {
            let prefix = self.turn(place.scope, turn).map_or("", |turn| turn.prefix.as_str());
            format!("{prefix}{}", place.leaf)
        })
    }

    pub(super) fn stored(&self, item: usize, turn: usize) -> Option<&'a Json> {
        let (_, place, _) = self.item(item)?;
        if place.scope == 0 { self.answers.get(&place.leaf) } else { self.answers.get(&self.path(item, turn)) }
    }

    /// The turn of an outer scope that a turn of an inner one is in.
    pub(super) fn outward(&self, mut scope: usize, mut turn: usize, wanted: usize) -> usize {
        while scope != wanted && scope != 0 {
            turn = self.turn(scope, turn).map_or(0, |turn| turn.parent);
            scope = self.checklist.plan.layout.scopes.get(scope).map_or(0, |scope| scope.parent);
        }
        turn
    }

    /// The turns of an inner scope that are within a turn of an outer one.
    pub(super) fn inward(&self, outer: usize, turn: usize, wanted: usize) -> Range<usize> {
        let mut range = turn..turn + 1;
        let layout = &self.checklist.plan.layout;
        let deeper = layout.chain(wanted).into_iter().skip_while(|scope| layout.shared(outer, *scope) == *scope);
        for scope in deeper {
            let inside = self.inside.get(scope);
            let at = |turn: usize| inside.and_then(|inside| inside.get(turn));
            let start = range.clone().find_map(at).map_or(0, |found| found.start);
            let end = range.rev().find_map(at).map_or(start, |found| found.end);
            range = start..end;
        }
        range
    }

    /// Looks through the paths of the answers for the turns they speak of.
    fn find_turns(&mut self) {
        let layout = &self.checklist.plan.layout;
        for (path, json) in self.answers {
            if json.is_null() || !path.contains('[') {
                continue;
            }
            let Some((plain, numbers)) = split_path(path) else { continue };
            let Some(item) = layout.by_path.get(&plain) else { continue };
            let chain = layout.chain(layout.scope_of(*item));
            if chain.len() != numbers.len() || layout.path(*item, &numbers) != *path {
                continue;
            }
            for (depth, scope) in chain.iter().enumerate() {
                if let Some(present) = self.present.get_mut(*scope) {
                    present.insert(numbers.iter().take(depth + 1).copied().collect());
                }
            }
        }
    }

    fn relevance(&mut self, item: usize) -> Result<(), EvaluateError> {
        let Some((asked, place, rules)) = self.item(item) else { return Ok(()) };
        let mut relevant = Vec::with_capacity(self.turns_of(item));
        for turn in 0..self.turns_of(item) {
            self.spend(1)?;
            let around = asked.parent.is_none_or(|parent| {
                let scope = self.checklist.plan.layout.scope_of(parent);
                self.is_relevant(parent, self.outward(place.scope, turn, scope))
            });
            let holds = match &rules.relevant {
                Some(code) if around => Scene::raw(self, item, turn).value(code)?.to_bool(),
                _ => true,
            };
            relevant.push(around && holds);
        }
        if let Some(column) = self.columns.get_mut(item) {
            column.relevant = relevant;
        }
        Ok(())
    }

    /// Opens the turns of a repeat: as many as its count says, or those that have answers.
    fn open(&mut self, item: usize) -> Result<(), EvaluateError> {
        let Some((_, place, rules)) = self.item(item) else { return Ok(()) };
        let Some(opens) = place.opens else { return Ok(()) };
        let mut turns: Vec<Turn> = Vec::new();
        let mut inside = Vec::with_capacity(self.turns_of(item));
        for around in 0..self.turns_of(item) {
            self.spend(1)?;
            let numbers: Vec<u32> = match &rules.count {
                Some(_) if !self.is_relevant(item, around) => Vec::new(),
                Some(code) => {
                    let wanted = Scene::raw(self, item, around).value(code)?.to_number(self.local);
                    (1..).take(count_of(wanted)).collect()
                }
                None => self.answered_turns(opens, place.scope, around),
            };
            let start = turns.len();
            let prefix = self.turn(place.scope, around).map_or("", |turn| turn.prefix.as_str());
            for (position, number) in (1_u32..).zip(numbers.iter().take(TURNS_MAX)) {
                let prefix = format!("{prefix}{}[{number}].", place.leaf);
                turns.push(Turn { parent: around, number: *number, position, prefix });
            }
            inside.push(start..turns.len());
        }
        self.turns_total += turns.len();
        if self.turns_total > TURNS_TOTAL_MAX {
            return Err(EvaluateError::TooManyTurns);
        }
        self.spend(u64::try_from(turns.len()).unwrap_or(u64::MAX))?;
        if let (Some(all), Some(ranges)) = (self.turns.get_mut(opens), self.inside.get_mut(opens)) {
            *all = turns;
            *ranges = inside;
        }
        Ok(())
    }

    /// Numbers of the turns with answers, inside one turn of the scope around.
    fn answered_turns(&self, opens: usize, mut scope: usize, mut around: usize) -> Vec<u32> {
        let mut outer = Vec::new();
        while scope != 0 {
            let Some(turn) = self.turn(scope, around) else { return Vec::new() };
            outer.push(turn.number);
            around = turn.parent;
            scope = self.checklist.plan.layout.scopes.get(scope).map_or(0, |scope| scope.parent);
        }
        outer.reverse();
        let from = self.present.get(opens).into_iter().flat_map(|present| present.range(outer.clone()..));
        from.take_while(|numbers| numbers.starts_with(&outer)).filter_map(|numbers| numbers.last().copied()).collect()
    }

    fn value(&mut self, item: usize) -> Result<(), EvaluateError> {
        let Some((asked, _, rules)) = self.item(item) else { return Ok(()) };
        let mut values = Vec::with_capacity(self.turns_of(item));
        let mut refused = BTreeMap::new();
        for turn in 0..self.turns_of(item) {
            self.spend(1)?;
            if !self.is_relevant(item, turn) || asked.kind == Kind::Note && rules.calculation.is_none() {
                values.push(Value::BLANK);
                continue;
            }
            let stored = self.stored(item, turn);
            let code = rules.calculation.as_ref().or(rules.default.as_ref().filter(|_| stored.is_none()));
            let value = match (code, stored) {
                (Some(code), _) => {
                    let computed = Scene::raw(self, item, turn).value(code)?;
                    answer::shape(asked, computed, self.local).map(|value| value.unwrap_or(Value::BLANK))
                }
                (None, Some(json)) => answer::read(asked, json, self.local),
                (None, None) => Ok(Value::BLANK),
            };
            values.push(value.unwrap_or_else(|reason| {
                // A computed value that does not fit is only blank: nobody typed it.
                if code.is_none() {
                    refused.insert(turn, reason);
                }
                Value::BLANK
            }));
        }
        if let Some(column) = self.columns.get_mut(item) {
            column.values = values;
            column.refused = refused;
        }
        Ok(())
    }
}

/// A count as whole turns: fractions are cut, nonsense is none.
fn count_of(wanted: f64) -> usize {
    whole(libm::floor(wanted), i64::MAX / 1024).map_or(0, |count| usize::try_from(count.max(0)).unwrap_or(TURNS_MAX).min(TURNS_MAX))
}

/// `visit[1].sample[3].brand` → (`visit.sample.brand`, [1, 3]); none where it is written otherwise.
pub(super) fn split_path(path: &str) -> Option<(String, Vec<u32>)> {
    let mut plain = String::with_capacity(path.len());
    let mut numbers = Vec::new();
    let mut pieces = path.split('[');
    plain.push_str(pieces.next()?);
    for piece in pieces {
        let (number, rest) = piece.split_once(']')?;
        let canonical = !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
        numbers.push(number.parse().ok().filter(|number| canonical && *number > 0)?);
        if !rest.is_empty() && !rest.starts_with('.') {
            return None;
        }
        plain.push_str(rest);
    }
    Some((plain, numbers))
}
